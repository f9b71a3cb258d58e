from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.channel import FOREVER, Address, Channel
from bot.errors import StoreAway, WorkspaceGone
from tests.slack.fake import NotAcknowledged, error
from tests.slack.listening import READING
from tests.slack.words import buttons

if TYPE_CHECKING:
    from tests.slack.fake.lifecycle import Lifecycle
    from tests.slack.listening import Paperboy

BOT = "U0PAPERBOY"


async def happened(paperboy: Paperboy, type: Lifecycle, **how: Any) -> None:
    await paperboy.slack.lifecycle(type, **how)
    await paperboy.done()


async def here(paperboy: Paperboy, channel: str = "C0READING") -> Channel:
    return await paperboy.desk.store.channels.load(replace(READING, channel=channel))


@pytest.mark.parametrize(
    ("type", "reason"),
    [("channel_archive", "archived"), ("channel_left", "/invite @Paperboy"), ("group_archive", "archived"), ("group_left", "/invite")],
)
async def test_what_ends_a_channel_pauses_its_rules_with_the_reason(type: Lifecycle, reason: str, paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, type)
    channel = await here(paperboy)
    assert channel.paused_until == FOREVER
    assert reason in channel.trouble
    assert channel.subscriptions


async def test_a_deleted_channel_pauses(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, "channel_deleted")
    assert "deleted" in (await here(paperboy)).trouble


async def test_an_unarchived_channel_goes_on(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, "channel_archive")
    await happened(paperboy, "channel_unarchive")
    channel = await here(paperboy)
    assert (channel.paused_until, channel.trouble) == (None, "")


