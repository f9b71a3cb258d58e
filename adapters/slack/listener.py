"""Slack's ear: a Bolt app that acknowledges at once, works afterwards, and does nothing twice.

It does not verify signatures: the HTTP door has done so over the raw body, and Socket Mode needs none.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from typing_extensions import override

from adapters.slack.ear import COMMAND, EVENTS, Ear
from adapters.slack.once import Once
from adapters.slack.origin import PLATFORM, workspace_of
from adapters.slack.shape import misshapen
from bot import lifecycle
from bot.errors import StoreAway, WorkspaceGone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from slack_bolt.context.async_context import AsyncBoltContext
    from slack_bolt.request.async_request import AsyncBoltRequest

    from adapters.slack.workspaces import Workspaces
    from bot.desk import Desk

__all__ = ["COMMAND", "EVENTS", "Listener", "listener"]

GONE = (
    "Paperboy is not installed in this workspace any more, or whoever runs it has lost its token. Installing it again brings everything "
    "back that is kept."
)
TOLD_AGAIN = timedelta(days=1)
QUICK = timedelta(seconds=1.5)
"""Within this the store tells who acts in a workspace; of the three seconds that Slack waits for an acknowledgement."""

_log = structlog.get_logger()


class Listener(AsyncApp):
    """The Bolt app, which knows what it is still working on."""

    once: Once

    @override
    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """See Bolt's. What is no payload of Slack's is answered 400."""
        if reason := misshapen(req.body):
            _log.warning("payload_not_understood", reason=reason)
            return BoltResponse(status=400)
        return await super().async_dispatch(req)

    async def finish(self, *, patience: timedelta = timedelta(seconds=20)) -> bool:
        """Wait until everything acknowledged has been answered. False if some was not within `patience`; it goes on."""
        if not self.once.at_work:
            return True
        _, unfinished = await asyncio.wait(self.once.at_work, timeout=patience.total_seconds())
        return not unfinished


def listener(desk: Desk, workspaces: Workspaces) -> Listener:
    """The app, ready to be handed what Slack sends by whichever door: `app.async_dispatch`.

    Any number of them may run on one store, in any processes: each payload is worked on by the first that hears it.
    """

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult | None:
        workspace = workspace_of(context)
        if context.is_enterprise_install and context.team_id:
            # Installed for the whole organisation after it had been for this workspace: its rules go on under the organisation's name.
            await lifecycle.move_workspace(desk, PLATFORM, context.team_id, workspace)
        try:
            async with asyncio.timeout(QUICK.total_seconds()):
                who = await workspaces.installation(workspace)
        except TimeoutError as exc:
            raise StoreAway("the store does not answer in time") from exc
        except WorkspaceGone as exc:
            if await desk.store.cache.first(f"slack:told:gone:{workspace}", keep=TOLD_AGAIN):
                _log.warning("workspace_not_known", workspace=workspace, reason=str(exc))
            return None
        return AuthorizeResult(
            enterprise_id=context.enterprise_id,
            team_id=context.team_id,
            user_id=context.user_id,
            bot_id=who.bot or None,
            bot_user_id=who.bot_user or None,
            bot_token=who.token,
        )

    async def complete(body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        # To an organisation's app Slack names the workspace of an event only beside it, and Bolt looks into `authorizations`.
        if not context.team_id and isinstance(body.get("team_id"), str):
            context["team_id"] = body["team_id"]
        return await next()

    app = Listener(
        name="Paperboy",
        logger=_bolts_logger(),
        # No request is made with it: every one of ours goes through Api.call.
        client=AsyncWebClient(retry_handlers=[]),
        before_authorize=complete,
        authorize=authorize,  # type: ignore[arg-type]  # Bolt takes None, for nobody it knows, though its annotation does not say so
        user_facing_authorize_error_message=GONE,
        request_verification_enabled=False,
        url_verification_enabled=True,
        ignoring_self_events_enabled=True,
        attaching_function_token_enabled=False,
        process_before_response=False,
    )
    app.once = Once(desk, workspaces)
    Ear(desk, workspaces, app.once).listen(app)
    return app


_UNTRUE_OR_TOO_OFTEN = (
    "As you gave `client`",  # it says that SLACK_BOT_TOKEN is not used
    "As you've set SLACK_CLIENT_ID",  # it says that tokens are kept in files
    "Although the app should be installed",
)
"""How lines begin that are kept from the log."""


class _Known(logging.Filter):
    """Keeps from the log what Bolt says of variables that it finds in the environment, and one line a request of unknown workspaces."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(_UNTRUE_OR_TOO_OFTEN)


def _bolts_logger() -> logging.Logger:
    logger = logging.getLogger("slack_bolt.paperboy")
    if not any(isinstance(one, _Known) for one in logger.filters):
        logger.addFilter(_Known())
    return logger
