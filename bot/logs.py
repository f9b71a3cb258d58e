"""How the log is written: one line for each thing that happened, JSON where no person reads it."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, TextIO

import structlog
from typing_extensions import override

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

REDACTED = "[redacted]"

_SECRET_NAMES = frozenset({"authorization", "client_secret", "cookie", "password", "refresh_token", "secret", "signing_secret", "token"})
_SECRETS = tuple(
    (re.compile(pattern, re.ASCII | re.IGNORECASE), shown)
    for pattern, shown in (
        # Slack: xoxb-, xoxp-, xoxe.xoxb-, xoxe-1-, xapp-; where it was is worth knowing, so its kind stays.
        (r"\b(x(?:ox[a-z]|app)(?:\.xox[a-z])?-)[\w.-]+", rf"\1{REDACTED}"),
        # A hook lets whoever has it write into the channel.
        (r"(https://hooks\.slack(?:-gov)?\.com/)[^\s\"'\\]+", rf"\1{REDACTED}"),
        (r"\bhf_\w{16,}", f"hf_{REDACTED}"),
        # Discord: user id, time and signature in base64.
        (r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}", REDACTED),
        # Discord, an interaction's: "interaction:" in base64, good for fifteen minutes of answers.
        (r"\baW50ZXJhY3Rpb246[\w-]+", REDACTED),
        (r"(authorization[\"'\\]*\s*[:=]\s*[\"'\\]*)(?:[a-z]+\s+)?[^\s\"',;}\\]+", rf"\1{REDACTED}"),
        (r"\b((?:bearer|basic)\s+)(?!\[)[\w.~+/=-]{16,}", rf"\1{REDACTED}"),
        (r"((?:[?&](?:code|state|ticket|token)|\b(?:access_token|client_secret|password|refresh_token))=)[^&\s\"'\\]+", rf"\1{REDACTED}"),
        # The user of an address: redis://:password@host.
        (r"\b([a-z][a-z0-9+.-]{1,20}://)[^/\s@\"'\\]+@", rf"\1{REDACTED}@"),
    )
)


def redact(text: str) -> str:
    """The text without tokens, passwords in addresses and whatever else opens a door; what they were the name of stays readable."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


def _redact_fields(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001  # every processor is called alike
    """Fields that are secret by their name, whatever is in them."""
    return {name: REDACTED if name.lower() in _SECRET_NAMES else value for name, value in event.items()}


def _redact_line(logger: WrappedLogger, method: str, line: str) -> str:  # noqa: ARG001  # every processor is called alike
    """Last of all, so that tracebacks and what libraries log are seen too."""
    return redact(line)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at the moment: around a prompt, something that writes above it."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def log_to_stderr(level: str) -> None:
    """Send structlog and every library's logging to standard error, from `level` ("debug" to "error") up, without secrets.

    Standard output belongs to the conversation. Calling it again changes the level.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    readable = sys.stderr.isatty()
    shown: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    )
    last = [shown] if readable else [structlog.processors.format_exc_info, shown]
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact_fields,
                *last,
                _redact_line,  # type: ignore[list-item]  # after the renderer it is a line, not an event
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for chatty in ("httpx", "httpcore", "apscheduler"):
        # They tell every request and every tick; we tell what came of them.
        logging.getLogger(chatty).setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
