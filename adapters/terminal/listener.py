"""The terminal's ear: one conversation over several channels, until somebody leaves."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from typing import TYPE_CHECKING

import structlog

from adapters.terminal.completion import Completing, without_prefix
from adapters.terminal.outlet import PLATFORM
from adapters.terminal.render import render
from bot.channel import Address
from bot.commands.call import Call
from bot.errors import PaperboyError
from bot.message import Button, Heading, Hint, Item, Message, Text
from bot.stopping import raise_if_cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from adapters.terminal.doors import Door
    from bot.commands.call import Answer, Asker
    from bot.commands.command import Command

WORKSPACE = "local"
GREETING = Message(
    (
        Hint("Paperboy brings a channel the research papers it asks for; help tells how."),
        Hint("A number presses its button, #name goes to another channel, exit leaves."),
    )
)
"""What a person reads first."""
WRONG = Message(
    (Text("Something went wrong here, by a mistake in Paperboy and not in what you typed. The log tells more; go on as you like."),)
)
_CHANNEL = re.compile(r"#[^\W_][\w-]{0,79}")
_log = structlog.get_logger()


def address(name: str) -> Address:
    """The channel with a name such as "#ml-reading"; capitals make no difference."""
    return Address(PLATFORM, WORKSPACE, name.removeprefix("#").casefold())


async def _none(_: object = None) -> Sequence[str]:
    return ()


class Conversation:
    """What is said at one terminal.

    A line is a command, as after `/papers` on Slack. `#name` goes to another channel, `#` lists them; a number presses the button
    with that number; `exit`, `quit` or Ctrl-D leave. Ctrl-C drops the line or the command under way; a second one leaves.
    """

    def __init__(self, door: Door, *, asker: Asker, channel: str = "#papers") -> None:
        self._door = door
        self._asker = asker
        self._here = address(channel)
        self._visited = {self._here}
        self._choices: dict[int, tuple[Address, Button]] = {}
        self._status = 0

    def show(self, where: Address, message: Message) -> None:
        """Put a message that nobody asked for on the screen; the outlet's `show`. Does nothing when nobody reads any more.

        Its buttons go on counting: no number that stands on the screen changes what it does.
        """
        with contextlib.suppress(EOFError):
            if where != self._here:
                self._write(where, Message((Hint(f"In #{where.channel}:"),)))
            self._write(where, message)

    async def talk(
        self,
        answer: Callable[[Call], Awaitable[Answer]],
        *,
        commands: Sequence[Command] = (),
        rules: Callable[[Address], Awaitable[Sequence[str]]] = _none,
        channels: Callable[[], Awaitable[Sequence[str]]] = _none,
    ) -> int:
        """Answer line after line, each before the next is read. Returns the exit status: 0, however it ended.

        A line that we fail to answer by a bug is logged as an error, told, and does not end the conversation; through a pipe, where
        perhaps nobody reads that, the status is 1 then.

        At a prompt it takes SIGINT for itself while a command runs and gives it back after.

        Args:
            answer: Answers a command; what it raises of `PaperboyError` is shown, and the conversation goes on.
            commands: For completion.
            rules: The queries of a channel, for completion.
            channels: Names of the channels that have a record, with or without "#".
        """

        async def names() -> list[str]:
            known = {address(name).channel for name in await channels()}
            return sorted(f"#{name}" for name in known | {one.channel for one in self._visited})

        completing = Completing(commands, rules=lambda: rules(self._here), channels=names)
        interrupted = False
        with self._door.open(), contextlib.suppress(EOFError):
            if self._door.is_prompt:
                self._write(self._here, GREETING)
            while True:
                raise_if_cancelled()
                try:
                    read = (await self._door.read(f"#{self._here.channel}> ", completing)).strip()
                    line = without_prefix(read) or ("help" if read else "")
                    interrupted = False
                    if line.casefold() in {"exit", "quit"}:
                        break
                    await self._turn(line, answer, names)
                except KeyboardInterrupt:
                    if interrupted:
                        break
                    interrupted = True
                    self._say(Hint("Press Ctrl-C once more to leave, or go on typing."))
        return self._status

    async def _turn(self, line: str, answer: Callable[[Call], Awaitable[Answer]], names: Callable[[], Awaitable[Sequence[str]]]) -> None:
        try:
            await self._obey(line, answer, names)
        except EOFError:  # the door's: nobody reads any more
            raise
        except PaperboyError as error:
            self._say(Text(str(error)))
        except Exception:  # noqa: BLE001  # one line's bug is no reason to take the next lines away
            self._write(self._here, self._failed(line))

    async def _obey(self, line: str, answer: Callable[[Call], Awaitable[Answer]], names: Callable[[], Awaitable[Sequence[str]]]) -> None:
        where = self._here
        if line.isascii() and line.isdecimal():
            chosen = self._choices.get(int(line[:9]))
            if chosen is None:
                self._say(Text(f"Nothing here has the number {line[:9]}."))
                return
            where, button = chosen
            line = button.command
            self._write(where, Message((Hint(f"> {line}"),)))
        if line == "#":
            self._list(await names())
        elif line.startswith("#"):
            self._go(line)
        elif line:
            old = tuple(self._choices)
            call = Call(address=where, channel_name=f"#{where.channel}", asker=self._asker, text=line)
            self._answer(where, await self._answered(answer, call), old=old)

    async def _answered(self, answer: Callable[[Call], Awaitable[Answer]], call: Call) -> Message:
        async def asked() -> Message:
            try:
                return (await answer(call)).message
            except PaperboyError as error:
                return Message((Text(str(error)),))
            except Exception:  # noqa: BLE001  # as in `_turn`; here too, for a command's EOFError is a bug, not the end
                return self._failed(call.text)

        if not self._door.is_prompt:
            return await asked()
        task = asyncio.ensure_future(asked())
        with _interrupts(task.cancel) as interruptions:
            try:
                return await task
            except asyncio.CancelledError:
                if interruptions:
                    raise KeyboardInterrupt from None
                raise

    def _failed(self, line: str) -> Message:
        """Tell loudly of the exception being handled."""
        _log.exception("line_not_answered", line=line)
        self._status = 0 if self._door.is_prompt else 1
        return WRONG

    def _answer(self, where: Address, message: Message, *, old: Iterable[int]) -> None:
        # Only the old ones: a digest that came while the command ran (`digest` brings one) keeps its numbers.
        for number in old:
            del self._choices[number]
        self._write(where, message)

    def _list(self, names: Sequence[str]) -> None:
        rows = (Item(name, "you are here" if address(name) == self._here else "", buttons=(Button("Go", command=name),)) for name in names)
        message = Message((Heading("Channels"), *rows, Hint("Type #name to go to a channel, old or new.")))
        self._answer(self._here, message, old=tuple(self._choices))

    def _go(self, name: str) -> None:
        if not _CHANNEL.fullmatch(name):
            self._say(Text("A channel's name is # and letters, digits and hyphens, such as #ml-reading."))
            return
        self._here = address(name)
        self._visited.add(self._here)
        self._say(Text(f"You are in #{self._here.channel} now."))

    def _say(self, block: Text | Hint) -> None:
        self._write(self._here, Message((block,)))

    def _write(self, where: Address, message: Message) -> None:
        first = max(self._choices, default=0) + 1
        screenful = render(message, self._door.look, first=first)
        self._choices |= {number: (where, button) for number, button in enumerate(screenful.choices, start=first)}
        if screenful.text:
            self._door.write(f"{screenful.text}\n" if len(message.blocks) > 1 else screenful.text)


@contextlib.contextmanager
def _interrupts(then: Callable[[], object]) -> Iterator[list[None]]:
    """While open, Ctrl-C calls `then` instead of ending the program; gives a list that grows with each."""
    happened: list[None] = []

    def interrupt() -> None:
        happened.append(None)
        then()

    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)
    try:
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except (NotImplementedError, RuntimeError, ValueError):  # Windows; a loop outside the main thread
        yield happened
        return
    try:
        yield happened
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
