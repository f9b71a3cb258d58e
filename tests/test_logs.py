"""What is written to the log, and what never is."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import REDACTED, log_to_stderr, redact

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
)


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What was written since the last call."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log_to_stderr("debug")
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("secret", SECRETS)
def test_no_token_reaches_the_log_by_any_way(secret: str, log: Callable[[], str]) -> None:
    ours = structlog.get_logger()
    ours.info("asked", url=f"https://slack.com/api/?token={secret}", headers={"Authorization": f"Bearer {secret}"}, nested=[{"a": secret}])
    logging.getLogger("somebody.else").warning("sent %s", secret)
    try:
        raise RuntimeError(f"invalid: {secret}")
    except RuntimeError:
        ours.exception("failed")
        logging.getLogger("somebody.else").exception("failed")
    written = log()
    assert secret not in written
    assert len([json.loads(line) for line in written.splitlines()]) == 4, "and every line is still JSON"
    assert written.count("RuntimeError: invalid: ") == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:hunter2@host:6379/0", f"redis://{REDACTED}@host:6379/0"),
        ("redis://user:hunter2@host", f"redis://{REDACTED}@host"),
        ("wss://wss.slack.com/link/?ticket=abc&app_id=A1", f"wss://wss.slack.com/link/?ticket={REDACTED}&app_id=A1"),
        (
            "GET /slack/oauth_redirect?code=12.34.ab&state=x HTTP/1.1",
            f"GET /slack/oauth_redirect?code={REDACTED}&state={REDACTED} HTTP/1.1",
        ),
        ("client_secret=abc&grant_type=x", f"client_secret={REDACTED}&grant_type=x"),
        ("https://hooks.slack.com/commands/T1/2/secret", f"https://hooks.slack.com/{REDACTED}"),
        ("Authorization: Basic dXNlcjpwYXNz", f"Authorization: {REDACTED}"),
        ("{'Authorization': 'Bearer abc.def'}", f"{{'Authorization': '{REDACTED}'}}"),
        ('{\\"authorization\\": \\"tok\\"}', f'{{\\"authorization\\": \\"{REDACTED}\\"}}'),
        ("bearer abcdefgh12345678", f"bearer {REDACTED}"),
        ("the token xoxb-1-2-abc was refused", f"the token xoxb-{REDACTED} was refused"),
    ],
)
def test_what_opens_a_door_is_blotted_out_and_the_rest_stays(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "slot_planned", "channel": "slack:T0TEAM:C0READING", "slot": "2025-11-21T09:00:00+00:00", "code": 200}',
        "https://arxiv.org/abs/2608.19880 by somebody@example.org",
        "Basic research and bearer bonds",
        "oxford xapp papers",
    ],
)
def test_what_opens_no_door_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_a_field_that_is_secret_by_its_name_is_not_shown(log: Callable[[], str]) -> None:
    structlog.get_logger().info("asked", token="short", Authorization="x", workspace="T0TEAM")
    line = json.loads(log())
    assert (line["token"], line["Authorization"], line["workspace"]) == (REDACTED, REDACTED, "T0TEAM")


@given(st.text(), st.sampled_from(SECRETS), st.text())
def test_whatever_stands_around_it_no_token_is_left(before: str, secret: str, after: str) -> None:
    assert secret not in redact(f"{before} {secret} {after}")


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)
