"""Trees of conditions in canonical form, and the text that stands for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.query.nodes import And, FromSource, HasId, InCategory, Not, Number, Or, Prefix, Trait, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.query.nodes import Condition, Node

RESERVED = frozenset({"and", "or", "not"})
"""Plain words that a query cannot hold unquoted, in whatever case."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query as a value: what is asked, however it was typed.

    Equal queries are the same rule, `str` is its canonical text, and `parse(str(query)) == query`. Made by `parse`, or from a node
    that `all_of`, `any_of` and `negated` made.
    """

    root: Node

    def __str__(self) -> str:
        return written(self.root)


def all_of(nodes: Iterable[Node]) -> Node:
    """All of these (one at least) together: flat, without repeats, in canonical order; a single one is returned as it is."""
    children = _canonical(part for node in nodes for part in (node.children if isinstance(node, And) else (node,)))
    return children[0] if len(children) == 1 else And(children)


def any_of(nodes: Iterable[Node]) -> Node:
    """Any of these (one at least): flat, without repeats, in canonical order; a single one is returned as it is."""
    children = _canonical(part for node in nodes for part in (node.children if isinstance(node, Or) else (node,)))
    return children[0] if len(children) == 1 else Or(children)


def negated(node: Node) -> Node:
    """Not this; twice is the node itself."""
    return node.child if isinstance(node, Not) else Not(node)


def conditions(query: Query) -> tuple[Condition, ...]:
    """Each condition of a query once, wanted or not, in the order of its text."""
    return tuple(dict.fromkeys(_leaves(query.root)))


def is_positive(node: Node, *, wanted: bool = True) -> bool:
    """Whether every paper that meets the node (`wanted` false: that does not meet it) meets some condition in it.

    True of every query that `parse` accepts, so that a query can always be found through its conditions.
    """
    match node:
        case Not(child):
            return is_positive(child, wanted=not wanted)
        case And(children):
            return (any if wanted else all)(is_positive(child, wanted=wanted) for child in children)
        case Or(children):
            return (all if wanted else any)(is_positive(child, wanted=wanted) for child in children)
        case _:
            return wanted


def written(node: Node) -> str:
    """The canonical text of a node, as it stands alone."""
    return _written(node)[0]


def brackets(node: Node) -> int:
    """How deep the brackets of its text are nested."""
    return _written(node)[1]


def _canonical(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(sorted(dict.fromkeys(nodes), key=_order))


def _order(node: Node) -> tuple[int, str]:
    match node:
        case Words() | Prefix():
            rank = 0
        case And() | Or():
            rank = 1
        case Not():
            rank = 3
        case _:
            rank = 2
    return rank, written(node)


def _leaves(node: Node) -> Iterator[Condition]:
    match node:
        case Not(child):
            yield from _leaves(child)
        case And(children) | Or(children):
            for child in children:
                yield from _leaves(child)
        case _:
            yield node


def _written(node: Node) -> tuple[str, int]:
    match node:
        case Not(child):
            text, depth = _inside(child)
            return f"-{text}", depth
        case And(children) | Or(children):
            glue = " OR " if isinstance(node, Or) else " "
            if group := _common_field(children):
                return f"{group}:({glue.join(_leaf(child)[1] for child in children)})", 1
            # Also where AND binds tighter anyway: the echo must leave no doubt.
            parts = [_inside(child) for child in children]
            return glue.join(text for text, _ in parts), max(depth for _, depth in parts)
        case _:
            field, value = _leaf(node)
            return (f"{field}:{value}" if field else value), 0


def _inside(node: Node) -> tuple[str, int]:
    text, depth = _written(node)
    if isinstance(node, And | Or) and not _common_field(node.children):
        return f"({text})", depth + 1
    return text, depth


def _common_field(children: tuple[Node, ...]) -> str:
    """The field that all of them share and that may stand before their bracket; "" if there is none."""
    if not all(isinstance(child, Words | Prefix | InCategory | FromSource) for child in children):
        return ""
    leaves = [_leaf(child) for child in children]
    fields = {field for field, _ in leaves}
    return fields.pop() if len(fields) == 1 and not any(value in RESERVED for _, value in leaves) else ""


def _leaf(node: Node) -> tuple[str, str]:
    """The field and the text of a condition."""
    match node:
        case Words(text, _, exact, field):
            return field or "", f'"{text}"' if exact else text
        case Prefix(stem, field):
            return field or "", f"{stem}*"
        case InCategory(name, whole):
            return "cat", name if whole else f"{name}*"
        case FromSource(name):
            return "source", name
        case HasId(id):
            return "id", id
        case Number(quantity, comparison, value):
            return "", f"{quantity}{comparison}{value}"
        case Trait():
            return "", node.value
        case Not() | And() | Or():  # pragma: no cover - never asked of a branch
            raise TypeError(node)
