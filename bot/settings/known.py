"""The secrets among the settings, for whoever keeps them out of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from bot.settings.settings import Settings


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Their texts, of all that are set: also addresses, of which only a part is secret."""
    given = [getattr(settings, name) for name in type(settings).model_fields]
    each = [one for value in given for one in (value if isinstance(value, tuple) else (value,))]
    return tuple(one.get_secret_value() for one in each if isinstance(one, SecretStr))
