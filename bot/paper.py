"""A paper: one work, whatever number of sources list it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003  # decoders read the annotations
from typing import NewType

PaperId = NewType("PaperId", str)
"""The identity of a paper, in the form a person may type back.

An arXiv id without version (`2505.23885`, `hep-th/9901001`), else a DOI in lower case (`10.1000/xyz`), else `title-` and 16 hex
digits of the normalised title with the first author. The forms cannot be confused. `bot.identity` makes them."""

ARXIV = "arxiv"
HUGGING_FACE = "huggingface"
SAMPLE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is known about a paper. Text is plain as the source gave it: hostile until an adapter escapes it.

    Absent text is "", absent lists are (), absent numbers and moments None: a paper nobody voted on has `upvotes=0`,
    one from a source without votes `upvotes=None`.
    """

    id: PaperId
    title: str
    """One line, blanks collapsed, TeX kept."""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    """In the paper's order, as displayed ("Yoshua Bengio"). May be hundreds."""
    categories: tuple[str, ...] = ()
    """arXiv categories, the primary one first ("cs.CL")."""
    keywords: tuple[str, ...] = ()
    """A source's own keywords."""
    summary: str = ""
    """One sentence by the source, not by the authors."""
    organisation: str = ""
    doi: str = ""
    """Lower case, without a resolver's address."""
    code_url: str = ""
    project_url: str = ""
    thumbnail_url: str = ""
    comment: str = ""
    """The authors' comment on arXiv ("12 pages", "withdrawn ...")."""
    journal: str = ""
    models: int | None = None
    """Number of linked models."""
    upvotes: int | None = None
    stars: int | None = None
    """Stars of the code repository."""
    version: int | None = None
    """The arXiv version last seen; 2 and more is an update."""
    published: datetime | None = None
    """First publication, aware UTC; often only day precision."""
    listed_on: date | None = None
    """The day of Hugging Face's daily list it stood on, in that list's own days."""
    first_seen: datetime | None = None
    """When this bot first recorded it, aware UTC. Set by the core, never by a source."""
    refreshed: datetime | None = None
    """When votes and stars were last read, aware UTC. Set by the core, never by a source."""
    sources: tuple[str, ...] = ()
    """Short names of the sources that list it ("huggingface", "arxiv"), sorted, without repeats."""

    @property
    def is_update(self) -> bool:
        """Whether the newest record is a later version of an older paper."""
        return self.version is not None and self.version > 1

    @property
    def is_withdrawn(self) -> bool:
        """Whether the authors took it back; arXiv keeps listing such papers and says so in the comment."""
        return "withdrawn" in self.comment.casefold()


def merge(known: Paper, fresh: Paper) -> Paper:
    """One record out of two of the same work; what only one of them knows is kept.

    arXiv has the last word on title, abstract, authors, categories, version, comment and journal; Hugging Face on votes, stars,
    summary, keywords, code, organisation and models. Between two records of the same source the fresh one wins, unless it is of
    an older arXiv version. `first_seen` and `published` keep the earlier moment, for sources round and guess the latter; `id` stays
    the known one. Merging the same record twice changes nothing.
    """
    changes: dict[str, object] = {"sources": tuple(sorted({*known.sources, *fresh.sources}))}
    for field in dataclasses.fields(Paper):
        old, new = getattr(known, field.name), getattr(fresh, field.name)
        if field.name in {"id", "sources"} or _is_absent(new):
            continue
        if field.name in {"first_seen", "published"}:
            changes[field.name] = new if old is None else min(old, new)
        elif _is_absent(old) or _has_last_word(field.name, known, fresh):
            changes[field.name] = new
    return dataclasses.replace(known, **changes)  # type: ignore[arg-type]  # the names come from fields() just above


_ARXIV_KNOWS_BEST = frozenset({"title", "abstract", "authors", "categories", "version", "comment", "journal", "doi"})


def _is_absent(value: object) -> bool:
    # A title may be the string "0" and votes the number 0: absent is not the same as falsy.
    return value is None or value in ("", ())


def _has_last_word(name: str, known: Paper, fresh: Paper) -> bool:
    if name in _ARXIV_KNOWS_BEST:
        # Feeds and search may lag behind each other by days: version 1 says nothing against version 2.
        outdated = known.version is not None and fresh.version is not None and fresh.version < known.version
        return not outdated and (ARXIV in fresh.sources or ARXIV not in known.sources)
    return HUGGING_FACE in fresh.sources or HUGGING_FACE not in known.sources
