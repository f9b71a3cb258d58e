"""OAuth v2: how a workspace, or a whole Enterprise Grid organisation, installs the app with a click.

Of our own and not Bolt's `AsyncOAuthFlow`, whose every step we would have to replace: its cookie has no SameSite, it pastes the query's
`team` into Slack's address unescaped, writes the code into the log, and lets a lost connection through as a 500.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import structlog
from aiohttp import web

from adapters.slack import pages
from adapters.slack.api import Refused
from adapters.slack.workspaces import PLATFORM
from bot.errors import PostTrouble, StoreTrouble
from bot.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from adapters.slack.workspaces import Workspaces
    from bot.ports import Cache

INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
COOKIE = "__Host-paperboy-install"
"""Names this browser. Browsers let nobody but this very host set a cookie with such a name."""
STATE_LIVES = timedelta(minutes=10)
MOST_BEGUN = 1_000
"""Installations that may be begun within `STATE_LIVES`: anybody may begin one, and each is a line in the store."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_TEAM = re.compile(r"[TE][A-Z0-9]{1,20}")
_OURS = frozenset({"bad_client_secret", "bad_redirect_uri", "invalid_client_id", "no_scopes", "oauth_authorization_url_mismatch"})
"""Errors that the operator must mend."""

_log = structlog.get_logger()


