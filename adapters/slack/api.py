"""One installation's door to Slack's Web API: every request of the adapter goes through `Api.call`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.slack.errors import ChannelClosed, NotInvited, Refused, ScopeMissing, TokenExpired, trouble
from bot.errors import Busy, OutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from adapters.slack.pace import Pace
    from bot.installation import Installation

__all__ = ["Api", "ChannelClosed", "NotInvited", "Refused", "ScopeMissing", "TokenExpired"]

# What slack_sdk lets through beside its own: aiohttp's, a timeout, and its stumbling over bodies that are no object (200 with plain text).
_FAILURES = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError, TypeError)


class Api:
    """Slack's Web API as one installation may use it.

    Args:
        installation: Who we are.
        client: Made with its token and `retry_handlers=[]`: by default it repeats a post whose answer was lost.
        pace: Where waits are remembered; None remembers none.
        throttled: Hears of every answer that asks for patience.
        renew: How a token that has expired is replaced, in a new Installation; raises PostTrouble. None: it is not.
    """

    def __init__(
        self,
        installation: Installation,
        client: AsyncWebClient,
        *,
        pace: Pace | None = None,
        throttled: Callable[[], object] = lambda: None,
        renew: Callable[[Installation], Awaitable[Installation]] | None = None,
    ) -> None:
        self._installation = installation
        self._client = client
        self._pace = pace
        self.throttled = throttled
        """For those who ask the addresses that Slack hands out for one use."""
        self._renew = renew
        self._granted = installation.scopes

    @property
    def installation(self) -> Installation:
        """Who we are; with another token after one has expired."""
        return self._installation

    @property
    def granted(self) -> frozenset[str]:
        """The scopes of the token: as Slack named them with its last answer, before the first as they were stored."""
        return self._granted

    @property
    def session(self) -> aiohttp.ClientSession | None:
        """Connections to share, for the addresses that Slack hands out for one use (response urls, uploads); None if there are none."""
        return self._client.session

    async def call(self, method: str, /, **arguments: Any) -> dict[str, Any]:
        """Send one request, once, and return Slack's answer; its `ok` is true.

        Args:
            method: "chat.postMessage".
            arguments: As Slack names them. None is left out; objects and lists may be given as such.

        Raises:
            NotSent: Surely nothing was done.
            Busy: Slack asks for patience with this method, now or some time ago; nothing was done.
            OutcomeUnknown: Perhaps done.
            ChannelGone: Not in this channel; `NotInvited` if an invitation helps.
            WorkspaceGone: Not in this workspace. Nothing is asked of Slack a second time.
            MessageRefused: `Refused`, with Slack's `error`; `ScopeMissing`, with the scope `needed`.
            StoreTrouble: What is known about waits cannot be read.
        """
        workspace = self._installation.workspace
        if self._pace is not None:
            await self._pace.may(workspace, method)
        try:
            return await self._sent(method, arguments)
        except Busy as busy:
            if self._pace is not None:
                await self._pace.must_wait(workspace, method, busy.retry_after)
            raise

    async def _sent(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return await self._sent_once(method, arguments)
        except TokenExpired:
            if self._renew is None:
                raise
            # Slack did nothing but look at the token, so sending it again is no repetition.
            self._installation = await self._renew(self._installation)
            self._client.token = self._installation.token
            return await self._sent_once(method, arguments)

    async def _sent_once(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in arguments.items() if value is not None}
        structured = any(isinstance(value, dict | list | tuple) for value in given.values())
        try:
            # Every method reads a form, and those that take structure read JSON too, which is quicker to write than a form with JSON in it.
            answer: AsyncSlackResponse = await (
                self._client.api_call(method, json=given)
                if structured
                else self._client.api_call(method, data={name: _field(value) for name, value in given.items()})
            )
        except _FAILURES as error:
            if isinstance(error, SlackApiError):
                self._learn(error.response.headers)
            meant = trouble(method, error)
            if isinstance(meant, Busy):
                self.throttled()
            raise meant from error
        self._learn(answer.headers)
        if not isinstance(answer.data, dict):
            raise OutcomeUnknown(f"{method}: an answer that is no object")
        return answer.data

    def _learn(self, headers: Mapping[str, str]) -> None:
        scopes = headers.get("x-oauth-scopes")
        if scopes is not None:
            self._granted = frozenset(scope for scope in scopes.replace(" ", "").split(",") if scope)


def _field(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
