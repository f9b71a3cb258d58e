"""Papers written out as BibTeX, RIS and CSV, one function each."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.cards import link
from bot.folding import fold, readable
from bot.identity import is_arxiv
from bot.references.latex import as_latex, printable
from bot.references.names import name
from bot.summary import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from bot.paper import Paper, PaperId
    from bot.references.names import Name

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""BibTeX's own macros; a style prints them in its language."""
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "on",
        "in",
        "of",
        "for",
        "to",
        "and",
        "from",
        "with",
        "towards",
        "toward",
        "is",
        "are",
        "can",
        "do",
        "does",
        "how",
        "what",
        "why",
    ]
)
_SAFE_IN_ADDRESS = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '{}\\"<>^`|')

# https://owasp.org/www-community/attacks/CSV_Injection: a cell that begins so is run as a formula; full-width signs too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001  # the full-width signs are meant

_COLUMNS = (
    "id",
    "title",
    "authors",
    "published",
    "categories",
    "doi",
    "url",
    "votes",
    "stars",
    "code",
    "organisation",
    "journal",
    "summary",
)


def bibtex(papers: Sequence[Paper]) -> str:
    """The papers as BibTeX entries in their order, each once; "" for none.

    A preprint is `@misc` with eprint, archivePrefix and primaryClass, as arXiv itself exports it; one with a journal `@article`.
    See `citation_keys` for the keys.
    """
    every = _once(papers)
    by_id = citation_keys(every)
    return "\n".join(_entry(paper, by_id[paper.id]) for paper in every)


def ris(papers: Sequence[Paper]) -> str:
    """The papers as RIS records in their order, each once; lines end in CRLF as the format wants; "" for none."""
    every = _once(papers)
    by_id = citation_keys(every)
    lines = (f"{tag}  - {value}".rstrip(" ") + " " * (not value) for paper in every for tag, value in _record(paper, by_id[paper.id]))
    return "".join(f"{line}\r\n" for line in lines)


def csv_table(papers: Sequence[Paper]) -> str:
    """The papers as a table with a header, each once, comma-separated with CRLF (RFC 4180); authors and categories joined by "; ".

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    writer.writerows([_inert(cell) for cell in _row(paper)] for paper in _once(papers))
    return table.getvalue()


def citation_keys(papers: Sequence[Paper]) -> Mapping[PaperId, str]:
    """A key for each paper from first author, year and first telling word of the title: "bengio2009curriculum".

    Letters and digits of ASCII. Where several papers come to the same key each gets its identity added, so that a key depends
    on no order.
    """
    short = {paper.id: _short_key(paper) for paper in papers}
    times = Counter(short.values())
    return {id: key if times[key] == 1 else f"{key}-{re.sub(r'[^A-Za-z0-9.]+', '-', id)}" for id, key in short.items()}


def _entry(paper: Paper, key: str) -> str:
    fields = "".join(f"  {field:<13} = {value},\n" for field, value in _fields(paper) if value not in {"{}", "{{}}"})
    return f"@{'article' if paper.journal else 'misc'}{{{key},\n{fields}}}\n"


def _fields(paper: Paper) -> Iterator[tuple[str, str]]:
    # Twice braced: no style may lower the case of BERT.
    yield "title", f"{{{{{as_latex(paper.title)}}}}}"
    yield "author", f"{{{' and '.join(_bibtex_name(name(author)) for author in paper.authors if author.strip())}}}"
    if day := _published(paper):
        yield "year", f"{{{day.year}}}"
        yield "month", _MONTHS[day.month - 1]
    yield "journal", f"{{{as_latex(paper.journal)}}}"
    if is_arxiv(paper.id):
        yield "eprint", f"{{{paper.id}}}"
        yield "archivePrefix", "{arXiv}"
        yield "primaryClass", f"{{{as_latex(''.join(paper.categories[:1]))}}}"
    yield "doi", f"{{{_address(_doi(paper))}}}"
    yield "url", f"{{{_address(link(paper))}}}"


def _bibtex_name(author: Name) -> str:
    if author.is_organisation or not author.given:
        return f"{{{as_latex(author.family)}}}"
    parts = (author.family, *((author.suffix,) if author.suffix else ()), author.given)
    # "and" parts authors, a comma parts names; inside braces neither does.
    return ", ".join(f"{{{as_latex(part)}}}" if re.search(r",|\band\b", part, re.IGNORECASE) else as_latex(part) for part in parts)


def _record(paper: Paper, key: str) -> Iterator[tuple[str, str]]:
    """Tags and values, the type first and ER last. https://en.wikipedia.org/wiki/RIS_(file_format)."""
    yield "TY", "JOUR" if paper.journal else "GEN"
    yield "ID", key
    yield from (("AU", _ris_name(name(author))) for author in map(_plain, paper.authors) if author)
    day = _published(paper)
    optional = (
        ("TI", _plain(paper.title)),
        ("PY", f"{day.year}" if day else ""),
        ("DA", f"{day:%Y/%m/%d}/" if day else ""),
        ("JO", _plain(paper.journal)),
        ("AB", _plain(paper.abstract)),
        *(("KW", _plain(keyword)) for keyword in paper.keywords),
        ("DO", printable(_doi(paper))),
        ("UR", printable(link(paper))),
        ("AN", f"arXiv:{paper.id}" if is_arxiv(paper.id) else ""),
        ("DB", "arXiv" if is_arxiv(paper.id) else ""),
        ("N1", _plain(paper.comment)),
    )
    yield from ((tag, value) for tag, value in optional if value)
    yield "ER", ""


