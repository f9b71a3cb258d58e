"""How the parts of the parser say that a query cannot be taken."""

from __future__ import annotations


class Refusal(Exception):
    """Stays inside this package; `parse` makes a BadQuery of it.

    Args:
        reason: One sentence for the person.
        start: Where the trouble begins, in the plain signs.
        end: Behind its last character.
        fixes: Whole queries that may be what was meant, the likeliest first; not yet known to be good ones.
    """

    def __init__(self, reason: str, start: int, end: int, *fixes: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.start = start
        self.end = end
        self.fixes = fixes
