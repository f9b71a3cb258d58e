"""SECRET_KEYS: whether they open every token that workspaces handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.findings import Finding
from bot.settings import revealed
from bot.store.installations import StoredInstallations
from bot.store.seal import Seal

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.store import RedisStore

_ABOUT = "encryption keys"


def installations(settings: Settings, store: RedisStore) -> StoredInstallations:
    """What workspaces handed over, to be opened with the configured keys."""
    return StoredInstallations(store.connection, Seal([revealed(key) for key in settings.secret_keys]))


async def keys(settings: Settings, store: RedisStore) -> list[Finding]:
    """Nothing where there is nothing to open, and no key. Raises StoreTrouble."""
    seals = await installations(settings, store).seals()
    whole = seals.current + seals.older + seals.lost
    if not whole and not settings.secret_keys:
        return []
    if seals.lost:
        said = f"none of SECRET_KEYS opens {seals.lost} of {whole} stored installations"
        return [Finding(_ABOUT, fine=False, said=said, remedy="add the key they were sealed with, or let these workspaces install anew")]
    opened = f"SECRET_KEYS open all {whole} stored installations" if whole else "right; no installation is stored yet"
    if seals.older:
        remedy = "python -m bot rotate-keys seals all with the first key"
        return [Finding(_ABOUT, fine=True, said=f"{opened}, {seals.older} of them with an older key", remedy=remedy)]
    spare = len(settings.secret_keys) - 1
    return [Finding(_ABOUT, fine=True, said=opened, remedy="only the first is needed, the others can go" if whole and spare else "")]
