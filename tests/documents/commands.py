"""docs/commands.md: every command, from the table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands import TABLE
from tests.documents.marks import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.commands import Command

PAGE = "docs/commands.md"


def in_short() -> str:
    """A row for each command people type."""
    rows = ["| command | what it does |", "|---|---|"]
    rows += [f"| [`{one.name}`](#{one.name}) | {one.help} |" for one in TABLE if not one.hidden]
    return "\n".join(rows)


def in_full() -> str:
    """A chapter for each command people type."""
    return "\n\n".join("\n".join(_chapter(one)) for one in TABLE if not one.hidden)


def _chapter(one: Command) -> Iterator[str]:
    yield f"### {one.name}"
    yield ""
    yield one.help + (" Changes the channel, so its managers may restrict who can." if one.manages else "")
    yield ""
    yield f"    {one.name} {one.usage}".rstrip()
    if one.options:
        yield ""
        for option in one.options:
            chosen = f" ({', '.join(f'`{choice}`' for choice in option.choices)})" if option.choices else ""
            yield f"- *{option.name}*{'' if option.required else ', may be left out'}: {option.help}{chosen}"
    yield ""
    yield "```text"
    yield from (f"/papers {example}" for example in one.examples)
    yield "```"
    if one.more:
        yield ""
        yield one.more


def write(root: Path) -> None:
    """Bring the page up to date."""
    put(root / PAGE, "commands", in_short())
    put(root / PAGE, "chapters", in_full())
