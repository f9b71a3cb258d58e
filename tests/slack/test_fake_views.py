"""The fake's modals, home tabs, unfurls and OAuth, driven by the real SDK."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tests.clock import Clock
    from tests.slack.fake import FakeSlack

INPUT: dict[str, Any] = {
    "type": "input",
    "block_id": "words",
    "label": {"type": "plain_text", "text": "Words"},
    "element": {"type": "plain_text_input", "action_id": "words", "initial_value": "llm"},
}
MODAL: dict[str, Any] = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Settings"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [INPUT],
}
HOME: dict[str, Any] = {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Welcome"}}]}


@pytest.fixture
def web(slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient("xoxb-acme", base_url=slack.api_url, retry_handlers=[])


async def error(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_trigger_opens_one_modal_within_three_seconds(slack: FakeSlack, web: AsyncWebClient, clock: Clock) -> None:
    trigger, old = slack.trigger(slack.acme, "U0ADA"), slack.trigger(slack.acme, "U0ADA")
    opened = await web.views_open(trigger_id=trigger, view=MODAL)
    assert slack.views[0].id == opened["view"]["id"]
    assert await error(web.views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"
    clock.advance(timedelta(seconds=4))
    assert await error(web.views_open(trigger_id=old, view=MODAL)) == "expired_trigger_id"
    assert await error(web.views_open(trigger_id="1.2.3", view=MODAL)) == "invalid_trigger_id"


async def test_a_view_changes_only_from_its_newest_state(slack: FakeSlack, web: AsyncWebClient) -> None:
    opened = (await web.views_open(trigger_id=slack.trigger(slack.acme, "U0ADA"), view=MODAL))["view"]
    updated = (await web.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL))["view"]
    assert updated["id"] == opened["id"]
    assert await error(web.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL)) == "hash_conflict"
    assert await error(web.views_update(view_id="V0", view=MODAL)) == "not_found"
    pushed = await web.views_push(trigger_id=slack.trigger(slack.acme, "U0ADA"), view=MODAL)
    assert pushed["view"]["previous_view_id"] == opened["id"]


async def test_a_home_tab_is_published_over_the_one_that_was_seen(slack: FakeSlack, web: AsyncWebClient) -> None:
    first = (await web.views_publish(user_id="U0ADA", view=HOME))["view"]
    second = (await web.views_publish(user_id="U0ADA", view=HOME, hash=first["hash"]))["view"]
    assert slack.homes["U0ADA"].hash == second["hash"]
    assert await error(web.views_publish(user_id="U0ADA", view=HOME, hash=first["hash"])) == "hash_conflict"


@pytest.mark.parametrize(
    ("pointer", "change"),
    [
        ("/view/title/text", {"title": {"type": "plain_text", "text": "x" * 25}}),
        ("/view/private_metadata", {"private_metadata": "x" * 3_001}),
        ("/view/callback_id", {"callback_id": "x" * 256}),
        ("/view/blocks", {"blocks": [{"type": "divider"}] * 101}),
        ("/view/type", {"type": "home"}),
        ("/view/blocks", {"blocks": None}),
    ],
)
async def test_a_view_beyond_a_limit_is_refused(slack: FakeSlack, web: AsyncWebClient, pointer: str, change: dict[str, Any]) -> None:
    trigger = slack.trigger(slack.acme, "U0ADA")
    with slack.expecting_problems() as found:
        assert await error(web.views_open(trigger_id=trigger, view={**MODAL, **change})) == "invalid_arguments"
    assert any(problem.startswith(f"views.open: {pointer}:") for problem in found), found


async def test_a_modal_needs_a_title_and_with_inputs_a_way_to_submit(slack: FakeSlack, web: AsyncWebClient) -> None:
    bare = {"type": "modal", "blocks": [INPUT]}
    with slack.expecting_problems() as found:
        await error(web.views_open(trigger_id="x", view=bare))
        await error(web.views_publish(user_id="U0NOBODY", view=HOME))
    assert any("/view/title" in problem for problem in found)
    assert any("/view/submit" in problem for problem in found)


async def test_an_external_id_stands_for_one_view(slack: FakeSlack, web: AsyncWebClient) -> None:
    view = {**MODAL, "external_id": "settings"}
    await web.views_open(trigger_id=slack.trigger(slack.acme, "U0ADA"), view=view)
    await web.views_update(external_id="settings", view=view)
    assert await error(web.views_open(trigger_id=slack.trigger(slack.acme, "U0ADA"), view=view)) == "duplicate_external_id"
    huge = {**MODAL, "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "x" * 2_900}}] * 90}
    with slack.expecting_problems():
        assert await error(web.views_update(external_id="settings", view=huge)) == "view_too_large"


async def redeem(web: AsyncWebClient, **args: str) -> Any:
    # Not oauth_v2_access, whose Basic authentication aiohttp has come to warn of.
    return await web.api_call("oauth.v2.access", data=args)


async def install(slack: FakeSlack, web: AsyncWebClient, scope: str = "commands,chat:write", **who: Any) -> dict[str, Any]:
    url = f"https://slack.com/oauth/v2/authorize?client_id={slack.client_id}&scope={scope}&state=s1&redirect_uri=https%3A%2F%2Fx.org%2Fback"
    code, state = slack.authorize(url, **who)
    assert state == "s1"
    secret = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    answer = await redeem(web, **secret, code=code, redirect_uri="https://x.org/back")
    assert await error(redeem(web, **secret, code=code, redirect_uri="https://x.org/back")) == "invalid_code"
    data: dict[str, Any] = answer.data
    return data


async def test_a_code_becomes_an_installation_once(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.acme.uninstall()
    answer = await install(slack, web)
    assert (answer["team"], answer["enterprise"], answer["is_enterprise_install"]) == ({"id": "T0TEAM", "name": "Acme"}, None, False)
    assert (answer["scope"], answer["authed_user"]["id"]) == ("chat:write,commands", "U0ADA")
    assert answer["access_token"] == slack.acme.token != "xoxb-acme"
    again = await install(slack, web, "users:read")
    assert (again["access_token"], again["scope"]) == (answer["access_token"], "chat:write,commands,users:read")


async def test_an_organisation_is_installed_with_one_token(slack: FakeSlack, web: AsyncWebClient) -> None:
    one = slack.team("T0ONE", token="xoxb-one", enterprise="E0GRID")
    two = slack.team("T0TWO", token="xoxb-two", enterprise="E0GRID")
    two.channel("C0TWO", "two")
    answer = await install(slack, web, "channels:read,chat:write", team=one, org=True)
    assert (answer["team"], answer["enterprise"]["id"], answer["is_enterprise_install"]) == (None, "E0GRID", True)
    grid = AsyncWebClient(answer["access_token"], base_url=slack.api_url, retry_handlers=[])
    assert (await grid.auth_test())["enterprise_id"] == "E0GRID"
    await grid.chat_postMessage(channel="C0TWO", text="hi", unfurl_links=False)
    assert slack.calls[-1].team == "T0TWO"
    assert [c["id"] for c in (await grid.users_conversations(team_id="T0TWO"))["channels"]] == ["C0READING", "C0TWO"]
    with slack.expecting_problems():
        assert await error(grid.users_conversations()) == "missing_argument"
    assert await error(grid.users_conversations(team_id="T0TEAM")) == "team_access_not_granted"


async def test_rotating_tokens_expire_and_each_refresh_token_works_once(slack: FakeSlack, web: AsyncWebClient, clock: Clock) -> None:
    slack.rotation = True
    answer = await install(slack, web)
    assert answer["expires_in"] == 43_200
    first = AsyncWebClient(answer["access_token"], base_url=slack.api_url, retry_handlers=[])
    await first.auth_test()
    clock.advance(timedelta(hours=12))
    assert await error(first.auth_test()) == "token_expired"
    refresh = {
        "client_id": slack.client_id,
        "client_secret": slack.client_secret,
        "grant_type": "refresh_token",
        "refresh_token": answer["refresh_token"],
    }
    fresh = await redeem(web, **refresh)
    assert fresh["access_token"].startswith("xoxe.xoxb-")
    assert await error(redeem(web, **refresh)) == "invalid_refresh_token"


async def test_a_lasting_token_is_exchanged_for_a_rotating_one(slack: FakeSlack, web: AsyncWebClient) -> None:
    ours = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    answer = await web.oauth_v2_exchange(token="xoxb-acme", **ours)
    assert answer["refresh_token"] == slack.acme.refresh_token
    assert await error(web.auth_test()) == "token_revoked"
    assert await error(web.oauth_v2_exchange(token=answer["access_token"], **ours)) == "token_already_exchanged"


async def test_the_client_may_show_its_secret_in_the_header(slack: FakeSlack, web: AsyncWebClient) -> None:
    async def basic(written: bytes) -> str:
        header = {"Authorization": f"Basic {base64.b64encode(written).decode()}"}
        return await error(web.api_call("oauth.v2.access", data={"code": "x"}, headers=header))

    assert await basic(f"{slack.client_id}:{slack.client_secret}".encode()) == "invalid_code"
    assert await basic(b"1.2:x") == await basic(b"\xff") == "invalid_client_id"


async def test_a_wrong_client_or_address_gets_nothing(slack: FakeSlack, web: AsyncWebClient) -> None:
    assert await error(redeem(web, client_id="1.2", client_secret="x", code="x")) == "invalid_client_id"
    with slack.expecting_problems() as found:
        code, _ = slack.authorize("https://slack.com/oauth/v2/authorize?client_id=1.2&redirect_uri=https%3A%2F%2Fx.org%2Fback")
        assert await error(redeem(web, client_id=slack.client_id, client_secret="x", code=code)) == "bad_client_secret"
        ours = {"client_id": slack.client_id, "client_secret": slack.client_secret}
        assert await error(redeem(web, **ours, code=code, redirect_uri="https://y.org")) == "bad_redirect_uri"
        assert await error(redeem(web, **ours, grant_type="password")) == "invalid_grant_type"
    assert [problem.split(":")[0] for problem in found[:3]] == ["authorize"] * 3
