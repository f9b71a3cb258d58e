"""The gateway: connections, sessions that outlive them, and what is dispatched to each."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.discord.fake.gateway_frames import CLOSES, FRAMES, LARGEST, PER_SECONDS, PRIVILEGED, Intent, Op, Pipe, needed, trimmed
from tests.discord.fake.gateway_payloads import guild_create

if TYPE_CHECKING:
    from tests.discord.fake.state import State

Json = dict[str, Any]

A_DAY = 1_000
"""Identifies before Discord resets the token."""


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """What a client that identified is owed, connected or not.

    Attributes:
        seq: Of the last dispatch.
        events: Every dispatch, as (seq, frame), to be replayed.
        dead: It cannot be resumed: it ended with 1000 or 1001, or Discord said op 9.
    """

    id: str
    token: str
    intents: Intent
    shard: int
    shards: int
    seq: int = 0
    events: list[tuple[int, Json]] = field(default_factory=list)
    connection: Connection | None = None
    resumed: int = 0
    dead: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """One socket, from its hello on.

    Attributes:
        path: "/gateway", or "/gateway/resume" for one that came back where READY told it to.
        heartbeats: The sequence numbers it sent.
        code: What it was closed with, by whomever; None while it is open.
    """

    socket: web.WebSocketResponse
    pipe: Pipe
    path: str
    session: Session | None = None
    heartbeats: list[int | None] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    outbox: asyncio.Queue[str | tuple[int, str]] = field(default_factory=asyncio.Queue)
    leaving: bool = False
    code: int | None = None

    def send(self, frame: Json | str) -> None:
        """Send one frame after those before it, unless the connection ended; text goes out as it is."""
        self.outbox.put_nowait(frame if isinstance(frame, str) else json.dumps(frame))

    def close(self, code: int, reason: str = "") -> None:
        """Close from Discord's side, after what is on its way."""
        self.leaving = True
        self.outbox.put_nowait((code, reason or CLOSES.get(code, "")))

    async def write(self) -> None:
        """Send what is in the outbox until the connection is closed."""
        while True:
            match await self.outbox.get():
                case str() as text:
                    packed = self.pipe.pack(text)
                    try:
                        await (self.socket.send_str(packed) if isinstance(packed, str) else self.socket.send_bytes(packed))
                    except ConnectionError:
                        return  # gone: the session keeps the event for whoever resumes it
                case int() as code, str() as reason:
                    self.code = self.code or code
                    await self.socket.close(code=code, message=reason.encode())
                    return


