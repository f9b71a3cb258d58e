"""The settings as they are explained to the operator: `config/env.example`, and what the documents list."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.settings.files import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

WIDTH = 140
"""Characters of a line."""
HEAD = (
    "Every setting of Paperboy. Copy to .env, or set them in the environment, which goes before. An empty one counts as not set. A secret "
    "may stand in a file instead: set NAME_FILE to its path (DISCORD_TOKEN_FILE=/etc/paperboy/token), or mount it as /run/secrets/NAME."
)


@dataclass(frozen=True, slots=True)
class Section:
    """Stands at the first setting of several that belong together."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting, for whom it is explained to."""

    name: str
    """In capitals, as it is set."""
    section: str
    about: tuple[str, ...]
    """Paragraphs of plain text; `commands` stand in backticks."""
    default: str
    """As it would be written; "" where there is none."""
    example: str
    """An example, else the default; "" for secrets, and where there is neither."""
    secret: bool
    """Whether its value is never shown, and may stand in a file."""


def listed() -> Iterator[Setting]:
    """Every setting, in the order in which they are explained."""
    from bot.settings.settings import Settings  # noqa: PLC0415  # it stands on this module

    section = ""
    for name, field in Settings.model_fields.items():
        section = next((mark.title for mark in field.metadata if isinstance(mark, Section)), section)
        default = _default(field)
        yield Setting(
            name=name.upper(),
            section=section,
            about=tuple((field.description or "").splitlines()),
            default=default,
            example=str(field.examples[0]) if field.examples else default,
            secret=is_secret(field),
        )


def example() -> str:
    """`config/env.example`: each setting explained, and commented out."""
    parts = [_comment(HEAD)]
    section = ""
    for setting in listed():
        if setting.section != section:
            section = setting.section
            parts.append(f"# --- {section}")
        parts.append("\n".join([*map(_comment, setting.about), f"#{setting.name}={setting.example}"]))
    return "\n\n".join(parts) + "\n"


def _comment(paragraph: str) -> str:
    return textwrap.fill(paragraph, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False)


def _default(field: FieldInfo) -> str:
    match field.default:
        case None | ():
            return ""
        case bool() as yes:
            return str(yes).lower()
        case value:
            text = str(value)
            # pydantic puts a slash behind a host, which nobody writes.
            return text.removesuffix("/") if text.count("/") == 3 else text  # noqa: PLR2004  # https://host/
