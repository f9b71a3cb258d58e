"""Text for LaTeX: titles and names as they come, TeX or not, in a form that BibTeX reads without stumbling."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from pylatexenc.latexencode import RULE_DICT, UnicodeToLatexConversionRule, UnicodeToLatexEncoder

from bot.folding import readable
from bot.summary import one_line

_MATH = re.compile(r"(?<!\\)(\$(?! )(?:[^$\\]|\\.)+(?<! )\$)(?!\d)")
"""As in pandoc: no blank inside the dollars and no digit after, so that "$5 and $6" stay prices."""

# https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters: with them a title could show another address than it holds.
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def as_latex(text: str) -> str:
    r"""`text` on one line, for a braced BibTeX field: special characters escaped, braces balanced, formulas kept.

    TeX that was there (`Andr\'e`, `50\%`, `$\beta$`) means the same afterwards and is not escaped twice.
    """
    plain = printable(text)
    parts = _MATH.split(plain)
    if not all(_is_balanced(part) for part in parts):
        # A formula inside a macro (`\textbf{the $x$}`): kept, it would tear the macro in two.
        return _escaped(readable(plain))
    # re.split with one group: every second part is a formula.
    return "".join(part if place % 2 else _escaped(readable(part, is_tex=len(parts) > 1)) for place, part in enumerate(parts))


def printable(text: str) -> str:
    """`text` on one line, without control characters and those that turn the direction of writing around."""
    return one_line("".join(character for character in one_line(text) if not _is_control(character)))


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} or character in _BIDIRECTIONAL


def _escaped(text: str) -> str:
    return str(_writer().unicode_to_latex(unicodedata.normalize("NFC", text)))


def _is_balanced(formula: str) -> bool:
    # BibTeX counts every brace, escaped or not.
    depth = 0
    for character in formula:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


@cache
def _writer() -> UnicodeToLatexEncoder:
    # `\{` would do for LaTeX, but BibTeX counts it as a brace and loses its place.
    braces = UnicodeToLatexConversionRule(RULE_DICT, {ord("{"): r"\textbraceleft", ord("}"): r"\textbraceright"})
    return UnicodeToLatexEncoder(
        conversion_rules=[braces, "defaults"],
        replacement_latex_protection="braces-all",
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )
