"""What runs for as long as it is not told to stop: the doors that are configured, the machine, and the one web server.

Apart from `bot.wiring`, because the libraries of a platform take as long to load as all the rest, and a demo need not wait for them.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from adapters.terminal.outlet import PLATFORM as TERMINAL
from adapters.terminal.outlet import TerminalOutlet
from adapters.web.server import PortTaken, serving
from adapters.web.site import Site
from bot.looks import Looks
from bot.metrics import Metrics
from bot.overview import overview
from bot.parts import asks, supervised, together
from bot.pulse import beating
from bot.settings import revealed
from bot.sources.config import load
from bot.status import status
from bot.wiring import open_desk, utc_now, worker_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from typing import Any

    from bot.desk import Desk
    from bot.on_discord import Discord
    from bot.on_slack import Slack
    from bot.parts import Question
    from bot.pulse import Beating
    from bot.settings import Settings
    from bot.worker import Worker

SLACK, DISCORD = "slack", "discord"
WEB = "web"
"""The role that is nothing without its web server."""

LAST_WORDS = timedelta(seconds=1)
"""For what was asked just before the web server closed."""
STATUS_KEPT, STATUS_PATIENCE = timedelta(seconds=1), timedelta(seconds=3)
"""How long what a page shows is shown again, and how long a person waits for the store."""
OVERVIEW_KEPT, OVERVIEW_PATIENCE = timedelta(seconds=10), timedelta(seconds=20)
"""The same of the operator's page, for which every channel is looked at."""

_log = structlog.get_logger()


async def serve(settings: Settings, *, role: str, doors: Collection[str], works: bool) -> int:
    """Run what is configured until cancelled; then take nothing new, finish what is under way, and close: within 20 seconds.

    These are shared out so: 14 for deliveries (`Worker.stop`), beside them 10 for Discord's people and 8 for Slack's; then 3 for whoever
    the web server let in, 1 for what they asked, and 2 for the last figures. Until then /readyz says that it is being stopped.

    Args:
        role: The subcommand's name, which the process goes by.
        doors: The platforms whose people are answered, as far as they are configured. Messages go out to all of them.
        works: Whether papers are fetched, matched and delivered.

    Raises:
        OperatorMistake: A part cannot work as configured; the others are stopped too.
    """
    config = load(settings.sources_file)
    async with open_desk(settings, config, directory=settings.data_dir) as desk, AsyncExitStack() as stack:
        desk.outlets = {TERMINAL: TerminalOutlet(settings.data_dir / "terminal.jsonl", clock=utc_now)}
        worker = worker_at(desk, config) if works else None
        slack, discord = _platforms(settings, desk, doors=doors, works=works)
        ready: dict[str, Question] = {"store": partial(_answers, desk)}
        running: list[Callable[[], Coroutine[Any, Any, None]]] = []
        for name, platform in ((SLACK, slack), (DISCORD, discord)):
            if platform is not None:
                stack.push_async_callback(platform.close)
                ready |= platform.ready
                running.append(partial(supervised, name, platform.run))
        ticks = worker.tallies if worker is not None else dict
        pulse = await stack.enter_async_context(beating(desk, role=role, not_ready=partial(_lacking, ready), ticks=ticks))
        leaving, idle = asyncio.Event(), asyncio.Event()
        server = await stack.enter_async_context(AsyncExitStack())
        routes = slack.routes if slack is not None else ()
        if routes or role == WEB or "port" in settings.model_fields_set:
            told = ready | {"not draining": asks(lambda: not leaving.is_set())}
            opened = _server(settings, desk, slack, discord, told, pulse)
            await _open(opened, server, [str(one.path) for one in routes], needed=bool(routes) or role == WEB)
        running += [partial(_working, worker, idle), partial(_answering, server, slack, leaving, idle)]
        await together([run() for run in running])
    return 0