class OAuth:
    """The two addresses of an installation: the one where it begins, the one where Slack sends the person back to."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        api_url: str,
        public_url: str,
        scopes: Sequence[str],
        workspaces: Workspaces,
        cache: Cache,
        installed: Callable[[Installation], Awaitable[object]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Join what an installation needs.

        Args:
            api_url: Of the Web API, ending in a slash; people are sent to the same host's /oauth/v2/authorize.
            public_url: The https address of our web server as the world sees it, without a slash at the end. It and `REDIRECT` make
                the redirect URL, which must stand in the app's settings letter by letter.
            scopes: Those to ask for.
            workspaces: Speaks with Slack.
            cache: Keeps which installations were begun, for all processes.
            installed: Called with the finished installation before the person is told so; what it raises of StoreTrouble is told kindly.
        """
        self._client_id = client_id
        self._client_secret = client_secret
        self._authorize = urlsplit(api_url)._replace(path="/oauth/v2/authorize").geturl()
        self._begin = public_url + INSTALL
        self._redirect = public_url + REDIRECT
        self._scopes = scopes
        self._workspaces = workspaces
        self._cache = cache
        self._installed = installed
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """For the web server."""
        # HEAD is for those who only look: it must begin nothing.
        return [web.get(INSTALL, self.begin, allow_head=False), web.get(REDIRECT, self.finish, allow_head=False)]

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Send the person to Slack, with a state that only this browser can bring back, once."""
        browser = request.cookies.get(COOKIE, "")
        if not _TOKEN.fullmatch(browser):
            browser = secrets.token_urlsafe(32)
        state = secrets.token_urlsafe(32)
        try:
            if not await self._cache.allow("slack-install", limit=MOST_BEGUN, per=STATE_LIVES):
                return pages.crowded()
            await self._cache.put(_begun(state), browser.encode(), keep=STATE_LIVES)
        except StoreTrouble as trouble:
            _log.error("slack_install_failed", reason=str(trouble))
            return pages.unanswered(self._begin)
        asked = {"client_id": self._client_id, "scope": ",".join(self._scopes), "redirect_uri": self._redirect, "state": state}
        if _TEAM.fullmatch(team := request.query.get("team", "")):
            asked["team"] = team
        answer = web.Response(status=302, headers={"Location": f"{self._authorize}?{urlencode(asked)}", "Cache-Control": "no-store"})
        # Lax: the person comes back by a link on Slack's page, and a link is all it may come along with.
        answer.set_cookie(COOKIE, browser, max_age=int(STATE_LIVES.total_seconds()), path="/", secure=True, httponly=True, samesite="Lax")
        return answer

    async def finish(self, request: web.Request) -> web.StreamResponse:
        """Slack sends the person back: with a code, or with the reason why not."""
        if reason := request.query.get("error", ""):
            _log.info("slack_install_denied", reason=reason[:100])
            return pages.denied(self._begin) if reason == "access_denied" else pages.refused(self._begin, reason[:100])
        try:
            if (turned_away := await self._check(request)) is not None:
                return turned_away
            installation, link = await self._exchange(request.query.get("code", ""))
            await self._installed(installation)
        except Refused as refused:
            return self._told(refused.error)
        except PostTrouble as trouble:
            _log.warning("slack_install_failed", reason=str(trouble))
            return pages.unanswered(self._begin)
        except StoreTrouble as trouble:
            _log.error("slack_install_failed", reason=str(trouble))
            return pages.unanswered(self._begin)
        _log.info("slack_installed", workspace=installation.workspace, by=installation.installed_by, scopes=sorted(installation.scopes))
        return pages.installed(installation.name, link=link)

    async def _check(self, request: web.Request) -> web.StreamResponse | None:
        """The page for whoever may not finish this; None if all is well, and then the state is used up."""
        state = request.query.get("state", "")
        begun = await self._cache.get(_begun(state)) if _TOKEN.fullmatch(state) else None
        if begun is None or not request.query.get("code", ""):
            return pages.expired(self._begin)
        browser = request.cookies.get(COOKIE, "")
        # Before the state is used up: whoever has a link of somebody else's cannot spoil it either.
        if not browser.isascii() or not secrets.compare_digest(begun, browser.encode()):
            return pages.elsewhere(self._begin)
        if not await self._cache.first(f"slack-installing:{state}", keep=2 * STATE_LIVES):
            return pages.expired(self._begin)
        return None

    async def _exchange(self, code: str) -> tuple[Installation, str]:
        """The installation that the code stands for, and the link that opens the app in Slack."""
        slack = self._workspaces.stranger()
        granted = await slack.call(
            "oauth.v2.access", client_id=self._client_id, client_secret=self._client_secret, code=code, redirect_uri=self._redirect
        )
        if not granted.get("access_token"):
            raise Refused("oauth.v2.access: no token for the bot", error="no_scopes")
        # Neither the bot's id nor the organisation's address stands in the answer.
        bot = await slack.call("auth.test", token=granted["access_token"])
        installation = installation_from(granted, bot=str(bot.get("bot_id") or ""), now=self._clock())
        return installation, _link(granted, str(bot.get("url") or ""))

    def _told(self, error: str) -> web.StreamResponse:
        if error == "cannot_install_an_org_installed_app":
            return pages.whole_organisation(self._begin)
        _log.error("slack_install_failed", reason=error)
        return pages.misconfigured(error) if error in _OURS else pages.refused(self._begin, error)


def installation_from(granted: Mapping[str, Any], *, bot: str, now: datetime) -> Installation:
    """What oauth.v2.access handed over.

    Args:
        granted: Its answer: https://docs.slack.dev/reference/methods/oauth.v2.access. `team` is null where the app was installed into a
            whole organisation; `refresh_token` and `expires_in` (seconds) come only with token rotation.
        bot: The id the bot's messages carry, from auth.test.
    """
    organisation = bool(granted.get("is_enterprise_install"))
    where = (granted.get("enterprise") if organisation else granted.get("team")) or {}
    lives = granted.get("expires_in")
    return Installation(
        platform=PLATFORM,
        workspace=str(where["id"]),
        name=str(where.get("name") or ""),
        token=str(granted["access_token"]),
        refresh_token=str(granted.get("refresh_token") or ""),
        expires_at=now + timedelta(seconds=int(lives)) if lives else None,
        scopes=frozenset(filter(None, str(granted.get("scope") or "").split(","))),
        bot_user=str(granted.get("bot_user_id") or ""),
        bot=bot,
        app=str(granted.get("app_id") or ""),
        installed_by=str((granted.get("authed_user") or {}).get("id") or ""),
        installed_at=now,
    )


def _link(granted: Mapping[str, Any], home: str) -> str:
    """Where the person goes from here: the app in Slack; for an organisation, the page that adds it to workspaces."""
    app = str(granted.get("app_id") or "")
    if granted.get("is_enterprise_install") and home.startswith("https://"):
        return f"{home}manage/organization/apps/profile/{app}/workspaces/add"
    team = str((granted.get("team") or {}).get("id") or "")
    return f"slack://app?{urlencode({'team': team, 'id': app})}" if team else "slack://open"


def _begun(state: str) -> str:
    return f"slack-install:{state}"
