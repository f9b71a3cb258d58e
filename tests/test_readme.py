"""The README tells the truth: its transcript is what the demo says, its commands are those there are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.slack.scopes import FEATURES
from bot.commands import TABLE
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TYPED = ("subscribe agents -benchmark", "settings limit 2", "digest", "why 2608.19880", "subscribe title:(robot OR", "list")
"""What the transcript types."""


BETWEEN = "You are in #demo now."


def transcript() -> str:
    """The demo's answers to `TYPED`, each after its line, as the README shows them."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "demo"],
        input="\n#demo\n".join(TYPED),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC", "LOGNAME": "ada"},
    )
    answers = (answer.strip() for answer in ran.stdout.split(BETWEEN))
    return "\n".join(f"#demo> {line}\n{answer}\n" for line, answer in zip(TYPED, answers, strict=True))


def commands() -> str:
    """The table of commands, from the table of commands."""
    rows = ["| command | what it does |", "|---|---|"]
    for one in TABLE:
        usage = f"{one.name} {one.usage}".strip().replace("|", "\\|")
        rows += [] if one.hidden else [f"| `{usage}` | {one.help} |"]
    return "\n".join(rows)


def scopes() -> str:
    """The table of Slack's optional scopes, from the table of features."""
    rows = ["| scopes | what they bring | without them |", "|---|---|---|"]
    rows += [f"| {', '.join(f'`{scope}`' for scope in one.scopes)} | {one.brings} | {one.without} |" for one in FEATURES]
    return "\n".join(rows)


def without_dates(text: str) -> str:
    """Days and times depend on when somebody reads; nothing else may."""
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}\b|\b\d{1,2} [A-Z][a-z]{2}\b", "DAY", text)
    return re.sub(r"\b(DAY|today|tomorrow) \d\d:\d\d\b", "TIME", text)


def section(name: str) -> str:
    _, _, rest = README.read_text("utf-8").partition(f"<!-- {name} -->\n")
    return rest


def test_the_transcript_is_what_the_demo_says() -> None:
    shown = section("transcript").removeprefix("```text\n").partition("```")[0]
    assert without_dates(shown).split() == without_dates(transcript()).split()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/slack.md", "docs/discord.md", "docs/privacy.md"])
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^):#]+)\)", (ROOT / page).read_text("utf-8"))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_table_of_commands_is_the_table_of_commands() -> None:
    assert section("commands").strip().startswith(commands())


def test_every_setting_of_discord_is_explained() -> None:
    told = README.read_text("utf-8") + (ROOT / "docs" / "discord.md").read_text("utf-8")
    assert [name for name in Settings.model_fields if name.startswith("discord") and name.upper() not in told] == []


def test_the_table_of_scopes_is_the_table_of_features() -> None:
    assert section("scopes").strip().startswith(scopes())


def write() -> None:
    """Bring the README up to date: `python -m tests.test_readme`."""
    text = README.read_text("utf-8")
    text = re.sub(r"(<!-- transcript -->\n```text\n).*?(```)", lambda found: f"{found[1]}{transcript()}{found[2]}", text, flags=re.DOTALL)
    text = re.sub(r"(<!-- commands -->\n).*?(?=\n## )", lambda found: f"{found[1]}\n{commands()}\n", text, flags=re.DOTALL)
    text = re.sub(r"(<!-- scopes -->\n).*?(?=\n\*\*What is read)", lambda found: f"{found[1]}\n{scopes()}\n", text, flags=re.DOTALL)
    README.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