def _ris_name(author: Name) -> str:
    if author.is_organisation:
        # A comma would part it into family and given name.
        return one_line(author.family.replace(",", " "))
    return ", ".join(part for part in (author.family, author.given, author.suffix) if part)


def _row(paper: Paper) -> tuple[object, ...]:
    day = _published(paper)
    return (
        paper.id,
        _plain(paper.title),
        "; ".join(_plain(author) for author in paper.authors),
        day.isoformat() if day else "",
        "; ".join(paper.categories),
        _doi(paper),
        link(paper),
        paper.upvotes,
        paper.stars,
        paper.code_url,
        _plain(paper.organisation),
        _plain(paper.journal),
        _plain(paper.summary),
    )


def _inert(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    plain = printable(cell)
    return f"'{plain}" if plain.startswith(_FORMULA_STARTS) else plain


def _once(papers: Sequence[Paper]) -> tuple[Paper, ...]:
    return tuple({paper.id: paper for paper in papers}.values())


def _published(paper: Paper) -> date | None:
    return paper.published.date() if paper.published else paper.listed_on


def _doi(paper: Paper) -> str:
    return paper.id if paper.id.startswith("10.") else paper.doi


def _address(text: str) -> str:
    r"""An address or DOI as LaTeX's `\url` takes it: nothing escaped, but no brace may unbalance the entry."""
    return quote(printable(text), safe=_SAFE_IN_ADDRESS)


def _plain(text: str) -> str:
    """Words for a reader who knows no TeX, on one line: a line of its own would be a field of its own."""
    return printable(readable(text))


def _short_key(paper: Paper) -> str:
    family = _ascii(name(readable(paper.authors[0])).family) if paper.authors else ""
    day = _published(paper)
    words = (_ascii(word) for word in re.split(r"[\s\-\u2013\u2014:/_]+", readable(paper.title)))
    word = next((word for word in words if word and word not in _SMALL_WORDS), "")
    return f"{family or 'anonymous'}{day.year if day else ''}{word}"


def _ascii(text: str) -> str:
    """Small letters and digits of ASCII, accents dropped; "" where the script has none."""
    return re.sub(r"[^a-z0-9]", "", fold(text))
