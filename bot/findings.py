"""A finding: what `check` found out about one thing that has to be right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for the operator."""

    about: str
    """"store", "discord token"."""
    fine: bool
    said: str
    """What is. One line, no secrets."""
    remedy: str = ""
    """What to do if it is wrong; if it is fine, what would be better still, or ""."""

    def __str__(self) -> str:
        """As it is printed."""
        return f"{'ok   ' if self.fine else 'WRONG'} {self.about}: {self.said}{self.remedy and f'; {self.remedy}'}"
