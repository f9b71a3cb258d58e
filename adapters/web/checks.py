"""Looks whether our web server is found under the address that the world is told."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp

from bot.findings import Finding

TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
_ABOUT = "public url"
_ENOUGH = 100
"""Bytes of an answer that are looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it."""

    finding: Finding
    ours: bool
    """Whether it was us who answered."""


async def checks(public_url: str, *, serving: bool) -> Found:
    """Ask there how we are. Raises nothing.

    Args:
        public_url: Without a slash at its end.
        serving: Whether a web server of ours is known to be at work. While none is, nobody need answer.
    """
    said = await _asked(f"{public_url}/healthz")
    if not said:
        return Found(Finding(_ABOUT, fine=True, said=f"{public_url} leads to our web server"), ours=True)
    if serving:
        remedy = "have PUBLIC_URL, or what stands before the web server (router, proxy), lead to its HOST and PORT, path by path as it is"
        return Found(Finding(_ABOUT, fine=False, said=f"{public_url} does not lead to our web server: {said}", remedy=remedy), ours=False)
    told = f"{public_url} does not lead to us yet ({said}), and no web server of ours is at work"
    return Found(Finding(_ABOUT, fine=True, said=told, remedy="start the bot (python -m bot run, or web), then check again"), ours=False)


async def _asked(url: str) -> str:
    """What is wrong with the answer; "" if it is ours."""
    try:
        # The environment's proxies are no part of the way that the world takes.
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, trust_env=False) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            text = (await answer.content.read(_ENOUGH)).decode(errors="replace").strip()
    except aiohttp.ClientConnectorCertificateError:
        return "its certificate is not valid"
    except aiohttp.ClientConnectorError as error:
        return f"nobody answers there ({error.os_error.strerror or 'no such host'})"
    except TimeoutError:
        return f"no answer within {TIMEOUT.total:.0f} seconds"
    except (aiohttp.ClientError, ValueError) as error:
        return f"no answer that can be read ({type(error).__name__})"
    # A proxy puts its own name into `Server`, and a page that says "ok" may be anybody's.
    if answer.headers.get("Server") == "Paperboy" or text in {"ok", "stuck"}:
        return ""
    if answer.headers.get("Location"):
        return f"it sends us on (status {answer.status})"
    return f"status {answer.status}, and not as we answer"
