"""How fast Discord may be asked, over all processes with one token: 50 requests a second, and the breaker before 10,000 bad answers."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from discord.http import Route

from adapters.discord.errors import patience
from bot.errors import Busy, OutcomeUnknown, StoreTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from types import SimpleNamespace

    from bot.ports import Gate

DOOR = "discord"
"""The name of the door in the store."""
GAP = timedelta(microseconds=20_800)
"""Between two requests. Discord counts 50 a second where they arrive: at 48.1 a second there is room for 40 ms by which some are late.
With half of that room a busy machine was turned away eight times in 10,000 posts."""
LONGEST_WAIT = timedelta(seconds=10)
"""For a turn, or until Discord's word "wait" is over; a request that would wait longer is not made."""

STRIKES, STRIKES_PER, REST = 1000, timedelta(minutes=10), timedelta(minutes=10)
"""Discord bans an address at 10,000 answers of 401, 403 or 429 within ten minutes; all rest after a tenth of them."""

BAD = frozenset({401, 403, 429})
REPEATED = frozenset({500, 502, 504, 524})
"""discord.py repeats requests that were answered so."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Attempts:
    """One request with its repeats, as `trace_request_ctx`."""

    repeat: bool = True
    """Whether discord.py may repeat it where the server failed: whether doing it twice is as good as once."""
    doubtful: bool = False
    """Whether one of the attempts may have been carried out although it was not answered so."""


def trace(
    gate: Gate,
    clock: Callable[[], datetime],
    *,
    at_once: bool = False,
    throttled: Callable[[], object] = lambda: None,
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> aiohttp.TraceConfig:
    """For `http_trace` of discord.py's clients: every request, repeats too, waits for its turn at the door.

    Answers to interactions go at any pace, as Discord does not count them; the gateway's socket does too. In a request so traced
    Busy may be raised, where its turn is far or the door shut, and StoreTrouble, where the gate cannot be asked; nothing went out then.

    Args:
        gate: Shared by all processes.
        clock: Now, aware UTC.
        at_once: A 429 ends the request with Busy. Else discord.py sleeps and repeats; if it is cancelled while it sleeps for a global
            one, it never wakes the others.
        throttled: Hears of every 429, those to answers of interactions too.
        pause: How to wait, given seconds.
    """
    made = aiohttp.TraceConfig()

    async def started(_: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestStartParams) -> None:
        if _is_counted(str(params.url)):
            await _turn(gate, pause)

    async def ended(_: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams) -> None:
        if not str(params.url).startswith(Route.BASE):
            return
        answer = params.response
        if answer.status in BAD and answer.headers.get("X-RateLimit-Scope") != "shared":
            await _struck(gate)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            throttled()
            if _is_counted(str(params.url)):
                busy = await _asked_to_wait(gate, clock, answer)
                if at_once:
                    raise busy
        if answer.status in REPEATED and isinstance(context.trace_request_ctx, Attempts):
            _in_doubt(context.trace_request_ctx, params)

    made.on_request_start.append(started)
    made.on_request_end.append(ended)
    return made


def _in_doubt(attempts: Attempts, params: aiohttp.TraceRequestEndParams) -> None:
    attempts.doubtful = True
    if not attempts.repeat:
        raise OutcomeUnknown(f"{params.method} {params.url.path}: HTTP {params.response.status}")


def _is_counted(url: str) -> bool:
    """Whether the request counts among the 50 a second: interaction endpoints do not (Discord, Rate Limits, "Global Rate Limit")."""
    path = url.removeprefix(Route.BASE)
    return path != url and not path.startswith(("/interactions/", "/webhooks/"))


async def _turn(gate: Gate, pause: Callable[[float], Awaitable[object]]) -> None:
    left = LONGEST_WAIT
    while True:
        try:
            wait = await gate.turn(DOOR, gap=GAP, burst=1, patience=left)
        except Busy as busy:
            # A door that is shut opens soon where Discord asked for a breath, and stays shut after many bad answers.
            if busy.retry_after > left:
                raise
            left -= busy.retry_after
            await pause(busy.retry_after.total_seconds())
        else:
            if wait:
                await pause(wait.total_seconds())
            return


async def _struck(gate: Gate) -> None:
    try:
        shut = await gate.strike(DOOR, limit=STRIKES, per=STRIKES_PER, rest=REST)
    except StoreTrouble as error:
        # What Discord answered matters more, and without the store no next request goes out.
        _log.warning("discord_strike_not_counted", reason=str(error))
        return
    if shut:
        _log.error("discord_breaker_open", strikes=STRIKES, rest_seconds=REST.total_seconds())


async def _asked_to_wait(gate: Gate, clock: Callable[[], datetime], answer: aiohttp.ClientResponse) -> Busy:
    """What a 429 asks for. One that is for all requests (Cloudflare's too) shuts the door in all processes."""
    said = _object(await answer.text(errors="replace"))
    wait = patience(said.get("retry_after", answer.headers.get("Retry-After")))
    # Cloudflare's carries no Via and is a page: it turns the whole address away.
    if not said or said.get("global") or answer.headers.get("X-RateLimit-Scope") == "global" or "Via" not in answer.headers:
        try:
            await gate.shut(DOOR, until=clock() + wait, reason="Discord asked for patience")
        except StoreTrouble as error:
            _log.warning("discord_wait_not_shared", reason=str(error))
    return Busy(f"{answer.method} {answer.url.path}: Discord asked for patience", retry_after=wait)


def _object(text: str) -> dict[str, Any]:
    """A JSON object; {} for anything else."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
