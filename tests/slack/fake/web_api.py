"""The HTTP side of the Web API: a request in, recorded and checked, then answered, or failed as the test asked."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from tests.fake_platform import torn
from tests.slack.fake.call import Call
from tests.slack.fake.checks import body_problems, is_ours, request_problems
from tests.slack.fake.decoding import arguments, bearer, client
from tests.slack.fake.errors import ApiError
from tests.slack.fake.methods import METHODS, UNGUARDED
from tests.slack.fake.record import Json, Request
from tests.slack.fake.response_urls import respond

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.slack.fake.faults import Fault
    from tests.slack.fake.state import State

    Perform = Callable[[], web.Response]


class WebApi:
    """Routes of everything the app calls."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/{method}", self.call),
            web.get("/api/{method}", self.call),
            web.post("/response/{id}", self.respond),
            web.post("/upload/v1/{id}", self.upload),
            web.put("/upload/v1/{id}", self.upload),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """One Web API call."""
        method, args = request.match_info["method"], await arguments(request)
        token = bearer(request, args)
        call = Call(state=self._state, method=method, args=args, token=token, client=client(request, args))
        team = self._team(call)
        shown = {name: value for name, value in args.items() if name != "token"}
        made = Request(method=method, args=shown, token=token, team=team, verb=request.method, headers=dict(request.headers))
        if self._state.recording:
            self._state.calls.append(made)
        for problem in request_problems(method, shown) if self._state.checking else ():
            self._state.problem(method, problem)
        return await self._answer(request, method, team, lambda: self._perform(call), made)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """One use of a response url."""
        url = self._state.response_urls.get(request.match_info["id"])
        if url is None:
            return web.json_response({"ok": False, "error": "no_service"}, status=404)
        body: Json = await request.json()
        for problem in body_problems(body):
            self._state.problem("response_url", problem)

        def perform() -> web.Response:
            try:
                respond(self._state, url, body)
            except ApiError as refusal:
                self._judge("response_url", refusal)
                status = 404 if refusal.name in ("used_url", "expired_url") else 500
                return web.json_response({"ok": False, "error": refusal.name}, status=status)
            return web.Response(text="ok")

        return await self._answer(request, "response_url", url.channel.team.id, perform)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """The bytes of a file."""
        upload = next((upload for upload in self._state.uploads if upload.id == request.match_info["id"]), None)
        if upload is None:
            return web.Response(status=404)
        content = await request.read()

        def perform() -> web.Response:
            upload.content = content
            return web.Response(text=f"OK - {len(content)}")

        return await self._answer(request, "upload", upload.team.id, perform)

    async def _answer(
        self, request: web.Request, method: str, team: str, perform: Perform, made: Request | None = None
    ) -> web.StreamResponse:
        fault = self._state.next_fault(method, team)
        if fault is None and made is not None and self._state.chance is not None:
            fault = self._state.chance(made)
        if fault is None:
            return perform()
        done = perform() if fault.done else None
        if fault.late:
            self._state.postpone(perform, fault.after)
        if fault.reply == "hang":
            await self._state.held(fault.after)
        if fault.reply == "answer":
            # Without an answer of its own it is the true one, of what was done.
            return done if done is not None and fault.status < HTTPStatus.BAD_REQUEST and not fault.body else _failed(fault)
        if fault.reply == "drop" or done is None:
            return _dropped(request)
        return await torn(request, done) if fault.reply == "torn" else done

    def _perform(self, call: Call) -> web.Response:
        try:
            if call.method not in METHODS:
                raise ApiError("unknown_method", req_method=call.method)
            if call.method not in UNGUARDED:
                call.enter()
            answer = web.json_response({"ok": True, **METHODS[call.method](call)})
        except ApiError as refusal:
            self._judge(call.method, refusal)
            answer = web.json_response({"ok": False, "error": refusal.name, **refusal.more})
        if self._state.safe.good(call.token):
            answer.headers["x-oauth-scopes"] = ",".join(sorted(call.install.scopes))
        return answer

    def _judge(self, where: str, refusal: ApiError) -> None:
        if is_ours(refusal.name):
            self._state.problem(where, f"answered {refusal.name} {refusal.more or ''}".rstrip())

    def _team(self, call: Call) -> str:
        """Which team's faults and record this is; a bad token still names its team."""
        install = self._state.safe.owner(call.token)
        if install is None:
            return ""
        if len(install.teams) == 1 and not install.org:
            return install.teams[0].id
        channel = call.args.get("channel") or call.args.get("channel_id")
        named = next((team.id for team in install.teams if channel in team.channels), "")
        return str(call.args.get("team_id") or named)


def _failed(fault: Fault) -> web.Response:
    if isinstance(fault.body, str):
        return web.Response(status=fault.status, headers=fault.headers, text=fault.body, content_type="text/html")
    return web.json_response(fault.body, status=fault.status, headers=fault.headers)


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()
