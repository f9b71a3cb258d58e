"""The one place that speaks Redis: connect, check the server, send commands, and turn its errors into ours."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING, Any, Self

import redis.exceptions as theirs
import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from bot.errors import OperatorMistake, StoreAway, StoreFull, StoreTrouble
from bot.stopping import cancellations
from bot.store.inspecting import inspect
from bot.uptime import uptime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.store.inspecting import Inspection
    from bot.store.scripts import Script

Sendable = str | bytes | int | float
"""What a command may consist of."""

PATIENCE_S = 5.0
"""Seconds to wait for a connection or an answer; scripts take milliseconds."""
CONNECTIONS = 10
"""At most so many at once; the smallest hosted Redis allow 20 to 30 for all processes together."""

TRUSTED_S = 1.0
"""For how long the server's time is carried on without asking again."""

_log = structlog.get_logger()


def ms(moment: datetime) -> int:
    """Whole milliseconds since 1970 UTC, as stored."""
    return round(moment.timestamp() * 1000)


def moment(milliseconds: float | bytes) -> datetime:
    """The inverse of `ms`; takes a score as the server sends it."""
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)


class Connection:
    """A pool of connections to one server.

    `call` and `run` send once and never again by themselves: a write whose answer was lost may have happened. `read`, `read_all`
    and `ask` repeat themselves once. Replies are what RESP2 gives: bytes, int, None, and lists of these. All raise `StoreTrouble` only.
    """

    def __init__(self, client: Redis, *, clock: Callable[[], datetime] | None = None) -> None:
        # Without callbacks every reply is what the server sent, whatever version of redis-py thinks is handier.
        client.response_callbacks.clear()
        self._client = client
        self._clock = clock
        self._told: tuple[datetime, float] | None = None
        self.newer_records: set[str] = set()
        """Where records of a newer version lie of which the log knows."""

    @classmethod
    def to(cls, url: str, *, verify: bool = True, clock: Callable[[], datetime] | None = None) -> Self:
        """Not connected yet, and nothing checked; see `open`.

        Raises:
            OperatorMistake: The address cannot be read.
        """
        return cls(_client(url, verify=verify), clock=clock)

    @classmethod
    async def open(cls, url: str, *, verify: bool = True, clock: Callable[[], datetime] | None = None) -> Self:
        """Connect and check that the server can be relied on.

        Args:
            url: `redis://`, `rediss://` or `unix://`, with user, password and database number as redis-py reads them.
            verify: Whether a `rediss://` server must prove who it is; some hosts sign their own certificates.
            clock: Tests set the time with it; None goes by the server's clock.

        Raises:
            OperatorMistake: The address cannot be read, the server refuses us, or it is set up so that it would lose data.
            StoreAway: Nobody answers there.
        """
        connection = cls.to(url, verify=verify, clock=clock)
        try:
            await connection.check()
        except BaseException:
            await connection.close()
            raise
        return connection

    async def close(self) -> None:
        """Close all connections. Twice is as good as once."""
        with translated():
            await self._client.aclose()

    async def call(self, *command: Sendable) -> Any:
        """Send one command, once."""
        with translated():
            return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped

    async def read(self, *command: Sendable) -> Any:
        """Send one command that changes nothing; a second time if the connection broke."""
        try:
            return await self.call(*command)
        except StoreAway:
            return await self.call(*command)

    async def read_all(self, commands: Sequence[Sequence[Sendable]]) -> list[Any]:
        """Send commands that change nothing in one go; a second time if the connection broke. Not atomic. In their order."""
        if not commands:
            return []
        try:
            return await self._send_all(commands)
        except StoreAway:
            return await self._send_all(commands)

    async def _send_all(self, commands: Sequence[Sequence[Sendable]]) -> list[Any]:
        with translated():
            async with self._client.pipeline(transaction=False) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                return list(await pipe.execute())

    async def run(self, script: Script, *, keys: Sequence[str], args: Sequence[Sendable] = ()) -> Any:
        """Let the server take an atomic step, once."""
        rest: tuple[Sendable, ...] = (len(keys), *keys, "" if self._clock is None else ms(self._clock()), *args)
        with translated(script.name):
            try:
                return await self._client.execute_command("EVALSHA", script.sha, *rest)  # type: ignore[no-untyped-call]  # as above
            except theirs.NoScriptError:
                # The server never saw it, or was restarted: nothing ran, so sending it whole is not a repetition.
                return await self._client.execute_command("EVAL", script.source, *rest)  # type: ignore[no-untyped-call]  # as above

    async def ask(self, script: Script, *, keys: Sequence[str], args: Sequence[Sendable] = ()) -> Any:
        """Run a script that changes nothing; a second time if the connection broke."""
        try:
            return await self.run(script, keys=keys, args=args)
        except StoreAway:
            return await self.run(script, keys=keys, args=args)

    async def now(self) -> datetime:
        """The server's time, or the clock's. It is asked at most once in TRUSTED_S; in between its last word is carried on."""
        if self._clock is not None:
            return self._clock()
        if self._told is not None:
            said, heard = self._told
            since = uptime() - heard
            if 0 <= since < TRUSTED_S:
                return said + timedelta(seconds=since)
        seconds, microseconds = await self.read("TIME")
        said = datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(microseconds))
        self._told = said, uptime()
        return said

    async def check(self) -> None:
        """Refuse a server that would lose data, warn of one that may.

        Raises:
            OperatorMistake: In one line, with the remedy.
            StoreAway: Nobody answers.
        """
        found = await self.inspect()
        for flaw in (found.cluster, found.version, found.policy):
            if flaw is not None:
                raise OperatorMistake(str(flaw))
        if found.persistence is not None:
            _log.warning("store_does_not_persist", reason=found.persistence.what, remedy=found.persistence.remedy)

    async def inspect(self) -> Inspection:
        """What kind of server it is.

        Raises:
            OperatorMistake: It refuses us.
            StoreAway: Nobody answers.
        """
        with translated(refusals_as_mistakes=True):
            info = await self._client.execute_command("INFO")  # type: ignore[no-untyped-call]  # as above
        return await inspect(info, self.read)


