"""Every setting, wrong in every way: all is told at once, by name, and nothing is shown of what was given."""

from __future__ import annotations

import os
import re
import string
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import OperatorMistake
from bot.settings import Settings, listed, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FIELDS = [setting.name for setting in listed()]
SECRETS = [setting.name for setting in listed() if setting.secret]
HIDDEN = "hunter2Zq9"
"""Stands in every wrong value, and in nothing of ours."""
LINE = re.compile(r"([A-Z_]+): .+\. See config/env\.example\.")

around = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
hostile = st.one_of(
    st.tuples(around, around).map(lambda ends: f"{ends[0]}{HIDDEN}{ends[1]}"),
    st.sampled_from(
        [
            f"redis://:{HIDDEN}@host:99999999",
            f"redis://:{HIDDEN}@[::/0",
            f"redis://host/{HIDDEN}",
            f"https://user:{HIDDEN}@[host",
            f"http://{HIDDEN}",
            f"https://example.org/?{HIDDEN}",
            f"https://example.org/#{HIDDEN}",
            f"'{HIDDEN}'",
            f'"xoxb-{HIDDEN}"',
            f"xoxb-{HIDDEN} ",
            f"xoxb-{HIDDEN}\nX: y",
            f"{HIDDEN}\udcff",
            f"{HIDDEN},,{HIDDEN}",
            f"{{{HIDDEN}",
            f"-{'9' * 5000}{HIDDEN}",
            HIDDEN * 1000,
        ]
    ),
)


@pytest.fixture(autouse=True)
def _a_clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """For so long, these too; hypothesis tries many in one test."""
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)


def told(variables: Mapping[str, str]) -> list[str]:
    """What is told about them; nothing if they are right."""
    with environment(variables):
        try:
            right = read_settings()
        except OperatorMistake as mistake:
            return str(mistake).splitlines()
    assert not [name for name in variables if name in SECRETS and HIDDEN in repr(getattr(right, name.lower()))]
    return []


def test_a_traceback_shows_nothing_of_it_either() -> None:
    with environment({"DISCORD_TOKEN": HIDDEN}), pytest.raises(OperatorMistake) as caught:
        read_settings()
    assert HIDDEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", FIELDS)
@settings(max_examples=30)
@given(value=hostile)
def test_what_is_wrong_is_told_by_name_and_not_shown(name: str, value: str) -> None:
    for line in told({name: value}):
        assert (found := LINE.fullmatch(line)), line
        assert found[1] in FIELDS
        assert HIDDEN not in line


@given(values=st.dictionaries(st.sampled_from(FIELDS), hostile, min_size=2))
def test_many_wrong_ones_are_told_at_once_and_none_is_left_for_the_next_start(values: dict[str, str]) -> None:
    lines = told(values)
    assert all(HIDDEN not in line for line in lines)
    named = {line.partition(":")[0] for line in lines}
    alone = {name for name, value in values.items() if any(line.startswith(f"{name}: ") for line in told({name: value}))}
    # What lacks another one beside it may have it here.
    assert {name for name in alone - named if not name.startswith("SLACK_")} == set()


WRONG = {
    "REDIS_URL": [
        "http://host",
        "redis://",
        "redis://:p@host:99999",
        "redis://host:port/0",
        "redis://host/db",
        "redis://host:0/0",
        "redis://:6379",
    ],
    "REDIS_TLS_VERIFY": ["maybe", "2"],
    "SECRET_KEYS": ["short", "a" * 44],
    "SLACK_BOT_TOKEN": ["xoxp-1", "xapp-1"],
    "SLACK_APP_TOKEN": ["xoxb-1"],
    "SLACK_SIGNING_SECRET": ["two words", "Ünicode"],
    "SLACK_CLIENT_ID": ["A012ABCD", "1"],
    "SLACK_CLIENT_SECRET": ["two words"],
    "SLACK_API_URL": ["slack.com", "https://slack.com/api/?x=1", "ftp://slack.com"],
    "DISCORD_TOKEN": ["abc", "Bot a.b.c"],
    "DISCORD_MENTIONS": ["perhaps"],
    "DISCORD_REACTIONS": ["perhaps"],
    "DISCORD_API_URL": ["discord", "https://discord.com/api#v10"],
    "PUBLIC_URL": ["http://example.org", "example.org", "https://example.org/?x=1"],
    "HOST": ["http://localhost", "two words"],
    "PORT": ["-1", "65536", "http", "3000.5"],
    "OPERATOR_TOKEN": ["short", "long enough but in words", "Ünicode-and-long-enough"],
    "SUPPORT_URL": ["me", "mailto:me@example.org"],
    "CONTACT": ["me", "me@exämple.org", "me@example.org\nX: y", f"me@{'x' * 300}.org"],
    "HUGGINGFACE_TOKEN": ["hf_ two", "hf_Ü"],
    "HUGGINGFACE_URL": ["huggingface", "https://huggingface.co/?x"],
    "ARXIV_API_URL": ["arxiv"],
    "ARXIV_RSS_URL": ["arxiv"],
    "LOG_LEVEL": ["loud", "critical"],
    "SENTRY_DSN": ["https://sentry.example.org/1", "key@host/1", "https://key@host/project"],
    "OTLP_ENDPOINT": ["localhost:4318", "http://localhost:4318/?x"],
}
ANYTHING_GOES = {"DATA_DIR", "SOURCES_FILE", "SLACK_SCOPES"}
"""Whether these are right only reading them tells."""


