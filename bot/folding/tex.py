r"""TeX in a title, a name or an abstract, as a person would read it: `$\beta$-VAE` -> β-VAE, `Andr\'e` -> André."""

from __future__ import annotations

import logging
import re
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text

_MOST_FRAGMENTS = 64
"""Given to the library from one text. Real abstracts hold about twenty at most, and a new one costs a tenth of a millisecond."""

# pandoc's rule for a lone dollar: no blank just inside, no digit just behind. "costs $5 and saves $10" is no formula.
_MATH = r"\$(?=[^\s$])(?:[^$\\]|\\.){1,160}(?<=\S)\$(?![0-9])"
_ARGUMENT = r"\{(?:[^{}]|\{[^{}]{0,40}\}){0,120}\}"
_ACCENT = rf"\\(?:['`^\"~=.]|[cvHukrbdt](?![a-zA-Z]))\s?(?:{_ARGUMENT}|\\[ij](?![a-zA-Z])|[^\W\d_])"
_LETTER = r"\\(?:[oOlLij]|ss|aa|AA|ae|AE|oe|OE)(?![a-zA-Z])\s?"  # TeX swallows the blank: S\o ren
_SWITCHES = (
    "bf|em|it|md|rm|sc|sf|sl|tt|up|bfseries|itshape|mdseries|normalfont|rmfamily|scshape|sffamily|slshape|ttfamily|upshape"
    "|tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|Huge"
)
_SWITCH = rf"\\(?:{_SWITCHES})(?![a-zA-Z])\s*"
"""Changes the type from here to the end of the group, and prints nothing: {\\bf bold}."""
_FRAGMENT = re.compile(rf"{_MATH}|{_SWITCH}|{_ACCENT}|{_LETTER}|\\[a-zA-Z]+\*?(?:{_ARGUMENT}){{0,3}}|\\.", re.DOTALL)
_ONLY_SWITCH = re.compile(_SWITCH)
_COMMENT = re.compile(r"(?<!\\)%")
_MARKUP = re.compile(r"[\\${}]")

_reader = LatexNodes2Text(math_mode="text", strict_latex_spaces=False, keep_comments=False)
# It warns about every formula it cannot follow; a stranger's abstract is not our operator's business.
logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)


def readable(text: str, *, is_tex: bool = False) -> str:
    r"""The text with its formulas and macros written out, and without the braces that only group.

    Never raises. What cannot be read loses its backslashes, dollars and braces (`\nosuch` -> nosuch). Where nothing else is TeX braces
    stay, but for those that keep a bibliography from lowering letters of a word: `{GPT}-4` -> GPT-4, `a {set}` as it is.

    Args:
        is_tex: It is known to be TeX, being a piece of a text with formulas.
    """
    if is_tex or "\\" in text or "$" in text:
        read, fragments = _FRAGMENT.subn(_Replacement(), text.translate(_NO_MARKS))
        if fragments or is_tex:
            return _MARKUP_LEFT.sub("", _ungrouped(read)).translate(_MARKS_TO_BRACES)
        text = _MARKUP_LEFT.sub("", read)
    return _IN_A_WORD.sub(r"\1\2", text) if "{" in text else text


def _ungrouped(text: str) -> str:
    """Without the braces that come in pairs: TeX prints none of these."""
    if "{" not in text:
        return text
    opened: list[int] = []
    kept = list(text)
    for place, character in enumerate(text):
        if character == "{":
            opened.append(place)
        elif character == "}" and opened:
            kept[opened.pop()] = kept[place] = ""
    return "".join(kept)


_MARKUP_LEFT = re.compile(r"\\")
_IN_A_WORD = re.compile(r"(?<=[\w-])\{(\w{1,40})\}|\{(\w{1,40})\}(?=[\w-])")
# What a fragment prints may hold braces (`\{`): until all groups are gone they are written with characters that no text may hold.
_NO_MARKS = str.maketrans(dict.fromkeys("\ufdd0\ufdd1"))
_BRACES_TO_MARKS = str.maketrans("{}", "\ufdd0\ufdd1")
_MARKS_TO_BRACES = str.maketrans("\ufdd0\ufdd1", "{}")


class _Replacement:
    """Reads the first fragments of one text properly and the others crudely, so that hostile text stays cheap."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = _MOST_FRAGMENTS

    def __call__(self, match: re.Match[str]) -> str:
        self._left -= 1
        return _read(match[0]).translate(_BRACES_TO_MARKS) if self._left >= 0 else _MARKUP.sub("", match[0])


@lru_cache(maxsize=2_048)
def _read(fragment: str) -> str:
    # \today would make the same title another one tomorrow, \cite and \ref come out as "<cit.>" and "<ref>".
    if fragment.startswith(("\\today", "\\cite", "\\ref", "\\label", "\\input", "\\include")):
        return ""
    if _ONLY_SWITCH.fullmatch(fragment):
        return ""
    if fragment in _PLAIN:
        return _PLAIN[fragment]
    try:
        text = _reader.latex_to_text(_COMMENT.sub(r"\\%", fragment))
    except Exception:  # noqa: BLE001 - the library fails in many ways on half a formula (IndexError, RecursionError, its own)
        return _MARKUP.sub("", fragment)
    return str(text) or _MARKUP.sub("", fragment) if fragment[1:].isalpha() else str(text)


_PLAIN = {
    "\\$": "$",
    "\\%": "%",
    "\\&": "&",
    "\\#": "#",
    "\\_": "_",
    "\\{": "{",
    "\\}": "}",
    "\\ ": " ",
    "\\\\": " ",
    "\\,": " ",
    "\\-": "",
}
