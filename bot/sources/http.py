"""One polite HTTP client: every request of every source goes through here, and httpx stays here."""

from __future__ import annotations

import asyncio
import random
import re
import zlib
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import httpx
import structlog

from bot.errors import SourceBlocked, SourceBusy, SourceGarbled, SourceRefused, SourceTrouble
from bot.sources.manners import Answer, Kind, Manners, Validators
from bot.sources.text import moment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping

    from bot.ports import Gate

BODY_LIMIT = 5_000_000
"""Bytes of a decompressed answer, unless a source is known to send more."""
_REDIRECTS = 5
_LONGEST_WAIT = timedelta(days=2)
_AGAIN = frozenset({429, 500, 502, 503, 504})
"""The only statuses worth a second try."""
_PORTS = range(1, 65_536)
_BOM = b"\xef\xbb\xbf"

log = structlog.get_logger()


def user_agent(version: str, *, project: str = "", contact: str = "") -> str:
    """Who we are, for those who run the services: name, version, where the code is, whom to write to."""
    about = "; ".join(text for text in (f"+{project}" if project else "", contact) if text and text.isascii() and text.isprintable())
    return f"Paperboy/{version} ({about})" if about else f"Paperboy/{version}"


class Web:
    """Asks politely.

    Args:
        gate: Keeps gaps and closed doors over all processes.
        agent: The User-Agent, see `user_agent`.
        clock: Aware UTC now, to read dates in answers by.
        pause: Waits for so many seconds between tries.
        jitter: A number from 0 to 1.
        transport: What really sends; the place for one that refuses private addresses.
        connect, read, total: Time-outs. `total` is for one try, redirects and body included,
            and shorter than the turn that the gate gives.
        throttled: Hears of every 429: the door of whoever gave it.
        once: Never ask again, and leave the doors of the overloaded and unreachable open, for who only wants to know whether they answer.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        agent: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        transport: httpx.AsyncBaseTransport | None = None,
        connect: timedelta = timedelta(seconds=10),
        read: timedelta = timedelta(seconds=60),
        total: timedelta = timedelta(seconds=80),
        throttled: Callable[[str], object] = lambda _: None,
        once: bool = False,
    ) -> None:
        self.now = clock
        self._gate = gate
        self._pause = pause
        self._jitter = jitter
        self._total = total
        self._throttled = throttled
        self._once = once
        self._client = httpx.AsyncClient(
            transport=transport,
            headers={"User-Agent": agent, "Accept-Encoding": "gzip"},
            timeout=httpx.Timeout(read.total_seconds(), connect=connect.total_seconds()),
            follow_redirects=False,  # each hop is checked
            trust_env=False,  # the environment's proxies and netrc are not for strangers' addresses
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Drop all connections. Twice is as good as once."""
        await self._client.aclose()

    async def get(
        self,
        url: str,
        manners: Manners,
        *,
        kind: Kind,
        params: Mapping[str, str | int] | None = None,
        known: Validators | None = None,
        token: str = "",
        limit: int = BODY_LIMIT,
        allow: Collection[int] = (),
    ) -> Answer:
        """Ask, and ask again while that makes sense.

        Args:
            url: http(s); strangers' parts in it already escaped.
            known: Sent along; the answer may then be `unchanged`.
            token: A bearer token, only ever sent to the host of `url`.
            limit: Most bytes of the decompressed body.
            allow: Error statuses to return like a good answer, with whatever body came.

        Raises:
            SourceBusy: The door is shut, the service is overloaded or cannot be reached; nobody asks it for a while.
            SourceBlocked: 403; the door is shut for `manners.ban`.
            SourceRefused: Another 4xx, or an address that is none.
            SourceGarbled: HTML, too much, a redirect to elsewhere: not what was asked for.
        """
        try:
            address = httpx.URL(url, params=params) if params else httpx.URL(url)
            headers = {"Accept": kind.value, **(known or Validators()).headers(), **({"Authorization": f"Bearer {token}"} if token else {})}
            request = self._client.build_request("GET", address, headers=headers)
            if not _is_address(address):
                raise httpx.UnsupportedProtocol(f"{address} is no http(s) address", request=request)
        except (httpx.InvalidURL, httpx.HTTPError, ValueError) as error:
            raise _translated(error, url) from error
        attempt = 1
        while True:
            async with self._admitted(address.host, manners):
                try:
                    return await self._ask(request, manners, kind, limit, allow)
                except SourceBusy as error:
                    busy = error
                except SourceBlocked as blocked:
                    await self._gate.shut(manners.door, until=self.now() + manners.ban, reason=blocked.reason)
                    raise
            if self._once:
                raise busy
            named = busy.retry_after
            wait = named if named is not None else manners.wait * 2 ** (attempt - 1) * (1 + self._jitter() / 2)
            if attempt >= manners.tries or wait > manners.patience:
                rest = max(wait, manners.rest)
                await self._gate.shut(address.host, until=self.now() + rest, reason=busy.reason)
                raise SourceBusy(busy.reason, retry_after=rest) from busy
            log.info("source_asked_again", host=address.host, reason=busy.reason, attempt=attempt, wait_seconds=wait.total_seconds())
            await self._pause(wait.total_seconds())
            attempt += 1

    @asynccontextmanager
    async def _admitted(self, host: str, manners: Manners) -> AsyncIterator[None]:
        """Through two doors: the machine's own, shut when it is in trouble, and the service's, which keeps the gap.

        So arXiv's feeds stay open while its query API is resting, and both keep one gap together.
        """
        async with AsyncExitStack() as doors:
            if host != manners.door:
                await doors.enter_async_context(self._gate.enter(host, gap=timedelta(0), patience=manners.patience))
            await doors.enter_async_context(self._gate.enter(manners.door, gap=manners.gap, patience=manners.patience))
            yield

    async def _ask(self, request: httpx.Request, manners: Manners, kind: Kind, limit: int, allow: Collection[int]) -> Answer:
        """One try. `SourceBusy` means that another may help."""
        start = request.url
        try:
            async with asyncio.timeout(self._total.total_seconds()):
                for _ in range(_REDIRECTS + 1):
                    response = await self._client.send(request, stream=True)
                    try:
                        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                            self._throttled(manners.door)
                        if response.next_request is None:
                            return await self._answer(response, kind, limit, allow)
                    finally:
                        await response.aclose()
                    request = _checked(response.next_request, start, manners)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise _translated(error, start.host) from error
        raise SourceGarbled(f"{start.host} sent us round in circles")

    async def _answer(self, response: httpx.Response, kind: Kind, limit: int, allow: Collection[int]) -> Answer:
        status, host = response.status_code, response.url.host
        unchanged = status == HTTPStatus.NOT_MODIFIED
        if unchanged and not {"if-none-match", "if-modified-since"} & set(response.request.headers):
            raise SourceGarbled(f"{host} said “unchanged” to a first question")
        if not (status == HTTPStatus.OK or unchanged or status in allow):
            raise _refusal(response, self.now())
        body = b"" if unchanged else await _body(response, limit)
        if status == HTTPStatus.OK:
            _check_kind(body, response.headers.get("Content-Type", ""), kind, host)
        validators = Validators(etag=response.headers.get("ETag", ""), modified=response.headers.get("Last-Modified", ""))
        return Answer(status=status, body=body, validators=validators, more="next" in response.links)


