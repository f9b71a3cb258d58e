from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output
from structlog.testing import capture_logs

from adapters.terminal.completion import Completing
from adapters.terminal.doors import Pipe, Prompt, door
from adapters.terminal.listener import Conversation, address
from adapters.terminal.look import Look
from adapters.terminal.outlet import TerminalOutlet
from bot.commands.call import Answer, Asker, Call
from bot.commands.command import Command, Kind, Option
from bot.errors import StoreAway, UserMistake
from bot.message import Button, Buttons, Message, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from prompt_toolkit.input import PipeInput

    from adapters.terminal.doors import Door
    from bot.channel import Address
    from bot.desk import Desk

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ADA = Asker(id="ada", name="Ada", is_operator=True)


class Bot:
    """Answers with what it was asked; "fail" fails, "wait" waits."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.waiting = asyncio.Event()

    async def __call__(self, call: Call) -> Answer:
        self.calls.append(call)
        match call.text:
            case "fail":
                raise StoreAway("the store is away")
            case "mistake":
                raise UserMistake("That is wrong.")
            case "wait":
                self.waiting.set()
                await asyncio.Event().wait()
            case "silence":
                return Answer(Message(()))
            case _:
                pass
        buttons = Buttons((Button("Undo", command=f"undo {call.text}"), Button("arXiv", url="https://arxiv.org")))
        return Answer(Message((Text(f"{call.channel_name}: {call.text}"), buttons)))

    @property
    def asked(self) -> list[str]:
        return [call.text for call in self.calls]


async def _run(desk: Desk, call: Call, text: str) -> Answer:
    raise NotImplementedError


COMMANDS = (
    Command(
        name="subscribe", usage="", help="Keep a query", examples=(), run=_run, options=(Option(name="query", kind=Kind.QUERY, help=""),)
    ),
    Command(name="unsubscribe", usage="", help="Drop it", examples=(), run=_run, options=(Option(name="rule", kind=Kind.RULE, help=""),)),
    Command(name="help", usage="", help="Tell", examples=(), run=_run, options=(Option(name="command", kind=Kind.COMMAND, help=""),)),
    Command(
        name="settings",
        usage="",
        help="Change",
        examples=(),
        run=_run,
        options=(
            Option(name="what", kind=Kind.CHOICE, help="", choices=("limit", "format")),
            Option(name="value", kind=Kind.CHOICE, help="", choices=("compact", "full")),
        ),
    ),
    Command(name="list", usage="", help="List", examples=(), run=_run),
    Command(name="more", usage="", help="", examples=(), run=_run, hidden=True),
)


# ---------------------------------------------------------------- through a pipe


async def piped(lines: str, bot: Callable[[Call], object] | None = None, *, channels: Sequence[str] = ()) -> str:
    async def known() -> Sequence[str]:
        return channels

    out = io.StringIO()
    conversation = Conversation(Pipe(io.StringIO(lines), out, Look()), asker=ADA, channel="#ml")
    assert await conversation.talk(bot or Bot(), channels=known) == 0  # type: ignore[arg-type]  # a Bot is such a function
    return out.getvalue()


async def test_each_line_is_answered_in_order() -> None:
    bot = Bot()
    said = await piped("subscribe curriculum\n\n   \nlist\n", bot)
    assert bot.asked == ["subscribe curriculum", "list"]
    assert said == (
        "#ml: subscribe curriculum\n[1] Undo\narXiv: https://arxiv.org\n\n#ml: list\n[1] Undo\narXiv: https://arxiv.org\n\n"
    )  # fmt: skip
    assert bot.calls[0] == Call(address=address("#ml"), channel_name="#ml", asker=ADA, text="subscribe curriculum")


@pytest.mark.parametrize("line", ["/papers list", "/PAPERS   list", "/list", "  list  ", "/ list"])
async def test_a_slash_is_forgiven(line: str) -> None:
    bot = Bot()
    await piped(line, bot)
    assert bot.asked == ["list"]


async def test_the_bare_command_asks_for_help() -> None:
    bot = Bot()
    await piped("/papers\n/\n", bot)
    assert bot.asked == ["help", "help"]


@pytest.mark.parametrize("leave", ["exit", "quit", "/exit", "QUIT"])
async def test_nothing_after_leaving_is_answered(leave: str) -> None:
    bot = Bot()
    await piped(f"list\n{leave}\nhelp\n", bot)
    assert bot.asked == ["list"]


async def test_channels_are_switched_and_listed() -> None:
    bot = Bot()
    said = await piped("list\n#Robots\nlist\n#\n#no/channel\n##\n", bot, channels=["#old", "ml"])
    assert [(call.address.channel, call.channel_name) for call in bot.calls] == [("ml", "#ml"), ("robots", "#robots")]
    assert "You are in #robots now." in said
    assert re.findall("^#[a-z]+$", said, re.MULTILINE) == ["#ml", "#old", "#robots"]
    assert "#robots\n    you are here" in said
    assert said.count("A channel's name is #") == 2


async def test_a_number_presses_the_button_of_the_last_answer_where_that_was_given() -> None:
    bot = Bot()
    said = await piped("1\nlist\n2\n0\n#robots\n1\n1\n99999999999999999999\n", bot)
    assert [(call.text, call.channel_name) for call in bot.calls] == [("list", "#ml"), ("undo list", "#ml"), ("undo undo list", "#ml")]
    assert "> undo list" in said
    assert said.count("Nothing here has the number") == 4


async def test_a_number_may_lead_to_a_channel() -> None:
    bot = Bot()
    await piped("#robots\n#\n1\nlist\n", bot)
    assert [call.channel_name for call in bot.calls] == ["#ml"]


async def test_trouble_is_told_and_the_conversation_goes_on() -> None:
    bot = Bot()
    said = await piped("fail\nmistake\nlist\n", bot)
    assert said.startswith("the store is away\nThat is wrong.\n#ml: list\n")


async def test_silence_is_silence() -> None:
    assert await piped("silence\n") == ""


class Broken(Bot):
    """Stumbles over "list" and over nothing else."""

    def __init__(self, bug: Exception) -> None:
        super().__init__()
        self._bug = bug

    async def __call__(self, call: Call) -> Answer:
        if call.text == "list":
            raise self._bug
        return await super().__call__(call)


@pytest.mark.parametrize("bug", [ZeroDivisionError("division by zero"), EOFError("the end of what?")])
async def test_our_own_bugs_are_told_loudly_and_the_next_line_is_answered(bug: Exception) -> None:
    out = io.StringIO()
    with capture_logs() as logs:
        status = await Conversation(Pipe(io.StringIO("list\nhelp\n"), out, Look()), asker=ADA).talk(Broken(bug))
    assert status == 1
    assert out.getvalue().startswith("Something went wrong here")
    assert "#papers: help" in out.getvalue()
    assert [(entry["event"], entry["log_level"], entry["line"], entry["exc_info"]) for entry in logs] == [
        ("line_not_answered", "error", "list", True)
    ]


@pytest.mark.parametrize(("bug", "status"), [(StoreAway("the store is away"), 0), (ZeroDivisionError(), 1)])
async def test_trouble_outside_a_command_does_not_end_the_conversation_either(bug: Exception, status: int) -> None:
    async def channels() -> Sequence[str]:
        raise bug

    out = io.StringIO()
    conversation = Conversation(Pipe(io.StringIO("#\nhelp\n"), out, Look()), asker=ADA)
    with capture_logs() as logs:
        assert await conversation.talk(Bot(), channels=channels) == status
    assert out.getvalue().startswith("Something went wrong" if status else "the store is away\n")
    assert "#papers: help" in out.getvalue()
    assert len(logs) == status


async def test_bytes_that_are_no_text_are_no_reason_to_stop() -> None:
    bot = Bot()
    stdin = io.TextIOWrapper(io.BytesIO("subscribe \xff\n".encode("latin-1")), encoding="utf-8")
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert await Conversation(Pipe(stdin, stdout, Look()), asker=ADA).talk(bot) == 0
    assert bot.asked == ["subscribe \ufffd"]
    stdout.seek(0)
    assert stdout.read().startswith("#papers: subscribe ?\n")


async def test_a_reader_that_has_seen_enough_ends_the_conversation_quietly() -> None:
    bot = Bot()
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        conversation = Conversation(Pipe(io.StringIO("list\nhelp\n"), stdout, Look()), asker=ADA)
        assert await conversation.talk(bot) == 0
        conversation.show(address("#papers"), Message((Text("late news"),)))
    assert bot.asked == ["list"]


async def test_nobody_to_read_and_nowhere_to_turn_is_quiet_too() -> None:
    class Broken(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    assert await Conversation(Pipe(io.StringIO("list\n"), Broken(), Look()), asker=ADA).talk(Bot()) == 0


async def test_a_stream_that_breaks_off_is_the_end() -> None:
    closed = io.StringIO("list\n")
    closed.close()
    assert await Conversation(Pipe(closed, io.StringIO(), Look()), asker=ADA).talk(Bot()) == 0


async def test_a_digest_appears_when_it_is_due_and_its_numbers_go_on_counting(tmp_path: Path) -> None:
    out = io.StringIO()
    pipe = Pipe(io.StringIO("list\nsay\n1\n3\n1\n"), out, Look())
    conversation = Conversation(pipe, asker=ADA, channel="#ml")
    outlet = TerminalOutlet(tmp_path / "posted.jsonl", clock=lambda: NOW, show=conversation.show)
    digest = Message((Text("A digest"), Buttons((Button("Save", command="save 1"),))))
    calls: list[tuple[str, Address]] = []

    async def bot(call: Call) -> Answer:
        calls.append((call.text, call.address))
        if call.text == "say":
            await outlet.post(address("#robots"), digest, key="k1")
            await outlet.post(address("#ml"), digest, key="k2")
        return Answer(Message((Text(call.text), Buttons((Button("Undo", command="undo"), Button("Redo", command="redo"))))))

    await conversation.talk(bot)
    assert "In #robots:\nA digest\n[3] Save\n" in out.getvalue()
    assert "\nA digest\n[4] Save\n" in out.getvalue()
    conversation.show(address("#robots"), digest)
    assert "\nsay\n[5] Undo  [6] Redo\n" in out.getvalue()
    assert "Nothing here has the number 1." in out.getvalue()
    assert [(text, where.channel) for text, where in calls] == [("list", "ml"), ("say", "ml"), ("save 1", "robots"), ("undo", "robots")]


# ---------------------------------------------------------------- at a prompt


class Screen:
    def __init__(self) -> None:
        self.written = io.StringIO()
        self.output = Vt100_Output(self.written, lambda: Size(rows=40, columns=80), term="xterm")

    async def shows(self, text: str) -> None:
        """Wait until it does, once for each call."""
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                while text not in self.plain:
                    await asyncio.sleep(0.005)
        assert text in self.plain
        self.written.truncate(0)
        self.written.seek(0)

    @property
    def plain(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\].*?\x1b\\", "", self.written.getvalue())


@contextmanager
def prompt(tmp_path: Path) -> Iterator[tuple[Prompt, PipeInput, Screen]]:
    screen = Screen()
    with create_pipe_input() as keys:
        yield Prompt(keys, screen.output, look=Look, history=tmp_path / "new" / "history"), keys, screen


async def told(place: Address) -> Sequence[str]:
    return [f"{place.channel} rule", "curriculum learning"]


async def typed(tmp_path: Path, bot: Bot, keys: str) -> None:
    with prompt(tmp_path) as (door, pipe, _):
        pipe.send_text(keys)
        assert await Conversation(door, asker=ADA, channel="#ml").talk(bot, commands=COMMANDS, rules=told) == 0


async def test_a_conversation_at_a_prompt(tmp_path: Path) -> None:
    bot = Bot()
    with prompt(tmp_path) as (door, keys, screen):
        talk = asyncio.ensure_future(Conversation(door, asker=ADA, channel="#ml").talk(bot))
        await screen.shows("#ml>")
        keys.send_text("list\r")
        await screen.shows("#ml: list\n[1] Undo")
        keys.send_text("1\r#robots\r")
        await screen.shows("#robots>")
        keys.send_text("\x04")
        assert await talk == 0
    assert bot.asked == ["list", "undo list"]


async def test_what_was_typed_is_remembered_by_the_next_conversation(tmp_path: Path) -> None:
    bot = Bot()
    await typed(tmp_path, bot, "list\r\x04")
    await typed(tmp_path, bot, "\x1b[A\r\x04")
    assert bot.asked == ["list", "list"]
    assert (tmp_path / "new" / "history").stat().st_mode & 0o077 == 0


async def test_a_history_that_cannot_be_kept_stops_nobody(tmp_path: Path) -> None:
    bot = Bot()
    (tmp_path / "new" / "history").mkdir(parents=True)
    await typed(tmp_path, bot, "list\rhelp\r\x04")
    assert bot.asked == ["list", "help"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("", ["subscribe", "unsubscribe", "help", "settings", "list"]),
        ("SUB", ["subscribe"]),
        ("/papers unsub", ["unsubscribe"]),
        ("/s", ["subscribe", "settings"]),
        ("subscribe ", ["ml rule", "curriculum learning"]),
        ("unsubscribe curriculum l", ["curriculum learning"]),
        ("help set", ["settings"]),
        ("settings ", ["limit", "format"]),
        ("settings format f", ["full"]),
        ("settings format full c", ["compact"]),
        ("mor", []),
        ("more ", []),
        ("list ", []),
        ("#", ["#ml", "#robots"]),
        ("#r", ["#robots"]),
    ],
)
async def test_tab_offers_commands_what_they_take_and_channels(line: str, offered: list[str]) -> None:
    async def channels() -> Sequence[str]:
        return ["#ml", "#robots"]

    completing = Completing(COMMANDS, rules=lambda: told(address("#ml")), channels=channels)
    found = [one async for one in completing.get_completions_async(Document(line), CompleteEvent())]
    assert [one.text for one in found] == offered
    assert all(line[len(line) + one.start_position :].casefold() == one.text[: -one.start_position or 0].casefold() for one in found)
    assert list(completing.get_completions(Document(line), CompleteEvent())) == []


async def test_tab_completes_what_is_typed(tmp_path: Path) -> None:
    bot = Bot()
    with prompt(tmp_path) as (door, pipe, screen):
        talk = asyncio.ensure_future(Conversation(door, asker=ADA, channel="#ml").talk(bot, commands=COMMANDS, rules=told))
        await screen.shows("#ml>")
        pipe.send_text("subs\t")
        await screen.shows("cribe")
        pipe.send_text(" cur\t")
        await screen.shows("riculum")
        pipe.send_text("\r\x04")
        assert await talk == 0
    assert bot.asked == ["subscribe curriculum learning"]


async def test_tab_completes_channels(tmp_path: Path) -> None:
    bot = Bot()
    with prompt(tmp_path) as (door, pipe, screen):
        talk = asyncio.ensure_future(Conversation(door, asker=ADA, channel="#ml").talk(bot))
        pipe.send_text("#robots\r")
        await screen.shows("#robots>")
        pipe.send_text("#m\t")
        await screen.shows("l")
        pipe.send_text("\r")
        await screen.shows("#ml>")
        pipe.send_text("\x04")
        assert await talk == 0


async def test_ctrl_c_drops_the_line_and_twice_leaves(tmp_path: Path) -> None:
    bot = Bot()
    with prompt(tmp_path) as (door, keys, screen):
        talk = asyncio.ensure_future(Conversation(door, asker=ADA).talk(bot))
        keys.send_text("unsubscribe all\x03")
        await screen.shows("Press Ctrl-C once more to leave")
        keys.send_text("list\r")
        await screen.shows("#papers: list")
        keys.send_text("\x03")
        await screen.shows("Press Ctrl-C once more to leave")
        keys.send_text("\x03")
        assert await talk == 0
    assert bot.asked == ["list"]


async def test_ctrl_c_drops_a_command_under_way(tmp_path: Path) -> None:
    bot = Bot()
    before = signal.getsignal(signal.SIGINT)
    with prompt(tmp_path) as (door, keys, screen):
        talk = asyncio.ensure_future(Conversation(door, asker=ADA).talk(bot))
        keys.send_text("wait\r")
        await bot.waiting.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await screen.shows("Press Ctrl-C once more to leave")
        assert signal.getsignal(signal.SIGINT) != signal.SIG_DFL
        keys.send_text("list\r")
        await screen.shows("#papers: list")
        keys.send_text("\x04")
        assert await talk == 0
    assert bot.asked == ["wait", "list"]
    assert signal.getsignal(signal.SIGINT) == before


async def test_a_conversation_outside_the_main_thread_does_without_signals(tmp_path: Path) -> None:
    def elsewhere() -> list[str]:
        bot = Bot()
        asyncio.run(typed(tmp_path, bot, "list\r\x04"))
        return bot.asked

    assert await asyncio.to_thread(elsewhere) == ["list"]


async def test_being_stopped_from_outside_is_not_taken_for_ctrl_c(tmp_path: Path) -> None:
    bot = Bot()
    with prompt(tmp_path) as (door, keys, _):
        talk = asyncio.ensure_future(Conversation(door, asker=ADA).talk(bot))
        keys.send_text("wait\r")
        await bot.waiting.wait()
        talk.cancel()
        with pytest.raises(asyncio.CancelledError):
            await talk


async def test_what_comes_while_somebody_types_stands_above_the_prompt(tmp_path: Path) -> None:
    bot = Bot()
    stdout = sys.stdout
    with prompt(tmp_path) as (door, keys, screen):
        conversation = Conversation(door, asker=ADA, channel="#ml")
        talk = asyncio.ensure_future(conversation.talk(bot))
        keys.send_text("li")
        await screen.shows("li")
        conversation.show(address("#ml"), Message((Text("A digest"),)))
        conversation.show(address("#ml"), Message((Text("Another"),)))
        await screen.shows("Another\n#ml> li")  # drawn again without a key
        keys.send_text("st\r")
        await screen.shows("#ml: list")
        keys.send_text("\x04")
        assert await talk == 0
    assert bot.asked == ["list"]
    assert sys.stdout is stdout


async def test_the_line_being_typed_is_taken_away_before_something_else_is_written(tmp_path: Path) -> None:
    with prompt(tmp_path) as (door, keys, screen):
        conversation = Conversation(door, asker=ADA, channel="#ml")
        talk = asyncio.ensure_future(conversation.talk(Bot()))
        keys.send_text("li")
        await screen.shows("li")
        conversation.show(address("#ml"), Message((Text("A digest"),)))
        while "A digest" not in screen.written.getvalue():
            await asyncio.sleep(0.005)
        before = screen.written.getvalue().partition("A digest")[0]
        assert re.search(r"\x1b\[\d+D\x1b\[0?J", before), "the cursor goes back and all behind it is erased"
        keys.send_text("\r\x04")
        assert await talk == 0


async def test_a_person_is_greeted_in_two_lines(tmp_path: Path) -> None:
    with prompt(tmp_path) as (door, keys, screen):
        talk = asyncio.ensure_future(Conversation(door, asker=ADA, channel="#ml").talk(Bot()))
        await screen.shows("exit leaves.\n\n#ml>")
        keys.send_text("\x04")
        assert await talk == 0


async def test_a_bug_does_not_take_the_prompt_away(tmp_path: Path) -> None:
    bot = Broken(ZeroDivisionError())
    with capture_logs() as logs:
        await typed(tmp_path, bot, "list\rhelp\r\x04")
    assert bot.asked == ["help"]
    assert [entry["event"] for entry in logs] == ["line_not_answered"]


async def test_two_terminals_make_a_prompt_and_anything_else_a_pipe(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this system")

    def at(stdin: TextIO, stdout: TextIO) -> Door:
        return door(stdin, stdout, {"COLUMNS": "100"}, history=tmp_path / "history")

    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as raw, io.TextIOWrapper(raw, write_through=True) as terminal:
        assert isinstance(at(io.StringIO(), terminal), Pipe)
        assert isinstance(at(terminal, io.StringIO()), Pipe)
        person = at(terminal, terminal)
        assert isinstance(person, Prompt)
        assert person.look == Look(width=100, colour=True, links=True)
    os.close(ours)