def _platforms(settings: Settings, desk: Desk, *, doors: Collection[str], works: bool) -> tuple[Slack | None, Discord | None]:
    slack: Slack | None = None
    discord: Discord | None = None
    if settings.has_slack:
        from bot.on_slack import Slack  # noqa: PLC0415  # each platform's libraries take their time to load

        slack = Slack(settings, desk, doors=SLACK in doors)
    if settings.has_discord:
        from bot.on_discord import Discord  # noqa: PLC0415  # as above

        alone = not works and not (slack is not None and SLACK in doors)
        discord = Discord(settings, desk, doors=DISCORD in doors, alone=alone)
    return slack, discord


def _server(
    settings: Settings, desk: Desk, slack: Slack | None, discord: Discord | None, ready: Mapping[str, Question], pulse: Beating
) -> AbstractAsyncContextManager[int]:
    """The web server, not yet open: Slack's door if there is one, the pages, and how the process is."""
    routes = slack.routes if slack is not None else ()
    # Whoever comes to Slack's door is answered, whatever ails Discord.
    beside = discord.ready if discord is not None and routes else {}
    return serving(
        [*routes, *_site(settings, desk, slack, discord).routes()],
        host=settings.host,
        port=settings.port,
        alive=pulse.alive,
        ready={name: question for name, question in ready.items() if name not in beside},
        beside=beside,
        metrics=Metrics(desk.store, sources=[source.name for source in desk.sources]),
    )


def _site(settings: Settings, desk: Desk, slack: Slack | None, discord: Discord | None) -> Site:
    """The pages, each of one look at the store in a while."""
    sources = [source.name for source in desk.sources]
    platforms = [name for name, platform in ((SLACK, slack), (DISCORD, discord)) if platform is not None]
    installed = [SLACK] if settings.secret_keys else []
    return Site(
        status=Looks(partial(status, desk.store, sources=sources, platforms=platforms), keep=STATUS_KEPT, patience=STATUS_PATIENCE),
        overview=Looks(partial(overview, desk.store, installed=installed), keep=OVERVIEW_KEPT, patience=OVERVIEW_PATIENCE),
        operator_token=revealed(settings.operator_token),
        contact=settings.contact,
        support_url=str(settings.support_url or ""),
        slack=slack is not None and slack.install != "",
        invitation=lambda: discord.invitation if discord is not None else "",
    )


async def _open(server: AbstractAsyncContextManager[int], stack: AsyncExitStack, addresses: Sequence[str], *, needed: bool) -> None:
    """Before any platform is asked anything: whoever started us waits for the port."""
    try:
        port = await stack.enter_async_context(server)
    except PortTaken as taken:
        if needed:
            raise
        # Two processes that share one environment, on one machine: only one of them is asked how it is.
        _log.warning("web_server_not_open", reason=str(taken))
    else:
        _log.info("web_server_open", port=port, addresses=addresses)


async def _answering(server: AsyncExitStack, slack: Slack | None, leaving: asyncio.Event, idle: asyncio.Event) -> None:
    """Keep the web server open, at the end until all else is idle: whoever sends traffic is to be told that it should go elsewhere."""
    try:
        await _for_ever()
    finally:
        leaving.set()
        if slack is not None:
            await slack.finish()
        await idle.wait()
        await server.aclose()
        if slack is not None:
            await slack.finish(patience=LAST_WORDS)


async def _working(worker: Worker | None, idle: asyncio.Event) -> None:
    """Work, if there is a worker; `idle` once nothing is under way any more."""
    try:
        if worker is not None:
            worker.start()
        await _for_ever()
    finally:
        try:
            if worker is not None:
                await worker.stop()
        finally:
            idle.set()  # whatever happened: the web server waits for it


async def _for_ever() -> None:
    await asyncio.Event().wait()  # until it is cancelled


async def _lacking(ready: dict[str, Question]) -> list[str]:
    """The parts that cannot work now; the store is whom we tell."""
    return [name for name, asks in ready.items() if name != "store" and not await asks()]


async def _answers(desk: Desk) -> bool:
    await desk.store.now()
    return True
