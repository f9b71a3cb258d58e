"""The pages that people see: how all is, the operator's own, privacy, support."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from adapters.web.guard import WINDOW, Guard, Verdict
from adapters.web.look import SECRET, page
from adapters.web.texts import as_html
from bot import __version__
from bot.uptime import uptime

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.looks import Look
    from bot.overview import Overview
    from bot.status import Status

_ASK = {"WWW-Authenticate": 'Basic realm="Paperboy, for its operator", charset="UTF-8"'}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages are made of. Links on them are relative: the site may lie below any path."""

    status: Callable[[], Awaitable[Look[Status]]]
    overview: Callable[[], Awaitable[Look[Overview]]]
    operator_token: str = ""
    """Opens the operator's page; "" for no such page."""
    contact: str = ""
    """The operator's e-mail or web address; "" if they told none."""
    support_url: str = ""
    """Where they help; "" for nowhere in particular."""
    slack: bool = False
    """Whether the app can be installed here, at /slack/install."""
    invitation: Callable[[], str] = str
    """Discord's page where the bot is added to a server; "" while that is not known, or there is none."""
    clock: Callable[[], float] = uptime
    """Seconds that only grow."""

    def routes(self) -> list[web.RouteDef]:
        """For the web server."""
        routes = [web.get("/", self._status), web.get("/privacy", self._privacy), web.get("/support", self._support)]
        if self.operator_token:
            routes.append(web.get("/operator", _Operator(self, Guard(self.operator_token, clock=self.clock)).answer))
        return routes

    def frame(self) -> dict[str, object]:
        """What stands on every page."""
        return {
            "version": __version__,
            "contact": self.contact,
            "support_url": self.support_url,
            "slack": self.slack,
            "invitation": self.invitation(),
            "operator": bool(self.operator_token),
        }

    async def _status(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002  # every handler is called alike
        look = await self.status()
        return page("status.html", {"status": look.seen, "away": look.away, **self.frame()})

    async def _privacy(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002  # as above
        return page("text.html", {"title": "Privacy", "text": as_html("PRIVACY.md"), **self.frame()})

    async def _support(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002  # as above
        return page("text.html", {"title": "Support", "text": as_html("SUPPORT.md"), **self.frame()})


@dataclass(frozen=True, slots=True)
class _Operator:
    site: Site
    guard: Guard

    async def answer(self, request: web.Request) -> web.StreamResponse:
        match self.guard.judge(request.headers.get("Authorization", ""), request.remote or ""):
            case Verdict.ADMITTED:
                look, status = await self.site.overview(), await self.site.status()
                values = {"seen": look.seen, "status": status.seen, "away": look.away or status.away, **self.site.frame()}
                return page("operator.html", values, keep=SECRET)
            case Verdict.SLOWLY:
                _log.warning("operator_tries_limited")
                after = {"Retry-After": str(round(WINDOW.total_seconds()))}
                return page("refused.html", {"slowly": True, **self.site.frame()}, status=429, keep=SECRET, headers=after)
            case Verdict.ASKED | Verdict.WRONG:
                return page("refused.html", {"slowly": False, **self.site.frame()}, status=401, keep=SECRET, headers=_ASK)
