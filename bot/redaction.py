"""What opens a door is blotted out: tokens, passwords and keys, by their form, by the name they go by, and by heart."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REDACTED = "[redacted]"

SHORTEST_BY_HEART = 8
"""Characters. A shorter secret is known by where it stands only: blotted out wherever it occurs, it would take ordinary words with it."""

_SECRET_NAMES = frozenset(
    {
        "access_token",
        "authorization",
        "client_secret",
        "cookie",
        "password",
        "proxy-authorization",
        "refresh_token",
        "secret",
        "set-cookie",
        "signing_secret",
        "token",
        "x-slack-signature",
    }
)
_NAMED = "|".join(map(re.escape, sorted(_SECRET_NAMES - {"authorization", "proxy-authorization", "cookie", "set-cookie"})))
_QUOTES = r"[\"'\\]*"
"""As quotes stand around a name or a value: in JSON, in JSON within JSON, in what Python shows of a mapping."""
_VALUE = r"[^\s\"',;&}\\]+"
_FORMS = tuple(
    (re.compile(pattern, re.ASCII | re.IGNORECASE), shown)
    for pattern, shown in (
        # Slack: xoxb-, xoxp-, xoxe.xoxb-, xoxe-1-, xapp-; where it was is worth knowing, so its kind stays.
        (r"(?<![a-z0-9])(x(?:ox[a-z]|app)(?:\.xox[a-z])?-)[\w.%-]+", rf"\1{REDACTED}"),
        # A hook lets whoever has it write into the channel. In some JSON a slash wears a backslash.
        (r"(hooks\.slack(?:-gov)?\.com\\*/)[^\s\"']+", rf"\1{REDACTED}"),
        (r"(/webhooks\\*/\d+\\*/)[\w.-]+", rf"\1{REDACTED}"),
        (r"(/interactions\\*/\d+\\*/)[\w.-]+", rf"\1{REDACTED}"),
        # Hugging Face, a person's and an organisation's.
        (r"(?<![a-z0-9])(hf|api_org)_\w{16,}", rf"\1_{REDACTED}"),
        # Discord: user id, time and signature in base64. Of a person with a second factor, long ago: mfa.
        (r"(?<![\w-])(?:mfa\.[\w-]{20,}|[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,})", REDACTED),
        # Discord, an interaction's: "interaction:" in base64, good for fifteen minutes of answers.
        (r"aW50ZXJhY3Rpb246[\w+/=%-]+", REDACTED),
        # A key of SECRET_KEYS: 32 bytes in base64; and what one of them encrypted.
        (r"(?<![\w-])[\w-]{43}(?:=(?![\w=])|%3D)", REDACTED),
        (r"(?<![\w-])gAAAA[\w-]{60,}={0,2}", REDACTED),
        # Slack's signature lets whoever saw it repeat the request for five minutes.
        (r"(?<!\w)(v0(?:=|%3D))[0-9a-f]{64}(?!\w)", rf"\1{REDACTED}"),
        (rf"((?:proxy-)?authorization{_QUOTES}\s*[:=,]\s*(?:b(?=['\"]))?{_QUOTES})(?:[a-z]+\s+)?{_VALUE}", rf"\1{REDACTED}"),
        (rf"((?:set-)?cookie{_QUOTES}\s*[:=]\s*{_QUOTES})[^\"'\\\n\r}}]+", rf"\1{REDACTED}"),
        (r"(?<!\w)((?:bearer|basic)\s+)(?!\[)[\w.~+/=-]{16,}", rf"\1{REDACTED}"),
        # In a query and in a form: state and code by their place only, they are everyday words.
        (r"((?:[?&]|\\u0026)(?:code|state|ticket)=)[^&\s\"'\\]+", rf"\1{REDACTED}"),
        (rf"((?<![a-z0-9])(?:{_NAMED})=)(?!\[){_VALUE}", rf"\1{REDACTED}"),
        # In JSON and in what Python shows of a mapping.
        (rf"((?<![a-z0-9])(?:{_NAMED})[\"'\\]+\s*:\s*(?:b(?=['\"]))?[\"'\\]+)(?!\[redacted){_VALUE}", rf"\1{REDACTED}"),
        # The user of an address: redis://:password@host. A password with an @ of its own is one to its last.
        (r"(?<![a-z0-9])([a-z][a-z0-9+.-]{1,20}:(?:\\*/){2})[^/\s\"'\\]+@", rf"\1{REDACTED}@"),
    )
)


class Redactor:
    """Blots out what opens a door: whatever has the form of a token, and every secret it knows by heart, however it is written.

    Twice is as good as once. What is left of a line is still JSON if it was.

    Args:
        secrets: Those of the settings. Of an address only its user and password are secret.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spelled = {form for secret in secrets for part in _secret_parts(secret) for form in _spellings(part)}
        # The longest first: a part of a secret must not leave the rest of it.
        self._known = re.compile("|".join(map(re.escape, sorted(spelled, key=len, reverse=True)))) if spelled else None

    def __call__(self, text: str) -> str:
        """The text without secrets; what they were the name of stays readable."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        for form, shown in _FORMS:
            text = form.sub(shown, text)
        return text

    def values(self, value: object) -> object:
        """The same of a value and all that is in it: mappings, sequences, bytes, and whatever else by its text.

        What stands under a name of a secret is not shown, whatever it is; nor what follows such a name in a pair.
        """
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self(value)
            case bytes():
                return self(value.decode(errors="backslashreplace"))
            case Mapping():
                return {self(str(name)): REDACTED if is_secret_name(name) else self.values(one) for name, one in value.items()}
            case [name, _] if is_secret_name(name):
                return [self.values(name), REDACTED]
            case Sequence() | AbstractSet():
                return [self.values(one) for one in value]
            case _:
                return self(str(value))


def is_secret_name(name: object) -> bool:
    """Whether what goes by this name is a secret."""
    if isinstance(name, bytes):
        name = name.decode(errors="replace")
    return isinstance(name, str) and name.casefold() in _SECRET_NAMES


redact = Redactor()
"""Knows no secret by heart."""


def _secret_parts(secret: str) -> Iterator[str]:
    """The secret, or of an address its password, or user where there is no password; as written and as meant."""
    if "://" not in secret:
        yield secret
        return
    user, separator, _ = secret.partition("://")[2].rpartition("@")
    if separator:
        password = user.partition(":")[2] or user.partition(":")[0]
        yield from (password, unquote(password))


def _spellings(secret: str) -> Iterator[str]:
    """As it may be written: in a query, in JSON, in JSON within JSON, as Python shows it."""
    if len(secret) < SHORTEST_BY_HEART:
        return
    yield from (secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1])
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
        yield once.replace("/", "\\/")
