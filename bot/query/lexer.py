"""Plain signs parted into the symbols of the grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from bot.identity import recognise
from bot.query.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(Enum):
    """What a symbol is."""

    WORD = auto()
    PHRASE = auto()
    """`text` is what stands between the quotes."""
    FIELD = auto()
    """A known name before a colon, blanks behind it skipped; `text` is the name, in lower case."""
    VALUE = auto()
    """What stands directly behind a field, up to the next blank."""
    FACT = auto()
    """A number compared: `upvotes >= 10`."""
    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    """NOT, or a minus before something."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A piece of the query with its place in the plain signs."""

    kind: Kind
    text: str
    start: int
    end: int


FIELDS = {
    "title": "title",
    "intitle": "title",
    "ti": "title",
    "abstract": "abstract",
    "abs": "abstract",
    "author": "author",
    "authors": "author",
    "au": "author",
    "org": "org",
    "organisation": "org",
    "organization": "org",
    "cat": "cat",
    "category": "cat",
    "source": "source",
    "id": "id",
    "arxiv": "id",
    "doi": "id",
    "has": "has",
    "is": "is",
}
"""Names before a colon, with the ones people bring along from arXiv and Gmail."""

_OPERATORS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
# Each sign can be read in one way only, so that nothing is ever tried again. Not by possessive repetition (`++`): of a group that is
# repeated so, the re of Python 3.11.2, which Debian 12 has, loses the last.
_BLANKS = re.compile(r"(?:\s|[,;](?![0-9])|(?<![0-9])[,;](?=[0-9]))+")
_QUANTITY = re.compile(r"(?:upvotes?|votes?|stars?)\s*:?\s*(?:[<>=]{1,2}|(?<=:))\s*[^\s()\"<>=]*", re.IGNORECASE)
_NAME = re.compile(r"([a-z]+):(?!//)", re.IGNORECASE)
# A backslash and what follows belong together (Schr\"odinger), as does a formula without blanks.
_IN_WORD = r"\\[^\s]|\\(?!\S)|\$[^\s$]*\$|\$(?![^\s$]*\$)"
_WORD = re.compile(rf"(?:{_IN_WORD}|[^\s()\",;\\$]|(?<=[0-9])[,;](?=[0-9]))+")
_VALUE = re.compile(rf"(?:{_IN_WORD}|[^\s()\"\\$])+")
IDENTIFIER = re.compile(r"(?:[^\s()\"]|\([^\s()\"]*\))+")
# As arXiv prints it on the first page: "arXiv:2505.23885v2 [cs.CL]".
_WITH_CLASS = re.compile(rf"{IDENTIFIER.pattern}\s?\[[a-z-]+(?:\.[a-z-]+)?\]", re.IGNORECASE)
_PHRASE = re.compile(r"\"((?:\\\"(?=[\w{])|[^\"])*)\"")
_DASHES = re.compile(r"-+")


def symbols(signs: str) -> Iterator[Symbol]:
    """The symbols in their order. Blanks, commas and dashes that stand alone are none; every symbol is at least one sign long.

    Raises:
        Refusal: A quote is not closed.
    """
    place = 0
    while place < len(signs):
        if blank := _BLANKS.match(signs, place):
            place = blank.end()
            continue
        symbol = (
            _bracket(signs, place)
            or _minus(signs, place)
            or _phrase(signs, place)
            or _fact(signs, place)
            or _field(signs, place)
            or _word(signs, place)
        )
        place = symbol.end
        if symbol.text:
            yield symbol
        if symbol.kind is Kind.FIELD:
            blank = _BLANKS.match(signs, place)
            place = blank.end() if blank else place
            value = (_paper(signs, place) or IDENTIFIER.match(signs, place)) if symbol.text == "id" else _VALUE.match(signs, place)
            operator = blank and value and value[0] in _OPERATORS
            if value and not operator and not signs.startswith("(", place):
                place = value.end()
                yield Symbol(Kind.VALUE, value[0], value.start(), place)


def _bracket(signs: str, place: int) -> Symbol | None:
    if signs[place] not in "()":
        return None
    return Symbol(Kind.OPEN if signs[place] == "(" else Kind.CLOSE, signs[place], place, place + 1)


def _minus(signs: str, place: int) -> Symbol | None:
    dashes = _DASHES.match(signs, place)
    if dashes is None:
        return None
    # Alone it is the dash of a pasted title: "BERT - a survey".
    alone = dashes.end() == len(signs) or _BLANKS.match(signs, dashes.end()) or signs[dashes.end()] == ")"
    return Symbol(Kind.NOT, "" if alone else "-", place, dashes.end())


def _phrase(signs: str, place: int) -> Symbol | None:
    if signs[place] != '"':
        return None
    quoted = _PHRASE.match(signs, place)
    if quoted is None:
        raise Refusal("This quote is never closed.", place, len(signs), signs + '"', signs[:place] + " " + signs[place + 1 :])
    return Symbol(Kind.PHRASE, quoted[1] or " ", place, quoted.end())


def _fact(signs: str, place: int) -> Symbol | None:
    fact = _QUANTITY.match(signs, place)
    return fact and Symbol(Kind.FACT, fact[0], place, fact.end())


def _field(signs: str, place: int) -> Symbol | None:
    name = _NAME.match(signs, place)
    if name is None or name[1].casefold() not in FIELDS:
        return None
    return Symbol(Kind.FIELD, FIELDS[name[1].casefold()], place, name.end())


def _paper(signs: str, place: int) -> re.Match[str] | None:
    """The id or address of a paper that stands here, with the brackets and commas that a DOI may have."""
    for pattern in (_WITH_CLASS, IDENTIFIER):
        if (name := pattern.match(signs, place)) and recognise(name[0]):
            return name
    return None


def _word(signs: str, place: int) -> Symbol:
    word = _paper(signs, place) or _WORD.match(signs, place)
    assert word is not None  # whatever no word begins with was taken before
    return Symbol(_OPERATORS.get(word[0], Kind.WORD), word[0], place, word.end())
