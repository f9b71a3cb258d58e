"""Authors as arXiv's feeds write them: one string, TeX accents, affiliations in brackets."""

from __future__ import annotations

import re

from bot.folding import readable
from bot.sources.text import LONGEST_NAME, MOST_AUTHORS, one_line

_TIE = re.compile(r"(?<!\\)~")
"""A blank in TeX; behind a backslash it is an accent."""
_BRACES = re.compile(r"[{}]")


def split_authors(text: str) -> tuple[str, ...]:
    r"""The names in `Andr\'e Martins (IT, Lisbon),  Deepti, ...`, without TeX and affiliations.

    Commas inside brackets part no names; one-word names come with a double blank; both as seen in arXiv's feeds.
    """
    names = (plain_name(name) for name in _outside_brackets(text)[:MOST_AUTHORS])
    return tuple(name for name in names if name)


def plain_name(tex: str) -> str:
    r"""A name as a person writes it: `S{\o}gaard` -> Søgaard."""
    name = _TIE.sub(" ", one_line(tex, LONGEST_NAME))
    return one_line(_BRACES.sub("", readable(name)), LONGEST_NAME)


def _outside_brackets(text: str) -> list[str]:
    """The text between commas, leaving out what stands in (...). A bracket that never closes is a letter like any other."""
    if text.count("(") != text.count(")"):
        return text.split(",")
    names: list[str] = [""]
    depth = 0
    for piece in re.split(r"([(),])", text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif depth == 0 and piece == ",":
            names.append("")
        elif depth == 0:
            names[-1] += piece
    return names
