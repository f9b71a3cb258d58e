"""Authors' names in the parts that reference lists want."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.summary import one_line

_PARTICLES = frozenset(
    [
        "af",
        "al",
        "ap",
        "av",
        "bin",
        "da",
        "das",
        "de",
        "degli",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "e",
        "el",
        "ibn",
        "la",
        "las",
        "le",
        "lo",
        "los",
        "st",
        "st.",
        "'t",
        "te",
        "ten",
        "ter",
        "van",
        "vande",
        "von",
        "y",
        "zu",
        "zum",
        "zur",
    ]
)
_CAPITAL_PARTICLES = frozenset({"Van", "Von", "De", "Di", "Du", "La", "Le"})
"""Part of the family name when a small particle follows: "Guy Van den Broeck"; else perhaps a given name ("Nguyen Van Hai")."""
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
_ORGANISATIONS = re.compile(
    r"\b(?:team|collaboration|consortium|group|labs?|laboratory|project|institute|university|foundation|initiative|inc|ltd|research"
    r"|community|alliance|network|committee|task force|working group)\b\.?$|^the\b|\bAI$|^openai$|^deepseek",
    re.IGNORECASE,
)
_FAMILY_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
"""Names in Chinese, Japanese and Korean script are written family name first."""


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in its parts, or a whole that has none."""

    family: str
    """With its particles: "van den Oord". The whole name where it has one word, or is an organisation's."""
    given: str = ""
    suffix: str = ""
    """"Jr.", "III"."""
    is_organisation: bool = False


def name(displayed: str) -> Name:
    """The parts of a name as displayed ("Yoshua Bengio", "Bengio, Yoshua", "Gemini Team").

    A good guess: nobody can tell a double family name from a middle name by looking.
    """
    whole = one_line(re.sub(r"\([^)]*\)", " ", displayed)) or one_line(displayed)
    family, comma, given = whole.partition(", ")
    if comma and given.casefold() in _SUFFIXES:
        return _split(family.split(), suffix=given)
    if _ORGANISATIONS.search(whole) or "," in given:
        return Name(whole, is_organisation=True)
    if comma:
        return Name(family, given)
    words = whole.split()
    if len(words) > 1 and words[-1].casefold() in _SUFFIXES:
        return _split(words[:-1], suffix=words[-1])
    return _split(words)


def _split(words: list[str], *, suffix: str = "") -> Name:
    if len(words) > 1 and all(_FAMILY_FIRST.match(word) for word in words):
        return Name(words[0], " ".join(words[1:]), suffix)
    start = next((place for place in range(1, len(words) - 1) if words[place] in _PARTICLES), max(len(words) - 1, 0))
    if start > 1 and words[start] in _PARTICLES and words[start - 1] in _CAPITAL_PARTICLES:
        start -= 1
    return Name(" ".join(words[start:]), " ".join(words[:start]), suffix)
