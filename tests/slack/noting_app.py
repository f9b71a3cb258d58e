"""A Bolt app that notes what it hears, behind either door: what the fake's own tests send to."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from tests.slack.fake import FakeSlack

Json = dict[str, Any]
BUTTONS: list[Json] = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {"type": "button", "action_id": "undo", "text": {"type": "plain_text", "text": "Undo"}, "value": "7"},
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": text}, "value": text.lower()} for text in ("Abstract", "Save")],
            },
        ],
    },
]
MODAL: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Settings"},
    "submit": {"type": "plain_text", "text": "Save"},
    "callback_id": "settings",
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "hour",
            "label": {"type": "plain_text", "text": "Hour"},
            "element": {"type": "timepicker", "action_id": "hour", "initial_time": "09:00"},
        },
        {
            "type": "input",
            "block_id": "zone",
            "optional": True,
            "label": {"type": "plain_text", "text": "Zone"},
            "element": {"type": "external_select", "action_id": "zone", "min_query_length": 1},
        },
    ],
}


class NotingApp:
    """A Bolt app that notes what it hears."""

    def __init__(self, slack: FakeSlack) -> None:
        self.heard: list[Json] = []
        self.reply: Json = {}
        client = AsyncWebClient("xoxb-acme", base_url=slack.api_url, retry_handlers=[])
        self.app = AsyncApp(token="xoxb-acme", signing_secret="shhh", client=client, raise_error_for_unhandled_request=False)
        self.app.command("/papers")(self.command)
        self.app.action({"action_id": "undo"})(self.act)
        self.app.action({"action_id": "more"})(self.act)
        self.app.options("zone")(self.save)
        self.app.view("settings")(self.save)
        self.app.view_closed("settings")(self.save)
        for type in ("app_mention", "message", "app_home_opened", "link_shared", "reaction_added", "reaction_removed", "channel_rename"):
            self.app.event(type)(self.hear)

    async def command(self, ack: Any, body: Json, respond: Any, client: AsyncWebClient) -> None:
        await ack()
        self.heard.append(body)
        if body["text"] == "settings":
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
            return
        await respond(text=f"you said {body['text']}", blocks=BUTTONS)

    async def act(self, ack: Any, body: Json) -> None:
        await ack()
        self.heard.append(body)

    async def save(self, ack: Any, body: Json) -> None:
        await ack(**self.reply)
        self.heard.append(body)

    async def hear(self, body: Json) -> None:
        self.heard.append(body)


@asynccontextmanager
async def answering(events: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """The address of a server that answers /slack/events in this way."""
    app = web.Application()
    app.router.add_post("/slack/events", events)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def served(noting: NotingApp) -> AsyncIterator[str]:
    """The app behind an address of its own."""

    async def events(request: web.Request) -> web.Response:
        headers: dict[str, str | Sequence[str]] = dict(request.headers)
        answer = await noting.app.async_dispatch(AsyncBoltRequest(body=await request.text(), headers=headers))
        return web.Response(status=answer.status, text=answer.body, content_type=answer.first_headers()["content-type"].split(";")[0])

    async with answering(events) as url:
        yield url


@asynccontextmanager
async def listening(noting: NotingApp, slack: FakeSlack) -> AsyncIterator[None]:
    """The app at the end of one more socket."""
    before = slack.connections
    handler = AsyncSocketModeHandler(noting.app, "xapp-acme")
    handler.client.web_client = AsyncWebClient(base_url=slack.api_url, retry_handlers=[])
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt leaves it untyped
        await slack.connected(before + 1)
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # as above
