"""The promise of the store about installations: tokens at rest, encrypted, and workspaces that left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.installation import Installation
    from bot.ports.channels import Saved


class Installations(Protocol):
    """Every installation, its secrets readable only with the operator's keys (SECRET_KEYS)."""

    async def get(self, platform: str, workspace: str) -> Installation | None:
        """The installation as stored; None if there is none.

        Raises:
            CorruptRecord: None of the keys opens it, or there are none; the message says so.
        """

    async def save(self, installation: Installation) -> Saved:
        """Write it, encrypted with the first key, if what is stored is still at `installation.version`; it is stored with the next one.

        A workspace that had left has come back: it is no longer to be erased. What none of the keys opens counts as never stored: who
        installs the app again (version 0) is saved over it.

        Raises:
            OperatorMistake: There are no keys.
        """

    async def remove(self, platform: str, workspace: str, *, erase_at: datetime) -> bool:
        """Delete the tokens now, for good, and note when the rest is to be erased (the earlier moment stands). Twice is as good as once.

        True if there was anything to delete or note.
        """

    async def leaving(self, by: datetime) -> Sequence[tuple[str, str]]:
        """Workspaces (platform, workspace) whose rest is to be erased by this moment, the longest overdue first."""

    async def erased(self, platform: str, workspace: str) -> None:
        """Nothing is left of the workspace: forget that it was ever there. Not if it has come back meanwhile."""

    async def all(self, platform: str) -> Sequence[Installation]:
        """Every installation on the platform that can be opened, by workspace."""

    async def rotate(self) -> int:
        """Encrypt everything with the first key that is not. Returns how many records changed. Safe at any time, twice as good as once.

        Raises:
            CorruptRecord: None of the keys opens one of them; all others are done.
        """
