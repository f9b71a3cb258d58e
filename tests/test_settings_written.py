"""What the operator reads about settings is made of the settings."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings, example, listed, read_settings

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "config" / "env.example"


def test_the_example_is_made_of_the_settings() -> None:
    assert EXAMPLE.read_text("utf-8") == example(), "python -m bot settings > config/env.example"


def test_the_example_names_every_setting_once_and_no_other() -> None:
    named = re.findall(r"^#([A-Z_]+)=", example(), re.MULTILINE)
    assert named == [name.upper() for name in Settings.model_fields]


def test_every_setting_is_explained_and_stands_in_a_section() -> None:
    assert [one.name for one in listed() if not (one.about and one.section and one.about[0].endswith("."))] == []


def test_no_line_of_the_example_is_too_long() -> None:
    assert [line for line in example().splitlines() if len(line) > 140] == []


def test_no_secret_has_a_default_and_what_is_shown_for_one_is_none() -> None:
    assert {one.example for one in listed() if one.secret} == {"", "redis://:password@host:6379/0"}
    assert {one.default for one in listed() if one.secret} == {""}


def test_the_example_is_right_as_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    (tmp_path / ".env").write_text(re.sub(r"^#(?=[A-Z_]+=)", "", example(), flags=re.MULTILINE))
    settings = read_settings()
    assert settings.contact == "papers@example.org"
    defaults = {one.name.lower(): one.default for one in listed() if one.default and one.default == one.example}
    assert {name: getattr(settings, name) for name in defaults} == {name: Settings.model_fields[name].default for name in defaults}


def test_the_settings_are_told_by_a_command_even_while_some_are_wrong() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "settings"],
        cwd=ROOT,
        env={"LOG_LEVEL": "loud", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr, ran.stdout) == (0, "", example())
