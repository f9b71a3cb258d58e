"""What a person typed, with the habits of keyboards and chats taken out, each character still knowing where it came from."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Typed:
    """A typed text in plain signs: straight quotes, ASCII dashes, brackets, colons and blanks; no control characters."""

    original: str
    signs: str
    places: tuple[int, ...]
    """For each character of `signs` its index in `original`."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of `signs` as a span of `original`; both may be the length of the text."""
        first = self.places[start] if start < len(self.places) else len(self.original)
        last = self.places[end - 1] + 1 if end > start else first
        return first, last


def typed(text: str) -> Typed:
    """Smart quotes, dashes, full-width and other-script signs become the ones the grammar knows; nothing else changes."""
    signs: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        plain = character if " " <= character <= "~" else _plain(character)
        signs.append(plain)
        places.extend([place] * len(plain))
    return Typed(text, "".join(signs), tuple(places))


def _plain(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    category = unicodedata.category(character)
    if character.isspace() or category.startswith("Z"):
        return " "
    if category == "Pd":
        return "-"
    if category in {"Cc", "Cf", "Cs"}:
        return ""
    if _FULL_WIDTH_FIRST <= character <= _FULL_WIDTH_LAST:
        return chr(ord(character) - ord(_FULL_WIDTH_FIRST) + ord("!"))
    return character


_FULL_WIDTH_FIRST, _FULL_WIDTH_LAST = "\uff01", "\uff5e"
_SIGNS = {
    **dict.fromkeys("\u00ab\u00bb\u201c\u201d\u201e\u201f\u2033\u300c\u300d\u300e\u300f\u301d\u301e\u301f\uff02\ufe41\ufe42", '"'),
    **dict.fromkeys("\u2212\u02d7\u2043\u2796\ufe63", "-"),
    **dict.fromkeys("\u2217\u22c6\ufe61", "*"),
    "\ufe0e": "",
    "\ufe0f": "",
    "\u2265": ">=",
    "\u2a7e": ">=",
    "\u2264": "<=",
    "\u2a7d": "<=",
    "\u3001": ",",
    "\u3002": ".",
    "\u2236": ":",
    "\ufe55": ":",
    "\ufe59": "(",
    "\ufe5a": ")",
}
