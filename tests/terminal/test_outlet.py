from __future__ import annotations

import asyncio
import errno
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.terminal.outlet import TerminalOutlet
from bot.channel import Address
from bot.errors import NotSent, OutcomeUnknown
from bot.message import Heading, Message, Text

if TYPE_CHECKING:
    from pathlib import Path

    from bot.ports import Outlet

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HERE = Address("terminal", "local", "ml-reading")
THERE = Address("terminal", "local", "robots")
MESSAGE = Message((Heading("5 papers"), Text("A \x1b[31mred\x1b[0m robot\nlearns")), gist="5 papers\u202e: A robot")


class Screen:
    def __init__(self) -> None:
        self.shown: list[tuple[Address, Message]] = []

    def __call__(self, address: Address, message: Message) -> None:
        self.shown.append((address, message))


def outlet(log: Path, screen: Screen | None = None, *, now: datetime = NOW) -> TerminalOutlet:
    return TerminalOutlet(log, clock=lambda: now, show=screen)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "posted.jsonl"


async def test_a_post_is_one_line_in_the_log_and_one_message_on_the_screen(log: Path) -> None:
    screen = Screen()
    port: Outlet = outlet(log, screen)
    id = await port.post(HERE, MESSAGE, key="k1")
    (line,) = log.read_text().splitlines()
    assert json.loads(line) == {
        "key": "k1",
        "address": "terminal:local:ml-reading",
        "time": "2026-11-22T09:00:00+00:00",
        "gist": "5 papers: A robot",
        "text": "5 papers\nA red robot\nlearns\n",
    }
    assert screen.shown == [(HERE, MESSAGE)]
    assert await port.posted(HERE, key="k1", since=NOW) == id
    assert port.platform == HERE.platform
    assert port.limits.characters > port.limits.text


async def test_only_the_owner_may_read_the_log(log: Path) -> None:
    await outlet(log).post(HERE, MESSAGE, key="k1")
    assert log.stat().st_mode & 0o077 == 0
    assert log.parent.stat().st_mode & 0o077 == 0


async def test_a_repeated_key_is_neither_written_nor_shown_again_by_this_process_or_another(log: Path) -> None:
    screen = Screen()
    one, two = outlet(log, screen), outlet(log, screen)
    ids = {await one.post(HERE, MESSAGE, key="k1"), await two.post(HERE, MESSAGE, key="k1"), await one.post(HERE, MESSAGE, key="k1")}
    assert len(ids) == 1
    assert len(log.read_text().splitlines()) == len(screen.shown) == 1


async def test_at_the_same_moment_a_key_is_still_posted_once(log: Path) -> None:
    one = outlet(log)
    await asyncio.gather(*(one.post(HERE, MESSAGE, key=key) for key in ["k1", "k2", "k1", "k2"]))
    assert sorted(json.loads(line)["key"] for line in log.read_text().splitlines()) == ["k1", "k2"]


async def test_the_same_key_elsewhere_is_another_post(log: Path) -> None:
    one = outlet(log)
    await one.post(HERE, MESSAGE, key="k1")
    assert await one.posted(THERE, key="k1", since=NOW) is None
    await one.post(THERE, MESSAGE, key="k1")
    assert len(log.read_text().splitlines()) == 2


async def test_what_was_posted_is_found_after_a_restart_if_it_is_not_older_than_asked_for(log: Path) -> None:
    assert await outlet(log).posted(HERE, key="k1", since=NOW) is None
    id = await outlet(log).post(HERE, MESSAGE, key="k1")
    assert await outlet(log).posted(HERE, key="k1", since=NOW) == id
    assert await outlet(log).posted(HERE, key="k1", since=NOW + timedelta(seconds=1)) is None
    assert await outlet(log).posted(HERE, key="k2", since=NOW) is None


@pytest.mark.parametrize("cut", [1, 5, 40])
async def test_a_torn_last_line_is_not_posted_and_swallows_nothing(log: Path, cut: int) -> None:
    await outlet(log).post(HERE, MESSAGE, key="k1")
    await outlet(log).post(HERE, MESSAGE, key="k2")
    log.write_bytes(log.read_bytes()[: -cut - 1])
    after = outlet(log)
    assert await after.posted(HERE, key="k2", since=NOW) is None
    assert await after.posted(HERE, key="k1", since=NOW)
    await after.post(HERE, MESSAGE, key="k2")
    await after.post(HERE, MESSAGE, key="k3")
    again = outlet(log)
    assert all([await again.posted(HERE, key=key, since=NOW) for key in ("k1", "k2", "k3")])


async def test_a_line_that_lacks_only_its_newline_was_posted(log: Path) -> None:
    await outlet(log).post(HERE, MESSAGE, key="k1")
    log.write_bytes(log.read_bytes()[:-1])
    after = outlet(log)
    await after.post(HERE, MESSAGE, key="k1")
    await after.post(HERE, MESSAGE, key="k2")
    assert [json.loads(line)["key"] for line in log.read_text().splitlines()] == ["k1", "k2"]


@pytest.mark.parametrize(
    "strange", [b"\xff\xfe\n", b"[]\n", b"null\n", b'{"key": "k1"}\n', b'{"key": "k1", "address": "x", "time": 3}\n', b"\n"]
)
async def test_strange_lines_are_skipped(log: Path, strange: bytes) -> None:
    log.parent.mkdir()
    log.write_bytes(strange)
    one = outlet(log)
    await one.post(HERE, MESSAGE, key="k1")
    assert await outlet(log).posted(HERE, key="k1", since=NOW)


async def test_a_full_disk_means_not_sent(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    screen = Screen()
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NotSent, match="No space left"):
        await outlet(log, screen).post(HERE, MESSAGE, key="k1")
    monkeypatch.undo()
    assert screen.shown == []
    await outlet(log, screen).post(HERE, MESSAGE, key="k1")
    assert len(screen.shown) == 1


async def test_half_a_line_on_a_disk_that_fills_up_means_not_sent(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:20]))
    with pytest.raises(NotSent, match="full"):
        await outlet(log).post(HERE, MESSAGE, key="k1")
    monkeypatch.undo()
    after = outlet(log)
    assert await after.posted(HERE, key="k1", since=NOW) is None
    await after.post(HERE, MESSAGE, key="k1")
    assert await outlet(log).posted(HERE, key="k1", since=NOW)


async def test_an_unconfirmed_write_is_an_unknown_outcome_that_the_log_settles(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    one = outlet(log)
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OutcomeUnknown, match="not confirmed"):
        await one.post(HERE, MESSAGE, key="k1")
    assert await one.posted(HERE, key="k1", since=NOW)


async def test_a_log_that_cannot_be_used_means_not_sent_or_unknown(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    below_a_file = outlet(tmp_path / "file" / "posted.jsonl")
    with pytest.raises(NotSent, match="cannot be used"):
        await below_a_file.post(HERE, MESSAGE, key="k1")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(NotSent, match="cannot be used"):
        await outlet(tmp_path / "nowhere" / "posted.jsonl").post(HERE, MESSAGE, key="k1")
    a_folder = outlet(tmp_path)
    with pytest.raises(OutcomeUnknown, match="cannot be used"):
        await a_folder.posted(HERE, key="k1", since=NOW)
