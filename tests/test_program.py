"""The program as somebody starts it: whole processes, told by what they print and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.store.embedded import EmbeddedServer
from tests.program import Place, ready
from tests.sources.pages import entry, feed, item, listing
from tests.sources.web_server import Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

JSON, RSS = {"Content-Type": "application/json"}, {"Content-Type": "application/rss+xml"}


# ---------------------------------------------------------------- conversations


async def test_the_demo_answers_each_line_and_ends_well(place: Place) -> None:
    ended = await place.run("demo", typed="subscribe curriculum\n\nsubscribe ((\nnonsense\ndigest\nlist\n")
    assert (ended.status, ended.told) == (0, "")
    for expected in ("subscribed #demo to curriculum", "Try:", "no command 'nonsense'", "papers for #demo", "Rules of #demo"):
        assert expected in ended.said
    assert not (place.directory / "data").exists(), "a demo keeps nothing"
    assert place.server.requests == [], "nor asks anybody"


async def test_a_reader_who_has_seen_enough_ends_the_demo_quietly(place: Place) -> None:
    process = await place.begin("demo")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"help\n" * 200)
    await process.stdout.readline()
    process.stdout._transport.close()  # type: ignore[attr-defined]  # asyncio has no public way to stop reading, as `| head` does
    assert process.stderr is not None
    assert await process.stderr.read() == b""
    assert await process.wait() == 0


async def test_the_terminal_keeps_its_rules_for_the_next_time(place: Place) -> None:
    first = await place.run("terminal", typed="#ml-reading\nsubscribe engines\nsubscribe émigré OR 学习\n")
    second = await place.run("terminal", typed="#ml-reading\nlist\n")
    assert (first.status, second.status) == (0, 0)
    assert "engines" in second.said
    assert "学习" in second.said


async def test_a_data_directory_in_use_is_refused_with_one_line(place: Place) -> None:
    running = await place.begin("worker")
    await ready(running, b"swept")
    ended = await place.run("terminal", typed="help\n")
    running.send_signal(signal.SIGTERM)
    await running.communicate()
    assert ended.status == 2
    assert len(ended.told.splitlines()) == 1
    assert str(place.directory / "data") in ended.told


@dataclass(frozen=True, slots=True)
class Window:
    """A terminal's window, and what runs in it."""

    process: asyncio.subprocess.Process
    reading: asyncio.StreamReader
    keys: int

    async def shows(self, text: str) -> str:
        """Wait until it does; all that was shown before, and the text."""
        return (await self.reading.readuntil(text.encode())).decode()


@asynccontextmanager
async def window(place: Place, *arguments: str, **more: str) -> AsyncIterator[Window]:
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this system")
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=place.environment(TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1", **more),
    )
    os.close(theirs)
    reading = asyncio.StreamReader()
    pipe = os.fdopen(ours, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reading), pipe)
    try:
        yield Window(process, reading, ours)
    finally:
        transport.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_a_person_is_greeted_and_a_pipe_is_not(place: Place) -> None:
    async with window(place, "demo") as person:
        assert "exit leaves." in await person.shows("#demo>")
    assert (await place.run("demo", typed="\n")).said == ""


async def test_the_log_stands_above_the_line_that_is_being_typed(place: Place) -> None:
    async with window(place, "terminal", LOG_LEVEL="info") as person:
        await person.shows("swept")
        await person.shows("#papers>")  # drawn again below it


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("typed", ["", "subscribe engines\n"])
async def test_a_demo_that_is_told_to_stop_leaves_nothing_behind(number: signal.Signals, typed: str, place: Place) -> None:
    process = await place.begin("demo", TMPDIR=str(place.directory), LOG_LEVEL="info")
    await ready(process, b"swept")
    assert process.stdin is not None
    process.stdin.write(typed.encode())
    [server] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(number)
    process.send_signal(number)
    assert process.stderr is not None
    assert b"Traceback" not in await process.stderr.read()
    assert await process.wait() == 128 + number
    assert not Path(f"/proc/{server}").exists()
    assert not list(place.directory.glob("paperboy-*"))


async def test_a_window_that_closes_ends_the_conversation_in_order(place: Place) -> None:
    async with window(place, "demo", TMPDIR=str(place.directory)) as person:
        await person.shows("#demo>")
        person.process.send_signal(signal.SIGHUP)
        assert await person.process.wait() == 128 + signal.SIGHUP
    assert not list(place.directory.glob("paperboy-*"))


# ---------------------------------------------------------------- reading sources


async def test_fetch_reads_every_source_once_and_tells_a_line_each(place: Place) -> None:
    place.server.says("/api/daily_papers", Reply(body=listing(entry("2511.00001"), entry("2511.00002")), headers=JSON))
    place.server.says("/rss/cs.CL", Reply(body=feed(item("2511.00002"), item("2511.00003")), headers=RSS))
    ended = await place.run("fetch")
    assert ended.status == 0
    lines = ended.said.splitlines()
    assert lines[0].startswith("huggingface: 2 new, 2 seen, 0 refused")
    assert lines[1].startswith("arxiv:cs.CL: 1 new, 2 seen, 0 refused")

    again = await place.run("fetch", "arxiv")
    assert [line.partition(",")[0] for line in again.said.splitlines()] == ["arxiv:cs.CL: 0 new"]


