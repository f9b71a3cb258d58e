"""Work on a payload that was acknowledged: once, whoever hears it, and never in silence."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt.response import BoltResponse

from adapters.slack.answers import tell
from adapters.slack.repeats import is_first
from bot.commands.apologies import AWAY, AWAY_WORDS, WRONG
from bot.errors import PaperboyError, PostTrouble, StoreTrouble, WorkspaceGone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adapters.slack.origin import Origin
    from adapters.slack.workspaces import Workspaces
    from bot.desk import Desk
    from bot.message import Message


_log = structlog.get_logger()


class Once:
    """How every listener works."""

    def __init__(self, desk: Desk, workspaces: Workspaces) -> None:
        self.at_work: set[asyncio.Task[Any]] = set()
        """What is not done yet."""
        self._desk = desk
        self._workspaces = workspaces

    async def do(self, body: Mapping[str, Any], work: Callable[[], Awaitable[None]], origin: Origin | None) -> None:
        """Do the work unless the payload came before; whatever happens, the person who asked hears something.

        Args:
            origin: Whom to tell when it fails; None where nobody asked.
        """
        task = asyncio.current_task()
        assert task is not None
        # Bolt holds no reference to it either, and one nobody holds may vanish in the middle.
        self.at_work.add(task)
        try:
            if not await is_first(self._desk.store.cache, body):
                _log.info("repeat_dropped", **_about(body))
                return
            await work()
        except WorkspaceGone as exc:
            _log.warning("workspace_gone", reason=str(exc), **_about(body))
        except StoreTrouble as exc:
            _log.error("store_trouble", reason=str(exc), **_about(body))
            await self._apologise(origin, AWAY)
        except PostTrouble as exc:
            _log.warning("answer_not_delivered", reason=str(exc), **_about(body))
        except Exception:  # noqa: BLE001  # one payload's bug is no reason to leave somebody without an answer
            _log.exception("listener_failed", **_about(body))
            await self._apologise(origin, WRONG)
        finally:
            self.at_work.discard(task)

    async def tell(self, origin: Origin, message: Message) -> None:
        """Say something to the asker alone.

        Raises:
            PostTrouble: They cannot be reached.
        """
        await tell(await self._workspaces.api(origin.workspace), origin, message)

    async def _apologise(self, origin: Origin | None, message: Message) -> None:
        if origin is None:
            return
        try:
            await self.tell(origin, message)
        except PaperboyError as exc:
            _log.warning("apology_not_delivered", reason=str(exc), workspace=origin.workspace)

    async def failed(self, error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        """Before anything was acknowledged: who the workspace is could not be found out. Slack tells events again by itself."""
        if not isinstance(error, PaperboyError):
            _log.error("dispatch_failed", exc_info=error, **_about(body))
            return None
        _log.error("dispatch_failed", reason=str(error), **_about(body))
        return BoltResponse(status=200, body=AWAY_WORDS) if "command" in body else None


def _about(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a line of the log may say of a payload: what and where, nothing anybody wrote, no token."""
    event, user, channel = (body.get(name) for name in ("event", "user", "channel"))
    inner = event if isinstance(event, dict) else body
    return {
        "payload": inner.get("type") or ("command" if "command" in body else "unknown"),
        "workspace": body.get("team_id") or (body.get("team") or {}).get("id") if isinstance(body.get("team"), dict | None) else "",
        "channel": _id(inner.get("channel")) or _id(channel) or body.get("channel_id"),
        "user": _id(inner.get("user")) or _id(user) or body.get("user_id"),
        "event_id": body.get("event_id"),
    }


def _id(thing: object) -> object:
    return thing.get("id") if isinstance(thing, dict) else thing
