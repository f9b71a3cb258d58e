from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.errors import OperatorMistake
from bot.logs import redact
from bot.settings import Settings, read_settings

if TYPE_CHECKING:
    from pathlib import Path


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


OAUTH = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "hunter2",
    "SLACK_SIGNING_SECRET": "hunter2",
    "SECRET_KEYS": "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMjEyMzQ=",
    "PUBLIC_URL": "https://paperboy.example.org",
}
KEY = OAUTH["SECRET_KEYS"]


def told(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    """What the operator is told with these variables; nothing if all is well."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    lines: list[str] = []
    try:
        read_settings()
    except OperatorMistake as mistake:
        lines = str(mistake).splitlines()
    assert "hunter2" not in " ".join(lines)
    return lines


@pytest.mark.parametrize(
    "environment",
    [
        {"SLACK_BOT_TOKEN": "xoxb-1-a", "SLACK_APP_TOKEN": "xapp-1-a"},
        {"SLACK_BOT_TOKEN": "xoxe.xoxb-1-a", "SLACK_SIGNING_SECRET": "shhh"},
        {"SLACK_BOT_TOKEN": "xoxb-1-a", "SLACK_APP_TOKEN": "xapp-1-a", "SLACK_SIGNING_SECRET": "shhh"},
        OAUTH,
        {**OAUTH, "SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": "xapp-1-a"},
        {**OAUTH, "SLACK_BOT_TOKEN": "xoxb-1-a"},
        {**OAUTH, "SECRET_KEYS": f" {KEY} , {KEY},"},
    ],
)
def test_slack_works_over_a_socket_over_http_and_by_installation(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, **environment) == []
    assert read_settings().has_slack


@pytest.mark.parametrize(
    ("environment", "name", "word"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1-a"}, "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-1-a"}, "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "shhh"}, "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN"),
        ({"SLACK_CLIENT_ID": "1.2"}, "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET, SECRET_KEYS, PUBLIC_URL, SLACK_SIGNING_SECRET"),
        ({**OAUTH, "SLACK_CLIENT_ID": ""}, "SLACK_CLIENT_SECRET", "SLACK_CLIENT_ID."),
        ({**OAUTH, "SLACK_SIGNING_SECRET": ""}, "SLACK_CLIENT_ID", "SLACK_SIGNING_SECRET"),
        ({**OAUTH, "SECRET_KEYS": ""}, "SLACK_CLIENT_ID", "SECRET_KEYS."),
        ({**OAUTH, "SECRET_KEYS": "hunter2"}, "SECRET_KEYS", "key 1 "),
        ({**OAUTH, "SECRET_KEYS": f"{KEY},{KEY[:-4]}"}, "SECRET_KEYS", "key 2 "),
        ({**OAUTH, "SECRET_KEYS": f"{KEY},{'é' * 44}"}, "SECRET_KEYS", "key 2 is none"),
        ({**OAUTH, "SECRET_KEYS": f"hunter2,{KEY},hunter2"}, "SECRET_KEYS", "keys 1, 3 are none"),
        ({**OAUTH, "PUBLIC_URL": "http://paperboy.example.org"}, "PUBLIC_URL", "https://"),
        ({**OAUTH, "PUBLIC_URL": "https://user:hunter2@paperboy.example.org"}, "PUBLIC_URL", "https://"),
        ({"PORT": "70000"}, "PORT", "65535"),
        ({"SLACK_BOT_TOKEN": "xoxp-hunter2", "SLACK_APP_TOKEN": "xapp-1-a"}, "SLACK_BOT_TOKEN", "Bot User OAuth Token"),
        ({"SLACK_BOT_TOKEN": "xoxb-1-a", "SLACK_APP_TOKEN": "xoxb-hunter2"}, "SLACK_APP_TOKEN", "app-level token"),
        ({"SLACK_BOT_TOKEN": "xoxb-1 hunter2", "SLACK_APP_TOKEN": "xapp-1-a"}, "SLACK_BOT_TOKEN", "Bot User OAuth Token"),
    ],
)
def test_what_does_not_go_together_is_told_with_what_is_missing(
    environment: dict[str, str], name: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [line] = told(monkeypatch, **environment)
    assert line.startswith(f"{name}: ")
    assert word in line


def test_what_is_wrong_by_itself_and_what_is_missing_beside_it_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = told(monkeypatch, SLACK_BOT_TOKEN="xoxb-1-a", LOG_LEVEL="loud", SLACK_CLIENT_ID="1.2")
    assert [line.partition(":")[0] for line in lines] == ["LOG_LEVEL", "SLACK_BOT_TOKEN", "SLACK_CLIENT_ID"]


@pytest.mark.parametrize(("value", "scopes"), [("", None), ("none", ("none",)), ("users:read, files:write", ("users:read", "files:write"))])
def test_scopes_are_parted_at_commas(value: str, scopes: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_SCOPES", value)
    assert read_settings().slack_scopes == (() if scopes == ("none",) else scopes)


@pytest.mark.parametrize("address", ["https://slack-gov.com/api", "https://slack-gov.com/api/"])
def test_slacks_address_ends_in_one_slash(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_URL", address)
    assert read_settings().slack_api == "https://slack-gov.com/api/"


@pytest.mark.parametrize("wrong", ["hunter2", "a" * 32, "0" * 64, f"{'a' * 24}.{'b' * 6}.hunter2", f"Bot {'a' * 24}.{'b' * 6}.{'c' * 38}"])
def test_what_is_no_bot_token_is_told_with_where_it_stands(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [line] = told(monkeypatch, DISCORD_TOKEN=wrong)
    assert line.startswith("DISCORD_TOKEN: it is no bot token")


def test_a_bot_token_is_all_discord_needs_and_what_is_taken_for_one_is_blotted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    token = f"{'a' * 24}.{'b' * 6}.{'c' * 38}"
    assert told(monkeypatch, DISCORD_TOKEN=token) == []
    settings = read_settings()
    assert settings.has_discord
    assert settings.discord_api == "", "Discord's own"
    assert token not in redact(f"with {token} in it")
    monkeypatch.setenv("DISCORD_API_URL", "https://proxy.example.org/api/v10/")
    assert read_settings().discord_api == "https://proxy.example.org/api/v10"


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@host")
    monkeypatch.setenv("HUGGINGFACE_TOKEN", "hunter2")
    for name, value in OAUTH.items():
        monkeypatch.setenv(name, value)
    shown = repr(read_settings())
    assert "hunter2" not in shown
    assert KEY not in shown
