"""A paper as a card, at the three sizes a channel may choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channel import Format
from bot.folding import readable
from bot.identity import abstract_url, huggingface_url, month_of, pdf_url
from bot.message import Button, Card
from bot.query import Where, written
from bot.query.nodes import FromSource, HasId, InCategory, Prefix, Words
from bot.summary import one_line, shorten, telling_sentence
from bot.timewords import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.paper import Paper
    from bot.query import Hit
    from bot.query.nodes import Condition

AUTHORS_SHOWN = 3
AUTHORS_IN_FULL = 20
"""Collaborations have thousands; these lines are still one paragraph."""
LONGEST_NAME = 60
"""Characters of one author's or organisation's name; collaborations have sentences for names."""
SUMMARY = 200
"""Characters of the one line."""
LONGEST_NOTE = 300
"""Characters of the authors' comment or the journal."""
_TERMS_SHOWN = 6

_PLACES = (
    (Where.TITLE, "in title"),
    (Where.KEYWORDS, "in keywords"),
    (Where.ABSTRACT, "in abstract"),
    (Where.AUTHOR, "among the authors"),
    (Where.ORG, "in the organisation"),
    (Where.CATEGORY, "in its categories"),
    (Where.SOURCE, "among its sources"),
    (Where.ID, "as its id"),
    (Where.NUMBER, ""),
    (Where.TRAIT, ""),
)
"""How each place is said, the most telling first: of all places where a term stands only the first is named."""


def card(paper: Paper, format: Format, *, now: datetime, why: str = "", number: int | None = None, buttons: Sequence[Button] = ()) -> Card:
    r"""The paper as `format` wants it: COMPACT is the linked title, NORMAL adds one line of summary, FULL the abstract and all facts.

    Text stays plain; TeX is written out (`$\beta$` is shown as β). A link is http or https or "".

    Args:
        now: Aware; dates of another year than this are shown with theirs.
        why: Ready to show, see `why`.
    """
    title, url = one_line(readable(paper.title)), link(paper)
    if format is Format.COMPACT:
        return Card(title=title, url=url, number=number, facts=_warnings(paper), buttons=tuple(buttons), paper=paper.id)
    full = format is Format.FULL
    return Card(
        title=title,
        url=url,
        byline=byline(paper, full=full),
        summary=one_line(readable(paper.abstract)) if full and paper.abstract.strip() else readable(telling_sentence(paper, SUMMARY)),
        facts=facts(paper, now=now, full=full),
        why=why,
        thumbnail_url=paper.thumbnail_url if _is_web(paper.thumbnail_url) else "",
        number=number,
        buttons=tuple(buttons),
        paper=paper.id,
    )


def link(paper: Paper) -> str:
    """The page a person wants to land on; "" when nothing safe is known."""
    candidates = (abstract_url(paper.id), huggingface_url(paper.id), paper.project_url, paper.code_url)
    return next((url for url in candidates if _is_web(url)), "")


def paper_buttons(paper: Paper) -> tuple[Button, ...]:
    """What may be done with a paper wherever one is shown."""
    pdf = pdf_url(paper.id)
    return (
        Button("Abstract", command=f"show {paper.id}"),
        *((Button("PDF", url=pdf),) if pdf else ()),
        Button("Save", command=f"save {paper.id}"),
        Button("Similar", command=f"similar {paper.id}"),
        Button("Not for us", command=f"vote {paper.id} down"),
    )


def byline(paper: Paper, *, full: bool = False) -> str:
    """The authors and the organisation: "A. One, B. Two, C. Three et al. · Some Lab"; "" when neither is known.

    Args:
        full: Up to twenty authors, and how many more: "A. One, ..., T. Twenty and 553 more".
    """
    shown = AUTHORS_IN_FULL if full else AUTHORS_SHOWN
    names = ", ".join(shorten(one_line(readable(name)), LONGEST_NAME) for name in paper.authors[:shown])
    if more := len(paper.authors[shown:]):
        names += f" and {more} more" if full else " et al."
    return " · ".join(part for part in (names, shorten(one_line(readable(paper.organisation)), LONGEST_NAME)) if part)


