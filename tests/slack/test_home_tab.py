from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.channel import Address
from tests.slack.fake import error
from tests.slack.listening import READING, running, stocked
from tests.slack.words import buttons, words

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.slack.fake import FakeSlack, View
    from tests.slack.listening import Paperboy


async def looked(paperboy: Paperboy, user: str = "U0ADA") -> View:
    await paperboy.slack.home_opened(user)
    await paperboy.done()
    return paperboy.slack.homes[user]


async def pressed(paperboy: Paperboy, view: View, action: str, **how: Any) -> None:
    await paperboy.slack.press(view, action, **how)
    await paperboy.done()


async def test_a_first_visit_teaches(paperboy: Paperboy) -> None:
    view = await looked(paperboy)
    assert "every working morning" in words(view.blocks)
    assert "Subscribe" in buttons(view.blocks)


async def test_it_shows_the_viewers_channels_and_no_others(paperboy: Paperboy) -> None:
    paperboy.slack.acme.channel("C0SECRET", "secret", private=True, members={"U0BOB"})
    paperboy.slack.acme.channel("C0EMPTY", "empty")
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("subscribe diffusion", channel="C0SECRET", user="U0BOB")
    adas, bobs = words((await looked(paperboy)).blocks), words((await looked(paperboy, "U0BOB")).blocks)
    assert "#ml-reading" in adas
    assert "curriculum" in adas
    assert "#secret" not in adas
    assert "diffusion" not in adas
    assert "#empty" not in adas
    assert "#ml-reading" in bobs
    assert "#secret" in bobs


