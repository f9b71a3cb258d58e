"""What discord.py and aiohttp raise, as our errors: sentences for people, and waits that are sane."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.errors import LONGEST, SHORTEST, WINDOW, ChannelClosed, Refused, TokenRefused, patience, trouble
from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, PostTrouble, WorkspaceGone

WHAT = "POST /channels/{channel_id}/messages"


def answered(status: int, body: dict[str, Any] | str, **headers: str) -> discord.HTTPException:
    kind = {"Content-Type": "application/json" if isinstance(body, dict) else "text/html"}
    response: Any = SimpleNamespace(status=status, reason="", headers={**kind, **headers})
    return discord.HTTPException(response, body)


PERMISSIONS = {
    50001: "View Channel",
    50013: "Send Messages",
    160005: "unlock",
    50083: "archived",
    50007: "direct messages",
    10003: "deleted",
}


@pytest.mark.parametrize(("code", "words"), PERMISSIONS.items(), ids=str)
def test_a_closed_channel_says_what_is_to_be_done(code: int, words: str) -> None:
    found = trouble(WHAT, answered(404 if code < 20000 else 403, {"code": code, "message": "No"}))

    assert isinstance(found, ChannelClosed)
    assert found.code == code
    assert words in str(found)
    assert not str(found).endswith(".")


@given(status=st.integers(400, 599), code=st.integers(0, 300_000))
def test_no_refusal_is_without_meaning(status: int, code: int) -> None:
    found = trouble(WHAT, answered(status, {"code": code, "message": "No"}))

    assert isinstance(found, Busy | OutcomeUnknown | ChannelGone | WorkspaceGone | MessageRefused | NotSent)
    assert str(found)
    if status == 401 and code != 50027:
        assert isinstance(found, TokenRefused)
    if status >= 500 and not isinstance(found, Busy):
        assert isinstance(found, OutcomeUnknown)


@pytest.mark.parametrize("status", [403, 404])
def test_a_message_that_is_gone_is_not_the_channel(status: int) -> None:
    found = trouble(WHAT, answered(status, {"code": 10008, "message": "Unknown Message"}))

    assert isinstance(found, Refused)
    assert found.code == 10008


def test_of_a_page_only_its_coming_is_told() -> None:
    found = trouble(WHAT, answered(403, "<html><title>Access denied</title></html>"))

    assert isinstance(found, NotSent)
    assert "<" not in str(found)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (discord.RateLimited(12.5), Busy),
        (discord.LoginFailure("no"), TokenRefused),
        (aiohttp.InvalidURL("x"), NotSent),
        (aiohttp.ConnectionTimeoutError(), NotSent),
        (aiohttp.ServerDisconnectedError(), OutcomeUnknown),
        (TimeoutError(), OutcomeUnknown),
        (ValueError("no JSON"), OutcomeUnknown),
        (discord.DiscordException("new"), OutcomeUnknown),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_libraries_raise_is_told_by_how_far_the_request_came(error: Exception, outcome: type[PostTrouble]) -> None:
    assert type(trouble(WHAT, error)) is outcome


@given(st.one_of(st.floats(), st.integers(), st.text(), st.none()))
def test_no_wait_is_endless_or_none_at_all(asked: object) -> None:
    assert SHORTEST <= patience(asked) <= LONGEST


def test_waits_are_kept_to_the_fraction_of_a_second() -> None:
    assert patience(0.75) == timedelta(seconds=0.75)
    assert patience("3") == timedelta(seconds=3)
    assert patience("soon") == patience(float("nan")) == patience(None) == WINDOW
    assert patience(10**400) == WINDOW
    assert patience(float("inf")) == LONGEST
