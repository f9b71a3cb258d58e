"""The store: whether it answers, and whether what it is given is safe there."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import OperatorMistake, StoreAway, StoreTrouble
from bot.findings import Finding
from bot.settings import revealed
from bot.store.connection import Connection
from bot.store.store import RedisStore, open_store
from bot.store.visiting import visit_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AsyncExitStack

    from bot.settings import Settings
    from bot.store.inspecting import Flaw, Inspection


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of the look."""

    findings: list[Finding]
    store: RedisStore | None
    """To look into; None if there is none that can be relied on."""


async def open_to_look(settings: Settings, stack: AsyncExitStack) -> Looked:
    """The store as configured, until the stack closes; on the embedded one also while a bot is at work there."""
    try:
        return await (_at_address if settings.redis_url else _embedded)(settings, stack)
    except StoreAway as away:
        remedy = "start the server, and look whether REDIS_URL has the right host, port and scheme (rediss:// with TLS)"
        where = "the server at REDIS_URL does not answer" if settings.redis_url else "the embedded server does not answer"
        return Looked(
            [Finding("store", fine=False, said=f"{where} ({away})", remedy=remedy if settings.redis_url else "check again")], None
        )
    except (OperatorMistake, StoreTrouble) as trouble:
        what, _, remedy = str(trouble).partition(": ")
        return Looked([Finding("store", fine=False, said=what, remedy=remedy or "look at the server's log")], None)


async def _at_address(settings: Settings, stack: AsyncExitStack) -> Looked:
    connection = Connection.to(revealed(settings.redis_url), verify=settings.redis_tls_verify)
    stack.push_async_callback(connection.close)
    found = await connection.inspect()
    findings = [Finding("store", fine=True, said=f"{found.name} answers at REDIS_URL"), *_flaws(found)]
    # Into what cannot be relied on nobody looks: a cluster refuses half of the questions.
    return Looked(findings, None if found.cluster or found.version else RedisStore(connection))


def _flaws(found: Inspection) -> Iterator[Finding]:
    used = f"{found.used / 2**20:.1f} MB of {f'{found.limit / 2**20:.1f} MB' if found.limit else 'whatever the machine has'} in use"
    looks: tuple[tuple[str, Flaw | None, str], ...] = (
        ("store version", found.cluster or found.version, "new enough, and one server"),
        ("store policy", found.policy, "nothing is deleted when its memory is full"),
        ("store persistence", found.persistence, "what is written outlasts a restart"),
        ("store memory", found.room, used),
    )
    for about, flaw, fine in looks:
        yield Finding(about, fine=flaw is None, said=flaw.what if flaw else fine, remedy=flaw.remedy if flaw else "")


async def _embedded(settings: Settings, stack: AsyncExitStack) -> Looked:
    directory = settings.data_dir
    if _is_kept(directory):
        visit = await stack.enter_async_context(visit_store(directory=directory))
        said = f"embedded, in {directory}; {'no bot is at work there' if visit.alone else 'the bot is at work there'}"
        return Looked([Finding("store", fine=True, said=said)], visit.store)
    if refusal := _cannot_be_made(directory):
        return Looked([refusal], None)
    # Elsewhere, for it would be there for good, and perhaps not its user's who is to run the bot.
    elsewhere = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="paperboy-check-")))
    store = await stack.enter_async_context(open_store(directory=elsewhere))
    said = f"embedded: its server runs here, and the first start makes its files in {directory}"
    return Looked([Finding("store", fine=True, said=said)], store)


def _is_kept(directory: Path) -> bool:
    try:
        (directory / "appendonlydir").stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # whoever visits it says why
        return True
    return True


def _cannot_be_made(directory: Path) -> Finding | None:
    """What keeps the directory from being made or written."""
    there = next(path for path in (directory.absolute(), *directory.absolute().parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return None
    what = "belongs to somebody else, or is read-only" if there.is_dir() else "is no directory"
    remedy = "name a directory in DATA_DIR that the user that the bot runs as may write, or set REDIS_URL"
    return Finding("store", fine=False, said=f"DATA_DIR {directory} cannot be written: {there} {what}", remedy=remedy)
