"""What a paper is about in one line: its telling sentence, and cutting text where a reader would."""

from __future__ import annotations

import re
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from wcwidth import iter_graphemes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.paper import Paper

ELLIPSIS = "…"

_KEPT_BY_A_SENTENCE = 0.6
"""A cut falls on the end of a sentence if that keeps this share of the room, else on the end of a word."""
_KEPT_BY_A_WORD = 0.5
"""The same for words: a longer one (a URL, Thai) is cut inside, at a whole character."""

_ABBREVIATIONS = frozenset(
    [
        "al",
        "approx",
        "cf",
        "ca",
        "dr",
        "e.g",
        "eq",
        "eqs",
        "etc",
        "fig",
        "figs",
        "i.e",
        "mr",
        "mrs",
        "ms",
        "no",
        "prof",
        "ref",
        "refs",
        "resp",
        "sec",
        "st",
        "tab",
        "vs",
        "w.r.t",
    ]
)

_STOP = re.compile(
    r"""[.!?]+["'\u201d\u2019)\]}]*(?=\s)     # Latin, Greek, Cyrillic ...: a stop and then a blank
      | [\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019\uff09]*  # Chinese, Japanese: no blank follows
      | [\u06d4\u0964](?=\s)                  # Urdu, Hindi""",
    re.VERBOSE,
)
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Scripts that write no blanks between words: a line may be cut between any two of their characters."""

_TELLING = (
    # The contribution itself first, then what was found, then what was looked at.
    re.compile(
        r"\b(?:we|this (?:paper|work|article|letter|report|thesis)|here)\b[^.]{0,60}?"
        r"\b(?:proposes?|introduces?|presents?|develops?|designs?|releases?|proves?)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:we|this (?:paper|work|article|letter|study)|our (?:results|experiments|findings))\b[^.]{0,60}?"
        r"\b(?:shows?|demonstrates?|finds?|found|reveals?|establish(?:es)?|discover(?:s|ed)?)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:we|this (?:paper|work|article|study|survey|review))\b[^.]{0,60}?"
        r"\b(?:stud(?:y|ies)|investigates?|describes?|analy[sz]es?|explores?|reviews?|surveys?|argues?|address(?:es)?|examines?)\b",
        re.IGNORECASE,
    ),
)


def telling_sentence(paper: Paper, limit: int) -> str:
    """The one line that says what a paper does, at most `limit` code points; "" if nothing is known but the title.

    The source's own summary, else the first sentence of the abstract that tells the contribution ("we propose ..."), else its
    first sentence.
    """
    if paper.summary.strip():
        return shorten(one_line(paper.summary), limit)
    every = sentences(one_line(paper.abstract))
    told = next((sentence for tells in _TELLING for sentence in every if tells.search(sentence)), "")
    return shorten(told or (every[0] if every else ""), limit)


def one_line(text: str) -> str:
    """`text` with every run of blanks and newlines as one blank, none at the ends."""
    return " ".join(text.split())


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in order, without the blanks between them; joined they hold all its words.

    A rule of thumb for abstracts: "et al.", "e.g." and initials end no sentence, nor does a stop before a small letter.
    """
    starts = [0, *_sentence_ends(text)]
    parts = (text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True))
    return tuple(part for part in parts if part)


def shorten(text: str, limit: int) -> str:
    """At most `limit` code points of `text`, unchanged where it fits, else cut and ended with "…".

    Cut at the end of a sentence where that keeps most of the room, else of a word, and never inside what a reader sees as one
    character (grapheme clusters of Unicode's UAX #29: flags, joined emoji, accents, Hangul). Doing it twice changes nothing.
    """
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    room = _whole_characters(text, limit - len(ELLIPSIS))
    sentence = max((end for end in _sentence_ends(text[:room]) if end + len(ELLIPSIS) < limit), default=0)
    if sentence and sentence >= room * _KEPT_BY_A_SENTENCE:
        # The blank keeps "works.…" from looking like four dots.
        return f"{text[:sentence].rstrip()} {ELLIPSIS}"
    word = _last_word_end(text, room)
    cut = word if word >= room * _KEPT_BY_A_WORD else room
    return text[:cut].rstrip().rstrip(",;:") + ELLIPSIS


def _sentence_ends(text: str) -> Iterator[int]:
    """Indices after the stop of each sentence but a last one without a following blank, ascending."""
    for stop in _STOP.finditer(text):
        following = text[stop.end() :].lstrip()[:1]
        if stop[0][0] == "." and (_is_abbreviation(text[: stop.start()]) or following.islower()):
            continue
        yield stop.end()


def _is_abbreviation(before: str) -> bool:
    word = re.split(r"[\s(\[]", before[-12:])[-1]
    return word.casefold() in _ABBREVIATIONS or (len(word) == 1 and word.isupper())


def _whole_characters(text: str, most: int) -> int:
    """The length of the longest beginning of at most `most` code points that ends between two grapheme clusters."""
    ends = accumulate(map(len, iter_graphemes(text)))
    return max(takewhile(lambda end: end <= most, ends), default=0)


def _last_word_end(text: str, room: int) -> int:
    """The greatest index up to `room` at which a word ends; 0 if there is none."""
    for index in range(room, 0, -1):
        if text[index].isspace() and not text[index - 1].isspace():
            return index
        if _UNSPACED.match(text[index - 1]) and index in (room, _whole_characters(text, index)):
            return index
    return 0