async def test_fetch_ends_badly_only_if_all_sources_failed(place: Place) -> None:
    place.server.says("/rss/cs.CL", Reply(body=feed(item("2511.00003")), headers=RSS))
    place.server.says("/api/daily_papers", Reply(body=b"<!doctype html><title>Who are you?</title>", headers={"Content-Type": "text/html"}))
    half = await place.run("fetch")
    assert half.status == 0
    assert "huggingface: trouble: " in half.said
    assert "arxiv:cs.CL: 1 new" in half.said
    all_failed = await place.run("fetch", "huggingface")
    assert all_failed.status == 1


async def test_fetch_tells_of_each_source_as_soon_as_it_is_known_and_of_one_that_somebody_else_reads(place: Place) -> None:
    place.server.says("/api/daily_papers", Reply(body=listing(entry("2511.00001")), headers=JSON))
    place.server.says("/rss/cs.CL", Reply(mute=True))
    server = await EmbeddedServer.start(place.directory / "store")
    try:
        first = await place.begin("fetch", REDIS_URL=server.url)
        assert first.stdout is not None
        assert (await first.stdout.readline()).startswith(b"huggingface: 1 new")  # arxiv never answers
        while len(place.server.requests) == 1:  # nor does it tell that it has been asked
            await asyncio.sleep(0.01)
        second = await place.run("fetch", "arxiv", REDIS_URL=server.url)
        assert (second.status, second.said) == (0, "arxiv:cs.CL: being read by another process\n")
        first.send_signal(signal.SIGTERM)
        _, told = await first.communicate()
        assert b"Traceback" not in told
        assert first.returncode == 128 + signal.SIGTERM
    finally:
        await server.close()


async def test_a_source_that_does_not_exist_is_named_among_those_that_do(place: Place) -> None:
    ended = await place.run("fetch", "nosuch")
    assert ended.status == 2
    assert "'nosuch'" in ended.told
    assert "huggingface, arxiv:cs.CL" in ended.told


# ---------------------------------------------------------------- starting wrongly and stopping rightly


async def test_without_a_platform_it_says_what_there_is_to_do(place: Place) -> None:
    ended = await place.run()
    assert ended.status == 2
    assert "python -m bot terminal" in ended.told


async def test_wrong_settings_are_told_all_at_once(place: Place) -> None:
    ended = await place.run("worker", LOG_LEVEL="loud", REDIS_URL="nonsense")
    assert ended.status == 2
    assert [line.partition(":")[0] for line in ended.told.splitlines()] == ["REDIS_URL", "LOG_LEVEL"]


async def test_a_store_that_does_not_answer_is_one_line(place: Place) -> None:
    ended = await place.run("fetch", REDIS_URL="redis://127.0.0.1:9/0")
    assert ended.status == 1
    assert len(ended.told.splitlines()) == 1
    assert "REDIS_URL" in ended.told


async def test_a_command_that_does_not_exist_is_named_among_those_that_do(place: Place) -> None:
    ended = await place.run("nosuch")
    assert (ended.status, len(ended.told.splitlines())) == (2, 1)
    assert "'nosuch'" in ended.told
    assert "run, demo, terminal, worker, web, gateway, check, healthcheck, settings, fetch, deliveries, rotate-keys" in ended.told


async def test_a_log_level_that_was_set_is_the_log_level(place: Place) -> None:
    ended = await place.run("demo", typed="help\n", LOG_LEVEL="info")
    assert '"source_read"' in ended.told


async def test_a_system_without_an_embedded_server_is_told_to_set_one(place: Place) -> None:
    program = "import sys; sys.modules['fcntl'] = None; from bot.__main__ import main; sys.exit(main(['terminal']))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env=place.environment()
    )
    _, told = await process.communicate()
    assert process.returncode == 2
    assert b"set REDIS_URL" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_worker_that_is_told_to_stop_ends_well(number: signal.Signals, place: Place) -> None:
    process = await place.begin("worker")
    await ready(process, b"swept")
    process.send_signal(number)
    await process.communicate()
    assert process.returncode == 0
    assert not list((place.directory / "data").glob("*.sock")), "its server is gone too"


async def test_a_worker_whose_own_server_was_killed_says_so_and_ends(place: Place) -> None:
    process = await place.begin("worker")
    await ready(process, b"swept")
    [server] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(server), signal.SIGKILL)
    _, told = await process.communicate()
    assert process.returncode == 1
    assert b"The store failed: the embedded server ended" in told.splitlines()[-1]
    assert (await place.run("terminal", typed="list\n")).status == 0


async def test_an_interrupted_fetch_is_no_traceback(place: Place) -> None:
    place.server.says("/api/daily_papers", Reply(mute=True))
    process = await place.begin("fetch", "huggingface")
    while not place.server.requests:  # the other process tells nobody else
        await asyncio.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in told
