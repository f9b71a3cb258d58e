"""What is blotted out: every form a token of ours has, every setting that is secret, however somebody writes it down."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.redaction import REDACTED, SHORTEST_BY_HEART, Redactor, redact
from bot.settings import Settings, secrets_of

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS: dict[str, st.SearchStrategy[str]] = {
    "Slack's bot, user, app-level, legacy, rotating and refresh tokens": st.from_regex(
        r"\A(xox[abcdeprs]-|xoxe\.xox[bp]-|xoxe-1-|xapp-1-)[A-Za-z0-9]{8,20}(-[A-Za-z0-9]{4,40}){0,3}\Z"
    ),
    "Discord's bot token": st.from_regex(r"\A[A-Za-z0-9_-]{24,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}\Z"),
    "Discord's token of a person": st.from_regex(r"\Amfa\.[A-Za-z0-9_-]{20,84}\Z"),
    "Discord's interaction token": st.binary(min_size=20, max_size=90).map(lambda rest: base64.b64encode(b"interaction:" + rest).decode()),
    "Hugging Face's tokens": st.from_regex(r"\A(hf|api_org)_[A-Za-z]{30,40}\Z"),
    "a key of SECRET_KEYS": st.binary(min_size=32, max_size=32).map(lambda key: base64.urlsafe_b64encode(key).decode()),
    "what such a key encrypted": st.binary(min_size=64, max_size=160).map(
        lambda rest: base64.urlsafe_b64encode(b"\x80\x00\x00\x00" + rest).decode()
    ),
    "Slack's signature of a request": st.from_regex(r"\Av0=[0-9a-f]{64}\Z"),
}
"""Known wherever they stand."""

PLACES: dict[str, Callable[[str], str]] = {
    "a bearer": "Authorization: Bearer {}".format,
    "a bearer in a sentence": "refused: bearer 1234.{}".format,
    "basic authorization": lambda secret: f"Authorization: Basic {base64.b64encode(f'operator:{secret}'.encode()).decode()}",
    "any authorization": "authorization={}".format,
    "a header shown by Python": lambda secret: str({"Authorization": secret}),
    "a header of bytes": lambda secret: str([(b"Authorization", secret.encode())]),
    "a cookie": "Cookie: a=b; session={}; c=d".format,
    "the password of an address": "redis://:{}@host:6379/0".format,
    "the user and password of an address": "rediss://default:{}@host:6379".format,
    "the user of an address": "https://{}@sentry.example/4".format,
    "a hook of Slack's": "https://hooks.slack.com/services/T0TEAM/B0BOT/{}".format,
    "a hook of Slack's, for governments": "https://hooks.slack-gov.com/commands/T0TEAM/1/{}".format,
    "a hook of Slack's with escaped slashes": "https:\\/\\/hooks.slack.com\\/commands\\/T0TEAM\\/1\\/{}".format,
    "a webhook of Discord's": "https://discord.com/api/v10/webhooks/1984412345678/{}".format,
    "an answer to an interaction": "https://discord.com/api/v10/interactions/1984412345678/{}/callback".format,
    "the ticket of a socket": "wss://wss-primary.slack.com/link/?ticket={}&app_id=A1".format,
    "the code of an installation": "GET /slack/oauth_redirect?code={}&x=y HTTP/1.1".format,
    "the state of an installation": "GET /slack/oauth_redirect?x=y&state={} HTTP/1.1".format,
    "a form": "client_id=1.2&client_secret={}&grant_type=x".format,
    "a refreshed form": "refresh_token={}&grant_type=refresh_token".format,
    "a query": "https://slack.com/api/auth.test?token={}".format,
    "JSON": lambda secret: json.dumps({"ok": True, "access_token": secret}),
    "JSON in JSON": lambda secret: json.dumps({"body": json.dumps({"token": secret})}),
    "Python": lambda secret: str({"signing_secret": secret, "other": 1}),
}
"""Where whatever stands is a secret, though it has no form."""

FEW = settings(max_examples=12)
"""In each of many ways."""

PLAIN = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=12, max_size=40)
HOSTILE = st.text(st.sampled_from("aB3-_.~:/?#[]@!$&'()*+,;=%\"\\<>{}| üß字"), min_size=SHORTEST_BY_HEART, max_size=40)

WRITTEN: dict[str, Callable[[str], object]] = {
    "alone": str,
    "in a sentence": "the token {} was refused".format,
    "in bytes": lambda secret: f"answer {secret}".encode(),
    "shown by Python": lambda secret: repr({"a": [secret]}),
    "in JSON": lambda secret: json.dumps({"a": secret}),
    "in JSON of all letters": lambda secret: json.dumps({"a": secret}, ensure_ascii=False),
    "in JSON in JSON": lambda secret: json.dumps({"a": json.dumps({"b": secret})}),
    "in a query": lambda secret: f"https://example.org/?x={quote_plus(secret)}&y=z",
    "in a path": lambda secret: f"https://example.org/{quote(secret, safe='')}/y",
    "deep inside": lambda secret: {"a": [{"b": ({"c": secret}, secret)}]},
    "as a name": lambda secret: {secret: 1},
    "in an exception": lambda secret: RuntimeError(f"invalid: {secret}"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WRITTEN)
def test_a_token_is_known_by_its_form_however_it_is_written(form: str, way: str) -> None:
    @FEW
    @given(FORMS[form])
    def holds(token: str) -> None:
        assert _told(redact.values(WRITTEN[way](token)), token) == []

    holds()


@pytest.mark.parametrize("place", PLACES)
def test_what_has_no_form_is_known_by_where_it_stands(place: str) -> None:
    @FEW
    @given(PLAIN)
    def holds(secret: str) -> None:
        shown = redact(PLACES[place](secret))
        assert secret not in shown
        assert REDACTED in shown

    holds()


@pytest.mark.parametrize("way", WRITTEN)
@FEW
@given(secret=HOSTILE)
@example('pa"ss\\wo/rd')
@example("pässwörter")
def test_a_setting_is_known_by_heart_however_it_is_written(way: str, secret: str) -> None:
    assume(secret not in REDACTED and secret.strip() == secret)
    assert _told(Redactor([secret]).values(WRITTEN[way](secret)), secret) == []


@given(HOSTILE)
def test_of_an_address_the_password_is_known_by_heart_and_the_host_is_shown(password: str) -> None:
    known = Redactor([f"redis://default:{quote(password, safe='')}@store.example:6379/0"])

    assert password not in str(known.values(f"AUTH {password}"))
    assert quote(password, safe="") not in str(known.values(f"AUTH {quote(password, safe='')} failed"))
    assert known("redis://store.example:6379/0 refuses") == "redis://store.example:6379/0 refuses"


def test_a_secret_that_begins_like_another_is_known_whole() -> None:
    begins = [f"begins-alike{'-and-goes-on' * number}" for number in range(6)]
    for known in (Redactor(begins), Redactor(reversed(begins))):
        assert known(" ".join(begins)) == " ".join([REDACTED] * 6)


def test_an_address_without_a_password_is_no_secret() -> None:
    assert Redactor(["redis://localhost:6379"])("redis://localhost:6379 is away") == "redis://localhost:6379 is away"


def test_a_short_secret_does_not_take_everyday_words_with_it() -> None:
    assert Redactor(["papers"])("12 new papers; redis://:papers@host") == f"12 new papers; redis://{REDACTED}@host"


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=40), max_size=3), st.lists(PLAIN, max_size=3))
def test_a_line_of_json_is_json_afterwards(fields: dict[str, str], secrets: list[str]) -> None:
    json.loads(Redactor(secrets)(json.dumps({**fields, "reason": " ".join(secrets), "token": "x"})))


@given(st.text(), st.lists(HOSTILE, max_size=2))
def test_redacting_twice_is_redacting_once(text: str, secrets: list[str]) -> None:
    known = Redactor(secrets)
    once = known(text)
    assume(not any(secret in once for secret in secrets))  # made of what stood around one
    assert known(once) == once


@pytest.mark.parametrize("name", ["token", "Authorization", "COOKIE", "client_secret", "X-Slack-Signature", b"authorization"])
def test_what_goes_by_the_name_of_a_secret_is_not_shown_at_any_depth(name: Any) -> None:
    assert "geheim" not in str(redact.values({"a": [{name: {"b": "geheim"}}]}))
    assert "geheim" not in str(redact.values([(name, "geheim")]))


def test_numbers_and_nothing_stay_what_they_are() -> None:
    assert redact.values({"a": 1, "b": 2.5, "c": None, "d": True, "e": {7}}) == {"a": 1, "b": 2.5, "c": None, "d": True, "e": [7]}


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "slot_planned", "channel": "slack:T0TEAM:C0READING", "slot": "2025-11-21T09:00:00+00:00", "code": 200}',
        "https://arxiv.org/abs/2608.19880 by somebody@example.org",
        "Basic research and bearer bonds; tokens: 5; a token of thanks; password managers",
        "oxford xapp papers, taxoxb-related, hf_score",
        "sha256 " + "0a1b2c3d" * 8,
        "https://example.org/search?q=a@b",
        "https://discord.com/api/v10/channels/123/messages/456",
    ],
)
def test_what_opens_no_door_is_left_alone(text: str) -> None:
    assert redact(text) == text


SECRET_SETTINGS = sorted(name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation))


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_every_secret_setting_is_known_by_heart(name: str) -> None:
    whole = name in {"redis_url", "sentry_dsn"}
    secret = SecretStr("https://Zk8-unlike-any-form@host/1" if whole else "Zk8-unlike-any-form")
    values: dict[str, Any] = {name: (secret,) if name == "secret_keys" else secret}
    given = Settings.model_construct(**values)

    assert "unlike" not in Redactor(secrets_of(given))("what about Zk8-unlike-any-form there")


def test_there_are_secret_settings_and_their_tokens_are_among_them() -> None:
    assert {"discord_token", "operator_token", "redis_url", "secret_keys", "sentry_dsn", "slack_bot_token"} <= set(SECRET_SETTINGS)


def _told(shown: object, secret: str) -> list[str]:
    """Which spellings of the secret are left in any text of a value that was redacted; only what stands behind a kind's name counts."""
    texts = [str(shown), json.dumps(shown), json.dumps(shown, ensure_ascii=False)]
    told = {secret, quote(secret, safe=""), quote_plus(secret)}
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        told |= {escaped, json.dumps(escaped)[1:-1]}
    return sorted(one for one in told if any(one in text for text in texts))
