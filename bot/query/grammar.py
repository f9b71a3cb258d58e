"""The grammar: symbols read into a tree of conditions, each branch with its place.

any   = all { "OR" all }
all   = one { ["AND"] one }
one   = { "NOT" | "-" } ( "(" any ")" | [ field ":" ] term | field ":(" any ")" | number )
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.query.lexer import Kind, Symbol, symbols
from bot.query.nodes import And, Not
from bot.query.refusal import Refusal
from bot.query.terms import condition, fact
from bot.query.tree import all_of, any_of, negated, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.query.nodes import Node

MOST_TERMS = 32
DEEPEST = 16
"""Brackets inside each other."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node with its place in the text."""

    node: Node
    start: int
    end: int
    choices: tuple[Branch, ...] = ()
    """The branches of an OR."""


def read(signs: str) -> Branch:
    """The tree of a query in plain signs; its depth is bounded by DEEPEST, its conditions by MOST_TERMS.

    Raises:
        Refusal: It is empty, breaks the grammar, contradicts itself or is over a limit.
    """
    return _Reader(signs).whole()


class _Reader:
    """Reads the symbols once, from left to right."""

    def __init__(self, signs: str) -> None:
        self._signs = signs
        self._symbols = list(symbols(signs))
        self._next = 0
        self._terms = 0
        self._depth = 0

    def whole(self) -> Branch:
        branch = self._any("")
        if symbol := self._peek(Kind.CLOSE):
            raise self._refusal("This bracket closes nothing.", symbol, "")
        if branch is None:
            raise Refusal("The query is empty; write a word, as in: curriculum learning.", 0, len(self._signs), "curriculum learning")
        return branch

    def _any(self, field: str) -> Branch | None:
        choices: list[Branch] = []
        operator: Symbol | None = None
        while True:
            branch = self._all(field)
            before, operator = operator, self._take(Kind.OR)
            if branch is not None:
                choices.append(branch)
            elif dangling := before or operator:
                raise self._dangling(dangling)
            if operator is None:
                break
        if len(choices) <= 1:
            return choices[0] if choices else None
        return Branch(any_of(choice.node for choice in choices), choices[0].start, choices[-1].end, tuple(choices))

    def _all(self, field: str) -> Branch | None:
        parts: list[Branch] = []
        while True:
            operator = self._take(Kind.AND)
            if operator and (not parts or self._ends_here() or self._peek(Kind.AND)):
                raise self._dangling(operator)
            if self._ends_here():
                break
            part = self._one(field)
            if part is not None:
                parts.append(part)
        if len(parts) <= 1:
            return parts[0] if parts else None
        whole = Branch(all_of(part.node for part in parts), parts[0].start, parts[-1].end)
        self._refuse_contradiction(whole)
        return whole

    def _one(self, field: str) -> Branch | None:
        symbol, denials = self._symbols[self._next], 0
        first = symbol
        while denial := self._take(Kind.NOT):
            symbol, denials = denial, denials + 1
        if denials and (self._ends_here() or self._peek(Kind.AND)):
            raise self._dangling(symbol)
        branch = self._positive(field)
        if branch is None or not denials:
            return branch
        node = negated(branch.node) if denials % 2 else branch.node
        return Branch(node, first.start, branch.end)

    def _positive(self, field: str) -> Branch | None:
        symbol = self._symbols[self._next]
        self._next += 1
        match symbol.kind:
            case Kind.OPEN:
                return self._group(symbol, field)
            case Kind.FIELD:
                if field:
                    reason = f"One field cannot stand inside another; close the bracket of “{field}:” first."
                    raise self._refusal(reason, symbol, "")
                return self._field(symbol)
            case Kind.FACT:
                if field:
                    raise self._refusal(f"A number cannot stand inside the bracket of “{field}:”.", symbol, "")
                return self._term(symbol, fact(symbol, self._signs))
            case _:
                return self._term(symbol, self._condition(symbol, field))

    def _field(self, symbol: Symbol) -> Branch | None:
        if opened := self._take(Kind.OPEN):
            branch = self._group(opened, symbol.text)
            return Branch(branch.node, symbol.start, branch.end, branch.choices)
        value = self._take(Kind.VALUE) or self._take(Kind.PHRASE)
        if value is None:
            example = _EXAMPLES[symbol.text]
            raise self._refusal(f"Behind “{symbol.text}:” something is missing, as in {example}.", symbol, f"{example} ")
        if value.kind is Kind.VALUE and value.text.startswith("-"):
            place = Symbol(Kind.VALUE, value.text, symbol.start, value.end)
            raise self._refusal("The minus stands before the field.", place, f"-{symbol.text}:{value.text.lstrip('-')}")
        found = self._condition(value, symbol.text)
        if found is None:
            raise self._refusal(f"Behind “{symbol.text}:” stands no word.", value, _EXAMPLES[symbol.text].partition(":")[2])
        return self._term(Symbol(symbol.kind, symbol.text, symbol.start, value.end), found)

    def _group(self, opened: Symbol, field: str) -> Branch:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refusal(f"Brackets may stand {DEEPEST} deep inside each other.", opened, "")
        branch = self._any(field)
        closed = self._take(Kind.CLOSE)
        if closed is None:
            raise Refusal("This bracket is never closed.", opened.start, opened.end, self._signs + ")")
        if branch is None:
            inside = Symbol(Kind.OPEN, "", opened.start, closed.end)
            raise self._refusal("There is nothing between these brackets.", inside, _EXAMPLES[field].partition(":")[2] if field else "")
        self._depth -= 1
        return Branch(branch.node, opened.start, closed.end, branch.choices)

    def _condition(self, symbol: Symbol, field: str) -> Node | None:
        # "and" says what a blank says.
        if symbol.kind is Kind.WORD and symbol.text.casefold() == "and":
            return None
        return condition(symbol, field, self._signs)

    def _term(self, symbol: Symbol, node: Node | None) -> Branch | None:
        if node is None:
            return None
        self._terms += 1
        if self._terms > MOST_TERMS:
            reason = f"A query has at most {MOST_TERMS} terms; the rest begins here."
            raise Refusal(reason, symbol.start, len(self._signs), self._signs[: symbol.start])
        return Branch(node, symbol.start, symbol.end)

    def _refuse_contradiction(self, branch: Branch) -> None:
        children: Iterable[Node] = branch.node.children if isinstance(branch.node, And) else ()
        for child in children:
            if isinstance(child, Not) and child.child in children:
                reason = f"{written(child.child)} is asked for and left out at once; no paper can match."
                raise Refusal(reason, branch.start, branch.end)

    def _dangling(self, operator: Symbol) -> Refusal:
        name = "the minus" if operator.text == "-" else operator.text
        sides = "after" if operator.kind is Kind.NOT else "on both sides of"
        quoted = f'{self._signs[: operator.start]}"{operator.text}"{self._signs[operator.end :]}'
        return self._refusal(f"Something must stand {sides} {name}.", operator, " ", quoted)

    def _ends_here(self) -> bool:
        return self._next == len(self._symbols) or self._symbols[self._next].kind in {Kind.OR, Kind.CLOSE}

    def _peek(self, kind: Kind) -> Symbol | None:
        symbol = self._symbols[self._next] if self._next < len(self._symbols) else None
        return symbol if symbol and symbol.kind is kind else None

    def _take(self, kind: Kind) -> Symbol | None:
        symbol = self._peek(kind)
        self._next += symbol is not None
        return symbol

    def _refusal(self, reason: str, symbol: Symbol, replacement: str, *fixes: str) -> Refusal:
        return Refusal(reason, symbol.start, symbol.end, self._signs[: symbol.start] + replacement + self._signs[symbol.end :], *fixes)


_EXAMPLES = {
    "title": "title:curriculum",
    "abstract": "abstract:curriculum",
    "author": 'author:"Yoshua Bengio"',
    "org": "org:mila",
    "cat": "cat:cs.CL",
    "source": "source:huggingface",
    "id": "id:2505.23885",
    "has": "has:code",
    "is": "is:new",
}
