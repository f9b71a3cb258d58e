"""The settings as a page of the documents, made of the settings."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bot.settings import listed

if TYPE_CHECKING:
    from pathlib import Path

    from bot.settings import Setting

PAGE = "docs/settings.md"
HEAD = """# Settings

Every setting is an environment variable. They may also stand in a file `.env` where the bot is started; the environment goes before it.
An empty one counts as not set. `python -m bot settings` prints all of them as such a file, to be filled in.

What is wrong, or does not go together, is told at the start, all of it at once; the value of a secret is never shown.
`python -m bot check` then looks whether all is right outside too: tokens, rights, sources, the store, the clock.

A **secret** may stand in a file instead: set its name and `_FILE` to the path (`DISCORD_TOKEN_FILE=/etc/paperboy/token`), or mount it as
`/run/secrets/discord_token`, as Docker's and Podman's secrets are. The end of the line is no part of it. Both, a variable and a file,
are a mistake: nobody could tell which is meant.
"""


def markdown() -> str:
    """The page."""
    parts = [HEAD]
    for section, settings in groupby(listed(), key=lambda one: one.section):
        title, _, about = section.partition("; ")
        parts.append(f"## {title}\n")
        if about:
            parts.append(f"{_linked(about)}.\n")
        parts += [_entry(one) for one in settings]
    return "\n".join(parts)


def write(root: Path) -> None:
    """Bring the page up to date."""
    (root / PAGE).write_text(markdown(), "utf-8")


def _entry(setting: Setting) -> str:
    facts = ["secret"] if setting.secret else []
    facts += [f"default `{setting.default}`"] if setting.default else []
    facts += [f"for example `{setting.example}`"] if setting.example not in {"", setting.default} else []
    about = "\n\n".join(_linked(paragraph) for paragraph in setting.about)
    return f"### `{setting.name}`\n\n{about}\n" + (f"\n*{_sentence(facts)}.*\n" if facts else "")


def _linked(text: str) -> str:
    for page in ("docs/slack.md", "docs/discord.md"):
        name = page.removeprefix("docs/")
        text = text.replace(page, f"[{name.removesuffix('.md').capitalize()}]({name})")
    return text


def _sentence(facts: list[str]) -> str:
    text = "; ".join(facts)
    return text[0].upper() + text[1:]
