"""What people do in the fake, received by a real Bolt app over a socket and over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.slack.noting_app import BUTTONS, MODAL, NotingApp, listening, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.clock import Clock
    from tests.slack.fake import FakeSlack


@pytest.fixture(params=["socket", "http"])
async def noting(request: pytest.FixtureRequest, slack: FakeSlack) -> AsyncIterator[NotingApp]:
    """The same app behind either door."""
    noting = NotingApp(slack)
    if request.param == "http":
        async with served(noting) as url:
            slack.use_http(url)
            yield noting
        return
    async with listening(noting, slack):
        yield noting


async def test_a_command_is_acknowledged_and_answered(slack: FakeSlack, noting: NotingApp) -> None:
    interaction = await slack.command("list", user="U0BOB")
    answer = await interaction.answered()
    assert (answer["text"], interaction.status, interaction.ack) == ("you said list", 200, {})
    [shown] = slack.ephemerals
    assert (shown.channel, shown.user, shown.blocks) == ("C0READING", "U0BOB", BUTTONS)
    body = noting.heard[0]
    assert (body["channel_name"], body["user_name"], body["is_enterprise_install"]) == ("ml-reading", "bob", "false")


async def test_a_button_in_a_message_an_ephemeral_and_a_home_has_each_its_container(slack: FakeSlack, noting: NotingApp) -> None:
    client = noting.app.client
    await client.chat_postMessage(channel="C0READING", text="x", blocks=BUTTONS, unfurl_links=False)
    await (await slack.command("x")).answered()
    await client.views_publish(user_id="U0ADA", view={"type": "home", "blocks": BUTTONS})

    await slack.press(slack.acme["C0READING"].messages[0], "undo")
    await slack.press(slack.ephemerals[0], "Undo", user="U0BOB", value="stale")
    home = await slack.press(slack.homes["U0ADA"], "undo")
    await slack.until(lambda: len(noting.heard) == 4)
    message, ephemeral, view = noting.heard[1:]
    assert message["message"]["blocks"] == BUTTONS
    assert (message["container"]["is_ephemeral"], message["actions"][0]["value"]) == (False, "7")
    assert "message" not in ephemeral
    assert (ephemeral["container"]["is_ephemeral"], ephemeral["actions"][0]["value"], ephemeral["user"]["id"]) == (True, "stale", "U0BOB")
    assert {"channel", "message", "response_url"}.isdisjoint(view)
    assert (view["container"]["type"], view["view"]["type"], home.response_url) == ("view", "home", "")


async def test_an_option_is_found_by_label_value_or_menu(slack: FakeSlack, noting: NotingApp) -> None:
    await (await slack.command("x")).answered()
    [shown] = slack.ephemerals
    for how in ({"action": "Save"}, {"action": "save"}, {"action": "more", "selected_option": "save"}):
        await slack.press(shown, **how)  # type: ignore[arg-type]  # all of them strings
    await slack.until(lambda: len(noting.heard) == 4)
    assert {body["actions"][0]["selected_option"]["value"] for body in noting.heard[1:]} == {"save"}
    with pytest.raises(LookupError, match="nothing to press"):
        await slack.press(shown, "Explode")
    with pytest.raises(LookupError, match="no option"):
        await slack.press(shown, "more", selected_option="Explode")


async def test_a_submission_carries_what_was_there_and_what_was_changed(slack: FakeSlack, noting: NotingApp) -> None:
    await slack.command("settings")
    await slack.until(lambda: slack.views)
    [view] = slack.views
    noting.reply = {"response_action": "errors", "errors": {"hour": "too early"}}
    refused = await slack.submit(view)
    assert (refused.ack, view.closed) == (noting.reply, False)
    noting.reply = {"response_action": "update", "view": MODAL}
    before = view.hash
    await slack.submit(view)
    assert view.hash != before
    noting.reply = {"response_action": "push", "view": MODAL}
    await slack.submit(view)
    assert slack.views[1].view["previous_view_id"] == view.id
    noting.reply = {"response_action": "clear"}
    await slack.submit(slack.views[1], {"hour": {"hour": {"selected_time": "17:30"}}})
    assert (view.closed, slack.views[1].closed) == (True, True)
    await slack.until(lambda: len(noting.heard) == 5)
    states = [body["view"]["state"]["values"]["hour"]["hour"]["selected_time"] for body in noting.heard[1:]]
    assert states == ["09:00", "09:00", "09:00", "17:30"]
    with pytest.raises(LookupError):
        await slack.submit(view, {"hour": {"minute": {}}})


async def test_a_menu_asks_the_app_for_its_options(slack: FakeSlack, noting: NotingApp) -> None:
    await slack.command("settings")
    await slack.until(lambda: slack.views)
    berlin = {"text": {"type": "plain_text", "text": "Berlin"}, "value": "Europe/Berlin"}
    noting.reply = {"options": [berlin]}
    assert await slack.suggest(slack.views[0], "zone", "berl") == [berlin]
    await slack.until(lambda: noting.heard[-1]["type"] == "block_suggestion")
    assert (noting.heard[-1]["value"], noting.heard[-1]["container"]["type"]) == ("berl", "view")
    noting.reply = {"options": []}
    assert await slack.suggest(slack.views[0], "zone", "atlantis") == []
    noting.reply = {"options": [berlin] * 101}
    with slack.expecting_problems() as found:
        await slack.suggest(slack.views[0], "zone", "e")
    assert found
    noting.reply = {}
    await slack.submit(slack.views[0], {"zone": {"zone": {"selected_option": berlin}}})
    await slack.until(lambda: noting.heard[-1]["type"] == "view_submission")
    assert noting.heard[-1]["view"]["state"]["values"]["zone"]["zone"]["selected_option"] == berlin


async def test_a_wrong_answer_to_a_submission_is_a_problem(slack: FakeSlack, noting: NotingApp) -> None:
    await slack.command("settings")
    await slack.until(lambda: slack.views)
    for reply in (
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "update", "view": {**MODAL, "title": {"type": "plain_text", "text": "x" * 25}}},
    ):
        noting.reply = reply
        with slack.expecting_problems() as found:
            await slack.submit(slack.views[0])
        assert found
    noting.reply = {}
    assert (await slack.close(slack.views[0])) is not None
    await slack.until(lambda: noting.heard[-1]["type"] == "view_closed")


async def test_every_kind_of_event_arrives(slack: FakeSlack, noting: NotingApp) -> None:
    await slack.mention("papers on sleep")
    await slack.direct("help", user="U0BOB")
    await slack.home_opened("U0BOB")
    await slack.link_shared(["https://arxiv.org/abs/2501.00001"])
    await slack.link_shared(["https://arxiv.org/abs/2501.00001"], composer=True)
    message = slack.acme["C0READING"].messages[0]
    await slack.react(message, "+1")
    await slack.react(message, "+1", removed=True)
    await slack.lifecycle("channel_rename", name="reading")
    await slack.until(lambda: len(noting.heard) == 8)
    events = {body["event"]["type"]: body["event"] for body in noting.heard}
    assert events["app_mention"]["text"] == "<@U0PAPERBOY> papers on sleep"
    assert (events["message"]["channel_type"], events["message"]["channel"]) == ("im", slack.acme.im("U0BOB").id)
    assert "view" not in events["app_home_opened"]
    assert events["reaction_added"]["item"]["ts"] == message.ts
    assert message.reactions == {}
    assert events["channel_rename"]["channel"]["name"] == slack.acme["C0READING"].name == "reading"
    composed = next(b["event"] for b in noting.heard if b["event"].get("channel") == "COMPOSER")
    assert composed["message_ts"] == composed["unfurl_id"]
    assert len({body["event_id"] for body in noting.heard}) == 8


async def test_the_same_event_comes_again_when_resent(slack: FakeSlack, noting: NotingApp) -> None:
    first = await slack.mention("hi")
    await slack.resend(first, retry_num=1)
    await slack.until(lambda: len(noting.heard) == 2)
    assert noting.heard[0]["event_id"] == noting.heard[1]["event_id"]


async def test_a_response_url_serves_five_times_in_half_an_hour(slack: FakeSlack, noting: NotingApp, clock: Clock) -> None:
    one, two = await slack.command("a"), await slack.command("b")
    await one.answered()
    await two.answered()
    slack.acme["C0READING"].member = False
    async with aiohttp.ClientSession() as session:

        async def post(url: str, **body: Any) -> tuple[int, str]:
            async with session.post(url, json=body) as answer:
                return answer.status, await answer.text()

        assert (await post(one.response_url, text="all", response_type="in_channel"))[0] == 200
        [message] = slack.acme["C0READING"].messages
        assert (await post(one.response_url, text="changed", replace_original=True))[0] == 200
        assert (message.text, message.edited) == ("changed", True)
        assert (await post(one.response_url, delete_original=True))[0] == 200
        assert message.deleted
        assert (await post(one.response_url, text="5"))[0] == 200
        assert await post(one.response_url, text="6") == (404, '{"ok": false, "error": "used_url"}')
        with slack.expecting_problems():
            assert (await post(two.response_url))[0] == 500
        clock.advance(timedelta(minutes=31))
        assert await post(two.response_url, text="late") == (404, '{"ok": false, "error": "expired_url"}')
    assert len(one.answers) == 5


async def test_links_unfurl_where_they_were_pasted_and_nowhere_else(slack: FakeSlack, noting: NotingApp) -> None:
    url = "https://arxiv.org/abs/2501.00001"
    client, card = noting.app.client, {"blocks": BUTTONS}
    shared = (await slack.link_shared([url])).payload["event"]
    here = {"channel": "C0READING", "ts": shared["message_ts"]}
    await client.chat_unfurl(**here, unfurls={url: card})
    await client.chat_unfurl(unfurl_id=shared["unfurl_id"], source="conversations_history", unfurls={url: card})

    async def refused(**args: Any) -> str:
        with pytest.raises(SlackApiError) as caught:
            await client.api_call("chat.unfurl", json=args)
        return str(caught.value.response["error"])

    assert await refused(**here, unfurls={"https://x.org": card}) == "cannot_unfurl_url"
    assert await refused(channel="C0READING", ts="1.000001", unfurls={}) == "cannot_find_message"
    assert await refused(channel="C0NONE", ts="1.000001", unfurls={}) == "cannot_find_channel"
    assert await refused(unfurl_id="x", source="composer", unfurls={}) == "invalid_unfurl_id"
    with slack.expecting_problems():
        assert await refused(unfurl_id=shared["unfurl_id"], unfurls={}) == "missing_source"
        assert await refused(ts="1.000001", unfurls={}) == "missing_channel"
        assert await refused(channel="C0READING", unfurls={}) == "missing_ts"
        assert await refused(**here) == "missing_unfurls"
        assert await refused(**here, unfurls={url: "x"}) == "invalid_unfurls_format"
    await slack.press(slack.unfurls[0], "undo")
    await slack.until(lambda: any("actions" in body for body in noting.heard))
    pressed = next(body for body in noting.heard if "actions" in body)
    assert (pressed["container"]["app_unfurl_url"], "message" in pressed) == (url, False)
