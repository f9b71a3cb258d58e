"""What the Tab key offers: commands, what they take, the channel's own rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from typing_extensions import override

from bot.commands.command import Kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from prompt_toolkit.document import Document

    from bot.commands.command import Command


@dataclass(frozen=True, slots=True)
class _Offer:
    text: str
    typed: str
    """What of it stands there already."""
    help: str = ""


class Completing(Completer):
    """Completion at one moment of a conversation."""

    def __init__(
        self,
        commands: Sequence[Command],
        *,
        rules: Callable[[], Awaitable[Sequence[str]]],
        channels: Callable[[], Awaitable[Sequence[str]]],
    ) -> None:
        """Nothing is asked before somebody presses Tab.

        Args:
            rules: The queries of the channel that is spoken in.
            channels: The names of all channels, with their "#".
        """
        self._commands = {one.name: one for one in commands if not one.hidden}
        self._rules = rules
        self._channels = channels

    @override
    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # the library's
        """Nothing: a prompt in an event loop asks `get_completions_async`."""
        return ()

    @override
    async def get_completions_async(  # type: ignore[override]  # the library says AsyncGenerator, and only iterates
        self,
        document: Document,
        complete_event: CompleteEvent,  # the library's
    ) -> AsyncIterator[Completion]:
        """What fits to the text before the cursor, in the order of the command table, the rules, the channels."""
        for offer in await self._offers(without_prefix(document.text_before_cursor)):
            if offer.text.casefold().startswith(offer.typed.casefold()):
                yield Completion(offer.text, start_position=-len(offer.typed), display_meta=offer.help)

    async def _offers(self, text: str) -> list[_Offer]:
        if text.startswith("#"):
            return [_Offer(name, text) for name in await self._channels()]
        name, blank, rest = text.partition(" ")
        if not blank:
            return [_Offer(one.name, name, one.help) for one in self._commands.values()]
        command = self._commands.get(name.casefold())
        if command is None or not command.options:
            return []
        words = rest.split(" ")
        option = command.options[min(len(words), len(command.options)) - 1]
        match option.kind:
            case Kind.RULE | Kind.QUERY:
                # A rule may hold blanks: the whole rest is its beginning.
                return [_Offer(rule, rest) for rule in await self._rules()]
            case Kind.COMMAND:
                return [_Offer(one.name, words[-1], one.help) for one in self._commands.values()]
            case _:
                return [_Offer(choice, words[-1]) for choice in option.choices]


def without_prefix(line: str) -> str:
    """The line without the `/papers` or `/` that people are used to from Slack, and without blanks before it."""
    text = line.lstrip()
    if text.startswith("/"):
        first, _, rest = text.partition(" ")
        return rest.lstrip() if first.casefold() == "/papers" else text[1:].lstrip()
    return text
