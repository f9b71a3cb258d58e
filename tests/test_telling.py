"""Sentry and a collector hear what they are meant to, without secrets, and nothing of theirs is loaded where nobody wants them."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from typing_extensions import override

from bot.errors import OperatorMistake, StoreAway
from bot.logs import log_to_stderr
from bot.redaction import REDACTED, Redactor
from bot.telling import is_installed, otel, span, tell, telling

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "xoxb-123-456-aBcDeF"
BY_HEART = "no-form-but-known-by-heart"
KNOWN = Redactor([BY_HEART])


@dataclass
class Outside:
    """A Sentry and a collector on this machine."""

    port: int = 0
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    """Path and body of what was sent here, unpacked."""

    @property
    def dsn(self) -> str:
        return f"http://0123456789abcdef@127.0.0.1:{self.port}/7"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def issues(self) -> list[dict[str, Any]]:
        """What Sentry was told: the last line of each envelope."""
        assert all(path == "/api/7/envelope/" for path, _ in self.bodies)
        return [json.loads(body.strip().split(b"\n")[-1]) for _, body in self.bodies]

    @property
    def spans(self) -> list[Any]:
        assert all(path == "/v1/traces" for path, _ in self.bodies)
        told = [ExportTraceServiceRequest.FromString(body) for _, body in self.bodies]
        return [one for request in told for resource in request.resource_spans for scope in resource.scope_spans for one in scope.spans]


@pytest.fixture
def outside() -> Iterator[Outside]:
    there = Outside()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.bodies.append((self.path, gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        @override
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    there.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield there
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def logging_to_stderr() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log_to_stderr("info", KNOWN)
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()


@contextmanager
def sentry(outside: Outside) -> Iterator[None]:
    with logging_to_stderr(), telling(redact=KNOWN, version="9.9", sentry_dsn=outside.dsn):
        yield


@contextmanager
def collector(outside: Outside) -> Iterator[None]:
    with telling(redact=KNOWN, version="9.9", otlp_endpoint=outside.base):
        yield


def attributes(one: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in one.attributes}


# ---------------------------------------------------------------- Sentry


def test_a_bug_that_is_logged_is_told_with_its_traceback_and_its_fields(outside: Outside) -> None:
    with sentry(outside):
        try:
            raise KeyError("ts")
        except KeyError:
            structlog.get_logger().exception("outlet_bug", platform="slack", workspace="T0TEAM", delivery_key="0a")

    [issue] = outside.issues
    assert (issue["level"], issue["release"], issue["transaction"]) == ("error", "paperboy@9.9", "outlet_bug")
    [told] = issue["exception"]["values"]
    assert (told["type"], told["value"]) == ("KeyError", "'ts'")
    assert told["stacktrace"]["frames"][-1]["function"] == "test_a_bug_that_is_logged_is_told_with_its_traceback_and_its_fields"
    assert "vars" not in told["stacktrace"]["frames"][-1]
    assert issue["tags"] == {"platform": "slack"}
    assert issue["contexts"]["event"] == {"platform": "slack", "workspace": "T0TEAM", "delivery_key": "0a"}
    assert not {"user", "request", "breadcrumbs", "modules"} & issue.keys()


def test_errors_without_an_exception_are_one_issue_for_each_name(outside: Outside) -> None:
    with sentry(outside):
        structlog.get_logger().error("message_refused", reason="invalid_blocks")
        structlog.get_logger().warning("source_trouble", reason="not worth waking anybody")

    [issue] = outside.issues
    assert (issue["message"], issue["fingerprint"]) == ("message_refused", ["message_refused"])
    assert issue["contexts"]["event"] == {"reason": "invalid_blocks"}


def test_a_library_that_logs_an_exception_is_heard(outside: Outside) -> None:
    with sentry(outside):
        logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=ValueError("lost"))

    [issue] = outside.issues
    assert issue["exception"]["values"][0]["value"] == "lost"


@pytest.mark.parametrize("name", ["sentry_sdk.errors", "opentelemetry.sdk", "urllib3.connectionpool"])
def test_trouble_with_telling_is_not_told(name: str, outside: Outside) -> None:
    with sentry(outside):
        logging.getLogger(name).error("cannot be reached")

    assert outside.bodies == []


def test_no_secret_is_told(outside: Outside) -> None:
    with sentry(outside):
        try:
            try:
                raise ConnectionError(f"redis://:{BY_HEART}@host refused")
            except ConnectionError as exc:
                raise RuntimeError(f"with {SECRET}") from exc
        except RuntimeError:
            structlog.get_logger().exception(f"failed {SECRET}", reason=f"Bearer {SECRET}", key={"token": "short"}, words="somebody's")

    [issue] = outside.issues
    assert [one["value"] for one in issue["exception"]["values"]] == [f"redis://{REDACTED}@host refused", f"with xoxb-{REDACTED}"]
    for secret in (SECRET, BY_HEART, "short", "somebody's"):
        assert secret not in json.dumps({**issue, "exception": [_without_source(one) for one in issue["exception"]["values"]]})


def _without_source(told: dict[str, Any]) -> dict[str, Any]:
    """Lines of this file name the secrets that must not be told; the program's lines name none."""
    lines = {"context_line", "pre_context", "post_context"}
    frames = [{name: value for name, value in frame.items() if name not in lines} for frame in told["stacktrace"]["frames"]]
    return {**told, "stacktrace": frames}


