from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from adapters.slack import serving
from bot.channel import Address
from bot.errors import StoreAway
from tests.slack.blocks import parsed
from tests.slack.fake import Fault, NotAcknowledged, drop_after, drop_before, error, hang, rate_limited, server_error
from tests.slack.listening import READING, running, stocked
from tests.slack.words import words

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.slack.fake import FakeSlack
    from tests.slack.listening import Paperboy

SUBSCRIBED = "subscribed #ml-reading to curriculum"


# ---------------------------------------------------------------- who reads what


async def test_a_question_is_answered_to_the_asker_alone(paperboy: Paperboy) -> None:
    interaction = await paperboy.slack.command("search curriculum")
    await paperboy.done()
    [answer] = interaction.answers
    assert interaction.ack == {}
    assert answer["response_type"] == "ephemeral"
    assert "Curriculum Learning for Robot Arms" in words(answer["blocks"])
    assert answer["text"]
    assert not paperboy.slack.called("chat.postMessage")


async def test_a_change_is_announced_in_the_channel_with_who_did_it(paperboy: Paperboy) -> None:
    interaction = await paperboy.slack.command("subscribe curriculum")
    await paperboy.done()
    [said] = paperboy.said()
    assert f"Ada {SUBSCRIBED}" in said
    assert interaction.answers == []
    [posted] = paperboy.slack.called("chat.postMessage")
    assert (posted.args["unfurl_links"], posted.args["unfurl_media"]) == (False, False)


async def test_here_lets_everybody_read_an_answer(paperboy: Paperboy) -> None:
    await paperboy.typed("search curriculum here")
    [said] = paperboy.said()
    assert "Curriculum Learning for Robot Arms" in said


async def test_a_bare_command_is_helped(paperboy: Paperboy) -> None:
    assert "What you can ask" in await paperboy.typed("")


async def test_a_command_that_does_not_exist_is_answered_with_the_closest(paperboy: Paperboy) -> None:
    assert "Did you mean subscribe" in await paperboy.typed("subscrieb curriculum")


async def test_under_another_name_the_command_works_and_tells_its_own(paperboy: Paperboy) -> None:
    said = await paperboy.typed("search curriculum", command="/arxiv")
    assert "Robot Arms" in said
    assert "/papers" in said


async def test_slacks_own_signs_are_taken_off_what_was_typed(paperboy: Paperboy) -> None:
    said = await paperboy.typed("show <https://arxiv.org/abs/2611.00001|arxiv.org/abs/2611.00001>")
    assert "Curriculum Learning for Robot Arms" in said
    assert "upvotes>=10" in await paperboy.typed("subscribe curriculum upvotes&gt;=10")
    assert "upvotes>=11" in await paperboy.typed("subscribe curriculum upvotes>=11")


@pytest.mark.parametrize(
    "text",
    ["<!channel> & <@U0BOB>", "*_~`", "\u202e" * 50, "subscribe <!here>", "show \x00", "\U0001f468\u200d\U0001f469" * 99, "x" * 3000],
)
async def test_ugly_words_are_answered_and_ping_nobody(text: str, paperboy: Paperboy) -> None:
    interaction = await paperboy.slack.command(text)
    await paperboy.done()
    shown = [*interaction.answers, *({"text": one.text, "blocks": one.blocks} for one in paperboy.messages)]
    assert shown
    assert not any(parsed(one.get("blocks", [])) or "<!" in one["text"] or "<@" in one["text"] for one in shown)


# ---------------------------------------------------------------- places


async def test_where_the_bot_is_no_member_the_change_is_told_and_the_way_to_invite_it(paperboy: Paperboy) -> None:
    paperboy.slack.acme.scopes.discard("chat:write.public")
    paperboy.slack.acme["C0READING"].member = False
    interaction = await paperboy.slack.command("subscribe curriculum")
    await paperboy.done()
    public, private = interaction.answers
    assert (public["response_type"], private["response_type"]) == ("in_channel", "ephemeral")
    assert SUBSCRIBED in words(public["blocks"])
    assert "/invite @Paperboy" in words(private["blocks"])
    assert len(paperboy.said()) == 1