def facts(paper: Paper, *, now: datetime, full: bool = False) -> tuple[str, ...]:
    """Short facts in a fixed order: warnings, ▲ votes, ★ stars, models, category, date. What is unknown or nothing is left out.

    Args:
        full: All categories instead of the primary one, and then the version, where it was published, the authors' comment, the
            source's keywords and the DOI.
    """
    return (
        *_warnings(paper),
        *((f"▲ {brief(paper.upvotes)}",) if paper.upvotes else ()),
        *((f"★ {brief(paper.stars)}",) if paper.stars else ()),
        *(("code",) if paper.code_url and not paper.stars else ()),
        *((f"{brief(paper.models)} model{'' if paper.models == 1 else 's'}",) if paper.models else ()),
        *(paper.categories if full else paper.categories[:1]),
        *((day,) if (day := _date(paper, now)) else ()),
        *(_notes(paper) if full else ()),
    )


def brief(number: int) -> str:
    """A count in at most four characters below a thousand million: "42", "1.2k", "12k", "3.4M"."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if number >= size * 0.9995:
            scaled = number / size
            return f"{scaled:.1f}".removesuffix(".0") + unit if round(scaled, 1) < 10 else f"{scaled:.0f}{unit}"  # noqa: PLR2004  # two digits at most
    return str(number)


def why(hits: Sequence[Hit]) -> str:
    """What matched, and where best: "curriculum in title, learning in abstract, has:code"; "" for no hits."""
    best: dict[str, tuple[int, str]] = {}
    for hit in hits:
        place = next((n, said) for n, (where, said) in enumerate(_PLACES) if where is hit.where)
        term = _term(hit.condition)
        best[term] = min(place, best.get(term, place))
    by_place: dict[tuple[int, str], list[str]] = {}
    for term, place in list(best.items())[:_TERMS_SHOWN]:
        by_place.setdefault(place, []).append(term)
    return ", ".join(f"{_listed(terms)} {said}".rstrip() for (_, said), terms in sorted(by_place.items()))


def _term(condition: Condition) -> str:
    """A condition as a word in a sentence; the field is left out, for the place says it."""
    match condition:
        case Words(text=text):
            return text
        case Prefix(stem=stem):
            return f"{stem}*"
        case InCategory() | FromSource() | HasId():
            return written(condition).partition(":")[2]
        case _:
            return written(condition)


def _listed(terms: Sequence[str]) -> str:
    return terms[0] if len(terms) == 1 else f"{', '.join(terms[:-1])} and {terms[-1]}"


def _warnings(paper: Paper) -> tuple[str, ...]:
    # A title alone must not sell a paper that its authors took back.
    withdrawn = ("withdrawn",) if paper.is_withdrawn else ()
    return (*withdrawn, f"update (v{paper.version})") if paper.is_update else withdrawn


def _notes(paper: Paper) -> Iterator[str]:
    if paper.version is not None and not paper.is_update:
        yield f"v{paper.version}"
    yield from (note for text in (paper.journal, paper.comment) if (note := shorten(one_line(readable(text)), LONGEST_NOTE)))
    if keywords := ", ".join(one_line(readable(keyword)) for keyword in paper.keywords):
        yield shorten(f"keywords: {keywords}", LONGEST_NOTE)
    if paper.doi:
        yield f"doi:{one_line(paper.doi)}"


def _date(paper: Paper, now: datetime) -> str:
    """The day of the paper or of its list; the month that its id tells, if nothing else does; "" for neither."""
    day = paper.published.date() if paper.published else paper.listed_on
    if day is None:
        month = month_of(paper.id)
        return f"{MONTHS[month.month - 1]} {month.year}" if month else ""
    return f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year}" if day.year != now.year else "")


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://")) and not any(c.isspace() or not c.isprintable() for c in url)
