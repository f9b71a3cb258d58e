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
_FRAGMENT = re.compile(rf"{_MATH}|{_ACCENT}|{_LETTER}|\\[a-zA-Z]+\*?(?:{_ARGUMENT}){{0,3}}|\\.", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)%")
_MARKUP = re.compile(r"[\\${}]")

_reader = LatexNodes2Text(math_mode="text", strict_latex_spaces=False, keep_comments=False)
# It warns about every formula it cannot follow; a stranger's abstract is not our operator's business.
logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)


def readable(text: str) -> str:
    r"""The text with its formulas and macros written out; braces outside of them stay.

    Never raises. What cannot be read loses its backslashes, dollars and braces (`\nosuch` -> nosuch). Text without a backslash or
    a dollar comes back as it is.
    """
    if "\\" not in text and "$" not in text:
        return text
    return _MARKUP_LEFT.sub("", _FRAGMENT.sub(_Replacement(), text))


_MARKUP_LEFT = re.compile(r"\\")


class _Replacement:
    """Reads the first fragments of one text properly and the others crudely, so that hostile text stays cheap."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = _MOST_FRAGMENTS

    def __call__(self, match: re.Match[str]) -> str:
        self._left -= 1
        return _read(match[0]) if self._left >= 0 else _MARKUP.sub("", match[0])


@lru_cache(maxsize=2_048)
def _read(fragment: str) -> str:
    # \today would make the same title another one tomorrow, \cite and \ref come out as "<cit.>" and "<ref>".
    if fragment.startswith(("\\today", "\\cite", "\\ref", "\\label", "\\input", "\\include")):
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