class Gateway:
    """All connections and sessions of the one token.


    Attributes:
        connections: Every connection that was ever opened, oldest first.
        sessions: Every session, oldest first.
        identifies: The `d` of every identify that was heard.
        resumes: The `d` of every resume that was heard.
        shards: How many GET /gateway/bot advises.
        remaining: Identifies left today; with one more the token is reset.
        max_concurrency: Identifies within five seconds of real time; the next is told op 9.
        privileged: Privileged intents that are switched on in the portal.
        forbidding: The code that every identify and resume is closed with; 0 for none.
        zombie: Whether heartbeats get no acknowledgement, and nothing else is said either.
        refusing: How many of the next connections are answered with 503.
        dropping: How many of the next connections are cut right after hello.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.connections: list[Connection] = []
        self.sessions: list[Session] = []
        self.identifies: list[Json] = []
        self.resumes: list[Json] = []
        self.heartbeat_interval = 41_250
        self.shards = 1
        self.remaining = A_DAY
        self.max_concurrency = 16
        self.privileged = Intent(0)
        self.forbidding = 0
        self.zombie = False
        self.refusing = 0
        self.dropping = 0
        self._recent: list[float] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.get(path, self._connect) for path in ("/gateway", "/gateway/", "/gateway/resume", "/gateway/resume/")]

    # ------------------------------------------------------------ what a test looks at

    @property
    def open(self) -> list[Connection]:
        """Connections with a living session, oldest first."""
        return [one for one in self.connections if one.code is None and one.session is not None]

    @property
    def session(self) -> Session:
        """The newest."""
        return self.sessions[-1]

    async def connected(self, n: int = 1) -> None:
        """Wait, bounded, until exactly n connections have a session."""
        await self._state.until(lambda: len(self.open) == n)

    def about(self) -> Json:
        """The answer of GET /gateway/bot."""
        limit = {"total": A_DAY, "remaining": max(0, self.remaining), "reset_after": 14_400_000, "max_concurrency": self.max_concurrency}
        return {"url": self._state.gateway_url, "shards": self.shards, "session_start_limit": limit}

    # ------------------------------------------------------------ what a test does

    def dispatch(self, event: str, data: Json, *, guild: str = "") -> int:
        """Tell every session of the guild's shard whose intents let it hear of this; how many there are, connected or not.

        Args:
            guild: The id of the guild it happened in; "" for a direct message and what concerns no guild, which shard 0 hears.
        """
        told = 0
        for session in self.sessions:
            if session.dead or (int(guild or 0) >> 22) % session.shards != session.shard or not session.intents & needed(event, guild):
                continue
            told += 1
            self._tell(session, event, trimmed(event, data, session.intents, self._state.bot.id))
        return told

    def raw(self, text: str) -> None:
        """Send every connection a frame as it is written here."""
        for connection in self.open:
            connection.send(text)

    def reconnect(self) -> None:
        """Op 7: everybody is to come back and resume."""
        for connection in self.open:
            connection.send({"op": Op.RECONNECT, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Op 9."""
        for connection in self.open:
            assert connection.session is not None
            connection.session.dead = not resumable
            connection.send({"op": Op.INVALID_SESSION, "d": resumable, "s": None, "t": None})

    def close(self, code: int = 1000) -> None:
        """Close every connection with this code."""
        for connection in self.open:
            connection.close(code)

    def cut(self) -> None:
        """Let every connection break, without a word."""
        for connection in self.open:
            self._cut(connection)

    def forget(self) -> None:
        """As after a restart of Discord's own: no session can be resumed."""
        for session in self.sessions:
            session.dead = True

    async def stop(self) -> None:
        """Close every connection at the fake's end."""
        for connection in self.connections:
            if not connection.socket.closed:
                await connection.socket.close(code=1001)

    # ------------------------------------------------------------ connections

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if self.refusing:
            self.refusing -= 1
            return web.Response(status=503)
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            self._state.problem("gateway", f"?{request.query_string}: v=10 and encoding=json are spoken here")
        socket = web.WebSocketResponse(timeout=0.5)
        await socket.prepare(request)
        connection = Connection(socket=socket, pipe=Pipe(request.query.get("compress", "")), path=request.path.rstrip("/"))
        self.connections.append(connection)
        writing = asyncio.create_task(connection.write())
        connection.send({"op": Op.HELLO, "d": {"heartbeat_interval": self.heartbeat_interval}, "s": None, "t": None})
        try:
            if self.dropping:
                self.dropping -= 1
                self._cut(connection)
            await self._listen(connection)
        finally:
            self._over(connection)
            writing.cancel()
        return socket

    async def _listen(self, connection: Connection) -> None:
        async for frame in connection.socket:
            # What comes after the last word is read, and not heard.
            if frame.type is not WSMsgType.TEXT or connection.leaving:
                continue
            now = asyncio.get_running_loop().time()
            connection.heard = [*(moment for moment in connection.heard if moment > now - PER_SECONDS), now]
            if len(connection.heard) > FRAMES:
                self._state.problem("gateway", f"more than {FRAMES} frames in {PER_SECONDS} s")
                connection.close(4008)
                continue
            if len(frame.data.encode()) > LARGEST:
                self._state.problem("gateway", f"a frame of more than {LARGEST} bytes")
                connection.close(4002)
                continue
            try:
                said = json.loads(frame.data)
                op, data = Op(said["op"]), said.get("d")
            except (ValueError, KeyError, TypeError) as exc:
                self._state.problem("gateway", f"{exc}: {frame.data[:200]}")
                connection.close(4002 if isinstance(exc, json.JSONDecodeError) else 4001)
                continue
            self._heard(connection, op, data)

    def _heard(self, connection: Connection, op: Op, data: Any) -> None:
        match op:
            case Op.HEARTBEAT:
                connection.heartbeats.append(data)
                if not self.zombie:
                    connection.send({"op": Op.HEARTBEAT_ACK, "d": None, "s": None, "t": None})
            case Op.IDENTIFY:
                self._identify(connection, data)
            case Op.RESUME:
                self._resume(connection, data)
            case Op.PRESENCE_UPDATE | Op.VOICE_STATE_UPDATE | Op.REQUEST_GUILD_MEMBERS if connection.session is not None:
                pass  # accepted; nothing of ours needs an answer
            case Op.PRESENCE_UPDATE | Op.VOICE_STATE_UPDATE | Op.REQUEST_GUILD_MEMBERS:
                self._state.problem("gateway", f"{op.name} before identify")
                connection.close(4003)
            case _:
                self._state.problem("gateway", f"{op.name} is not for clients to send")
                connection.close(4001)

    def _identify(self, connection: Connection, data: Json) -> None:
        if connection.session is not None:
            self._state.problem("gateway", "identified twice")
            connection.close(4005)
            return
        self.identifies.append(data)
        self.remaining -= 1
        if self.remaining < 0:
            self._state.problem("gateway", f"more than {A_DAY} identifies in a day: the token is reset")
            self._state.revoke()
        if not self._state.is_token(str(data.get("token"))):
            connection.close(4004)
            return
        shard, shards = data.get("shard") or (0, 1)
        try:
            intents = Intent(int(data["intents"]))
        except (KeyError, TypeError, ValueError):
            intents = None
        if code := self._turned_down(shard, shards, intents):
            connection.close(code)
            return
        assert intents is not None
        now = asyncio.get_running_loop().time()
        self._recent = [*(moment for moment in self._recent if moment > now - 5), now]
        if len(self._recent) > self.max_concurrency:
            connection.send({"op": Op.INVALID_SESSION, "d": False, "s": None, "t": None})
            return
        session = Session(id=uuid4().hex, token=data["token"], intents=intents, shard=shard, shards=shards, connection=connection)
        connection.session = session
        self.sessions.append(session)
        mine = [one for one in self._state.guilds.values() if one.joined and (int(one.id) >> 22) % shards == shard]
        ready = {
            "v": 10,
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": f"{self._state.gateway_url}/resume",
            "shard": [shard, shards],
            "guilds": [{"id": one.id, "unavailable": True} for one in mine] if intents & Intent.GUILDS else [],
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "user": self._state.bot.payload(),
            "application": {"id": self._state.app_id, "flags": 0},
        }
        self._tell(session, "READY", ready)
        if intents & Intent.GUILDS:
            for guild in mine:
                if guild.available:
                    self._tell(session, "GUILD_CREATE", guild_create(guild))

    def _turned_down(self, shard: int, shards: int, intents: Intent | None) -> int:
        """The code an identify is refused with; 0 if it is not."""
        if self.forbidding:
            return self.forbidding
        if not 0 <= shard < shards:
            return 4010
        if intents is None:
            return 4013
        return 4014 if intents & PRIVILEGED & ~self.privileged else 0

    def _resume(self, connection: Connection, data: Json) -> None:
        self.resumes.append(data)
        if not self._state.is_token(str(data.get("token"))):
            connection.close(4004)
            return
        if self.forbidding:
            connection.close(self.forbidding)
            return
        session = next((one for one in self.sessions if one.id == data.get("session_id") and not one.dead), None)
        if session is None:
            connection.send({"op": Op.INVALID_SESSION, "d": False, "s": None, "t": None})
            return
        if data["seq"] is None or data["seq"] > session.seq:
            connection.close(4007)
            return
        session.connection, connection.session = connection, session
        session.resumed += 1
        for seq, frame in list(session.events):
            if seq > data["seq"]:
                connection.send(frame)
        self._tell(session, "RESUMED", {"_trace": []})

    def _tell(self, session: Session, event: str, data: Json) -> None:
        session.seq += 1
        frame = {"op": Op.DISPATCH, "t": event, "s": session.seq, "d": data}
        session.events.append((session.seq, frame))
        if session.connection is not None and not self.zombie:
            session.connection.send(frame)

    def _cut(self, connection: Connection) -> None:
        transport = connection.socket._req.transport if connection.socket._req is not None else None
        if transport is not None:
            transport.abort()
        self._over(connection)

    def _over(self, connection: Connection) -> None:
        if connection.code is None:
            connection.code = connection.socket.close_code or 1006
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
            # Discord ends a session whose client says goodbye; after anything else it may come back.
            session.dead = session.dead or connection.code in {1000, 1001}