def test_what_ends_the_program_unforeseen_is_told_on_its_way_out(outside: Outside) -> None:
    with pytest.raises(ZeroDivisionError), sentry(outside):
        raise ZeroDivisionError("a bug")

    [issue] = outside.issues
    assert (issue["level"], issue["transaction"]) == ("fatal", "crashed")


@pytest.mark.parametrize("foreseen", [OperatorMistake("set it"), StoreAway("no connection"), asyncio.CancelledError()])
def test_what_ends_it_as_foreseen_is_not_told(foreseen: BaseException, outside: Outside) -> None:
    with pytest.raises(type(foreseen)), sentry(outside):
        raise foreseen

    assert outside.bodies == []


@pytest.mark.parametrize("dsn", ["https://sentry.example", "nonsense", "https://topsecretkey@host/"])
def test_a_dsn_that_is_none_is_the_operators_mistake_and_not_shown(dsn: str) -> None:
    with (
        pytest.raises(OperatorMistake, match=r"^SENTRY_DSN: it is no address") as refused,
        telling(redact=KNOWN, version="9", sentry_dsn=dsn),
    ):
        pass

    assert dsn not in str(refused.value)
    assert refused.value.__cause__ is None


def test_nothing_is_patched() -> None:
    """Its integrations would take along what passes through logging and HTTP. In a process of its own: they patch for good."""
    script = (
        "import http.client, logging, subprocess, sys, threading\n"
        "def watched():\n"
        "    return (sys.excepthook, logging.Logger.callHandlers, http.client.HTTPConnection.putrequest, subprocess.Popen.__init__,\n"
        "            threading.Thread.start)\n"
        "before = watched()\n"
        "from bot.redaction import redact\n"
        "from bot.telling import telling\n"
        "with telling(redact=redact, version='9', sentry_dsn='http://0123456789abcdef@127.0.0.1:9/7'):\n"
        "    print(watched() == before)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=50)

    assert (ended.stdout, ended.stderr) == ("True\n", "")


def test_a_sentry_that_is_away_stops_nobody() -> None:
    with logging_to_stderr(), telling(redact=KNOWN, version="9.9", sentry_dsn="http://0123456789abcdef@127.0.0.1:9/7"):
        structlog.get_logger().error("message_refused")


# ---------------------------------------------------------------- spans


async def test_spans_are_told_as_they_lie_within_each_other_also_over_tasks(outside: Outside) -> None:
    async def posted() -> None:
        with span("posting", platform="slack", attempt=0):
            await asyncio.sleep(0)

    with collector(outside):
        with span("command", platform="slack", command="digest"):
            await asyncio.gather(posted(), posted())
        with span("reading", source="arxiv:cs.CL"):
            pass

    by_name = {one.name: one for one in outside.spans}
    assert sorted(one.name for one in outside.spans) == ["command", "posting", "posting", "reading"]
    assert attributes(by_name["command"]) == {"paperboy.platform": "slack", "paperboy.command": "digest"}
    assert attributes(by_name["posting"]) == {"paperboy.platform": "slack", "paperboy.attempt": 0}
    assert by_name["posting"].parent_span_id == by_name["command"].span_id
    assert by_name["reading"].trace_id != by_name["command"].trace_id


def test_a_span_that_failed_says_how_without_secrets_and_lets_the_exception_through(outside: Outside) -> None:
    with collector(outside), pytest.raises(StoreAway), span("posting", slot=f"a {BY_HEART}"):
        raise StoreAway(f"{SECRET} refused")

    [one] = outside.spans
    assert (one.status.code, one.status.message) == (2, f"StoreAway: xoxb-{REDACTED} refused")
    assert attributes(one) == {"paperboy.slot": f"a {REDACTED}", "error.type": "StoreAway"}
    assert not one.events


def test_a_span_broken_off_by_a_stop_is_no_failure(outside: Outside) -> None:
    with collector(outside), pytest.raises(asyncio.CancelledError), span("posting"):
        raise asyncio.CancelledError

    assert [one.status.code for one in outside.spans] == [0]


def test_a_collector_that_hangs_keeps_nobody_waiting_at_the_end(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, ended = Event(), Event()

    def shutdown(_: TracerProvider) -> None:
        hangs.wait(30)
        ended.set()

    monkeypatch.setattr(otel, "REQUEST_S", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(TracerProvider, "shutdown", shutdown)
        with collector(outside), span("posting"):
            pass
    assert not ended.is_set()
    hangs.set()
    assert ended.wait(10)


def test_the_whole_address_of_a_collector_will_do(outside: Outside) -> None:
    with telling(redact=KNOWN, version="9.9", otlp_endpoint=f"{outside.base}/v1/traces/"), span("posting"):
        pass

    assert len(outside.spans) == 1


def test_who_tells_is_named(outside: Outside) -> None:
    with collector(outside), span("posting"):
        pass

    [(_, body)] = outside.bodies
    [told] = ExportTraceServiceRequest.FromString(body).resource_spans
    named = attributes(told.resource)
    assert (named["service.name"], named["service.version"]) == ("paperboy", "9.9")


# ---------------------------------------------------------------- without


def test_without_anybody_to_tell_nothing_is_told_and_a_span_is_the_same_for_all() -> None:
    with telling(redact=KNOWN, version="9.9"):
        tell("failed", ValueError(), {})
        assert span("posting", platform="slack") is span("reading")


def test_afterwards_nobody_hears_any_more(outside: Outside) -> None:
    with sentry(outside), collector(outside):
        pass
    tell("failed", ValueError(), {})
    with span("posting"):
        pass

    assert outside.bodies == []


def test_nothing_of_the_extras_is_loaded_where_nobody_wants_them() -> None:
    script = (
        "import sys, bot.__main__, bot.serving, bot.telling\n"
        "from bot.redaction import redact\n"
        "with bot.telling.telling(redact=redact, version='9'), bot.telling.span('posting'):\n"
        "    pass\n"
        # redis-py looks by itself whether the rest of opentelemetry is there.
        "theirs = 'sentry_sdk', 'opentelemetry.exporter', 'opentelemetry.sdk.trace', 'bot.telling.'\n"
        "print([name for name in sys.modules if name.startswith(theirs)])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=50)

    assert (ended.stdout, ended.stderr) == ("[]\n", "")


@pytest.mark.parametrize(("setting", "extra"), [("sentry_dsn", "sentry"), ("otlp_endpoint", "otel")])
@pytest.mark.parametrize("lacking", ["the package", "what it is in"])
def test_a_setting_without_its_extra_is_the_operators_mistake_with_the_remedy(
    setting: str, extra: str, lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = {"sentry": "sentry_sdk", "otel": "opentelemetry.exporter.otlp.proto.http"}[extra]
    if lacking == "what it is in" and "." in package:
        monkeypatch.delitem(sys.modules, package, raising=False)
        package = package.rpartition(".")[0]
    monkeypatch.setitem(sys.modules, package, None)

    assert not is_installed(setting)
    with pytest.raises(OperatorMistake, match=rf"^{setting.upper()}: it needs the extra '{extra}'.*pip install 'paperboy\[{extra}\]'"):
        telling(redact=KNOWN, version="9", **{setting: "https://key@host/1"}).__enter__()


def test_the_extras_are_installed_here() -> None:
    assert is_installed("sentry_dsn")
    assert is_installed("otlp_endpoint")
