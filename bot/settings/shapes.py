"""What the text of a setting must look like, each said in words that help whoever copied the wrong thing.

None of these words holds what was given: it may be a secret, though in the wrong place.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LEAST_TOKEN = 16
"""Characters of OPERATOR_TOKEN: tries are limited, and 16 characters of any kind outlast them."""
LONGEST_CONTACT = 200
"""Characters: it is sent with every question to a source."""


def unwrapped(text: str) -> str:
    """Without the blanks around it that copying brings.

    Raises:
        ValueError: Nothing is left, or quotes stand around it, which `docker --env-file` and most platforms take for a part of it.
    """
    if text and not (text := text.strip()):
        raise ValueError("there is nothing but blanks in it; leave it empty, or take it out")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        raise ValueError("quotes stand around it, which are taken for a part of it here; leave them away")
    return text


def must_be_keys(texts: Sequence[str]) -> None:
    """Whether each is a Fernet key: 32 bytes in URL-safe base64. Raises ValueError, which counts from 1."""
    wrong = [str(number) for number, text in enumerate(texts, start=1) if not _is_key(text)]
    if wrong:
        which = f"keys {', '.join(wrong)} are" if len(wrong) > 1 else f"key {wrong[0]} is"
        raise ValueError(f"{which} none; make one with: openssl rand -base64 32 | tr +/ -_")


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == 32  # noqa: PLR2004  # as Fernet has it
    except (binascii.Error, ValueError):
        return False


def _must_be_store(text: str) -> None:
    scheme, separator, rest = text.partition("://")
    if not separator or not rest or scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("it is no redis://, rediss:// or unix:// address, such as redis://:password@host:6379/0")
    if scheme == "unix":
        return
    unreadable = "its host or port cannot be read; write redis://:password@host:6379/0, with %40 for an @ in the password"
    try:
        parts = urlsplit(text)
        right = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(unreadable) from None  # its own words show the address
    if not right:
        raise ValueError(unreadable)
    # redis-py takes database 0 for whatever it cannot read, and that may be another program's.
    if not re.fullmatch(r"/?[0-9]*", parts.path):
        raise ValueError("what follows its host is no number of a database; write redis://:password@host:6379/0")


def _must_match(text: str, *, shape: re.Pattern[str], what: str) -> None:
    if not shape.fullmatch(text):
        raise ValueError(f"it is no {what}")


def _must_be_token(text: str) -> None:
    _must_be_plain(text)
    if len(text) < LEAST_TOKEN:
        raise ValueError(
            f"it is too short to be safe, {LEAST_TOKEN} characters at least; make one with: openssl rand -base64 32 | tr +/ -_"
        )


def _must_be_plain(text: str) -> None:
    # In a header anything else would be a bug far from here.
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("it has a blank or a letter in it that no such secret has; copy it again")


def _must_be_contact(text: str) -> None:
    if not (text.isascii() and text.isprintable()) or len(text) > LONGEST_CONTACT or not ("@" in text or re.match(r"https?://", text)):
        raise ValueError("it is no e-mail or web address in plain letters, such as papers@example.org")


_BOT_USER = "Bot User OAuth Token, xoxb-…, of the app's page OAuth & Permissions"
_APP_LEVEL = "app-level token, xapp-…, of the app's page Basic Information"
_OF_DISCORD = "bot token, three parts with dots between, of the application's page Bot (not the Client Secret, not the Public Key)"
_CLIENT_ID = "Client ID, two numbers with a dot between, of the app's page Basic Information"
_HOST = "name or number of a host to listen at, such as 0.0.0.0, :: or localhost"
_DSN = "DSN as Sentry shows it on its page Client Keys (https://KEY@HOST/PROJECT)"

OF_TEXT: Mapping[str, Callable[[str], None]] = MappingProxyType(
    {
        "redis_url": _must_be_store,
        "slack_bot_token": partial(_must_match, shape=re.compile(r"(xoxb-|xoxe\.)[\w.-]+", re.ASCII), what=_BOT_USER),
        "slack_app_token": partial(_must_match, shape=re.compile(r"xapp-[\w.-]+", re.ASCII), what=_APP_LEVEL),
        "slack_signing_secret": _must_be_plain,
        "slack_client_id": partial(_must_match, shape=re.compile(r"[0-9]+\.[0-9]+"), what=_CLIENT_ID),
        "slack_client_secret": _must_be_plain,
        # The bot's id, a time and a signature in base64, as `bot.logs` blots them out. Client secret and public key have no dots.
        "discord_token": partial(_must_match, shape=re.compile(r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}", re.ASCII), what=_OF_DISCORD),
        "host": partial(_must_match, shape=re.compile(r"[\w.:%-]+", re.ASCII), what=_HOST),
        "operator_token": _must_be_token,
        "contact": _must_be_contact,
        "huggingface_token": _must_be_plain,
        "sentry_dsn": partial(_must_match, shape=re.compile(r"https?://[^\s/@]+@[^\s/@]+/(\S*/)?[0-9]+", re.ASCII), what=_DSN),
    }
)
"""What looks at the text of a setting, by its name. Each raises ValueError."""
