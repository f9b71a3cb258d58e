"""How the log is written: one line for each thing that happened, JSON where no person reads it."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from typing_extensions import override


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at the moment: around a prompt, something that writes above it."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def log_to_stderr(level: str) -> None:
    """Send structlog and every library's logging to standard error, from `level` ("debug" to "error") up.

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
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
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