def test_every_setting_has_its_wrong_values() -> None:
    assert set(WRONG) | ANYTHING_GOES == set(FIELDS)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    assert [line for line in told({name: value}) if line.startswith(f"{name}: ")], "it was taken"


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("quote", ["'", '"', "`"])
def test_quotes_that_are_taken_for_a_part_are_refused(name: str, quote: str) -> None:
    assert any(line.startswith(f"{name}: quotes stand around it") for line in told({name: f"{quote}whatever{quote}"}))


@pytest.mark.parametrize("name", FIELDS)
def test_nothing_but_blanks_is_a_mistake(name: str) -> None:
    assert any(line.startswith(f"{name}: there is nothing but blanks in it") for line in told({name: " \t"}))


def test_blanks_around_a_value_are_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT", "  ada@example.org\r\n")
    monkeypatch.setenv("PORT", " 8080 ")
    right = read_settings()
    assert (right.contact, right.port) == ("ada@example.org", 8080)


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("DISCORD_MENTIONS", "perhaps", "it is neither true nor false"),
        ("PORT", "http", "it is no whole number"),
        ("OTLP_ENDPOINT", "localhost", "it is no address, such as https://example.org"),
        ("SUPPORT_URL", "ftp://example.org", "it must begin with https:// or http://"),
        ("PORT", "65536", "input should be less than or equal to 65535"),
    ],
)
def test_what_pydantic_finds_is_said_plainly(name: str, value: str, what: str) -> None:
    assert told({name: value}) == [f"{name}: {what}. See config/env.example."]


def test_all_wrong_ones_together_are_all_told() -> None:
    everything = {name: values[0] for name, values in WRONG.items()}
    named = [line.partition(":")[0] for line in told(everything)]
    assert set(named) == set(WRONG)


@pytest.mark.parametrize(
    "url", ["redis://h", "redis://h:6379", "rediss://u:p%40@h:6380/3", "redis://[::1]:6379/0", "unix:///run/redis.sock?db=1"]
)
def test_addresses_as_servers_have_them_are_right(url: str) -> None:
    assert told({"REDIS_URL": url}) == []


@pytest.mark.parametrize("value", ["INFO", "Info", "info"])
def test_the_log_level_may_be_written_in_capitals(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", value)
    assert read_settings().log_level == "info"


@pytest.mark.parametrize("dsn", ["https://abc@o1.ingest.sentry.io/42", "http://a:b@localhost:9000/sub/7"])
def test_a_dsn_as_sentry_shows_it_is_right(dsn: str) -> None:
    assert told({"SENTRY_DSN": dsn}) == []


@given(token=st.text(string.ascii_letters + string.digits + string.punctuation, min_size=16, max_size=60))
def test_an_operators_token_is_anything_long_without_blanks(token: str) -> None:
    quoted = token[0] == token[-1] and token[0] in "\"'`"
    assert bool(told({"OPERATOR_TOKEN": token})) == quoted


def test_a_dotenv_file_that_is_no_text_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"CONTACT=\xff\xfe\n")
    assert told({}) == [".env: it is no UTF-8. Save it anew, as text, where the bot may read it, or take it away."]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().contact = "x"
