"""The seal on what only the operator may read: Fernet (AES-128-CBC and HMAC-SHA256) with the keys in SECRET_KEYS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.errors import CorruptRecord, OperatorMistake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.fernet import Fernet

HOW_TO_MAKE_A_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'

_WRITTEN = re.compile(r"[A-Za-z0-9_+/-]{43}=")
"""32 bytes in base64."""


class Seal:
    """Seals with the first key; opens what any of them sealed. Neither its `repr` nor its errors tell a key or what is sealed.

    Args:
        keys: 32 bytes each, in URL-safe base64; blank ones are left out. None at all seals and opens nothing.

    Raises:
        OperatorMistake: One of them is no key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        written = [key.strip() for key in keys if key.strip()]
        self._keys = tuple(_key(text, place=place, count=len(written)) for place, text in enumerate(written, 1))

    def close(self, plain: bytes) -> bytes:
        """Sealed with the first key; never the same twice.

        Raises:
            OperatorMistake: There are no keys.
        """
        if not self._keys:
            raise OperatorMistake(
                f"tokens of workspaces are stored sealed, and SECRET_KEYS is missing: make a key with {HOW_TO_MAKE_A_KEY}"
            )
        return self._keys[0].encrypt(plain)

    def open(self, sealed: bytes, *, key: str) -> bytes:
        """The inverse of `close`.

        Raises:
            CorruptRecord: None of the keys opens it, or there are none; `key` says where it lies.
        """
        if not self._keys:
            raise CorruptRecord(
                f"the record at {key} is sealed, and SECRET_KEYS is missing: set it to the keys it was sealed with", key=key
            )
        for one in self._keys:
            plain = _opened(one, sealed)
            if plain is not None:
                return plain
        raise CorruptRecord(f"none of the keys in SECRET_KEYS opens the record at {key}: add the one it was sealed with", key=key)

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first key sealed it."""
        return bool(self._keys) and _opened(self._keys[0], sealed) is not None


def _key(text: str, *, place: int, count: int) -> Fernet:
    # Here, for it takes some 30 ms that a bot without installations need not wait for.
    from cryptography.fernet import Fernet  # noqa: PLC0415  # the reason above

    # Fernet alone would take two keys with the comma forgotten for the first of them.
    if not _WRITTEN.fullmatch(text):
        which = f"key {place} of {count} in SECRET_KEYS" if count > 1 else "SECRET_KEYS"
        raise OperatorMistake(f"{which} is no key: make one with {HOW_TO_MAKE_A_KEY}")
    return Fernet(text)


def _opened(key: Fernet, sealed: bytes) -> bytes | None:
    from cryptography.fernet import InvalidToken  # noqa: PLC0415  # as in `_key`

    try:
        return key.decrypt(sealed)
    except InvalidToken:
        return None
