"""Every route there is, by method and template; the templates are those of Discord's own description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.discord.fake.routes import commands, interactions, me, messages, places, threads, webhooks

if TYPE_CHECKING:
    from tests.discord.fake.call import Route

ROUTES: dict[str, Route] = {
    **me.ROUTES,
    **places.ROUTES,
    **messages.ROUTES,
    **threads.ROUTES,
    **commands.ROUTES,
    **interactions.ROUTES,
    **webhooks.ROUTES,
}
