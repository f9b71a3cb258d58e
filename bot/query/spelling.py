"""How a typed word or phrase becomes a condition: its canonical text, and every sequence of tokens that counts as it."""

from __future__ import annotations

import re
from itertools import product

from bot.folding import UNSPACED, chunks, fold, neutral
from bot.query.nodes import Field, Prefix, Words

MOST_SPELLINGS = 16
"""Of one condition: two for each of four compounds. A phrase with more gets the likeliest."""
SHORTEST_STEM = 3
"""Letters and digits before a star."""

_FREE_COMPOUNDS = 3
_ROUNDS = 4
_HYPHEN = "-"
_UNSPACED = re.compile(f"[{UNSPACED}]")


def words(typed: str, *, exact: bool = False, field: Field | None = None) -> Words | None:
    """The condition that a word, a compound or (`exact`) the inside of quotes stands for; None when it holds no letter or digit.

    Typed in another case, width or dash, it is the same condition. Parsing its text again gives an equal one.
    """
    text = _settled(typed, " " if exact else _HYPHEN)
    if not text:
        return None
    return Words(text, spellings(text, exact=exact), exact, field)


def spellings(text: str, *, exact: bool) -> tuple[tuple[str, ...], ...]:
    """Every token sequence that counts as a folded text: each compound in its parts and as one token, the parts first."""
    found = chunks(text)
    compounds = [index for index, chunk in enumerate(found) if len(chunk.parts) > 1]
    free = compounds if 2 ** len(compounds) <= MOST_SPELLINGS else compounds[:_FREE_COMPOUNDS]
    tied = len(free) < len(compounds)
    spelt: dict[tuple[str, ...], None] = {}
    for choice in product((False, True), repeat=len(free) + tied):
        joined = {index for index, taken in zip(free, choice, strict=False) if taken}
        if tied and choice[-1]:
            joined.update(compounds[_FREE_COMPOUNDS:])
        tokens = [token for index, chunk in enumerate(found) for token in ((chunk.whole,) if index in joined else chunk.parts)]
        spelt[tuple(tokens if exact else map(neutral, tokens))] = None
    return tuple(spelt)


def beginning(typed: str, field: Field | None = None) -> Prefix | Words | None:
    """The condition for what stands before a star; None when it is too short or more than one word.

    In scripts without blanks a word is found inside longer ones anyway, so there the star adds nothing and falls away.
    """
    text = _settled(typed, _HYPHEN)
    found = chunks(text)
    if found and _UNSPACED.fullmatch(found[-1].text):
        return words(typed, field=field)
    if len(found) != 1:
        return None
    stem = found[0].whole
    if sum(map(str.isalnum, stem)) < SHORTEST_STEM or [chunk.whole for chunk in chunks(fold(stem))] != [stem]:
        return None
    return Prefix(stem, field)


def _settled(typed: str, glue: str) -> str:
    # Characters that meet only after the signs between them fell away can still combine (Korean letters into a syllable).
    text = typed
    for _ in range(_ROUNDS):
        before, text = text, _glued(fold(text), glue)
        if text == before:
            break
    return text


def _glued(folded: str, glue: str) -> str:
    """The words of a folded text without the signs around them, `glue` between."""
    text = ""
    end = 0
    for chunk in chunks(folded):
        start = folded.index(chunk.text, end)
        # An unspaced script is echoed as it is written: between its characters a hyphen would look like a compound.
        unspaced = text and (_UNSPACED.match(text[-1]) or _UNSPACED.match(chunk.text))
        if text and not (unspaced and (start == end or glue == _HYPHEN)):
            text += glue
        text += chunk.text
        end = start + len(chunk.text)
    return text
