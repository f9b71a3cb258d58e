"""A secret may stand in a file: named by NAME_FILE, or mounted where Docker and Podman put it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bot.errors import OperatorMistake
from bot.settings import files, listed, read_settings, revealed

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = f"{'a' * 24}.{'b' * 6}.{'c' * 38}"
OTHER = f"{'z' * 24}.{'b' * 6}.{'c' * 38}"
SECRETS = [setting.name for setting in listed() if setting.secret]


@pytest.fixture(autouse=True)
def mounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A directory in the place of /run/secrets; not there yet."""
    monkeypatch.chdir(tmp_path)
    for setting in listed():
        for name in (setting.name, f"{setting.name}_FILE"):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(files, "MOUNTED", tmp_path / "secrets")
    return tmp_path / "secrets"


def discord_token() -> str:
    return revealed(read_settings().discord_token)


def mistake() -> str:
    with pytest.raises(OperatorMistake) as caught:
        read_settings()
    assert TOKEN not in str(caught.value)
    assert OTHER not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_file_is_read_and_the_end_of_its_line_is_no_part_of_the_secret(end: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + end, newline="")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    assert discord_token() == TOKEN


def test_several_keys_stand_in_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMjEyMzQ="
    (tmp_path / "keys").write_text(f"{key},{key}\n")
    monkeypatch.setenv("SECRET_KEYS_FILE", "keys")
    assert [revealed(one) for one in read_settings().secret_keys] == [key, key]


@pytest.mark.parametrize("name", ["discord_token", "DISCORD_TOKEN"])
def test_what_is_mounted_is_found_in_small_letters_and_in_capitals(name: str, mounted: Path) -> None:
    mounted.mkdir()
    (mounted / name).write_text(f"{TOKEN}\n")
    (mounted / "kubernetes.io").mkdir()
    assert discord_token() == TOKEN


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_stand_in_a_file_and_what_is_wrong_is_told_by_its_name(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / TOKEN))
    assert f"{name}: {name}_FILE names a file that cannot be read (No such file or directory)" in mistake(), "and not which"


@pytest.mark.parametrize("name", [setting.name for setting in listed() if not setting.secret])
def test_what_is_no_secret_is_not_looked_for_in_files(name: str, monkeypatch: pytest.MonkeyPatch, mounted: Path) -> None:
    mounted.mkdir()
    (mounted / name).write_text("hunter2 hunter2")
    monkeypatch.setenv(f"{name}_FILE", "missing")
    assert read_settings() == read_settings(), "nothing was read"


def test_a_directory_is_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path))
    assert "cannot be read (Is a directory)" in mistake()


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff\xfe", "is no text"), (b"x" * 70_000, "too long")]
)
def test_a_file_that_holds_no_secret_is_a_mistake(content: bytes, word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(content)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    assert word in mistake()


def test_an_endless_file_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "/dev/zero")
    assert "too long for a secret" in mistake()


def test_what_stands_in_a_file_has_to_be_right_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    assert mistake().startswith("DISCORD_TOKEN: it is no bot token")


def test_a_variable_and_a_file_together_are_a_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("DISCORD_TOKEN", OTHER)
    assert mistake().startswith("DISCORD_TOKEN: DISCORD_TOKEN_FILE is set too")


@pytest.mark.parametrize("name", ["DISCORD_TOKEN", "DISCORD_TOKEN_FILE"])
def test_what_is_mounted_beside_a_variable_is_a_mistake(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mounted: Path) -> None:
    mounted.mkdir()
    (mounted / "discord_token").write_text(OTHER)
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setenv(name, str(tmp_path / "token") if name.endswith("_FILE") else TOKEN)
    assert f"there is a secret in {mounted / 'discord_token'}, and {name} sets it too" in mistake()


def test_two_that_are_mounted_are_a_mistake(mounted: Path) -> None:
    mounted.mkdir()
    (mounted / "discord_token").write_text(TOKEN)
    (mounted / "DISCORD_TOKEN").write_text(OTHER)
    assert "sets it too" in mistake()


def test_a_variable_may_name_what_is_mounted(monkeypatch: pytest.MonkeyPatch, mounted: Path) -> None:
    mounted.mkdir()
    (mounted / "discord_token").write_text(TOKEN)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(mounted / "discord_token"))
    assert discord_token() == TOKEN


def test_a_dotenv_file_may_name_a_file_and_the_environment_goes_before_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / ".env").write_text("DISCORD_TOKEN_FILE=token\n")
    assert discord_token() == TOKEN
    monkeypatch.setenv("DISCORD_TOKEN", OTHER)
    assert discord_token() == OTHER


def test_a_file_named_in_the_environment_goes_before_the_dotenv_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={OTHER}\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "token")
    assert discord_token() == TOKEN


def test_an_empty_name_of_a_file_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "")
    assert discord_token() == ""


def test_a_directory_of_others_is_not_meant_for_us(monkeypatch: pytest.MonkeyPatch, mounted: Path) -> None:
    mounted.mkdir()
    (mounted / "discord_token").write_text(TOKEN)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may look everywhere
    assert discord_token() == ""
