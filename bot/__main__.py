"""What a person starts: the subcommands, and how each begins and ends. `bot.wiring` joins the parts."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import os
import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from adapters.terminal.doors import Pipe, door
from adapters.terminal.listener import Conversation
from adapters.terminal.look import PLAIN
from adapters.terminal.outlet import PLATFORM, TerminalOutlet
from bot import __version__
from bot.commands import TABLE, Asker, answer
from bot.errors import OperatorMistake, StoreTrouble
from bot.fetching import read_source
from bot.logs import log_to_stderr
from bot.operating import Asked, deliveries
from bot.redaction import Redactor
from bot.settings import Settings, example, read_settings, refuse_lost_disk, revealed, secrets_of
from bot.sources.config import DEMO, Config, load, next_reading
from bot.stopping import raise_if_cancelled, until_told
from bot.store.store import open_store
from bot.telling import telling
from bot.wiring import open_desk, worker_at
from bot.zones import is_zone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from bot.channel import Address
    from bot.desk import Desk
    from bot.fetching import Reading
    from bot.ports import Source, Store

NOTHING_CONFIGURED = """No chat platform is configured, so there is nobody to deliver to.

  python -m bot demo       a conversation with sample papers, no network, no account
  python -m bot terminal   the same with the real sources, kept in {data}
  python -m bot worker     only the machine: fetch, match, deliver to the terminal's log

