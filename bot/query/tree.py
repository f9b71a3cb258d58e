"""Trees of conditions that are equal when they ask the same, and the text that stands for them."""

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

    Equal queries are the same rule. `str` is the echo: in the words of the language, in the order somebody typed. So equal queries may
    have different echoes, but `parse(str(query)) == query` and `str(parse(str(query))) == str(query)`. Made by `parse`, or from a node that
    `all_of`, `any_of` and `negated` made.
    """

    root: Node

    def __str__(self) -> str:
        return written(self.root)

    @property
    def canonical(self) -> str:
        """The text that all equal queries share, in an order of its own."""
        return _written(self.root, canonical=True)[0]


def all_of(nodes: Iterable[Node]) -> Node:
    """All of these (one at least) together: flat, without repeats, echoed in this order; a single one is returned as it is."""
    typed = tuple(dict.fromkeys(part for node in nodes for part in (_typed(node) if isinstance(node, And) else (node,))))
    return typed[0] if len(typed) == 1 else And(_sorted(typed), typed)


def any_of(nodes: Iterable[Node]) -> Node:
    """Any of these (one at least): flat, without repeats, echoed in this order; a single one is returned as it is."""
    typed = tuple(dict.fromkeys(part for node in nodes for part in (_typed(node) if isinstance(node, Or) else (node,))))
    return typed[0] if len(typed) == 1 else Or(_sorted(typed), typed)


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
    """The text of a node, as it stands alone, in the order in which it was typed."""
    return _written(node)[0]


def brackets(node: Node) -> int:
    """How deep the brackets of its text are nested."""
    return _written(node)[1]


def _typed(node: And | Or) -> tuple[Node, ...]:
    return node.typed or node.children


def _sorted(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(sorted(nodes, key=_order))


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
    return rank, _written(node, canonical=True)[0]


def _leaves(node: Node) -> Iterator[Condition]:
    match node:
        case Not(child):
            yield from _leaves(child)
        case And() | Or():
            for child in _typed(node):
                yield from _leaves(child)
        case _:
            yield node


def _written(node: Node, *, canonical: bool = False) -> tuple[str, int]:
    match node:
        case Not(child):
            text, depth = _inside(child, canonical=canonical)
            return f"-{text}", depth
        case And() | Or():
            children = node.children if canonical else _typed(node)
            glue = " OR " if isinstance(node, Or) else " "
            if group := _common_field(children):
                return f"{group}:({glue.join(_leaf(child)[1] for child in children)})", 1
            # Also where AND binds tighter anyway: the echo must leave no doubt.
            parts = [_inside(child, canonical=canonical) for child in children]
            return glue.join(text for text, _ in parts), max(depth for _, depth in parts)
        case _:
            field, value = _leaf(node)
            return (f"{field}:{value}" if field else value), 0


def _inside(node: Node, *, canonical: bool) -> tuple[str, int]:
    text, depth = _written(node, canonical=canonical)
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