def _translated(error: Exception, host: str) -> SourceTrouble:
    """Our error for each of httpx's: the one place where its tree is known."""
    match error:
        case httpx.TimeoutException() | TimeoutError():
            return SourceBusy(f"{host} did not answer in time")
        case httpx.NetworkError() | httpx.RemoteProtocolError() | httpx.ProxyError():
            return SourceBusy(f"no connection to {host}, or it broke")
        case _:
            return SourceRefused(f"{host} cannot be asked: {type(error).__name__}")


def _is_address(url: httpx.URL) -> bool:
    # A port beyond the last one would come back from the event loop as an OverflowError in a group.
    return url.scheme in {"http", "https"} and bool(url.host) and (url.port or 1) in _PORTS


def _checked(request: httpx.Request, start: httpx.URL, manners: Manners) -> httpx.Request:
    """A redirect's next request, if it stays in the family. Elsewhere a login page or a captive portal would be waiting."""
    url, host = request.url, request.url.host
    at_home = host in {start.host, manners.door} or host.endswith(f".{manners.door}")
    if not at_home or not _is_address(url) or (start.scheme == "https" and url.scheme != "https"):
        raise SourceGarbled(f"{start.host} sent us on to {url.scheme}://{host}")
    return request


def _refusal(response: httpx.Response, now: datetime) -> SourceTrouble:
    status, host = response.status_code, response.url.host
    if status in _AGAIN:
        return SourceBusy(f"{host} answered {status}", retry_after=_named_wait(response.headers, now))
    if status == HTTPStatus.FORBIDDEN:
        return SourceBlocked(f"{host} turned us away (403)")
    if response.is_client_error:
        return SourceRefused(f"{host} answered {status}")
    return SourceGarbled(f"{host} answered {status}")


def _named_wait(headers: httpx.Headers, now: datetime) -> timedelta | None:
    """How long the server told us to wait, in seconds, as a date, or until Hugging Face's window ends; None if it did not."""
    if (window := re.search(r";\s*t=([0-9]{1,9})(?![0-9])", headers.get("RateLimit", ""))) is not None:
        return min(timedelta(seconds=int(window[1]) + 1), _LONGEST_WAIT)
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(timedelta(seconds=int(text)), _LONGEST_WAIT)
    until = moment(text)
    return None if until is None else min(max(until - now, timedelta(0)), _LONGEST_WAIT)


async def _body(response: httpx.Response, limit: int) -> bytes:
    """The body, unpacked no further than `limit`: httpx would unpack 64 KB of a bomb into 64 MB before we could look."""
    host = response.url.host
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise SourceGarbled(f"{host} packed its answer as {encoding[:20]!r}, which we did not offer")
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            body += chunk if unpack is None else unpack.decompress(chunk, limit + 1 - len(body))
            if len(body) > limit:
                raise SourceGarbled(f"{host} sent more than {limit:,} bytes")
            if unpack is not None and unpack.eof:
                break  # whatever follows is no part of the answer, and zlib would keep it all
    except zlib.error as error:
        raise SourceGarbled(f"{host} sent a body that cannot be unpacked") from error
    if unpack is not None and not unpack.eof:
        raise SourceBusy(f"{host} stopped in the middle of its answer")
    return bytes(body).removeprefix(_BOM)


def _check_kind(body: bytes, content_type: str, kind: Kind, host: str) -> None:
    """Challenges and error pages come as HTML with status 200. A wrong Content-Type alone is forgiven, the first bytes are not."""
    start = body[:200].lstrip().lower()
    expected = (b"[", b"{") if kind is Kind.JSON else (b"<?xml", b"<rss", b"<feed")
    is_html = start.startswith((b"<!doctype html", b"<html")) or ("html" in content_type.lower() and not start.startswith(expected))
    if is_html:
        raise SourceGarbled(f"{host} sent a web page instead of {kind.name}")
    if not start:
        raise SourceGarbled(f"{host} sent nothing")
