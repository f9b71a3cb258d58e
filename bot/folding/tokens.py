"""Folded text parted into tokens: the parts of every compound, and every compound as a whole."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from bot.folding.letters import fold

GAP = ""
"""A token that equals no word: keeps a phrase from reaching over the end of a keyword or an author's name."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One text, folded.

    `apart` has the parts of every compound as tokens of their own ("fine-tuned GPT-4" -> fine tuned gpt 4); `joined` has each compound
    as one token (finetuned gpt4). They are equal (the same object) where the text has no compound. Tokens are folded, not yet
    number-neutral; their order is the text's.
    """

    apart: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()


class Chunk(NamedTuple):
    """A word or compound of a folded text."""

    text: str
    """As it stood: "gpt-4"."""
    parts: tuple[str, ...]
    """Its tokens: ("gpt", "4"). More than one for a compound."""

    @property
    def whole(self) -> str:
        """Its one token when it is read as one word: "gpt4"."""
        return "".join(self.parts)


def passage(text: str) -> Passage:
    """A text as it came from outside, folded and parted into tokens. Text without a word gives an empty passage."""
    folded = fold(text)
    apart: list[str] = []
    joined: list[str] = []
    compounds = False
    for word in (_CHUNK_ASCII if folded.isascii() else _CHUNK).findall(folded):
        if word.isalpha():
            apart.append(word)
            joined.append(word)
        else:
            parts = _PART.findall(word)
            # PointNet++ is found by pointnet too; C++ is not to be found by c.
            apart += [part[:-2] if part.endswith("++") and len(part) > _LETTER_AND_SIGNS else part for part in parts]
            joined.append("".join(parts))
            compounds = compounds or len(parts) > 1 or apart[-1] != joined[-1]
    together = tuple(apart)
    return Passage(together, tuple(joined) if compounds else together)


def strung(passages: tuple[Passage, ...]) -> Passage:
    """Several passages as one, a GAP after each but the last: no phrase reaches from one into the next."""
    if all(one.apart is one.joined for one in passages):
        apart = _strung([one.apart for one in passages])
        return Passage(apart, apart)
    return Passage(_strung([one.apart for one in passages]), _strung([one.joined for one in passages]))


def _strung(streams: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(token for stream in streams for token in (*stream, GAP))[:-1]


def chunks(folded: str) -> tuple[Chunk, ...]:
    """The words and compounds of a text that is folded already."""
    return tuple(
        Chunk(word, (word,) if word.isalpha() else tuple(_PART.findall(word)))
        for word in (_CHUNK_ASCII if folded.isascii() else _CHUNK).findall(folded)
    )


def title_key(title: str) -> str:
    r"""A title for comparing identities: the letters, digits and signs that name things, without blanks between.

    `β-OPSD: ...` and `$β$-OPSD: ...` have the same key, as have "Fine-Tuning" and "Fine Tuning". A title without a word keeps its signs;
    only a blank one has the key "".
    """
    folded = fold(title)
    return "".join(chunk.whole for chunk in chunks(folded)) or folded


_LETTER_AND_SIGNS = 3

# Scripts written without blanks, and Korean, whose particles cling to the word: a token a character, so that a word is a phrase of
# them. Emoji likewise.
UNSPACED = (
    "\u0e01-\u0e4e\u0e80-\u0edf\u1000-\u109f\u1100-\u11ff\u1780-\u17d3\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3005-\u3007\u3041-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
# Python's \w leaves out the vowel signs that Indic words are half made of.
_VOWEL_SIGNS = "".join(
    chr(point)
    for first, last in ((0x0900, 0x0DFF), (0x0F00, 0x0FFF), (0x1700, 0x177F), (0x1800, 0x1CFF), (0xA800, 0xABFF))
    for point in range(first, last + 1)
    if unicodedata.category(chr(point)).startswith("M")
)
# `'` and `.` only join where no blank is around; a comma only groups digits.
_JOINER = r"(?:[-/_'.@&^]|(?<=[0-9]),(?=[0-9]{3}))"


def _chunk(letter: str) -> re.Pattern[str]:
    # C#, F#, A* and Q* are names; "*" and "#" behind longer words are footnotes and tags.
    sign = rf"[#*](?<=[a-z][#*])(?<![a-z0-9*][a-z][#*])(?![*#])(?!{letter})"
    # Not `{letter}++`: in Python 3.11.2, Debian 12's, a possessive repeat of a group with a lookahead takes one character too many.
    piece = rf"{letter}+(?!{letter})(?:\+\+|{sign})?"
    named = r"\.net(?<![a-z0-9.]\.net)(?![a-z0-9])"
    return re.compile(rf"(?:{piece}|{named})(?:{_JOINER}{piece})*|[{UNSPACED}]")


_CHUNK_ASCII = _chunk("[a-z0-9]")
_CHUNK = _chunk(rf"(?:(?![{UNSPACED}])(?:[^\W_]|[{_VOWEL_SIGNS}]))")
_PART = re.compile(r"^\.net|[0-9]+(?:\+\+)?|[^-0-9/_'.@&^,]+")