def _client(url: str, *, verify: bool) -> Redis:
    options: dict[str, Any] = {
        # Redis(...) would repeat INCR and EVAL ten times after a timeout; we alone decide what may be repeated.
        "retry": Retry(NoBackoff(), 0),
        "retry_on_error": [],
        "socket_timeout": PATIENCE_S,
        "socket_connect_timeout": PATIENCE_S,
        "max_connections": CONNECTIONS,
        "timeout": PATIENCE_S * 2,
        "health_check_interval": 30,
        "protocol": 2,
        "decode_responses": False,
    }
    if url.startswith("rediss://") and not verify:
        options |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    if url.startswith("unix://"):
        del options["socket_connect_timeout"]
    try:
        pool = BlockingConnectionPool.from_url(url, **options)
    except ValueError as error:
        # Not the text of the error: it may hold the password.
        raise OperatorMistake("REDIS_URL cannot be read: write redis://host:6379/0, rediss://... or unix:///path/to/socket") from error
    return Redis.from_pool(pool)


@contextmanager
def translated(step: str = "", *, refusals_as_mistakes: bool = False) -> Iterator[None]:
    """Turn every error of redis-py that leaves the block into one of ours.

    Args:
        step: What was being done, for the text.
        refusals_as_mistakes: At the start, wrong credentials, on either side, are the operator's mistake; later they are trouble.
    """
    before = cancellations()
    try:
        yield
    except (theirs.RedisError, theirs.RedisClusterException, OSError, TimeoutError) as error:
        if refusals_as_mistakes and (mistake := _mistake(error)):
            raise OperatorMistake(mistake) from error
        raise _ours(error, step) from error
    # `asyncio.wait_for` of Python 3.11, through which redis-py speaks, swallows a cancellation that comes together with its result
    # (python/cpython#86296). Whoever was to end would go on: a worker that was frozen would post long after its time limit.
    if cancellations() > before:
        raise asyncio.CancelledError


def _mistake(error: Exception) -> str:
    """What the operator should set otherwise; "" if that is not the matter."""
    if isinstance(error, theirs.AuthenticationError | theirs.NoPermissionError | theirs.AuthorizationError):
        return "the Redis server refuses our user or password: correct REDIS_URL"
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return ""
    return (
        f"the certificate of the Redis server is not valid ({cause.verify_message.rstrip('.')}): set REDIS_TLS_VERIFY=false if its host "
        "signs them itself, as Heroku does; else correct REDIS_URL"
    )


_FULL = ("OOM", "MISCONF", "NOREPLICAS")
_AWAY = ("LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY", "BUSY", "UNBLOCKED")


def _ours(error: Exception, step: str) -> StoreTrouble:
    text = f"{step}: {error}" if step else str(error)
    code = str(error).partition(" ")[0]
    if isinstance(error, theirs.OutOfMemoryError) or code in _FULL:
        return StoreFull(text)
    away = (theirs.ConnectionError, theirs.TimeoutError, theirs.ReadOnlyError, theirs.ClusterDownError, theirs.TryAgainError, OSError)
    if isinstance(error, away) or code in _AWAY:
        return StoreAway(text)
    return StoreTrouble(text)
