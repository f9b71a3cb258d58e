"""How the parts of the core are joined: the desk with everything real on it, and the machine that works on it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot import __version__
from bot.counts import Counts
from bot.delivery import Courier
from bot.desk import Desk
from bot.memory import Memory
from bot.settings import revealed
from bot.sources import table
from bot.sources.clocks import Listening
from bot.sources.config import DEMO, Config, next_reading
from bot.sources.guarded import PublicOnly
from bot.sources.http import Web, user_agent
from bot.store.store import open_store
from bot.ticker import Ticker
from bot.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.ports import Cache, Gate
    from bot.settings import Settings


@asynccontextmanager
async def open_desk(settings: Settings, config: Config, *, directory: Path) -> AsyncIterator[Desk]:
    """Everything real, opened in order and closed in reverse."""
    async with AsyncExitStack() as stack:
        url = revealed(settings.redis_url) if config is not DEMO else ""
        keys = [revealed(key) for key in settings.secret_keys]
        store = await stack.enter_async_context(
            open_store(url, directory=directory, verify=settings.redis_tls_verify, secret_keys=keys if config is not DEMO else ())
        )
        counts = Counts()
        asked = open_outside(settings, config, gate=store.gate, cache=store.cache, throttled=counts.throttled)
        outside = await stack.enter_async_context(asked)
        yield Desk(
            store=store,
            memory=Memory(channels=store.channels, papers=store.papers),
            sources=table.sources(outside),
            lookups=table.lookups(outside),
            charts=table.charts(outside),
            counts=counts,
        )


@asynccontextmanager
async def open_outside(
    settings: Settings,
    config: Config,
    *,
    gate: Gate,
    cache: Cache,
    heard: Callable[[datetime], object] | None = None,
    throttled: Callable[[str], object] = lambda _: None,
) -> AsyncIterator[table.Outside]:
    """What sources need of the world.

    Args:
        heard: For who only wants to know whether sources answer: each is asked once, and shortly. Is given what answers say of the time.
        throttled: Hears of every 429, see `Web`.
    """
    own, agent = _named(settings), user_agent(__version__, contact=settings.contact)
    if heard is None:
        web = Web(gate, agent=agent, transport=PublicOnly(own=own), throttled=throttled)
    else:
        shortly = timedelta(seconds=20)
        web = Web(gate, agent=agent, transport=PublicOnly(own=own, sender=Listening(heard)), read=shortly, total=shortly, once=True)
    async with web:
        yield table.Outside(
            config=config,
            web=web,
            cache=cache,
            huggingface_url=str(settings.huggingface_url).rstrip("/"),
            huggingface_token=revealed(settings.huggingface_token),
            arxiv_api_url=str(settings.arxiv_api_url).rstrip("/"),
            arxiv_rss_url=str(settings.arxiv_rss_url).rstrip("/"),
        )


def utc_now() -> datetime:
    """This machine's clock, aware UTC, for whoever is handed one."""
    return datetime.now(UTC)


def worker_at(desk: Desk, config: Config) -> Worker:
    """The machine, not yet started; commands on the desk may hurry it."""
    worker = Worker(desk, courier=Courier(desk.store, counts=desk.counts), ticker=Ticker(), next_reading=partial(next_reading, config))
    desk.hurry = worker.hurry
    return worker


def _named(settings: Settings) -> set[str]:
    """Hosts of sources that the operator named, which may be on a network of theirs."""
    given = settings.model_fields_set & {"huggingface_url", "arxiv_api_url", "arxiv_rss_url"}
    return {str(getattr(settings, name).host).strip("[]") for name in given}
