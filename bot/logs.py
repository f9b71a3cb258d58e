"""How the log is written: one line for each thing that happened, JSON where no person reads it."""

from __future__ import annotations

import logging
import re
import sys
from functools import partial
from typing import TYPE_CHECKING, TextIO

import structlog
from structlog.contextvars import merge_contextvars
from typing_extensions import override

from bot.fields import FIELDS
from bot.redaction import REDACTED, Redactor, is_secret_name, redact
from bot.telling import tell

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

__all__ = ["REDACTED", "UNLISTED", "log_to_stderr", "redact"]

UNLISTED = "[not in bot/fields.py]"
"""In place of what nobody said may be written down."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SHOWN_AS_THEY_ARE = ("event", "exception", "stack")
"""Of the others a terminal is shown the repr."""
_TOLD_ELSEWHERE = ("sentry_sdk", "opentelemetry", "urllib3")
"""Libraries by which errors are told: their own trouble would be told by them, and fail again."""


def log_to_stderr(level: str, redact: Redactor = redact) -> None:
    """Send structlog and every library's logging to standard error, from `level` ("debug" to "error") up, without secrets.

    A line carries the fields it was given and those bound around it (structlog.contextvars), as far as `bot.fields` lists them. Whatever
    is of level error is told further, too (`bot.telling`).

    Standard output belongs to the conversation. Calling it again changes the level.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                partial(_tell_errors, redact),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                partial(_without_secrets, redact),
                *_shown(readable=sys.stderr.isatty()),
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
        processors=[structlog.stdlib.filter_by_level, *shared, _listed_alone, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _shown(*, readable: bool) -> list[structlog.typing.Processor]:
    if readable:
        return [_plain_text, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.JSONRenderer(ensure_ascii=False)]


def _listed_alone(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001  # every processor is called alike
    """Of ours: a field that nobody thought about may hold what somebody wrote."""
    return {name: value if name in FIELDS or is_secret_name(name) else UNLISTED for name, value in event.items()}


def _tell_errors(redact: Redactor, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001  # as above
    record = event.get("_record")
    of_theirs = isinstance(record, logging.LogRecord) and record.name.startswith(_TOLD_ELSEWHERE)
    if event.get("level") in {"error", "critical"} and not of_theirs:
        about = {name: redact.values(value) for name, value in event.items() if name not in _ITS_OWN and not name.startswith("_")}
        tell(str(event["event"]), _error_of(event.get("exc_info")), about)
    return event


_ITS_OWN = frozenset({"event", "exc_info", "level", "stack", "stack_info", "timestamp"})


def _error_of(told: object) -> BaseException | None:
    """Loggers are handed an exception, the three of `sys.exc_info()`, or true for the one being handled."""
    error = told[1] if isinstance(told, tuple) else sys.exception() if told is True else told
    return error if isinstance(error, BaseException) else None


def _without_secrets(redact: Redactor, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001  # as above
    """Before it is rendered, so that what was redacted is still JSON; after tracebacks became text."""
    return {name: REDACTED if is_secret_name(name) else redact.values(value) for name, value in event.items()}


def _plain_text(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001  # as above
    """A stranger's text must not move the cursor of whoever reads, nor look like a line of ours. JSON sees to that by itself."""
    for name in _SHOWN_AS_THEY_ARE:
        if isinstance(text := event.get(name), str):
            visible = _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
            event[name] = visible.replace("\n", "\\n") if name == "event" else visible
    return event


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at the moment: around a prompt, something that writes above it."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)
