"""The table of sources: a source is one file beside this one and one line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.paper import ARXIV, HUGGING_FACE, SAMPLE
from bot.sources import arxiv_api, arxiv_feed, huggingface
from bot.sources.arxiv_api import ArxivPapers
from bot.sources.arxiv_feed import ArxivFeed
from bot.sources.huggingface import HuggingFaceDaily
from bot.sources.huggingface_papers import HuggingFacePapers
from bot.sources.sample import SamplePapers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.ports import Cache, Charts, Lookup, Source
    from bot.sources.config import Config
    from bot.sources.http import Web


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What sources need of the world."""

    config: Config
    web: Web
    cache: Cache
    huggingface_url: str = huggingface.URL
    huggingface_token: str = ""
    arxiv_api_url: str = arxiv_api.URL
    arxiv_rss_url: str = arxiv_feed.URL


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source, which may also be asked about single papers, and for lists. `lookup` and `charts` may be the same object."""

    feeds: Callable[[Outside], Sequence[Source]]
    lookup: Callable[[Outside], Lookup] | None = None
    charts: Callable[[Outside], Charts] | None = None


def _daily(o: Outside) -> HuggingFaceDaily:
    return HuggingFaceDaily(o.web, url=o.huggingface_url, token=o.huggingface_token)


def _pages(o: Outside) -> HuggingFacePapers:
    return HuggingFacePapers(o.web, o.cache, url=o.huggingface_url, token=o.huggingface_token)


def _feeds(o: Outside) -> list[ArxivFeed]:
    return [ArxivFeed(o.web, name, url=o.arxiv_rss_url, replacements=o.config.replacements) for name in o.config.categories]


def _query_api(o: Outside) -> ArxivPapers:
    return ArxivPapers(o.web, o.cache, url=o.arxiv_api_url)


TABLE: Final[dict[str, Kind]] = {
    HUGGING_FACE: Kind(feeds=lambda o: [_daily(o)], lookup=_pages, charts=_pages),
    ARXIV: Kind(feeds=_feeds, lookup=_query_api),
    SAMPLE: Kind(feeds=lambda _: [SamplePapers()], lookup=lambda _: SamplePapers(), charts=lambda _: SamplePapers()),
}


def sources(outside: Outside) -> tuple[Source, ...]:
    """What is read by itself, in the table's order."""
    return tuple(source for kind in _enabled(outside) for source in kind.feeds(outside))


def lookups(outside: Outside) -> tuple[Lookup, ...]:
    """Who may be asked about single papers, first choice first."""
    return tuple(kind.lookup(outside) for kind in _enabled(outside) if kind.lookup)


def charts(outside: Outside) -> Charts | None:
    """Where `today` and `trending` come from; None if no source has such lists."""
    return next((kind.charts(outside) for kind in _enabled(outside) if kind.charts), None)


def _enabled(outside: Outside) -> list[Kind]:
    return [kind for name, kind in TABLE.items() if name in outside.config.rhythms]
