"""What is written to the log, and what never is."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars
from typing_extensions import override

from bot import __main__
from bot.logs import UNLISTED, log_to_stderr
from bot.redaction import REDACTED, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRETS = (
    "xoxb-123-456-aBcDeF",
    "xoxp-123-456-aBcDeF",
    "xoxe.xoxb-1-Mi0yLTEyMzQ1Njc4OTAtYWJj",
    "xoxe-1-My0xLTEyMzQ1Njc4OTAtYWJj",
    "xapp-1-A0PAPERBOY-123-abcdef0123",
    "hf_abcdefghijklmnopqrstuvwxyz",
    "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    "no-form-but-known-by-heart",
)
KNOWN = Redactor(["no-form-but-known-by-heart"])


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What was written since the last call."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log_to_stderr("debug", KNOWN)
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


class Screen(StringIO):
    """A terminal."""

    @override
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(log: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], Screen]:
    """Puts a terminal in the place of standard error; called in the test, for between fixtures and test pytest puts its own there."""

    def put() -> Screen:
        screen = Screen()
        monkeypatch.setattr(sys, "stderr", screen)
        log_to_stderr("debug", KNOWN)
        return screen

    return put


def fail(secret: str) -> None:
    """Raise from what a library raised, which tells a secret."""
    try:
        raise ConnectionError(f"GET https://slack.com/?token={secret}")
    except ConnectionError as exc:
        raise RuntimeError(f"invalid: {secret}") from exc


def tell_all(secret: str) -> None:
    """Every way a secret may come into the log."""
    ours = structlog.get_logger()
    ours.info("source_read", host=f"https://slack.com/api/?token={secret}", reason={"Authorization": f"Bearer {secret}"}, count=[secret])
    logging.getLogger("somebody.else").warning("sent %s", secret)
    try:
        fail(secret)
    except RuntimeError as exc:
        ours.exception("failed", reason=exc, key=secret.encode())
        logging.getLogger("somebody.else").exception("failed")
    ours.warning("body", reason=json.dumps({"response": json.dumps({"token": secret})}))


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_reaches_the_log_by_any_way(secret: str, log: Callable[[], str]) -> None:
    tell_all(secret)

    written = log()
    assert secret not in written
    assert len([json.loads(line) for line in written.splitlines()]) == 5, "and every line is still JSON"
    assert written.count("RuntimeError: invalid: ") == 2
    assert written.count("ConnectionError: GET ") == 2


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_reaches_the_terminal_either(secret: str, terminal: Callable[[], Screen]) -> None:
    screen = terminal()
    tell_all(secret)

    assert secret not in screen.getvalue()
    assert screen.getvalue().count("RuntimeError: invalid: ") == 2


def test_a_field_that_is_secret_by_its_name_is_not_shown(log: Callable[[], str]) -> None:
    structlog.get_logger().info("asked", token="short", Authorization="x", workspace="T0TEAM")
    line = json.loads(log())
    assert (line["token"], line["Authorization"], line["workspace"]) == (REDACTED, REDACTED, "T0TEAM")


def test_a_field_that_nobody_thought_about_is_not_shown(log: Callable[[], str]) -> None:
    structlog.get_logger().info("asked", words="what somebody wrote", workspace="T0TEAM")
    line = json.loads(log())
    assert (line["words"], line["workspace"]) == (UNLISTED, "T0TEAM")


def test_a_line_carries_what_is_bound_around_it_and_its_own_word_counts(log: Callable[[], str]) -> None:
    with bound_contextvars(slot="noon", attempt=1):
        structlog.get_logger().info("asked", attempt=2)
        logging.getLogger("somebody.else").warning("theirs")
    structlog.get_logger().info("afterwards")

    ours, theirs, afterwards = (json.loads(line) for line in log().splitlines())
    assert (ours["slot"], ours["attempt"]) == ("noon", 2)
    assert (theirs["slot"], theirs["attempt"]) == ("noon", 1)
    assert "slot" not in afterwards


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_what_is_below_the_level_is_not_written(level: str, log: Callable[[], str]) -> None:
    log_to_stderr(level)
    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), name)(name)

    written = [json.loads(line)["event"] for line in log().splitlines()]
    assert written == ["debug", "info", "warning", "error"][-len(written) :]
    assert written[0] == level


def test_a_stranger_neither_moves_the_cursor_of_whoever_reads_nor_writes_a_line_of_ours(terminal: Callable[[], Screen]) -> None:
    screen = terminal()
    bad = "bad\x1b[2J\x9b1m\u202e title\n2026-01-01 [error] store_full"
    structlog.get_logger().warning("source_trouble", reason=bad)
    logging.getLogger("somebody.else").warning(bad)
    logging.getLogger("somebody.else").warning("failed", exc_info=ValueError(bad))

    shown = screen.getvalue()
    assert shown.count("bad\\x1b[2J\\x9b1m\\u202e title\\n2026") == 2
    assert shown.count("ValueError: bad\\x1b[2J\\x9b1m\\u202e title\n2026") == 1
    assert shown.count("\n") == 5


def test_a_crash_is_told_as_one_event_without_secrets(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> int:
        fail(SECRETS[0])
        raise AssertionError

    monkeypatch.setattr(__main__, "_fetch", broken)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        status = __main__.main(["fetch"])
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()

    told = capsys.readouterr().err
    assert status == 1
    assert json.loads(told)["event"] == "crashed"
    assert SECRETS[0] not in told
