"""Spans told to a collector of OpenTelemetry. The only file that knows its SDK."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Self

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.redaction import Redactor

REQUEST_S = 3.0
"""Seconds that a collector has for one batch, and for all that is left at the end: nobody who stops us waits long."""
_PATH = "/v1/traces"


class Collector:
    """Gathers spans and sends them in batches, as OTLP over HTTP.

    What the SDK reads from the environment by itself holds: OTEL_EXPORTER_OTLP_HEADERS for a collector that wants a key,
    OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES.

    Args:
        endpoint: The collector's base address; /v1/traces follows it, if it does not stand there.
    """

    def __init__(self, endpoint: str, *, redact: Redactor, version: str) -> None:
        self._redact = redact
        # A provider of its own, not the one for all: libraries find none there, so that only our spans are told.
        resource = Resource.create({"service.name": "paperboy", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        address = endpoint.rstrip("/").removesuffix(_PATH) + _PATH
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address, timeout=REQUEST_S)))
        self._tracer = self._provider.get_tracer("paperboy", version)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # It sends the rest batch by batch, and waits for each: with a collector that hangs, longer than we may take.
        last = Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        last.start()
        last.join(REQUEST_S)

    @contextmanager
    def span(self, name: str, about: Mapping[str, str | int]) -> Iterator[None]:
        """See `bot.telling.span`."""
        shown = {f"paperboy.{field}": self._redact(value) if isinstance(value, str) else value for field, value in about.items()}
        # Neither records an exception by itself: with it would go its text as it is.
        with self._tracer.start_as_current_span(name, attributes=shown, record_exception=False, set_status_on_exception=False) as one:
            try:
                yield
            except Exception as error:
                one.set_attribute("error.type", type(error).__name__)
                one.set_status(Status(StatusCode.ERROR, self._redact(f"{type(error).__name__}: {error}")))
                raise
