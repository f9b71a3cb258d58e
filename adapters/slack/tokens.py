"""The installations of the store with tokens that are good now: those that rotate are renewed in time, by one process at a time."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.errors import NotSent, OutcomeUnknown, PostTrouble, StoreTrouble, WorkspaceGone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from adapters.slack.api import Api
    from bot.installation import Installation
    from bot.ports import Cache, Installations

PLATFORM = "slack"

EARLY = timedelta(hours=2)
"""How long before its end a token is renewed: hours in which Slack or we may be down. Slack gives a token twelve."""
ONE_AT_A_TIME = timedelta(minutes=1)
"""How long nobody else tries to renew the same token. Four times as long as the request may take."""
SAVES = 3
"""How often a renewed token is saved at once; the old refresh token has been used up by then."""

NOT_INSTALLED = "the app is not installed in this workspace: install it, then type /papers resume"

_log = structlog.get_logger()


class Tokens:
    """Reads installations each time anew, and renews their tokens.

    Args:
        installations: None without a store of them: then nobody is installed.
        cache: Shared by all processes: who renews.
        client_id: The app's.
        client_secret: Belongs to `client_id`.
        stranger: Makes the Web API for a request that wants no installation.
        clock: Now, aware UTC.
    """

    def __init__(
        self,
        *,
        installations: Installations | None,
        cache: Cache,
        client_id: str,
        client_secret: str,
        stranger: Callable[[], Api],
        clock: Callable[[], datetime],
    ) -> None:
        self._installations = installations
        self._cache = cache
        self._client_id = client_id
        self._client_secret = client_secret
        self._stranger = stranger
        self._clock = clock
        self._unsaved: dict[str, _Renewal] = {}
        self._renewals: set[asyncio.Future[Installation]] = set()

    async def close(self) -> None:
        """Wait for what is being renewed. Twice is as good as once."""
        await asyncio.gather(*self._renewals, return_exceptions=True)

    async def good(self, workspace: str) -> Installation:
        """The installation, with a token that is good now as far as we know.

        Raises:
            WorkspaceGone: There is none, or its token has ended and cannot be renewed.
            NotSent: Its token has ended, and is being renewed elsewhere or cannot be renewed right now.
            StoreTrouble: It cannot be read.
        """
        installation = await self.stored(workspace)
        left = self._left(installation)
        return await self._renewed(installation, ended=left <= timedelta()) if left <= EARLY else installation

    async def expired(self, installation: Installation) -> Installation:
        """The installation with another token: Slack calls this one expired, whatever our clock says. Raises as `good`."""
        return await self._renewed(installation, ended=True)

    def forget(self, workspace: str) -> None:
        """Drop a renewed token that could not be saved yet. Twice is as good as once."""
        self._unsaved.pop(workspace, None)

    async def stored(self, workspace: str) -> Installation:
        """The installation as it is, its token good or not; Slack is not asked.

        Raises:
            WorkspaceGone: There is none.
            NotSent: A renewed token waits to be stored, and still cannot be.
            StoreTrouble: It cannot be read.
        """
        if workspace in self._unsaved:
            return await self._saved(workspace)
        installation = None if self._installations is None else await self._installations.get(PLATFORM, workspace)
        if installation is None:
            raise WorkspaceGone(NOT_INSTALLED)
        return installation

    def _left(self, installation: Installation) -> timedelta:
        """How long its token is good; a token without refresh token is taken as it is."""
        if installation.expires_at is None or not installation.refresh_token:
            return timedelta.max
        return installation.expires_at - self._clock()

    async def _renewed(self, installation: Installation, *, ended: bool) -> Installation:
        """The installation with a good token.

        One process renews; the others go on with the old token while it is good, as does that one if it meets trouble.

        Raises:
            WorkspaceGone: The token has ended and there will be no other.
            NotSent: The token has ended, and there is no other yet.
        """
        workspace = installation.workspace
        mine = await self._cache.first(f"slack-refresh:{workspace}:{installation.version}", keep=ONE_AT_A_TIME)
        stored = await self.stored(workspace)
        if stored.token != installation.token:
            return stored
        if not mine:
            if ended:
                raise NotSent("the token of this workspace has ended and is being renewed")
            return stored
        try:
            # Not to be torn off: once Slack has answered, the old refresh token is used up.
            renewal = asyncio.ensure_future(self._renew(stored))
            self._renewals.add(renewal)
            renewal.add_done_callback(self._renewals.discard)
            return await asyncio.shield(renewal)
        except PostTrouble as error:
            # As long as it is good the old token serves: told now, it can be mended before the workspace falls silent.
            _log.error("token_not_renewed", workspace=workspace, reason=str(error), ended=ended)
            if not ended:
                return await self.stored(workspace)  # not as read before: it may have been removed meanwhile
            if isinstance(error, WorkspaceGone):
                raise
            raise NotSent(f"the token of this workspace has ended and cannot be renewed now: {error}") from error

    async def _renew(self, installation: Installation) -> Installation:
        """Trade the refresh token in and save what comes.

        If we die between the two, Slack knows tokens that we do not. Its documentation does not say that the old refresh token still works
        then; if it does not, the workspace has to be installed again.
        """
        answer = await self._stranger().call(
            "oauth.v2.access",
            client_id=self._client_id,
            client_secret=self._client_secret,
            grant_type="refresh_token",
            refresh_token=installation.refresh_token,
        )
        token, lasts, scopes = str(answer.get("access_token") or ""), answer.get("expires_in"), str(answer.get("scope") or "")
        if not token:
            raise OutcomeUnknown("oauth.v2.access: an answer without a token")
        self._unsaved[installation.workspace] = _Renewal(
            used=installation.token,
            token=token,
            refresh_token=str(answer.get("refresh_token") or ""),
            expires_at=self._clock() + timedelta(seconds=lasts) if isinstance(lasts, int) and lasts else None,
            scopes=frozenset(scopes.split(",")) if scopes else installation.scopes,
        )
        _log.info("token_renewed", workspace=installation.workspace)
        return await self._saved(installation.workspace)

    async def _saved(self, workspace: str) -> Installation:
        """Write a renewed token down; until that is done it waits in `_unsaved`. Returns the installation as stored.

        Raises:
            WorkspaceGone: It was removed meanwhile.
            NotSent: It could not be written now; whoever asks for the workspace next tries again.
        """
        assert self._installations is not None
        renewal = self._unsaved[workspace]
        trouble: StoreTrouble | None = None
        for left in reversed(range(SAVES + 1)):
            # Read again after each try: a save whose reply was lost may be done, and others change installations too.
            try:
                stored = await self._installations.get(PLATFORM, workspace)
                if stored is None:
                    self.forget(workspace)
                    raise WorkspaceGone(NOT_INSTALLED)
                if stored.token != renewal.used:
                    self.forget(workspace)
                    return stored
                if left:
                    await self._installations.save(renewal.of(stored))
            except StoreTrouble as error:
                trouble = error
        raise NotSent("the new token of this workspace could not be stored") from trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class _Renewal:
    """What Slack gave for a refresh token."""

    used: str = field(repr=False)
    """The token it replaces."""
    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    scopes: frozenset[str]

    def of(self, installation: Installation) -> Installation:
        return dataclasses.replace(
            installation, token=self.token, refresh_token=self.refresh_token, expires_at=self.expires_at, scopes=self.scopes
        )
