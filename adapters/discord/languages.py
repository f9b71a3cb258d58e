"""What Discord shows of the commands in other languages than English: one table, and words it lacks stay English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Mapping[str, Mapping[str, str]] = {}
"""By Discord's name of the language ("de", "pt-BR"): English text to what is shown in its place."""


def in_languages(field: str, text: str, longest: int) -> dict[str, dict[str, str]]:
    """`{"description_localizations": {"de": ...}}` for the languages that have the text, cut to `longest`; {} if none has."""
    known = {language: words[text][:longest] for language, words in LANGUAGES.items() if text in words}
    return {f"{field}_localizations": known} if known else {}