async def test_the_direct_channel_is_shown_where_it_has_rules(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum", channel=paperboy.slack.acme.im("U0ADA").id)
    assert "our direct messages" in words((await looked(paperboy)).blocks)


async def test_the_messages_tab_publishes_nothing(paperboy: Paperboy) -> None:
    await paperboy.slack.home_opened(tab="messages")
    await paperboy.done()
    assert paperboy.slack.homes == {}


async def test_a_change_is_announced_in_its_channel_and_the_page_is_fresh(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    view = await looked(paperboy)
    await pressed(paperboy, view, "Pause")
    assert "Ada paused #ml-reading" in paperboy.said()[-1]
    assert "Resume" in buttons(paperboy.slack.homes["U0ADA"].blocks)


async def test_what_nobody_else_needs_to_know_is_shown_in_a_dialog(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    before = len(paperboy.said())
    await pressed(paperboy, await looked(paperboy), "All rules")
    [shown] = paperboy.slack.views
    assert "Rules of #ml-reading" in words(shown.blocks)
    assert len(paperboy.said()) == before


async def test_a_button_in_such_a_dialog_works_in_the_same_channel(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await pressed(paperboy, await looked(paperboy), "All rules")
    await pressed(paperboy, paperboy.slack.views[-1], "Preview")
    assert len(paperboy.slack.views) == 1
    assert "for #ml-reading" in words(paperboy.slack.views[-1].blocks)
    await pressed(paperboy, await looked(paperboy), "All rules")
    await pressed(paperboy, paperboy.slack.views[-1], "Remove")
    assert "Ada unsubscribed #ml-reading from curriculum" in paperboy.said()[-1]
    assert "curriculum" not in words(paperboy.slack.homes["U0ADA"].blocks).partition("No rules yet")[0].rpartition("#ml-reading")[2]


async def test_a_change_made_in_a_dialog_is_told_in_the_dialog_as_well(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await pressed(paperboy, await looked(paperboy), "All rules")
    await pressed(paperboy, paperboy.slack.views[-1], "Remove")
    assert "Ada unsubscribed #ml-reading from curriculum" in words(paperboy.slack.views[-1].blocks)
    await pressed(paperboy, paperboy.slack.views[-1], "Undo")
    assert "brought 1 rule back to #ml-reading" in words(paperboy.slack.views[-1].blocks)


async def test_a_change_that_the_channel_did_not_hear_of_says_so_in_the_dialog(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await pressed(paperboy, await looked(paperboy), "All rules")
    paperboy.slack.acme["C0READING"].archived = True
    await pressed(paperboy, paperboy.slack.views[-1], "Remove")
    assert "Only you can see this" in words(paperboy.slack.views[-1].blocks)


@pytest.mark.parametrize("opened", ["", "All rules"])
async def test_a_button_of_another_version_says_that_it_has_expired(opened: str, paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    view = await looked(paperboy)
    if opened:
        await pressed(paperboy, view, opened)
        view = paperboy.slack.views[-1]
    button = {"type": "button", "action_id": "greet", "text": {"type": "plain_text", "text": "Hi"}}
    view.view["blocks"] = [{"type": "actions", "block_id": "old", "elements": [button]}]
    await pressed(paperboy, view, "greet")
    assert "expired" in words(paperboy.slack.views[-1].blocks)
    assert "curriculum" in words((paperboy.slack.homes["U0ADA"]).blocks)


async def test_a_form_opened_in_a_dialog_stands_over_it(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await pressed(paperboy, await looked(paperboy), "All rules")
    await pressed(paperboy, paperboy.slack.views[-1], "Edit")
    form = paperboy.slack.views[-1]
    assert form.view["title"]["text"] == "Edit a rule"
    assert [call.method for call in paperboy.slack.calls if call.method in {"views.open", "views.push"}] == ["views.open", "views.push"]


async def test_a_form_from_the_page_is_said_in_its_channel_and_the_page_is_fresh(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await pressed(paperboy, await looked(paperboy), "Add a rule")
    form = paperboy.slack.views[-1]
    [block] = [block for block in form.blocks if block["type"] == "input"]
    await paperboy.slack.submit(form, {block["block_id"]: {block["element"]["action_id"]: {"value": "diffusion"}}})
    await paperboy.done()
    assert "Ada subscribed #ml-reading to diffusion" in paperboy.said()[-1]
    assert "diffusion" in words(paperboy.slack.homes["U0ADA"].blocks)


async def test_what_a_form_from_the_page_answers_privately_comes_as_a_direct_message(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await pressed(paperboy, await looked(paperboy), "Add a rule")
    form = paperboy.slack.views[-1]
    [block] = [block for block in form.blocks if block["type"] == "input"]
    await paperboy.slack.submit(form, {block["block_id"]: {block["element"]["action_id"]: {"value": "curriculum"}}})
    await paperboy.done()
    assert "already subscribed" in paperboy.said(paperboy.slack.acme.im("U0ADA").id)[-1]


async def test_an_answer_that_is_too_late_for_a_dialog_comes_as_a_direct_message(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    view = await looked(paperboy)
    paperboy.slack.fault("views.open", error("expired_trigger_id"))
    await pressed(paperboy, view, "All rules")
    assert "Rules of #ml-reading" in paperboy.said(paperboy.slack.acme.im("U0ADA").id)[-1]


async def test_for_oneself_means_the_direct_messages(paperboy: Paperboy) -> None:
    view = await looked(paperboy)
    await pressed(paperboy, view, next(label for label in buttons(view.blocks) if label == "Subscribe"))
    direct = paperboy.slack.acme.im("U0ADA")
    assert "Ada subscribed our direct messages to" in paperboy.said(direct.id)[-1]
    assert (await paperboy.desk.store.channels.load(Address("slack", "T0TEAM", direct.id))).subscriptions
    assert "our direct messages" in words(paperboy.slack.homes["U0ADA"].blocks)


async def test_who_has_left_a_channel_changes_it_no_more(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    view = await looked(paperboy)
    paperboy.slack.acme["C0READING"].members.discard("U0ADA")
    await pressed(paperboy, view, "Pause")
    assert (await paperboy.desk.store.channels.load(READING)).paused_until is None
    assert "not in that channel any more" in words(paperboy.slack.views[-1].blocks)
    assert "#ml-reading" not in words(paperboy.slack.homes["U0ADA"].blocks)


async def test_its_pages_are_turned(paperboy: Paperboy) -> None:
    for n in range(7):
        paperboy.slack.acme.channel(f"C0MANY{n}", f"many-{n}")
        await paperboy.typed("subscribe curriculum", channel=f"C0MANY{n}")
    view = await looked(paperboy)
    assert "#many-0" in words(view.blocks)
    assert "#many-6" not in words(view.blocks)
    await pressed(paperboy, view, "Next")
    view = paperboy.slack.homes["U0ADA"]
    assert "#many-6" in words(view.blocks)
    await pressed(paperboy, view, "Pause")
    assert "#many-6" in words(paperboy.slack.homes["U0ADA"].blocks)


async def test_when_somebody_was_faster_the_page_is_computed_and_published_once_more(paperboy: Paperboy) -> None:
    await looked(paperboy)
    await paperboy.typed("subscribe curriculum")
    paperboy.slack.fault("views.publish", error("hash_conflict"))
    view = await looked(paperboy)
    assert "curriculum" in words(view.blocks)
    first, *_, conflict, again = paperboy.slack.called("views.publish")
    assert "hash" not in first.args
    assert conflict.args["hash"]
    assert "hash" not in again.args


async def test_without_the_scopes_for_channels_only_the_direct_messages_are_shown_and_the_scopes_named(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    paperboy.slack.acme.scopes.difference_update({"channels:read", "groups:read"})
    said = words((await looked(paperboy)).blocks)
    assert "#ml-reading" not in said
    assert "channels:read" in said


async def test_without_the_scope_for_private_channels_the_public_ones_are_shown(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    paperboy.slack.acme.scopes.discard("groups:read")
    said = words((await looked(paperboy)).blocks)
    assert "#ml-reading" in said
    assert "groups:read" in said


async def test_an_app_without_home_is_no_trouble(paperboy: Paperboy) -> None:
    paperboy.slack.fault("views.publish", error("not_enabled"))
    with capture_logs() as logs:
        await paperboy.slack.home_opened()
        await paperboy.done()
    assert [line["event"] for line in logs] == ["home_not_enabled"]


@pytest.mark.parametrize("name", ["internal_error", "invalid_arguments"])
async def test_a_page_that_slack_does_not_take_is_told_in_the_log(name: str, paperboy: Paperboy) -> None:
    paperboy.slack.fault("views.publish", error(name))
    with capture_logs() as logs:
        await paperboy.slack.home_opened()
        await paperboy.done()
    assert [line["event"] for line in logs] == ["answer_not_delivered"]


async def test_in_an_organisation_the_page_shows_the_workspaces_channels(slack: FakeSlack, store: RedisStore) -> None:
    slack.acme.enterprise = "E0ORG"
    slack.acme.install.org, slack.acme.install.enterprise = True, "E0ORG"
    async with running(slack, await stocked(store)) as paperboy:
        await paperboy.typed("subscribe curriculum")
        assert "#ml-reading" in words((await looked(paperboy)).blocks)


async def test_many_channels_are_listed_page_by_page(paperboy: Paperboy) -> None:
    for n in range(450):
        paperboy.slack.acme.channel(f"C1{n:04}", f"z-{n}")
    await paperboy.typed("subscribe curriculum", channel="C10449")
    assert "#z-449" in words((await looked(paperboy)).blocks)
    assert len(paperboy.slack.called("users.conversations")) == 3


async def test_what_the_app_was_installed_without_is_told_with_its_scopes(paperboy: Paperboy) -> None:
    assert "installed without" not in words((await looked(paperboy)).blocks)
    paperboy.slack.acme.scopes.difference_update({"links:write", "reactions:read"})
    await paperboy.workspaces.lone(paperboy.slack.acme.token)
    said = words((await looked(paperboy)).blocks)
    assert "installed without: Links (links:write); Reactions (reactions:read)" in said
