"""The HTTP side of the REST API: a request in, recorded and checked, then answered, or failed as the test asked."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.discord.fake.call import Call
from tests.discord.fake.checks import is_a_bots, problems
from tests.discord.fake.decoding import decoded
from tests.discord.fake.errors import OURS, ApiError
from tests.discord.fake.faults import PAGE
from tests.discord.fake.routes import ROUTES
from tests.discord.fake.schemas import UNCHECKED, answer_problems, answered, knows
from tests.fake_platform import torn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.discord.fake.call import Route
    from tests.discord.fake.faults import Fault
    from tests.discord.fake.limits import Verdict
    from tests.discord.fake.record import Json, Request
    from tests.discord.fake.state import State

VIA = {"Via": "1.1 google"}
"""What Discord's own answers have and Cloudflare's do not."""
UNAUTHORISED = {"message": "401: Unauthorized", "code": 0}


class RestApi:
    """Routes of everything the bot calls below /api/v10.

    Args:
        about: What GET /gateway/bot answers.
    """

    def __init__(self, state: State, about: Callable[[], Json]) -> None:
        self._state = state
        self._routes: dict[str, Route] = {**ROUTES, "GET /gateway/bot": lambda _: (200, about())}

    def routes(self) -> list[web.RouteDef]:
        # "@original" and "@me" come before the ids they could be taken for.
        ordered = sorted(self._routes, key=lambda route: [part.startswith("{") for part in route.split("/")])
        made = [web.route(route.split(" ")[0], f"/api/v10{route.split(' ')[1]}", self._handler(route)) for route in ordered]
        return [*made, web.route("*", "/api/{rest:.*}", self.unknown)]

    def _handler(self, route: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._call(route, request)

        return handle

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """There is no such route, here or at Discord."""
        self._state.problem(f"{request.method} {request.path}", "no such route")
        return _json(404, {"message": "404: Not Found", "code": 0}, VIA)

    async def _call(self, route: str, request: web.Request) -> web.StreamResponse:
        state = self._state
        call = await decoded(route, request, state.clock())
        if state.recording:
            state.calls.append(call)
        if state.checking:
            for problem in problems(call):
                state.problem(route, problem)
            if not knows(route) and route not in UNCHECKED:
                state.problem(route, "is not described by Discord")
        response = await self._answer(request, call)
        if response is None:
            return _dropped(request)
        call.status = response.status
        return response

    async def _answer(self, request: web.Request, call: Request) -> web.StreamResponse | None:
        """The answer, None for a connection to be closed."""
        state = self._state
        if state.limits.banned:
            return self._counted(web.Response(status=429, text=PAGE.format(title="Access denied"), content_type="text/html"))
        verdict = state.limits.judge(call.route, call.params)
        if verdict.retry_after:
            return self._limited(call.route, verdict.retry_after, verdict.scope, verdict)
        fault = state.next_fault(call.route, call.params.get("channel_id", ""))
        if fault is None and state.chance is not None:
            fault = state.chance(call)
        if fault is None:
            return self._perform(call, verdict)
        done = self._perform(call, verdict) if fault.done else None
        if fault.late:
            state.postpone(lambda: self._perform(call, verdict), fault.after)
        if fault.reply == "hang":
            await state.held(fault.after)
        if fault.reply == "answer":
            return self._failed(call.route, fault, verdict)
        if fault.reply == "drop" or done is None:
            return None
        return await torn(request, done) if fault.reply == "torn" else done

    def _perform(self, call: Request, verdict: Verdict) -> web.Response:
        state = self._state
        try:
            self._admit(call)
            status, body = self._routes[call.route](Call(state=state, request=call))
        except ApiError as refusal:
            status, body = refusal.status, refusal.body
            if refusal.code in OURS:
                state.problem(call.route, f"answered {refusal} {json.dumps(refusal.body.get('errors', ''))}")
        self._look_over(call.route, status, body)
        return self._counted(_json(status, body, {**VIA, **verdict.headers}))

    def _admit(self, call: Request) -> None:
        if "_token}" in call.route or call.route == "GET /gateway":
            return
        if not is_a_bots(call):
            raise ApiError(40333)
        if not call.headers.get("Authorization", "").startswith("Bot ") or not self._state.is_token(call.token):
            raise ApiError(0)

    def _look_over(self, route: str, status: int, body: Any) -> None:
        """Our own answers are held to Discord's description too."""
        if not self._state.checking:
            return
        for problem in answer_problems(route, status, body):
            self._state.problem(f"our answer {status} to {route}", problem)
        if not answered(route, status):
            self._state.problem(f"our answer {status} to {route}", "is not described by Discord")

    def _failed(self, route: str, fault: Fault, verdict: Verdict) -> web.Response:
        if fault.scope and isinstance(fault.body, dict):
            return self._limited(route, fault.body["retry_after"], fault.scope, verdict)
        if isinstance(fault.body, str):
            return self._counted(web.Response(status=fault.status, text=fault.body, content_type="text/html"))
        return self._counted(_json(fault.status, fault.body, {**VIA, **verdict.headers}))

    def _limited(self, route: str, retry_after: float, scope: str, verdict: Verdict) -> web.Response:
        whole = scope == "global"
        headers = {**VIA, **verdict.headers, "Retry-After": str(math.ceil(retry_after)), "X-RateLimit-Scope": scope}
        if whole:
            headers["X-RateLimit-Global"] = "true"
        body = {"message": "You are being rate limited.", "retry_after": round(retry_after, 3), "global": whole, "code": 0}
        self._look_over(route, 429, body)
        return self._counted(_json(429, body, headers), scope)

    def _counted(self, response: web.Response, scope: str = "") -> web.Response:
        self._state.limits.count(response.status, scope)
        return response


def _json(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    if body is None:
        return web.Response(status=status, headers=headers)
    # discord.py takes a body for JSON only under exactly this content type, without a charset.
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=headers)


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()