For Slack set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, for Discord DISCORD_TOKEN: docs/slack.md and docs/discord.md lead through each in
ten minutes, step by step.
`python -m bot check` looks whether all is right; config/env.example lists every setting there is.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Returns:
        The exit status: 0 well, 1 not well, 2 started wrongly, 128 and the number of the signal that stopped it (130 Ctrl-C, 143
        SIGTERM, 129 a closed window). What serves has no other end than being told to stop: 0.
    """
    log_to_stderr("info")  # for what goes wrong before the settings are known
    try:
        options = _options(sys.argv[1:] if arguments is None else arguments)
        if options.run is _settings:
            # Also while some are wrong: it tells what would be right.
            return int(_settings())  # mypy takes `options.run` for Any, and with it what it is compared with
        settings = read_settings()
        level = settings.log_level if "log_level" in settings.model_fields_set else options.log or settings.log_level
        log_to_stderr(level, Redactor(secrets_of(settings)))
        try:
            return int(asyncio.run(until_told(options.run(settings, options), serving=options.run in SERVING)))
        except StoreTrouble as exc:
            store = "The store at REDIS_URL" if settings.redis_url and options.run is not _demo else "The store"
            sys.stderr.write(f"{store} failed: {exc}\n")
            return 1
    except OperatorMistake as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001  # a bug; Python's own way of showing it would show tokens, too
        structlog.get_logger().critical("crashed", exc_info=True)
        return 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Brings a channel the research papers it asked for.")
    parser.add_argument("--version", action="version", version=f"Paperboy {__version__}")
    parser.set_defaults(run=_run, log="")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, run, log, about in (
        ("run", _run, "", "all that is configured, in one process (the default)"),
        ("demo", _demo, "error", "a conversation with sample papers: no network, no account, nothing kept"),
        ("terminal", _terminal, "error", "the conversation on the configured sources and store"),
        ("worker", _worker, "", "fetch, match and deliver, without a conversation"),
        ("web", _web, "", "only the web server: Slack's door and the status page, without fetching and delivering"),
        ("gateway", _gateway, "", "only Discord's door: one process at a time is connected, others stand by"),
        ("check", _check, "error", "look whether all is set up rightly: store, tokens, scopes, intents, clock"),
        ("healthcheck", _healthcheck, "error", "whether the bot on this machine is alive, for whoever starts it again: status 0 or 1"),
        ("settings", _settings, "error", "every setting there is, as a .env file to fill in"),
        ("fetch", _fetch, "error", "read the sources once, now"),
        (
            "deliveries",
            _deliveries,
            "error",
            "see what waits to be posted and what failed for good, and replay it; also while the bot runs",
        ),
        ("rotate-keys", _rotate_keys, "error", "encrypt stored tokens with the first of SECRET_KEYS"),
    ):
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(run=run, log=log)
        if name == "fetch":
            command.add_argument("source", nargs="?", default="", help="only this one, or those of this kind (arxiv, arxiv:cs.CL)")
        if name == "check":
            command.add_argument("--json", action="store_true", help="one JSON document instead of text")
        if name == "deliveries":
            _wishes(command)
    first = next((one for one in arguments if not one.startswith("-")), "")
    if first and first not in commands.choices:
        # argparse would say it with four lines of usage.
        raise OperatorMistake(
            f"There is no command {first!r}; there are {', '.join(commands.choices)}. `python -m bot --help` tells of each."
        )
    return parser.parse_args(arguments)


def _wishes(command: argparse.ArgumentParser) -> None:
    """What `deliveries` takes."""
    command.set_defaults(ids=())
    command.add_argument("--dead", action="store_true", help="those of the last 30 days that will not be tried again, and why")
    command.add_argument("--limit", type=int, default=100, metavar="N", help="with --dead: so many at most, the newest (100)")
    command.add_argument("--channel", default="", metavar="ADDRESS", help="the last attempts in one channel (slack:T024BE7LD:C024BE91L)")
    command.add_argument("--json", action="store_true", help="one JSON document instead of text")
    again = command.add_subparsers(title="or", metavar="replay ID ... | replay all").add_parser("replay", help="try dead deliveries again")
    again.add_argument("ids", nargs="+", metavar="ID", help="an id as --dead shows it, or its beginning; all for every one")
    # Not to undo what stands before `replay`.
    again.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document instead of text")


async def _serve(settings: Settings, role: str, *, doors: Collection[str], works: bool) -> int:
    from bot.serving import serve  # noqa: PLC0415  # a platform's libraries double the start of a demo

    refuse_lost_disk(settings)
    dsn, endpoint = revealed(settings.sentry_dsn), str(settings.otlp_endpoint or "")
    with telling(redact=Redactor(secrets_of(settings)), version=__version__, sentry_dsn=dsn, otlp_endpoint=endpoint):
        return await serve(settings, role=role, doors=doors, works=works)


async def _run(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001  # every subcommand is called alike
    if not settings.has_slack and not settings.has_discord:
        sys.stderr.write(NOTHING_CONFIGURED.format(data=settings.data_dir))
        return 2
    return await _serve(settings, "run", doors=DOORS, works=True)


async def _web(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001  # every subcommand is called alike
    if not settings.has_slack and not settings.has_discord:
        raise OperatorMistake("There is nothing to show: set SLACK_BOT_TOKEN, SLACK_CLIENT_ID or DISCORD_TOKEN. See config/env.example.")
    return await _serve(settings, "web", doors=("slack",), works=False)


async def _gateway(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001  # every subcommand is called alike
    if not settings.has_discord:
        raise OperatorMistake("There is no gateway to hold: set DISCORD_TOKEN. See config/env.example.")
    return await _serve(settings, "gateway", doors=("discord",), works=False)


async def _check(settings: Settings, options: argparse.Namespace) -> int:
    from bot.checking import check  # noqa: PLC0415  # as above

    with contextlib.suppress(EOFError):  # `| head` has seen enough
        return await check(settings, Pipe(sys.stdin, sys.stdout, PLAIN).write, as_json=options.json)
    return 0


async def _healthcheck(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001  # every subcommand is called alike
    from bot.healthcheck import healthcheck  # noqa: PLC0415  # as above

    return await healthcheck(settings, Pipe(sys.stdin, sys.stdout, PLAIN).write)


def _settings() -> int:
    with contextlib.suppress(EOFError):  # `| head` has seen enough
        Pipe(sys.stdin, sys.stdout, PLAIN).write(example())
    return 0


async def _demo(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001  # every subcommand is called alike
    with tempfile.TemporaryDirectory(prefix="paperboy-") as directory:
        return await _converse(settings, DEMO, Path(directory), channel="#demo")


async def _terminal(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001  # every subcommand is called alike
    return await _converse(settings, load(settings.sources_file), settings.data_dir, channel="#papers")


async def _converse(settings: Settings, config: Config, directory: Path, *, channel: str) -> int:
    """Talk at this terminal while the machine works behind it."""
    async with open_desk(settings, config, directory=directory) as desk:
        here = door(sys.stdin, sys.stdout, os.environ, history=directory / "history")
        asker = Asker(id="operator", name=_user_name(), zone=_zone(), is_operator=True)
        conversation = Conversation(here, asker=asker, channel=channel)
        log = directory / "terminal.jsonl"
        desk.outlets = {PLATFORM: TerminalOutlet(log, clock=lambda: datetime.now(UTC), show=conversation.show)}
        worker = worker_at(desk, config)
        if config is DEMO:
            async for _ in _read_now(desk, config, ""):
                pass
        worker.start()
        try:
            return await conversation.talk(
                partial(answer, desk), commands=TABLE, rules=partial(_rules, desk.store), channels=partial(_channels, desk.store)
            )
        finally:
            await worker.stop()


async def _rules(store: Store, where: Address) -> Sequence[str]:
    return [one.query for one in (await store.channels.load(where)).subscriptions]


async def _channels(store: Store) -> Sequence[str]:
    known = [channel.address async for changes in store.channels.changes(0) for channel in changes.channels]
    return [address.channel for address in known if address.platform == PLATFORM]


async def _worker(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001  # every subcommand is called alike
    return await _serve(settings, "worker", doors=(), works=True)


async def _rotate_keys(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001  # every subcommand is called alike
    keys = [revealed(key) for key in settings.secret_keys]
    if not keys:
        raise OperatorMistake("SECRET_KEYS: there are none to go by; the new one comes first, then the old. See config/env.example.")
    url = revealed(settings.redis_url)
    async with open_store(url, directory=settings.data_dir, verify=settings.redis_tls_verify, secret_keys=keys) as store:
        changed = await store.installations.rotate()
    sys.stdout.write(f"{changed} encrypted anew with the first key; all are now. The other keys can go.\n")
    return 0


async def _deliveries(settings: Settings, options: argparse.Namespace) -> int:
    asked = Asked(dead=options.dead, limit=options.limit, channel=options.channel, replay=options.ids, json=options.json)
    with contextlib.suppress(EOFError):  # `| head` has seen enough
        return await deliveries(settings, asked, Pipe(sys.stdin, sys.stdout, PLAIN).write)
    return 0


async def _fetch(settings: Settings, options: argparse.Namespace) -> int:
    config = load(settings.sources_file)
    failed = True
    async with open_desk(settings, config, directory=settings.data_dir) as desk:
        if not _chosen(desk, options.source):
            raise OperatorMistake(f"There is no source {options.source!r}; there are {', '.join(one.name for one in desk.sources)}.")
        # Each as soon as it is known: a source that does not answer takes a minute.
        with contextlib.suppress(EOFError):  # `| head` has seen enough
            out = Pipe(sys.stdin, sys.stdout, PLAIN)
            async for name, reading in _read_now(desk, config, options.source):
                out.write(f"{name}: {_outcome(reading)}\n")
                failed &= reading is not None and reading.intake is None
    return int(failed)


def _chosen(desk: Desk, only: str) -> list[Source]:
    """Those with this name or of this kind; all for ""."""
    return [source for source in desk.sources if not only or source.name == only or source.name.partition(":")[0] == only]


async def _read_now(desk: Desk, config: Config, only: str) -> AsyncIterator[tuple[str, Reading | None]]:
    """Read the sources one after the other, whatever their time; None for one that is being read already."""
    for source in _chosen(desk, only):
        raise_if_cancelled()
        yield source.name, await read_source(desk, source, partial(next_reading, config), force=True)


def _outcome(reading: Reading | None) -> str:
    if reading is None:
        return "being read by another process"
    if reading.intake is None:
        return f"trouble: {reading.trouble}"
    intake = reading.intake
    note = f" ({reading.note})" if reading.note else ""
    return f"{intake.new} new, {intake.seen} seen, {intake.refused} refused{note}"


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "you"


def _zone() -> str:
    """The zone of this machine where it can be told, else ""."""
    _, found, linked = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")
    name = os.environ.get("TZ", "") or (linked if found else "")
    return name if is_zone(name) and name not in {"Etc/UTC", "Etc/UCT"} else ""


DOORS = ("slack", "discord")
"""The platforms that people are answered on, if they are configured."""
SERVING = (_run, _web, _gateway, _worker)
"""Subcommands without an end of their own."""

if __name__ == "__main__":
    sys.exit(main())
