"""Socket Mode: staying connected whatever Slack does, and acknowledging over it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import WSMessage, WSMsgType
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from adapters.slack.socket import FIRST_WAIT, LONGEST_WAIT, SocketMode, _frame
from bot.errors import OperatorMistake
from tests.slack.fake import NotAcknowledged, drop_before, error, rate_limited, server_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from slack_bolt.context.ack.async_ack import AsyncAck

    from tests.slack.fake import FakeSlack


@dataclass
class Patience:
    """Lets no time pass, and remembers what was asked for; from `hold` on it waits for good."""

    waits: list[float] = field(default_factory=list)
    hold: int = 10_000

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) >= self.hold:
            await asyncio.Event().wait()

    @property
    def steps(self) -> list[float]:
        """Without what makes them uneven."""
        ladder = [*(FIRST_WAIT * 2**step for step in range(6)), LONGEST_WAIT]
        return [max(step for step in ladder if step <= seconds) for seconds in self.waits]


def app_for(slack: FakeSlack) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0TEAM", bot_user_id="U0PAPERBOY", bot_token=slack.acme.token)

    app = AsyncApp(authorize=authorize, request_verification_enabled=False)

    @app.command("/papers")
    async def papers(ack: AsyncAck, body: dict[str, Any]) -> None:
        match body["text"]:
            case "silently":
                await ack()
            case "blocks":
                await ack({"text": "In blocks.", "blocks": []})
            case "slowly":
                await slack.held()
                await ack("At last.")
            case text:
                await ack(f"You said {text}.")

    return app


@asynccontextmanager
async def running(mode: SocketMode) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(mode.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def mode(slack: FakeSlack, patience: Patience) -> SocketMode:
    return SocketMode(app_for(slack), "xapp-acme", slack.api_url, wait=patience)


async def test_a_command_is_acknowledged_with_its_answer(slack: FakeSlack, mode: SocketMode) -> None:
    async with running(mode):
        await slack.connected()
        assert (await slack.command("subscribe llm")).ack == {"text": "You said subscribe llm."}
        assert (await slack.command("silently")).ack == {}
        assert (await slack.command("blocks")).ack == {"text": "In blocks.", "blocks": []}


async def test_it_tells_whether_slack_can_reach_us(slack: FakeSlack, mode: SocketMode) -> None:
    assert not mode.is_connected
    async with running(mode):
        await slack.connected()
        await slack.until(lambda: mode.is_connected)
    assert not mode.is_connected
    await slack.until(lambda: slack.connections == 0)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_when_slack_wants_a_change_the_new_line_stands_before_the_old_one_is_gone(
    reason: str, slack: FakeSlack, mode: SocketMode, patience: Patience
) -> None:
    async with running(mode):
        await slack.connected()
        slow = asyncio.create_task(slack.command("slowly"))
        await slack.until(lambda: slack.response_urls)
        slack.patience = 60
        leaving = asyncio.create_task(slack.disconnect(reason))
        await slack.until(lambda: len(slack.called("apps.connections.open")) == 2)
        await slack.connected()
        slack.patience = 5
        slack.release()
        assert (await slow).ack == {"text": "At last."}, "over the old line"
        await slack.until(leaving.done)  # long before Slack itself would hang up
        assert (await slack.command("hello")).ack
        assert patience.waits == []


async def test_a_line_that_breaks_is_opened_again_after_a_pause(slack: FakeSlack, mode: SocketMode, patience: Patience) -> None:
    async with running(mode):
        for lost in (1, 2):
            await slack.connected()
            await slack.disconnect("")
            await slack.connected()
            assert patience.steps == [FIRST_WAIT] * lost
        assert (await slack.command("hello")).ack


async def test_a_slack_that_is_down_at_the_start_is_tried_with_growing_pauses(
    slack: FakeSlack, mode: SocketMode, patience: Patience
) -> None:
    slack.fault("apps.connections.open", server_error(503), drop_before(), error("fatal_error"), error("internal_error"))
    async with running(mode):
        await slack.connected()
        assert patience.steps == [5, 10, 20, 40]
        assert (await slack.command("hello")).ack


async def test_the_pauses_end_at_some_minutes(slack: FakeSlack, patience: Patience) -> None:
    patience.hold = 9
    async with running(SocketMode(app_for(slack), "xapp-acme", "http://127.0.0.1:9/api/", wait=patience)):
        await slack.until(lambda: len(patience.waits) == 9)
    assert patience.waits[0] >= FIRST_WAIT
    assert all(later >= earlier or later >= LONGEST_WAIT for earlier, later in zip(patience.waits, patience.waits[1:], strict=False))
    assert LONGEST_WAIT <= patience.waits[-1] <= LONGEST_WAIT * 1.2


async def test_slacks_own_pause_is_kept(slack: FakeSlack, mode: SocketMode, patience: Patience) -> None:
    slack.fault("apps.connections.open", rate_limited(70))
    async with running(mode):
        await slack.connected()
    assert len(patience.waits) == 1
    assert patience.waits[0] >= 70


@pytest.mark.parametrize("name", ["invalid_auth", "not_allowed_token_type", "missing_scope", "account_inactive"])
async def test_a_wrong_token_stops_the_start_with_one_line(name: str, slack: FakeSlack, mode: SocketMode, patience: Patience) -> None:
    slack.fault("apps.connections.open", error(name))
    with pytest.raises(OperatorMistake, match=name) as caught:
        await mode.run()
    assert "\n" not in str(caught.value)
    assert "xapp-" not in str(caught.value)
    assert "connections:write" in str(caught.value)
    assert patience.waits == []


async def test_a_token_that_is_revoked_later_stops_nothing_and_is_tried_rarely(
    slack: FakeSlack, mode: SocketMode, patience: Patience
) -> None:
    async with running(mode) as task:
        await slack.connected()
        slack.fault("apps.connections.open", error("token_revoked"))
        await slack.disconnect("")
        await slack.connected()
        assert not task.done()
    assert patience.steps == [FIRST_WAIT, LONGEST_WAIT]


async def test_a_socket_mode_that_was_switched_off_is_tried_rarely(slack: FakeSlack, mode: SocketMode, patience: Patience) -> None:
    async with running(mode):
        await slack.connected()
        await slack.disconnect("link_disabled")
        await slack.connected()
    assert patience.steps == [LONGEST_WAIT]


async def test_too_many_lines_are_a_pause(slack: FakeSlack, patience: Patience) -> None:
    patience.hold = 1
    async with running(SocketMode(app_for(slack), "xapp-acme", slack.api_url)) as first:
        await slack.connected()
        others = [asyncio.create_task(SocketMode(app_for(slack), "xapp-acme", slack.api_url).run()) for _ in range(9)]
        await slack.connected(10)
        async with running(SocketMode(app_for(slack), "xapp-acme", slack.api_url, wait=patience)) as late:
            await slack.until(lambda: patience.waits)
            assert not late.done()
        assert not first.done()
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def test_several_processes_share_the_traffic(slack: FakeSlack) -> None:
    modes = [SocketMode(app_for(slack), "xapp-acme", slack.api_url) for _ in range(2)]
    async with running(modes[0]), running(modes[1]):
        await slack.connected(2)
        answers = [(await slack.command(f"number {number}")).ack for number in range(4)]
    assert answers == [{"text": f"You said number {number}."} for number in range(4)]


async def test_a_stop_acknowledges_what_came(slack: FakeSlack, mode: SocketMode) -> None:
    async with running(mode) as task:
        await slack.connected()
        slow = asyncio.create_task(slack.command("slowly"))
        await slack.until(lambda: slack.response_urls)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        slack.release()
        assert (await slow).ack == {"text": "At last."}


async def test_what_the_app_does_not_know_is_not_acknowledged(slack: FakeSlack, mode: SocketMode) -> None:
    slack.patience = 0.3
    async with running(mode):
        await slack.connected()
        with pytest.raises(NotAcknowledged):
            await slack.command("hello", command="/other")


async def test_an_app_that_falls_over_does_not_take_the_line_with_it(
    slack: FakeSlack, mode: SocketMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.patience = 0.3
    dispatch = mode._app.async_dispatch

    async def broken(*given: object) -> None:
        raise RuntimeError("a bug")

    async with running(mode):
        await slack.connected()
        monkeypatch.setattr(mode._app, "async_dispatch", broken)
        with pytest.raises(NotAcknowledged):
            await slack.command("hello")
        monkeypatch.setattr(mode._app, "async_dispatch", dispatch)
        assert (await slack.command("hello")).ack


def test_frames_that_are_no_object_say_nothing() -> None:
    for kind, said in ((WSMsgType.TEXT, "{"), (WSMsgType.TEXT, "[]"), (WSMsgType.BINARY, b"{}"), (WSMsgType.CLOSED, None)):
        assert _frame(WSMessage(kind, said, None)) == {}
