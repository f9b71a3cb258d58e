"""Connections to public addresses alone: wherever a name or a redirect leads, it is not into the operator's own network."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

import httpx
from typing_extensions import override

from bot.errors import SourceRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_PORTS: Final = {"http": 80, "https": 443}
_UNICAST: Final = IPv6Network("2000::/3")
"""All that was ever given out (RFC 4291, 2.4). Outside lie NAT64, behind which anything may be, site-local, multicast, loopback."""


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one that anybody on the internet may reach; so must be an IPv4 address inside of one of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if (inside := found.ipv4_mapped or found.sixtofour) is not None:
            return is_public(str(inside))
        if found not in _UNICAST:
            return False
    return found.is_global and not found.is_multicast


async def resolved(host: str, port: int) -> Sequence[str]:
    """Every address of a host, the system's first choice first. Raises OSError if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        # What no name can be: a part of it is empty, or has more than 63 characters.
        raise OSError(f"{host!r} is no name of a host") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicOnly(httpx.AsyncBaseTransport):
    """Sends to hosts all of whose addresses are public, at ports 80 and 443.

    To the very addresses that were looked at, so that a name cannot mean something else a moment later.

    Args:
        own: Hosts that the operator named, which may be anywhere: a mirror, a proxy.
        resolve: Tells the addresses of a host; raises OSError if there are none.
        sender: What really sends. It must keep no connections open: it knows them by address, and two names may have the same one.
    """

    def __init__(self, *, own: Collection[str] = (), resolve: Resolve = resolved, sender: httpx.AsyncBaseTransport | None = None) -> None:
        self._own = frozenset(own)
        self._resolve = resolve
        self._sender = sender or httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it.

        Raises:
            SourceRefused: It leads to an address or a port that is nobody's business.
            httpx.TransportError: As every transport does.
        """
        if request.url.host in self._own:
            return await self._sender.handle_async_request(request)
        error = httpx.ConnectError(f"{request.url.host} has no address")
        for address in await self._checked(request.url):
            try:
                return await self._sender.handle_async_request(_sent_to(address, request))
            except httpx.ConnectError as failed:
                error = failed  # nothing was sent: another of its addresses may answer
        raise error

    @override
    async def aclose(self) -> None:
        await self._sender.aclose()

    async def _checked(self, url: httpx.URL) -> Sequence[str]:
        port = url.port or _PORTS[url.scheme]
        if port != _PORTS[url.scheme]:
            raise SourceRefused(f"{url.host} is asked at no other port than {_PORTS[url.scheme]}, and this was {port}")
        try:
            addresses = await self._resolve(url.host, port)
        except OSError as failed:
            raise httpx.ConnectError(f"{url.host} has no address") from failed
        if not all(map(is_public, addresses)):
            raise SourceRefused(f"{url.host} leads to an address that is not public")
        return addresses


def _sent_to(address: str, request: httpx.Request) -> httpx.Request:
    """The same request, connected to this address; certificate and `Host` stay those of its name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
