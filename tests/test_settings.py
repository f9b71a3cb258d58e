from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import OperatorMistake
from bot.settings import Settings, read_settings

EXAMPLE = Path(__file__).parents[1] / "config" / "env.example"


@pytest.fixture(autouse=True)
def _a_clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_nothing_has_to_be_set() -> None:
    settings = read_settings()
    assert settings.redis_url is None
    assert str(settings.huggingface_url) == "https://huggingface.co/"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    assert read_settings().redis_url is None


def test_a_dotenv_file_is_read_and_the_environment_goes_before_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CONTACT=file@example.org\nLOG_LEVEL=debug\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("CONTACT", "shell@example.org")
    settings = read_settings()
    assert (settings.contact, settings.log_level) == ("shell@example.org", "debug")


def test_all_wrong_settings_are_told_at_once_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")
    monkeypatch.setenv("ARXIV_API_URL", "not an address")
    monkeypatch.setenv("REDIS_TLS_VERIFY", "perhaps")
    with pytest.raises(OperatorMistake) as caught:
        read_settings()
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["REDIS_TLS_VERIFY", "ARXIV_API_URL", "LOG_LEVEL"]


@pytest.mark.parametrize("url", ["http://hunter2@host", "hunter2", "redis://", "hunter2://x"])
def test_a_wrong_redis_url_is_refused_without_showing_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(OperatorMistake, match="REDIS_URL: ") as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@host")
    monkeypatch.setenv("HUGGINGFACE_TOKEN", "hunter2")
    assert "hunter2" not in repr(read_settings())


def test_the_example_names_every_setting_and_no_other() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE.read_text("utf-8"), re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


def test_the_example_is_right_as_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(re.sub(r"^#(?=[A-Z_]+=)", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE))
    assert read_settings().contact == "papers@example.org"
