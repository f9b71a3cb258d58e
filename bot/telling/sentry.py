"""Errors told to a Sentry. The only file that knows its SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

from sentry_sdk import Client
from sentry_sdk.utils import BadDsn, event_from_exception, exc_info_from_error

from bot.errors import OperatorMistake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sentry_sdk._types import Event, Hint

    from bot.redaction import Redactor

FLUSH_S = 2.0
"""Seconds that whatever is not told yet may take at the end."""
_TAGS = ("platform", "source", "command", "tick")
"""What somebody looks for all errors by. Names of ours, and few."""


class Sentry:
    """One client of its own: nothing is patched, nothing is collected but what we tell.

    No variables, no requests, no breadcrumbs, no persons; every text is redacted before it leaves.

    Raises:
        OperatorMistake: The DSN is none.
    """

    def __init__(self, dsn: str, *, redact: Redactor, version: str) -> None:
        self._redact = redact
        try:
            self._client = Client(
                dsn=dsn,
                release=f"paperboy@{version}",
                before_send=self._without_secrets,
                # Its integrations would patch logging, aiohttp, httpx and redis, and take along what passes there.
                default_integrations=False,
                auto_enabling_integrations=False,
                auto_session_tracking=False,
                include_local_variables=False,
                max_breadcrumbs=0,
                shutdown_timeout=FLUSH_S,
            )
        except BadDsn:
            # From None: its words show the DSN.
            raise OperatorMistake(
                "SENTRY_DSN: it is no address as Sentry's page Client Keys shows it (https://KEY@HOST/PROJECT). See config/env.example."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close(timeout=FLUSH_S)

    def tell(self, event: str, error: BaseException | None, about: Mapping[str, object], *, fatal: bool) -> None:
        """See `bot.telling.Errors`. Without an exception, errors of one name are one issue."""
        told: Event
        hint: Hint
        if error is None:
            told, hint = {"message": event, "fingerprint": [event]}, {}
        else:
            told, hint = event_from_exception(exc_info_from_error(error), client_options=self._client.options)
        told["level"] = "fatal" if fatal else "error"
        told["transaction"] = event
        told["tags"] = {name: str(about[name]) for name in _TAGS if about.get(name)}
        told["contexts"] = {"event": dict(about)}
        self._client.capture_event(told, hint)

    def _without_secrets(self, event: Event, hint: Hint) -> Event:  # noqa: ARG002  # it is called with both
        return cast("Event", self._redact.values(event))