async def test_in_a_public_channel_with_the_scope_no_invitation_is_needed(paperboy: Paperboy) -> None:
    paperboy.slack.acme["C0READING"].member = False
    assert "invite" not in await paperboy.typed("subscribe curriculum")
    assert len(paperboy.said()) == 1


async def test_between_people_nothing_is_kept_that_could_never_be_served(paperboy: Paperboy) -> None:
    paperboy.slack.acme.channel("D0PEOPLE", "directmessage", private=True, member=False)
    said = await paperboy.typed("subscribe curriculum", channel="D0PEOPLE")
    assert "I am not part of this conversation" in said
    assert "in our own direct messages" in said
    assert "There are none yet" in await paperboy.typed("list", channel="D0PEOPLE")
    assert "3 papers" in await paperboy.typed("search curriculum", channel="D0PEOPLE")
    assert not paperboy.slack.views, "no form is opened for what cannot be"


async def test_without_the_scope_to_tell_them_apart_a_rule_between_people_says_what_is_wrong(paperboy: Paperboy) -> None:
    paperboy.slack.acme.scopes.discard("im:write")
    paperboy.slack.acme.channel("D0PEOPLE", "directmessage", private=True, member=False)
    said = await paperboy.typed("subscribe curriculum", channel="D0PEOPLE")
    assert "subscribed our direct messages to curriculum" in said
    assert "I am not part of this conversation" in said


