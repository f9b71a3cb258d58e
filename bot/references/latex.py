"""Text for LaTeX: titles and names as they come, TeX or not, in a form that BibTeX reads without stumbling."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from pylatexenc.latexencode import RULE_DICT, UnicodeToLatexConversionRule, UnicodeToLatexEncoder

from bot.folding import readable

_MATH = re.compile(r"(?<!\\)(\$(?! )(?:[^$\\]|\\.)+(?<! )\$)(?!\d)")
"""As in pandoc: no blank inside the dollars and no digit after, so that "$5 and $6" stay prices."""


def as_latex(text: str) -> str:
    r"""`text` on one line, for a braced BibTeX field: special characters escaped, braces balanced, formulas kept.

    TeX that was there (`Andr\'e`, `50\%`, `$\beta$`) means the same afterwards and is not escaped twice.
    """
    parts = _MATH.split(_printable(text))
    # re.split with one group: every second part is a formula.
    return "".join(part if place % 2 and _is_balanced(part) else _escaped(part) for place, part in enumerate(parts))


def _escaped(text: str) -> str:
    return str(_writer().unicode_to_latex(unicodedata.normalize("NFC", readable(text))))


def _printable(text: str) -> str:
    return "".join(character for character in " ".join(text.split()) if unicodedata.category(character) not in {"Cc", "Cs"})


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