async def test_what_people_paused_stays_paused(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("pause")
    await happened(paperboy, "channel_archive")
    await happened(paperboy, "channel_unarchive")
    assert (await here(paperboy)).paused_until == FOREVER


async def test_a_renamed_channel_is_called_so(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, "channel_rename", name="deep-reading")
    assert (await here(paperboy)).name == "#deep-reading"


async def test_a_channel_with_a_new_id_keeps_its_rules(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, "channel_id_changed", new_id="C0NEW")
    assert (await here(paperboy)).subscriptions == ()
    assert [one.query for one in (await here(paperboy, "C0NEW")).subscriptions] == ["curriculum"]


async def test_the_bot_removed_pauses_and_invited_again_goes_on(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, "member_left_channel", user=BOT)
    assert (await here(paperboy)).paused_until == FOREVER
    await happened(paperboy, "member_joined_channel", user=BOT)
    assert (await here(paperboy)).paused_until is None
    assert "its digests go on" in paperboy.said()[-1]


async def test_invited_for_the_first_time_it_says_how_to_begin_once(paperboy: Paperboy) -> None:
    await happened(paperboy, "member_joined_channel", user=BOT)
    await happened(paperboy, "member_left_channel", user=BOT)
    await happened(paperboy, "member_joined_channel", user=BOT)
    [said] = paperboy.said()
    assert "/papers subscribe" in said
    assert (await here(paperboy)).version == 0


async def test_its_hello_can_be_pressed(paperboy: Paperboy) -> None:
    await happened(paperboy, "member_joined_channel", user=BOT)
    message = paperboy.slack.acme["C0READING"].visible[-1]
    assert buttons(message.blocks) == ["Subscribe", "Help"]
    await paperboy.slack.press(message, "Subscribe")
    await paperboy.done()
    assert len(paperboy.slack.views) == 1


async def test_where_it_may_not_speak_it_says_no_hello(paperboy: Paperboy) -> None:
    paperboy.slack.acme["C0READING"].read_only = True
    with capture_logs() as logs:
        await happened(paperboy, "member_joined_channel", user=BOT)
    assert [line["event"] for line in logs] == ["hello_not_said"]


async def test_other_peoples_coming_and_going_is_nothing(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, "member_joined_channel", user="U0BOB")
    await happened(paperboy, "member_left_channel", user="U0BOB")
    assert (await here(paperboy)).paused_until is None
    assert len(paperboy.said()) == 1


async def test_what_happens_to_a_channel_nobody_uses_leaves_no_record(paperboy: Paperboy) -> None:
    for type in ("channel_archive", "channel_unarchive", "channel_rename", "channel_left", "channel_deleted"):
        await happened(paperboy, type, name="other")
    assert (await here(paperboy)).version == 0


@pytest.mark.parametrize("order", [("app_uninstalled", "tokens_revoked"), ("tokens_revoked", "app_uninstalled")], ids="-".join)
async def test_the_app_removed_stops_all_channels_in_whichever_order_it_is_told(
    order: tuple[Lifecycle, Lifecycle], paperboy: Paperboy
) -> None:
    await paperboy.typed("subscribe curriculum")
    for type in order:
        await happened(paperboy, type)
    channel = await here(paperboy)
    assert channel.paused_until == FOREVER
    assert "removed from this workspace" in channel.trouble
    paperboy.slack.clock.now = paperboy.slack.clock.now.replace(year=2027)
    assert await paperboy.desk.store.installations.leaving(paperboy.slack.clock.now) == [("slack", "T0TEAM")]
    with pytest.raises(WorkspaceGone):
        await paperboy.workspaces.api("T0TEAM")


async def test_tokens_of_people_do_not_matter(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    for tokens in ({"oauth": ["U0ADA"]}, {"oauth": ["U0ADA"], "bot": []}, {}):
        await paperboy.slack.event({"type": "tokens_revoked", "tokens": tokens})
    await paperboy.done()
    assert (await here(paperboy)).paused_until is None


async def test_another_workspace_is_not_touched(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    other = paperboy.slack.team("T0OTHER", name="Other", token="xoxb-other", app_token="xapp-other")
    await happened(paperboy, "app_uninstalled", team=other, to=0)
    assert (await here(paperboy)).paused_until is None


async def test_a_renamed_team_is_nothing(paperboy: Paperboy) -> None:
    with capture_logs() as logs:
        await paperboy.slack.event({"type": "team_rename", "name": "New"})
        await paperboy.done()
    assert logs == []


async def test_a_flood_that_slack_stopped_is_told_in_the_log(paperboy: Paperboy) -> None:
    with capture_logs() as logs:
        await paperboy.slack.event({"type": "app_rate_limited", "minute_rate_limited": 1763715600, "team_id": "T0TEAM"})
        interaction = await paperboy.slack.event({}, type="app_rate_limited", minute_rate_limited=1763715600)
        await paperboy.done()
    assert interaction.status == 200
    assert [line["event"] for line in logs] == ["events_rate_limited"] * 2


async def test_an_event_that_makes_no_sense_is_survived(paperboy: Paperboy) -> None:
    with capture_logs() as logs:
        for event in ({"type": "channel_rename", "channel": "C0READING"}, {"type": "channel_archive"}, {"type": "member_joined_channel"}):
            await paperboy.slack.event(event)
        await paperboy.done()
    assert not [line for line in logs if line["event"] == "listener_failed"]


async def test_a_moved_channel_is_found_by_its_new_id(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, "channel_id_changed", new_id="C0NEW")
    assert "curriculum" in await paperboy.typed("list", channel="C0NEW")
    assert (await paperboy.desk.store.channels.load(Address("slack", "T0TEAM", "C0READING"))).version == 0


async def test_while_slack_fails_the_channel_is_reopened_all_the_same(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await happened(paperboy, "channel_left")
    paperboy.slack.fault("chat.postMessage", error("internal_error"))
    await happened(paperboy, "member_joined_channel", user=BOT)
    assert (await here(paperboy)).paused_until is None


@pytest.mark.parametrize("type", ["app_uninstalled", "tokens_revoked"])
async def test_a_farewell_is_acknowledged_only_when_it_was_heard(
    type: Lifecycle, paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> bool:
        raise StoreAway("no connection")

    await paperboy.typed("subscribe curriculum")
    paperboy.slack.patience = 0.2
    with monkeypatch.context() as patch:
        patch.setattr(paperboy.desk.store.installations, "remove", away)
        with capture_logs(), pytest.raises(NotAcknowledged) as refused:
            await paperboy.slack.lifecycle(type)
    paperboy.slack.patience = 10
    await paperboy.slack.resend(refused.value.interaction)
    assert (await here(paperboy)).paused_until == FOREVER