async def test_a_digest_that_cannot_be_posted_is_not_announced(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    before = len(paperboy.said())
    paperboy.slack.acme.scopes.discard("chat:write.public")
    paperboy.slack.acme["C0READING"].member = False
    said = await paperboy.typed("digest")
    assert "It could not be posted" in said
    assert "/invite @Paperboy" in said
    assert len(paperboy.said()) == before


async def test_in_direct_messages_with_the_bot_changes_are_said_there(paperboy: Paperboy) -> None:
    channel = paperboy.slack.acme.im("U0ADA")
    await paperboy.typed("subscribe curriculum", channel=channel.id)
    [said] = paperboy.said(channel.id)
    assert "Ada subscribed our direct messages to curriculum" in said


async def test_a_private_channel_is_called_by_its_name_where_the_bot_may_know_it(paperboy: Paperboy) -> None:
    paperboy.slack.acme.channel("C0SECRET", "secret", private=True)
    assert "Ada subscribed #secret to curriculum" in await paperboy.typed("subscribe curriculum", channel="C0SECRET")


async def test_a_private_channel_without_the_bot_is_answered_and_asks_for_an_invitation(paperboy: Paperboy) -> None:
    paperboy.slack.acme.channel("C0SECRET", "secret", private=True, member=False)
    said = await paperboy.typed("subscribe curriculum", channel="C0SECRET")
    assert "Ada subscribed this channel to curriculum" in said
    assert "/invite @Paperboy" in said


async def test_in_a_shared_channel_it_works_as_in_any_other(paperboy: Paperboy) -> None:
    paperboy.slack.acme["C0READING"].ext_shared = True
    assert SUBSCRIBED in await paperboy.typed("subscribe curriculum")


@pytest.mark.parametrize("what", ["archived", "read_only"])
async def test_in_a_channel_that_takes_no_posts_the_asker_reads_it_alone_with_the_reason(what: str, paperboy: Paperboy) -> None:
    setattr(paperboy.slack.acme["C0READING"], what, True)
    said = await paperboy.typed("subscribe curriculum")
    assert SUBSCRIBED in said
    assert "Only you can see this" in said
    assert what.replace("_", "-") in said
    assert paperboy.said() == []


# ---------------------------------------------------------------- bad days


@pytest.mark.parametrize(
    "fault", [drop_after(), drop_before(), server_error(), error("internal_error")], ids=["after", "before", "5xx", "internal"]
)
async def test_what_may_have_been_announced_is_not_announced_again(fault: Any, paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.postMessage", fault)
    interaction = await paperboy.slack.command("subscribe curriculum")
    await paperboy.done()
    assert len(paperboy.slack.called("chat.postMessage")) == 1
    [answer] = interaction.answers
    assert answer["response_type"] == "ephemeral"
    assert "did not tell me whether" in words(answer["blocks"])
    assert SUBSCRIBED in words(answer["blocks"])


async def test_what_slack_had_no_patience_for_is_said_by_the_response_url(paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.postMessage", rate_limited())
    interaction = await paperboy.slack.command("subscribe curriculum")
    await paperboy.done()
    assert [answer["response_type"] for answer in interaction.answers] == ["in_channel"]
    assert SUBSCRIBED in paperboy.said()[0]


async def test_with_the_response_url_used_up_the_answer_is_whispered_in_the_channel(paperboy: Paperboy) -> None:
    interaction = await paperboy.slack.command("help")
    await paperboy.done()
    for _ in range(4):
        await paperboy.slack.command("help", response_url=interaction.response_url)
    await paperboy.done()
    assert len(interaction.answers) == 5
    before = len(paperboy.slack.ephemerals)
    await paperboy.slack.command("search curriculum", response_url=interaction.response_url)
    await paperboy.done()
    [whispered] = paperboy.slack.ephemerals[before:]
    assert (whispered.channel, whispered.user) == ("C0READING", "U0ADA")
    assert "Robot Arms" in words(whispered.blocks)


async def test_with_the_response_url_gone_and_no_way_into_the_channel_it_comes_as_a_direct_message(paperboy: Paperboy) -> None:
    paperboy.slack.acme["C0READING"].member = False
    paperboy.slack.acme.scopes.discard("chat:write.public")
    await paperboy.slack.command("search curriculum", response_url=f"{paperboy.slack.url}/response/gone")
    await paperboy.done()
    assert "Robot Arms" in paperboy.said(paperboy.slack.acme.im("U0ADA").id)[0]


@pytest.mark.parametrize("fault", [drop_after(), server_error()], ids=["dropped", "5xx"])
async def test_a_private_answer_that_may_have_come_is_not_repeated(fault: Any, paperboy: Paperboy) -> None:
    paperboy.slack.fault("response_url", fault)
    with capture_logs() as logs:
        await paperboy.slack.command("help")
        await paperboy.done()
    assert paperboy.slack.ephemerals == [] or len(paperboy.slack.ephemerals) == 1
    assert not paperboy.slack.called("chat.postEphemeral")
    assert [line["event"] for line in logs] == ["answer_not_delivered"]


async def test_a_mistake_of_ours_is_loud_and_the_asker_hears_of_it(paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(serving, "answer", broken)
    with capture_logs() as logs:
        assert "Something went wrong" in await paperboy.typed("list")
    [line] = logs
    assert (line["event"], line["log_level"], line["channel"], line["user"]) == ("listener_failed", "error", "C0READING", "U0ADA")
    assert "xoxb" not in repr(logs)


async def test_a_mistake_of_ours_while_nobody_can_be_told_is_loud_all_the_same(paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(serving, "answer", broken)
    paperboy.slack.fault("response_url", drop_before())
    with capture_logs() as logs:
        assert await paperboy.typed("list") == ""
    assert [line["event"] for line in logs] == ["listener_failed", "apology_not_delivered"]


async def test_a_workspace_that_leaves_while_it_asks_hears_nothing(paperboy: Paperboy) -> None:
    paperboy.slack.acme.revoke()
    with capture_logs() as logs:
        assert await paperboy.typed("subscribe curriculum") == ""
    assert [line["event"] for line in logs] == ["workspace_gone"]


async def test_what_goes_wrong_before_anything_is_known_is_loud(paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(workspace: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(paperboy.workspaces, "installation", broken)
    paperboy.slack.patience = 0.2
    with capture_logs() as logs, pytest.raises(NotAcknowledged):
        await paperboy.slack.command("list")
    assert logs[0]["event"] == "dispatch_failed"
    assert logs[0]["exc_info"]


async def test_stopping_waits_for_what_was_acknowledged_but_not_for_ever(paperboy: Paperboy) -> None:
    assert await paperboy.app.finish(patience=timedelta())
    paperboy.slack.fault("response_url", hang())
    await paperboy.slack.command("list")
    assert not await paperboy.app.finish(patience=timedelta(milliseconds=1))
    paperboy.slack.release()
    assert await paperboy.app.finish()


async def test_with_the_store_away_the_asker_is_asked_to_try_again(paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> bool:
        raise StoreAway("no connection")

    monkeypatch.setattr("adapters.slack.once.is_first", away)
    with capture_logs() as logs:
        assert "I cannot reach my store" in await paperboy.typed("list")
    assert [line["event"] for line in logs] == ["store_trouble"]


async def test_before_it_is_known_who_the_workspace_is_a_command_is_still_answered(
    paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(workspace: str) -> None:
        raise StoreAway("no connection")

    monkeypatch.setattr(paperboy.workspaces, "installation", away)
    with capture_logs() as logs:
        interaction = await paperboy.slack.command("list")
    assert "I cannot reach my store" in interaction.ack["text"]
    assert [line["event"] for line in logs] == ["dispatch_failed"]


async def test_an_event_that_came_while_the_store_was_away_is_left_for_slack_to_repeat(
    paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(workspace: str) -> None:
        raise StoreAway("no connection")

    paperboy.slack.patience = 0.2
    with monkeypatch.context() as patch:
        patch.setattr(paperboy.workspaces, "installation", away)
        with capture_logs(), pytest.raises(NotAcknowledged) as refused:
            await paperboy.slack.mention("list")
    paperboy.slack.patience = 10
    await paperboy.slack.resend(refused.value.interaction)
    await paperboy.done()
    assert len(paperboy.slack.ephemerals) == 1


async def test_a_workspace_without_installation_is_told_so_and_logged_once(paperboy: Paperboy) -> None:
    other = paperboy.slack.team("T0OTHER", name="Other", token="xoxb-other", app_token="xapp-other")
    with capture_logs() as logs:
        answers = [(await paperboy.slack.command("list", team=other, to=0)).answers for _ in range(2)]
    assert all("not installed in this workspace" in answer["text"] for [answer] in answers)
    assert [line["event"] for line in logs] == ["workspace_not_known"]


# ---------------------------------------------------------------- who asks


async def test_a_guest_may_look_and_not_change(paperboy: Paperboy) -> None:
    assert "Robot Arms" in await paperboy.typed("search curriculum", user="U0GUEST")
    await paperboy.typed("subscribe curriculum", user="U0GUEST")
    assert (await paperboy.desk.store.channels.load(READING)).subscriptions == ()


async def test_only_those_who_run_the_workspace_manage_where_it_was_so_set(paperboy: Paperboy) -> None:
    await paperboy.typed("settings manage admins")
    assert "Only those who run this channel" in await paperboy.typed("subscribe curriculum", user="U0BOB")
    assert SUBSCRIBED in await paperboy.typed("subscribe curriculum", user="U0ADA")


async def test_the_schedule_goes_by_the_askers_zone(paperboy: Paperboy) -> None:
    assert "Europe/Berlin" in await paperboy.typed("schedule daily")


async def test_without_the_scope_for_people_the_bot_works_and_names_it(paperboy: Paperboy) -> None:
    await paperboy.typed("settings manage admins")
    paperboy.slack.acme.scopes.discard("users:read")
    assert "users:read" in await paperboy.typed("subscribe diffusion", user="U0BOB")
    paperboy.slack.acme.channel("C0OTHER", "other")
    assert "bob subscribed #other" in await paperboy.typed("subscribe curriculum", user="U0BOB", channel="C0OTHER")
    assert "users:read" in await paperboy.typed("schedule daily", user="U0BOB", channel="C0OTHER")


async def test_somebody_is_asked_about_once_for_many_commands(paperboy: Paperboy) -> None:
    for _ in range(3):
        await paperboy.typed("list")
    assert len(paperboy.slack.called("users.info")) == 1


async def test_when_slack_tells_nothing_about_somebody_they_run_nothing(paperboy: Paperboy) -> None:
    paperboy.slack.fault("users.info", error("internal_error"))
    assert "bob subscribed" in await paperboy.typed("subscribe curriculum", user="U0BOB")


async def test_a_channel_whose_name_slack_does_not_tell_now_is_this_channel(paperboy: Paperboy) -> None:
    paperboy.slack.acme.channel("C0SECRET", "secret", private=True)
    paperboy.slack.fault("conversations.info", error("internal_error"))
    assert "Ada subscribed this channel" in await paperboy.typed("subscribe curriculum", channel="C0SECRET")
    assert "Ada subscribed #secret" in await paperboy.typed("subscribe diffusion", channel="C0SECRET")


@pytest.mark.parametrize(
    ("facts", "is_guest"),
    [
        ({"team_id": "T0TEAM"}, False),
        ({"team_id": "T0OTHER"}, True),
        ({"team_id": "T0OTHER", "enterprise_user": {"teams": ["T0TEAM"], "enterprise_id": "E0ORG"}}, False),
        ({"team_id": "T0OTHER", "enterprise_user": {"enterprise_id": "E0OTHER"}}, True),
        ({"is_stranger": True, "team_id": "T0TEAM"}, True),
        ({"is_ultra_restricted": True}, True),
        ({}, False),
    ],
)
async def test_who_belongs_to_the_workspace_is_no_guest(facts: dict[str, Any], is_guest: bool, paperboy: Paperboy) -> None:  # noqa: FBT001  # the outcome
    paperboy.slack.fault("users.info", Fault(body={"ok": True, "user": {"id": "U0BOB", "name": "bob", **facts}}))
    await paperboy.typed("subscribe curriculum", user="U0BOB")
    assert ((await paperboy.desk.store.channels.load(READING)).subscriptions == ()) is is_guest


async def test_somebody_of_another_company_is_a_guest(paperboy: Paperboy) -> None:
    paperboy.slack.fault("users.info", error("user_not_visible"))
    await paperboy.typed("subscribe curriculum", user="U0BOB")
    assert (await paperboy.desk.store.channels.load(READING)).subscriptions == ()


# ---------------------------------------------------------------- organisations


async def test_an_app_installed_in_a_whole_organisation_keeps_its_channels_under_it(slack: FakeSlack, store: RedisStore) -> None:
    slack.acme.enterprise = "E0ORG"
    slack.acme.install.org, slack.acme.install.enterprise = True, "E0ORG"
    async with running(slack, await stocked(store)) as paperboy:
        assert SUBSCRIBED in await paperboy.typed("subscribe curriculum")
    assert (await store.channels.load(Address("slack", "E0ORG", "C0READING"))).subscriptions


async def test_rules_go_on_when_an_app_of_one_workspace_is_installed_for_its_organisation(slack: FakeSlack, store: RedisStore) -> None:
    async with running(slack, await stocked(store)) as paperboy:
        await paperboy.typed("subscribe curriculum")
    slack.acme.enterprise = "E0ORG"
    slack.acme.install.org, slack.acme.install.enterprise = True, "E0ORG"
    async with running(slack, await stocked(store)) as paperboy:
        assert "curriculum" in await paperboy.typed("list")
        assert (await store.channels.load(READING)).subscriptions == ()
        assert await store.channels.next_due(Address("slack", "E0ORG", "C0READING"))


async def test_what_bolt_finds_in_the_environment_by_itself_changes_nothing(
    slack: FakeSlack, store: RedisStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-another-app")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "another")
    async with running(slack, await stocked(store)) as paperboy:
        assert SUBSCRIBED in await paperboy.typed("subscribe curriculum")
    assert {call.token for call in slack.calls} == {"xoxb-acme"}
    assert [record.message for record in caplog.records if record.name.startswith("slack_bolt")] == []
