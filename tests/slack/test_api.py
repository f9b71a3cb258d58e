"""The door to the Web API: each request goes out once, and each way it can end becomes one of our errors."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from adapters.slack.api import Api, NotInvited, Refused, ScopeMissing, TokenExpired
from adapters.slack.errors import KNOWN, LONGEST, SHORTEST, USED_UP, WINDOW, ChannelClosed, trouble
from adapters.slack.pace import Pace
from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, PostTrouble, WorkspaceGone
from bot.installation import Installation
from tests.slack.fake import FakeSlack, drop_after, drop_before, error, hang, rate_limited, rate_limited_200, server_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import RedisStore
    from tests.clock import Clock

ACME = Installation(platform="slack", workspace="T0TEAM", token="xoxb-acme")
POST = {"channel": "C0READING", "text": "Hello", "unfurl_links": False}
QUICK = aiohttp.ClientTimeout(total=0.2)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def api_at(url: str, session: aiohttp.ClientSession, **more: Any) -> Api:
    return Api(ACME, AsyncWebClient(ACME.token, base_url=url, session=session, retry_handlers=[]), **more)


@pytest.fixture
def api(slack: FakeSlack, session: aiohttp.ClientSession) -> Api:
    return api_at(slack.api_url, session)


# ---------------------------------------------------------------- requests


async def test_an_answer_comes_as_slack_gave_it(api: Api, slack: FakeSlack) -> None:
    answer = await api.call("chat.postMessage", **POST)

    assert answer["ok"] is True
    assert answer["ts"] == slack.acme["C0READING"].messages[-1].ts


async def test_arguments_arrive_with_and_without_structure(api: Api, slack: FakeSlack) -> None:
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "É & 論文"}}]
    await api.call("chat.postMessage", **POST, blocks=blocks, thread_ts=None)
    await api.call("conversations.history", channel="C0READING", limit=3, include_all_metadata=True, cursor=None)

    posted, read = slack.calls
    assert dict(posted.args) == {**POST, "blocks": blocks}
    assert dict(read.args) == {"channel": "C0READING", "limit": 3, "include_all_metadata": True}
    assert {posted.verb, read.verb} == {"POST"}, "aiohttp repeats a GET by itself"


async def test_the_scopes_of_the_token_are_learnt_from_every_answer(api: Api, slack: FakeSlack) -> None:
    assert api.granted == frozenset()

    slack.acme.scopes.discard("links:write")
    await api.call("auth.test")

    assert api.granted == slack.acme.scopes


# ---------------------------------------------------------------- answers

OUTCOMES: list[tuple[str, type[PostTrouble]]] = [
    ("channel_not_found", NotInvited),
    ("not_in_channel", NotInvited),
    ("is_archived", ChannelClosed),
    ("is_inactive", ChannelClosed),
    ("restricted_action", ChannelClosed),
    ("restricted_action_read_only_channel", ChannelClosed),
    ("restricted_action_of_tomorrow", ChannelClosed),
    ("messages_tab_disabled", ChannelClosed),
    ("account_inactive", WorkspaceGone),
    ("token_revoked", WorkspaceGone),
    ("invalid_auth", WorkspaceGone),
    ("not_authed", WorkspaceGone),
    ("org_login_required", WorkspaceGone),
    ("team_access_not_granted", WorkspaceGone),
    ("token_expired", TokenExpired),
    ("missing_scope", ScopeMissing),
    ("no_permission", ScopeMissing),
    ("not_allowed_token_type", ScopeMissing),
    ("msg_too_long", Refused),
    ("msg_blocks_too_long", Refused),
    ("no_text", Refused),
    ("invalid_blocks", Refused),
    ("metadata_too_large", Refused),
    ("thread_not_found", Refused),
    ("hash_conflict", Refused),
    ("expired_trigger_id", Refused),
    ("something_of_tomorrow", Refused),
    ("ratelimited", Busy),
    ("rate_limited", Busy),
    ("message_limit_exceeded", Busy),
    ("fatal_error", OutcomeUnknown),
    ("internal_error", OutcomeUnknown),
    ("request_timeout", OutcomeUnknown),
    ("service_unavailable", OutcomeUnknown),
    ("team_added_to_org", NotSent),
]


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES, ids=[name for name, _ in OUTCOMES])
async def test_each_error_becomes_one_of_ours(api: Api, slack: FakeSlack, name: str, outcome: type[PostTrouble]) -> None:
    slack.fault("chat.postMessage", error(name))

    with pytest.raises(PostTrouble) as caught:
        await api.call("chat.postMessage", **POST)

    assert type(caught.value) is outcome
    assert isinstance(caught.value.__cause__, SlackApiError)
    assert len(slack.calls) == 1


def test_the_classes_are_those_the_core_reacts_to() -> None:
    assert issubclass(NotInvited, ChannelGone)
    assert issubclass(TokenExpired, WorkspaceGone)
    assert issubclass(ScopeMissing, Refused)
    assert issubclass(Refused, MessageRefused)


async def test_a_channel_without_us_says_how_to_invite_us(api: Api, slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", error("not_in_channel"))

    with pytest.raises(NotInvited, match=r"invite me with /invite @Paperboy, then type /papers resume$") as caught:
        await api.call("chat.postMessage", **POST)

    assert caught.value.error == "not_in_channel"


async def test_a_missing_scope_is_named(api: Api, slack: FakeSlack) -> None:
    slack.acme.scopes.discard("chat:write")

    with pytest.raises(ScopeMissing, match="it needs chat:write") as caught:
        await api.call("chat.postMessage", **POST)

    assert (caught.value.error, caught.value.needed) == ("missing_scope", "chat:write")


async def test_a_refused_message_says_which_block_is_wrong(api: Api, slack: FakeSlack) -> None:
    where = "[ERROR] must be more than 0 characters [json-pointer:/blocks/1/text]"
    slack.fault("chat.postMessage", error("invalid_blocks", response_metadata={"messages": [where]}))

    with pytest.raises(Refused) as caught:
        await api.call("chat.postMessage", **POST)

    assert str(caught.value) == f"chat.postMessage: invalid_blocks: {where}"
    assert caught.value.error == "invalid_blocks"


@pytest.mark.parametrize("metadata", [None, [], {"messages": "x"}, {"messages": []}])
async def test_a_refusal_without_details_is_told_without(api: Api, slack: FakeSlack, metadata: object) -> None:
    slack.fault("chat.postMessage", error("invalid_blocks", response_metadata=metadata))

    with pytest.raises(Refused, match=r"^chat.postMessage: invalid_blocks$"):
        await api.call("chat.postMessage", **POST)


async def test_an_error_nobody_listed_is_logged(api: Api, slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", error("no_such_luck"), error("invalid_blocks"))

    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(Refused):
                await api.call("chat.postMessage", **POST)

    assert [(log["event"], log["error"]) for log in logs] == [("slack_error_not_known", "no_such_luck")]


# ---------------------------------------------------------------- rate limits


async def test_a_rate_limit_says_how_long_to_wait(api: Api, slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", rate_limited(retry_after=23), rate_limited_200(), error("message_limit_exceeded"))
    waits: list[timedelta] = []

    for _ in range(3):
        with pytest.raises(Busy) as caught:
            await api.call("chat.postMessage", **POST)
        waits.append(caught.value.retry_after)

    assert waits == [timedelta(seconds=23), WINDOW, USED_UP]


@dataclass(frozen=True)
class _Answer:
    headers: dict[str, str]
    status_code: int = 429
    data: object = None


@given(st.text() | st.integers().map(str))
def test_a_retry_after_of_any_kind_is_a_wait_within_reason(text: str) -> None:
    busy = trouble("chat.postMessage", SlackApiError("", _Answer({"Retry-After": text})))  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped

    assert isinstance(busy, Busy)
    assert SHORTEST <= busy.retry_after <= LONGEST


# ---------------------------------------------------------------- what is no answer

BODIES: list[tuple[str, int, str, str, type[PostTrouble]]] = [
    ("a page", 200, "text/html", "<html></html>", OutcomeUnknown),
    ("plain text", 200, "text/plain", "ok", OutcomeUnknown),
    ("nothing", 200, "application/json", "", OutcomeUnknown),
    ("half of it", 200, "application/json", '{"ok": tr', OutcomeUnknown),
    ("a list", 200, "application/json", "[1]", OutcomeUnknown),
    ("a number", 200, "application/json", "1", OutcomeUnknown),
    ("no Unicode", 200, "application/json", "\xff", OutcomeUnknown),
    ("no error", 200, "application/json", '{"ok": false}', OutcomeUnknown),
    ("a null error", 200, "application/json", '{"ok": false, "error": null}', OutcomeUnknown),
    ("a file", 200, "application/gzip", "x", OutcomeUnknown),
    ("a failed server", 500, "application/json", '{"ok": false, "error": "is_archived"}', OutcomeUnknown),
    ("a failed proxy", 502, "text/plain", "upstream", OutcomeUnknown),
    ("half of a failure", 503, "application/json", "{", OutcomeUnknown),
    ("a limit in a page", 429, "text/html", "<html></html>", Busy),
    ("a limit in plain text", 429, "text/plain", "slow", Busy),
    ("half of a limit", 429, "application/json", "{", Busy),
    ("a refusal with its status", 403, "application/json", '{"ok": false, "error": "is_archived"}', ChannelClosed),
]


@pytest.mark.parametrize(("status", "type_", "body", "outcome"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
async def test_a_body_that_is_no_answer(
    session: aiohttp.ClientSession, status: int, type_: str, body: str, outcome: type[PostTrouble]
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Content-Type": type_}, body=body.encode("latin-1"))

    app = web.Application()
    app.add_routes([web.post("/api/chat.postMessage", answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        with pytest.raises(PostTrouble) as caught:
            await api_at(f"http://{host}:{port}/api/", session).call("chat.postMessage", **POST)
    finally:
        await runner.cleanup()

    assert type(caught.value) is outcome


async def test_a_server_that_fails_leaves_the_outcome_open(api: Api, slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", server_error(503))

    with pytest.raises(OutcomeUnknown, match="HTTP 503"):
        await api.call("chat.postMessage", **POST)


@pytest.mark.parametrize(("fault", "stands"), [(drop_before(), 0), (drop_after(), 1)], ids=["before", "after"])
async def test_a_lost_connection_leaves_the_outcome_open_and_nothing_is_sent_again(
    api: Api, slack: FakeSlack, fault: Any, stands: int
) -> None:
    slack.fault("chat.postMessage", fault)

    with pytest.raises(OutcomeUnknown):
        await api.call("chat.postMessage", **POST)

    assert len(slack.calls) == 1
    assert len(slack.acme["C0READING"].messages) == stands


async def test_no_answer_in_time_leaves_the_outcome_open(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", hang())

    async with aiohttp.ClientSession(timeout=QUICK) as session:
        with pytest.raises(OutcomeUnknown):
            await api_at(slack.api_url, session).call("chat.postMessage", **POST)
        slack.release()


# ---------------------------------------------------------------- what never went out


async def test_a_refused_connection_sent_nothing(session: aiohttp.ClientSession) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        with pytest.raises(NotSent):
            await api_at(f"http://127.0.0.1:{port}/api/", session).call("chat.postMessage", **POST)


async def test_a_name_nobody_knows_sent_nothing() -> None:
    class Nowhere(aiohttp.abc.AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> Any:
            raise OSError("Name or service not known")

        async def close(self) -> None: ...

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Nowhere())) as session:
        with pytest.raises(NotSent, match="ClientConnectorDNSError"):
            await api_at("http://slack.invalid/api/", session).call("chat.postMessage", **POST)


async def test_a_failed_handshake_sent_nothing(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    with pytest.raises(NotSent):
        await api_at(slack.api_url.replace("http:", "https:"), session).call("chat.postMessage", **POST)

    assert not slack.calls


async def test_waiting_for_a_free_connection_in_vain_sent_nothing(slack: FakeSlack) -> None:
    slack.fault("auth.test", hang(done=True))
    timeout = aiohttp.ClientTimeout(total=5, connect=0.05)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), timeout=timeout) as session:
        api = api_at(slack.api_url, session)
        async with asyncio.TaskGroup() as group:
            holding = group.create_task(api.call("auth.test"))
            await slack.until(lambda: len(slack.calls) == 1)
            with pytest.raises(NotSent, match="ConnectionTimeoutError"):
                await api.call("chat.postMessage", **POST)
            slack.release()

    assert holding.result()["ok"]
    assert not slack.called("chat.postMessage")


async def test_an_address_that_is_none_sent_nothing(session: aiohttp.ClientSession) -> None:
    with pytest.raises(NotSent):
        await api_at("http:///api/", session).call("chat.postMessage", **POST)


# ---------------------------------------------------------------- waits


async def test_while_slack_wants_patience_it_is_not_asked_and_other_methods_go_on(
    slack: FakeSlack, session: aiohttp.ClientSession, store: RedisStore, clock: Clock
) -> None:
    api = api_at(slack.api_url, session, pace=Pace(store.cache, clock))
    slack.fault("chat.postMessage", rate_limited(retry_after=30))
    with pytest.raises(Busy):
        await api.call("chat.postMessage", **POST)
    clock.advance(timedelta(seconds=10))

    with pytest.raises(Busy) as caught:
        await api.call("chat.postMessage", **POST)
    assert caught.value.retry_after == timedelta(seconds=20)
    assert len(slack.called("chat.postMessage")) == 1
    await api.call("auth.test")

    clock.advance(timedelta(seconds=20))
    await api.call("chat.postMessage", **POST)
    assert len(slack.acme["C0READING"].messages) == 1


async def test_a_wait_is_known_to_every_process_and_to_one_workspace_only(store: RedisStore, clock: Clock) -> None:
    here, there = Pace(store.cache, clock), Pace(store.cache, clock)

    await here.must_wait("T1", "chat.postMessage", timedelta(seconds=5))

    with pytest.raises(Busy):
        await there.may("T1", "chat.postMessage")
    await there.may("T2", "chat.postMessage")
    await there.may("T1", "chat.update")


async def test_a_wait_that_cannot_be_read_is_none(store: RedisStore, clock: Clock) -> None:
    await store.cache.put("slack-wait:T1:chat.postMessage", b"\xff of another version", keep=timedelta(minutes=1))

    await Pace(store.cache, clock).may("T1", "chat.postMessage")


# ---------------------------------------------------------------- tokens that expire


async def test_an_expired_token_is_replaced_once_and_the_request_sent_again(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    other = slack.team("T0OTHER", token="xoxb-other", app_token="xapp-other")
    renewed: list[str] = []

    async def renew(installation: Installation) -> Installation:
        renewed.append(installation.token)
        return Installation(platform="slack", workspace="T0OTHER", token="xoxb-other")

    api = api_at(slack.api_url, session, renew=renew)
    slack.fault("chat.postMessage", error("token_expired"))
    await api.call("chat.postMessage", **POST)

    assert renewed == ["xoxb-acme"]
    assert [call.token for call in slack.calls] == ["xoxb-acme", "xoxb-other"]
    assert len(other["C0READING"].messages) == 1
    assert api.installation.token == "xoxb-other"

    slack.fault("chat.postMessage", error("token_expired"), error("token_expired"))
    with pytest.raises(WorkspaceGone):
        await api.call("chat.postMessage", **POST)
    assert len(renewed) == 2


async def test_an_expired_token_that_cannot_be_renewed_ends_the_workspace(api: Api, slack: FakeSlack) -> None:
    slack.fault("auth.test", error("token_expired"))

    with pytest.raises(WorkspaceGone, match="install the app again"):
        await api.call("auth.test")

    assert len(slack.calls) == 1


# ---------------------------------------------------------------- Slack's own lists

_SHARED = os.environ.get("PAPERBOY_SHARED", "")
_ADAPTER = Path(__file__).parents[2] / "adapters" / "slack"


def methods_called() -> set[str]:
    """Every method the adapter calls, read from its code."""
    code = (file.read_text(encoding="utf-8") for file in _ADAPTER.rglob("*.py"))
    return {method for text in code for method in re.findall(r"\.call\(\s*\"([^\"]+)\"", text)}


def test_every_request_names_its_method() -> None:
    assert {"chat.postMessage", "conversations.history", "conversations.replies", "auth.test", "oauth.v2.access"} <= methods_called()


@pytest.mark.skipif(not _SHARED, reason="PAPERBOY_SHARED names no folder with Slack's published method lists")
def test_every_error_slack_documents_for_what_we_call_was_thought_about() -> None:
    listed = json.loads((Path(_SHARED) / "specs" / "slack" / "slack_methods.json").read_text(encoding="utf-8"))
    called = methods_called()
    documented = {name: set(listed["methods"][name]["errors"]) for name in called}

    assert {name: sorted(errors - KNOWN) for name, errors in documented.items() if errors - KNOWN} == {}
    assert set(listed["common_errors"]) <= KNOWN
