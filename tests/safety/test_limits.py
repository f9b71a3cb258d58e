"""Too much of anything, and text that wants to be more than text."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import bot
from bot.channel import SUBSCRIPTIONS_PER_CHANNEL, Address
from bot.commands import Asker, Call, answer
from bot.commands.answering import LONGEST_CALL
from tests.desks import library_desk
from tests.plain import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.desk import Desk
    from bot.store.store import RedisStore

HERE = Address("slack", "T1", "C1")
OPERATOR = Asker(id="U1", name="Ada", is_operator=True)


async def said(desk: Desk, text: str) -> str:
    return words((await answer(desk, Call(address=HERE, channel_name="#ml", asker=OPERATOR, text=text))).message)


async def test_a_channel_has_room_for_twenty_five_rules(store: RedisStore) -> None:
    desk = await library_desk(store, {})
    assert SUBSCRIPTIONS_PER_CHANNEL == 25
    for number in range(25):
        assert "subscribed" in await said(desk, f"subscribe rule{number}")
    assert "25" in await said(desk, "subscribe robot")
    await said(desk, "import " + "; ".join(f"subscribe more{number}" for number in range(5)))
    assert len((await store.channels.load(HERE)).subscriptions) == 25


async def test_a_command_without_end_is_not_read(store: RedisStore) -> None:
    desk = await library_desk(store, {})
    assert "stopped reading" in await said(desk, f"subscribe {'a' * LONGEST_CALL}")
    assert "stopped reading" in await said(desk, f"import {'subscribe a; ' * 3_000}")
    assert not (await store.channels.load(HERE)).version


OURS = {
    "timewords.py": "names of months",
    "tokens.py": "the signs of words",
    "fitting.py": "the shape of a command's arguments, from the table of commands",
    "redaction.py": "the operator's own secrets, escaped",
}
"""Files in which a pattern is put together, and of what."""


def made_at_work(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls of `re` inside of functions, with something else than a text of ours for a pattern."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    for call in (node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call)):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[pattern, *_]) if not isinstance(pattern, ast.Constant):
                yield call


def test_no_text_from_outside_becomes_a_regular_expression() -> None:
    assert list(made_at_work(ast.parse("def f(text):\n    return re.search(text, 'x')")))
    assert not list(made_at_work(ast.parse("def f(text):\n    return re.search('[a-z]', text)")))
    files = [file for file in Path(bot.__path__[0]).rglob("*.py") if file.name not in OURS]
    assert len(files) > 100
    found = [f"{file.name}:{call.lineno}" for file in files for call in made_at_work(ast.parse(file.read_text("utf-8")))]
    assert found == []
