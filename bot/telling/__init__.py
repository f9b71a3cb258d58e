"""Whom else we tell, if the operator wants it: our bugs to a Sentry, and where the time goes to a collector of OpenTelemetry.

Both are extras. Without them nothing of theirs is imported, and a span costs a call.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from bot.errors import OperatorMistake, PaperboyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.redaction import Redactor

EXTRAS = {"sentry_dsn": ("sentry", "sentry_sdk"), "otlp_endpoint": ("otel", "opentelemetry.exporter.otlp.proto.http")}
"""Setting -> the extra it needs, and a package that comes with it."""


class Errors(Protocol):
    """Where errors are told."""

    def tell(self, event: str, error: BaseException | None, about: Mapping[str, object], *, fatal: bool) -> None:
        """Take one error; it is sent by and by. Never raises."""


class Spans(Protocol):
    """Where spans are told."""

    def span(self, name: str, about: Mapping[str, str | int]) -> AbstractContextManager[object]:
        """As `span`."""


@dataclass(slots=True)
class _Ears:
    """Who listens in this process; one for all of it, as the log is."""

    errors: Errors | None = None
    spans: Spans | None = None


_ears = _Ears()
_UNHEARD = nullcontext()


def span(name: str, **about: str | int) -> AbstractContextManager[object]:
    """Around something that takes time; spans within are its parts, also in tasks begun there. An exception marks it as failed.

    Args:
        name: What it is, from a short list: "reading", "planning", "posting", "command".
        about: Ids and names of ours. Nothing anybody wrote.
    """
    return _UNHEARD if _ears.spans is None else _ears.spans.span(name, about)


def tell(event: str, error: BaseException | None, about: Mapping[str, object], *, fatal: bool = False) -> None:
    """Tell of an error, if anybody wants to hear. The log does so with whatever it is told at level error, so nobody else need.

    Args:
        event: The name it has in the log.
        error: With its traceback; None if there was none.
        about: The fields it has there.
        fatal: Whether the program ends by it.
    """
    if _ears.errors is not None:
        _ears.errors.tell(event, error, about, fatal=fatal)


@contextmanager
def telling(*, redact: Redactor, version: str, sentry_dsn: str = "", otlp_endpoint: str = "") -> Iterator[None]:
    """For as long as it lasts errors and spans are told where these two say; "" is nowhere. At the end all is sent, within seconds.

    An exception of ours that nobody foresaw is told on its way out.

    Raises:
        OperatorMistake: The extra is not installed, or the address is none.
    """
    with ExitStack() as stack:
        if sentry_dsn:
            _must_be_installed("sentry_dsn")
            from bot.telling.sentry import Sentry  # noqa: PLC0415  # an extra, and slow to load

            _ears.errors = stack.enter_context(Sentry(sentry_dsn, redact=redact, version=version))
            stack.callback(setattr, _ears, "errors", None)
        if otlp_endpoint:
            _must_be_installed("otlp_endpoint")
            from bot.telling.otel import Collector  # noqa: PLC0415  # as above

            _ears.spans = stack.enter_context(Collector(otlp_endpoint, redact=redact, version=version))
            stack.callback(setattr, _ears, "spans", None)
        try:
            yield
        except PaperboyError:
            raise
        except Exception as error:
            tell("crashed", error, {}, fatal=True)
            raise


def is_installed(setting: str) -> bool:
    """Whether the extra that this setting needs is there."""
    try:
        return find_spec(EXTRAS[setting][1]) is not None
    except (ModuleNotFoundError, ValueError):  # a package above it is missing
        return False


def _must_be_installed(setting: str) -> None:
    if not is_installed(setting):
        extra = EXTRAS[setting][0]
        raise OperatorMistake(
            f"{setting.upper()}: it needs the extra {extra!r}, which is not installed. "
            f"Install it (pip install 'paperboy[{extra}]', or uv sync --extra {extra}), or unset it."
        )
