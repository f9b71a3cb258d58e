"""Which installation acts in a workspace, with a token that is good now."""

from __future__ import annotations

import logging
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Api
from adapters.slack.errors import Refused, name_of
from adapters.slack.pace import Pace
from adapters.slack.tokens import PLATFORM, Tokens
from bot.errors import OperatorMistake, WorkspaceGone
from bot.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.ports import Cache, Installations

__all__ = ["API_URL", "PLATFORM", "Workspaces"]

API_URL = "https://slack.com/api/"

TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
"""Below what a lease gives one request (`bot.delivery.REQUEST`). `connect` covers the wait for a free connection and TLS."""
RETIRED = timedelta(days=30)
"""How long it is remembered that a workspace left whose token comes from the environment."""
CLOCKS_APART = timedelta(minutes=1)
"""How far Slack's clock and ours may be apart."""

# slack_sdk writes every request and answer out for a debug log, as text, wherever its logger has no level of its own.
_QUIET = logging.getLogger(f"{__name__}.slack_sdk")
_QUIET.setLevel(logging.INFO)


class Workspaces:
    """The installations of the store, and the lone one whose token the operator gave.

    Nothing about them is kept in the process: a workspace that leaves is left by every process at once.

    Args:
        installations: None without a store of them (one workspace, its token in the environment).
        cache: Shared by all processes: waits, and who renews a token.
        alone: The lone installation, as `lone` finds out. It comes before one that is stored for the same workspace.
        api_url: Slack's Web API.
        client_id: The app's, for renewing tokens; "" if none rotate.
        client_secret: Belongs to `client_id`.
        clock: Now, aware UTC.
        throttled: Hears of every answer that asks for patience.
    """

    def __init__(
        self,
        *,
        installations: Installations | None,
        cache: Cache,
        alone: Installation | None = None,
        api_url: str = API_URL,
        client_id: str = "",
        client_secret: str = "",
        clock: Callable[[], datetime],
        throttled: Callable[[], object] = lambda: None,
    ) -> None:
        self._cache = cache
        self._throttled = throttled
        self._alone = alone
        self._seen_good: datetime | None = None
        self._api_url = api_url
        self._clock = clock
        self._pace = Pace(cache, clock)
        self._session: aiohttp.ClientSession | None = None
        self._tokens = Tokens(
            installations=installations,
            cache=cache,
            client_id=client_id,
            client_secret=client_secret,
            stranger=self.stranger,
            clock=clock,
        )

    async def close(self) -> None:
        """Close all connections. Twice is as good as once; a call afterwards opens new ones."""
        await self._tokens.close()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @property
    def alone(self) -> Installation | None:
        """The lone installation, if there is one."""
        return self._alone

    async def lone(self, token: str) -> Installation:
        """Ask Slack whose token this is; from now on it is the lone installation's.

        Raises:
            OperatorMistake: Slack does not accept the token.
            PostTrouble: Slack cannot be asked now.
        """
        api = self._api(Installation(platform=PLATFORM, workspace="", token=token))
        try:
            who = await api.call("auth.test")
        except (WorkspaceGone, Refused) as error:
            raise OperatorMistake(
                f"SLACK_BOT_TOKEN: Slack does not accept it ({name_of(error)}). "
                "Copy the Bot User OAuth Token (xoxb-...) from the app's page Install App."
            ) from error
        whole = bool(who.get("is_enterprise_install"))
        installation = Installation(
            platform=PLATFORM,
            workspace=_text(who, "enterprise_id") if whole else _text(who, "team_id"),
            name=_text(who, "team"),
            token=token,
            scopes=api.granted,
            bot_user=_text(who, "user_id"),
            bot=_text(who, "bot_id"),
        )
        # It answers, so whoever removed the app has installed it again.
        await self._cache.put(_retired(installation.workspace), b"", keep=timedelta(milliseconds=1))
        self._alone, self._seen_good = installation, self._clock()
        return installation

    async def retire(self, workspace: str, *, at: datetime | None = None) -> None:
        """Stop using the lone installation, in every process, if it is this workspace's; only `lone` takes it up again.

        Args:
            at: When it was removed, aware; nothing is done if its token was found good after that. None: now.
        """
        if self._alone is None or self._alone.workspace != workspace:
            return
        if at is None or self._seen_good is None or at > self._seen_good - CLOCKS_APART:
            await self._cache.put(_retired(workspace), _fingerprint(self._alone), keep=RETIRED)

    def forget(self, workspace: str) -> None:
        """Drop what this process holds of the workspace: a renewed token that could not be saved yet. Twice is as good as once."""
        self._tokens.forget(workspace)

    def stranger(self) -> Api:
        """Slack's Web API for whoever has no installation yet: "oauth.v2.access" wants none."""
        return self._api(Installation(platform=PLATFORM, workspace="", token=""))

    async def api(self, workspace: str) -> Api:
        """The Web API as the installation of this workspace may use it now.

        Args:
            workspace: As in `Address.workspace`.

        Raises:
            WorkspaceGone: There is no installation, or its token has ended and cannot be renewed. Slack is asked nothing.
            NotSent: Its token has ended, and is being renewed elsewhere or cannot be renewed right now.
            StoreTrouble: It cannot be read.
        """
        if await self._is_alone(workspace):
            assert self._alone is not None
            return self._api(self._alone)
        return self._api(await self._tokens.good(workspace), renewable=True)

    async def installation(self, workspace: str) -> Installation:
        """Who acts in this workspace, its token good or not: for what cannot wait until one is renewed.

        Raises:
            WorkspaceGone: Nobody.
            NotSent: A renewed token waits to be stored, and still cannot be.
            StoreTrouble: It cannot be read.
        """
        if await self._is_alone(workspace):
            assert self._alone is not None
            return self._alone
        return await self._tokens.stored(workspace)

    async def _is_alone(self, workspace: str) -> bool:
        if self._alone is None or self._alone.workspace != workspace:
            return False
        return await self._cache.get(_retired(workspace)) != _fingerprint(self._alone)

    def _api(self, installation: Installation, *, renewable: bool = False) -> Api:
        if self._session is None:
            # No cookies: what Slack sets for one workspace is not to be sent for another.
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        # The client's own `timeout` counts only without a session.
        client = AsyncWebClient(installation.token or None, base_url=self._api_url, session=self._session, retry_handlers=[], logger=_QUIET)
        renew = self._tokens.expired if renewable and installation.refresh_token else None
        return Api(installation, client, pace=self._pace, throttled=self._throttled, renew=renew)


def _text(answer: Mapping[str, Any], name: str) -> str:
    return str(answer.get(name) or "")


def _retired(workspace: str) -> str:
    return f"slack-retired:{workspace}"


def _fingerprint(installation: Installation) -> bytes:
    """Tells tokens apart without telling them."""
    return sha256(installation.token.encode()).digest()[:16]
