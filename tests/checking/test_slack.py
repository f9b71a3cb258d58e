"""Slack: tokens, scopes, the client, and every workspace that installed the app."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.slack.checks import checks, client, installed, scopes, signed
from adapters.slack.http import routes
from adapters.slack.scopes import OPTIONAL
from adapters.web.server import serving
from bot.installation import Installation
from tests.checking.operator import by_oauth, on_slack
from tests.slack.fake import error as slack_error
from tests.slack.fake import server_error

if TYPE_CHECKING:
    from tests.checking.operator import Operator
    from tests.clock import Clock
    from tests.slack.fake import FakeSlack


async def test_tokens_that_are_refused_are_wrong_and_the_rest_is_looked_at(slack: FakeSlack, operator: Operator) -> None:
    slack.fault("auth.test", slack_error("invalid_auth"))
    slack.fault("apps.connections.open", slack_error("missing_scope", needed="connections:write"))
    checked = await operator.checks(**on_slack(slack))
    assert checked.wrong == ["slack token", "slack socket"]
    assert "xoxb-acme" not in checked.said


async def test_scopes_that_are_missing_are_named(slack: FakeSlack, operator: Operator) -> None:
    slack.acme.scopes.discard("commands")
    slack.acme.scopes.discard("files:write")
    checked = await operator.checks(**on_slack(slack))
    assert checked.wrong == ["slack scopes"]
    assert "commands are missing" in checked.line("slack scopes")
    assert "all but files:write" in checked.line("slack optional scopes")


async def test_with_nothing_set_nothing_is_asked(slack: FakeSlack) -> None:
    assert await checks(slack.api_url, bot_token="", app_token="") == []
    assert slack.calls == []


@pytest.mark.parametrize("which", ["SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"])
async def test_a_client_that_slack_does_not_know_is_wrong(which: str, slack: FakeSlack, operator: Operator) -> None:
    right = await operator.checks(**by_oauth(slack))
    assert right.wrong == []
    assert {"slack client", "slack install", "slack workspaces"} <= set(right.fine)
    checked = await operator.checks(**{**by_oauth(slack), which: "1.2"})
    assert checked.wrong == ["slack client"]
    assert "copy Client ID and Client Secret again" in checked.said


async def test_a_slack_that_cannot_be_reached_is_wrong(slack: FakeSlack) -> None:
    slack.fault("oauth.v2.access", server_error(503))
    assert not (await client(slack.api_url, client_id=slack.client_id, client_secret=slack.client_secret)).fine
    slack.fault("auth.test", server_error(503))
    one = Installation(platform="slack", workspace="T1", token="xoxb-acme")
    assert not (await installed(slack.api_url, [one], now=slack.clock.now)).fine


@pytest.mark.parametrize(("asked", "fine", "word"), [(None, True, "all"), ((), True, "none"), (("odd:scope",), False, "odd:scope")])
def test_scopes_that_nobody_has_a_use_for_are_wrong(*, asked: tuple[str, ...] | None, fine: bool, word: str) -> None:
    found = scopes(asked)
    assert (found.fine, word in found.said) == (fine, True)
    assert scopes(OPTIONAL).fine


async def test_workspaces_that_removed_the_app_are_named_and_all_of_them_are_wrong(slack: FakeSlack) -> None:
    good = Installation(platform="slack", workspace="TGOOD", token="xoxb-acme")
    lost = Installation(platform="slack", workspace="TLOST", token="xoxb-lost")
    both = await installed(slack.api_url, [good, lost], now=slack.clock.now)
    assert (both.fine, "1 are accepted, not those of TLOST" in both.said) == (True, True)
    assert not (await installed(slack.api_url, [lost], now=slack.clock.now)).fine
    assert (await installed(slack.api_url, [], now=slack.clock.now)).fine


async def test_a_token_that_is_due_to_be_renewed_is_left_to_the_bot(slack: FakeSlack) -> None:
    ended = slack.clock.now - timedelta(seconds=1)
    due = Installation(platform="slack", workspace="TDUE", token="xoxe.xoxb-lost", refresh_token="xoxe-1", expires_at=ended)
    assert (await installed(slack.api_url, [due], now=slack.clock.now)).fine
    assert slack.calls == []


async def test_what_slack_would_ask_is_answered_by_our_own_server(slack: FakeSlack, clock: Clock) -> None:
    from slack_bolt.app.async_app import AsyncApp  # noqa: PLC0415  # slow

    app = AsyncApp(token="xoxb-acme", request_verification_enabled=False)
    ready = [True]
    at_door = routes(app, signing_secret="shhh", ready=lambda: ready[0], clock=clock)
    async with serving(at_door, host="127.0.0.1", port=0, ready={}) as port:
        url = f"http://127.0.0.1:{port}"
        assert (await signed(url, signing_secret="shhh", now=clock.now)).fine
        another = await signed(url, signing_secret="another", now=clock.now)
        assert (another.fine, "another SLACK_SIGNING_SECRET" in another.said) == (False, True)
        late = await signed(url, signing_secret="shhh", now=clock.now - timedelta(minutes=6))
        assert not late.fine
        ready[0] = False
        unready = await signed(url, signing_secret="shhh", now=clock.now)
        assert (unready.fine, "/readyz" in unready.remedy) == (False, True)


async def test_an_address_that_leads_elsewhere_is_wrong(clock: Clock) -> None:
    async with serving((), host="127.0.0.1", port=0, ready={}) as port:
        elsewhere = await signed(f"http://127.0.0.1:{port}", signing_secret="shhh", now=clock.now)
        assert (elsewhere.fine, "status 404" in elsewhere.said) == (False, True)
    nobody = await signed(f"http://127.0.0.1:{port}", signing_secret="shhh", now=clock.now)
    assert (nobody.fine, "gives no answer" in nobody.said) == (False, True)
