"""The pages at a real web server, with whatever is to be seen on them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from adapters.web.server import serving
from adapters.web.site import Site
from bot.looks import Look
from tests.web.samples import overview, well

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.overview import Overview
    from bot.status import Status

TOKEN = "correct-horse-battery"
INVITATION = "https://discord.com/oauth2/authorize?client_id=1&scope=bot&permissions=8"


def site(
    status: Status | None = None,
    seen: Overview | None = None,
    *,
    away: bool = False,
    token: str = TOKEN,
    contact: str = "papers@example.org",
    support_url: str = "https://example.org/help",
    slack: bool = True,
    invitation: str = INVITATION,
) -> Site:
    """The site, of which everything is switched on that is not switched off.

    Args:
        status: A good day unless it is told; nothing if the store is away.
    """

    async def its_status() -> Look[Status]:
        return Look(status or (None if away else well()), away=away)

    async def its_overview() -> Look[Overview]:
        return Look(seen or (None if away else overview()), away=away)

    return Site(
        status=its_status,
        overview=its_overview,
        operator_token=token,
        contact=contact,
        support_url=support_url,
        slack=slack,
        invitation=lambda: invitation,
    )


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """Its address, without a slash at its end."""
    async with serving(site.routes(), host="127.0.0.1", port=0, ready={}) as port:
        yield f"http://127.0.0.1:{port}"
