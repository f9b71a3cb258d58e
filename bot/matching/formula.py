"""Formulas: queries compiled to the arithmetic of bitsets, which answers them for many papers at once.

A bitset is a whole number with one bit for each paper. What is elementary about papers, a fact, has a bitset: the papers that
meet it. A query is then arithmetic: AND is `&`, OR is `|`, NOT is `~`. The percolator asks many formulas of a few papers, the
archive one formula of many papers; both only have to supply the bitsets of facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.query.nodes import And, Field, FromSource, HasId, InCategory, Not, Number, Or, Prefix, Trait, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.query.nodes import Node

Term = str
"""A word, or words next to each other, in a space: the space's letter and the tokens with a blank between.

"wcurriculum" is the word `curriculum`, "Tgpt 4" the title's exact `gpt` and `4` side by side. One short string costs a third of the
node it came from, hashes once, and never makes the garbage collector look at it."""

Fact = Term | Prefix | InCategory | FromSource | HasId | Number | Trait
"""What the bitset of papers is looked up for. The few conditions that are not words stay what they are."""

Compound = tuple["Formula", ...]
"""An operator and its operands."""

Formula = Fact | Compound

AND = "&"
OR = "|"
NOT = "~"

_LETTERS = {None: "w", Field.TITLE: "t", Field.ABSTRACT: "a", Field.AUTHOR: "p", Field.ORG: "o"}
_SPACES = {(field, exact): letter.upper() if exact else letter for field, letter in _LETTERS.items() for exact in (False, True)}


def letter(field: Field | None) -> str:
    """The letter of the field's number-neutral space; in upper case that of its exact one."""
    return _LETTERS[field]


def compiled(node: Node) -> Formula:
    """The formula of a tree. Equal trees have equal formulas; so have some that differ only in spelling."""
    match node:
        case Words():
            space = _SPACES[node.field, node.exact]
            if len(node.spellings) == 1:
                return space + " ".join(node.spellings[0])
            terms = sorted({space + " ".join(spelling) for spelling in node.spellings})
            return terms[0] if len(terms) == 1 else (OR, *terms)
        case And():
            # Papers are few that meet the rarest: tried first, it makes the rest of the work small, or ends it.
            return (AND, *sorted(map(compiled, node.children), key=_commonness))
        case Or():
            return (OR, *map(compiled, node.children))
        case Not():
            return (NOT, compiled(node.child))
        case _:
            return node


def evaluate(formula: Formula, bits: Mapping[Fact, int]) -> int:
    """The bitset of the papers that meet the formula.

    Negative where the formula is met by a paper that meets no fact at all (`~`): the caller cuts it to its papers with `&`.

    Args:
        bits: Must have every fact of the formula; a mapping with `__missing__` may find them when asked.
    """
    if type(formula) is not tuple:
        return bits[formula]  # type: ignore[index]  # a Fact: mypy does not narrow by "type is not"
    operator = formula[0]
    operand = formula[1]
    found = evaluate(operand, bits) if type(operand) is tuple else bits[operand]  # type: ignore[index]  # as above
    if operator == NOT:
        return ~found
    for operand in formula[2:]:
        other = evaluate(operand, bits) if type(operand) is tuple else bits[operand]  # type: ignore[index]  # as above
        if operator == OR:
            found |= other
        else:
            found &= other
            if not found:
                break
    return found


def facts(formula: Formula) -> frozenset[Fact]:
    """All facts that the formula asks for."""
    if not isinstance(formula, tuple):
        return frozenset((formula,))
    return frozenset[Fact]().union(*map(facts, formula[1:]))


def is_either(formula: Formula) -> bool:
    """Whether any one of its facts is enough for a paper to meet it."""
    return not isinstance(formula, tuple) or (formula[0] == OR and not any(isinstance(operand, tuple) for operand in formula))


def anchors(formula: Formula, *, wanted: bool = True) -> frozenset[Fact] | None:
    """A few facts, as rare as can be, of which every paper that meets the formula meets at least one.

    The choice depends on the formula alone, so it is found again when the rule goes. None if there are no such facts: the formula
    is met by papers that have nothing in common.

    Args:
        wanted: False asks the same of the papers that do not meet the formula.
    """
    if not isinstance(formula, tuple):
        return frozenset((formula,)) if wanted else None
    operator, *operands = formula
    if operator == NOT:
        return anchors(operands[0], wanted=not wanted)
    choices = [anchors(operand, wanted=wanted) for operand in operands]
    sure = [choice for choice in choices if choice is not None]
    if (operator == AND) is wanted:
        return sure[0] if sure else None
    return frozenset[Fact]().union(*sure) if len(sure) == len(choices) else None


_KINDS: tuple[type, ...] = (HasId, str, Prefix, InCategory, FromSource, Trait, Number)
_MANY = 1000


def _commonness(formula: Formula) -> tuple[int, int, int, str]:
    """A guess at how many papers meet it, to sort by; the same for every process at any time.

    A phrase is rarer than a word, and the longer word is the rarer one: Zipf's law of abbreviation (G. K. Zipf, The Psycho-Biology
    of Language, 1935).
    """
    if not isinstance(formula, tuple):
        return _KINDS.index(type(formula)), -formula.count(" ") if isinstance(formula, str) else 0, -len(str(formula)), str(formula)
    if formula[0] == NOT:
        return _MANY, 0, 0, repr(formula)
    operands = sorted(map(_commonness, formula[1:]))
    # What any of several may meet is as common as the commonest of them; what all must meet, as rare as the rarest.
    kind, phrase, length, _ = operands[-1] if formula[0] == OR else operands[0]
    return kind, phrase, length, repr(formula)
