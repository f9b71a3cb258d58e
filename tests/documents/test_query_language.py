"""Every example in docs/query-language.md does what its row says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address
from bot.document import document
from bot.errors import BadQuery
from bot.matching import Percolator
from bot.paper import Paper, PaperId
from bot.query import matches, parse
from tests.documents.marks import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = ROOT / "docs" / "query-language.md"
FACTS = (
    (r"by (?P<authors>.+)", tuple),
    (r"org: (?P<organisation>.+)", str),
    (r"abstract: (?P<abstract>.+)", str),
    (r"keywords: (?P<keywords>.+)", tuple),
    (r"from (?P<sources>\w+)", tuple),
    (r"▲ (?P<upvotes>\d+)", int),
    (r"★ (?P<stars>\d+)", int),
    (r"version (?P<version>\d+)", int),
    (r"(?P<models>\d+) models", int),
    (r"(?P<code_url>code)", str),
    (r"(?P<id>\d{4}\.\d{5})", str),
    (r"(?P<categories>[a-z]+\.[A-Z]{2})", tuple),
)
"""How the page writes what is known about a paper."""


def paper(written: str) -> Paper:
    """The paper of a cell: a title, then facts in brackets."""
    found = re.fullmatch(r"(?P<title>.+?)(?: \((?P<facts>[^()]+)\))?", written.replace("`", ""))
    assert found is not None
    known: dict[str, object] = {"id": PaperId("2611.00001")}
    for fact in (found["facts"] or "").split(", ") if found["facts"] else ():
        (name, value), kind = next(
            (one, kind) for shape, kind in FACTS if (said := re.fullmatch(shape, fact)) for one in said.groupdict().items()
        )
        known[name] = (value,) if kind is tuple else kind(value)
    return Paper(title=found["title"], **known)  # type: ignore[arg-type]  # FACTS names fields of Paper


def rows(heading: str) -> Iterator[tuple[str, ...]]:
    """The cells of the tables below a heading, without the head."""
    chapter = PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for line in chapter.splitlines():
        if line.startswith("| `"):
            yield tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|\n")))


EXAMPLES = [(query.strip("`"), finds, leaves) for query, finds, leaves in rows("Tried examples")]
REFUSED = [(query.strip("`"), answer, instead.strip("`")) for query, answer, instead in rows("Refused, kindly")]


def percolated(query: str, one: Paper) -> bool:
    """Whether a channel with this rule would be given the paper."""
    percolator, here = Percolator(), Address("terminal", "local", "papers")
    percolator.replace(here, [parse(query)])
    return here in percolator.match([document(one)])


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) > 40
    assert len(REFUSED) > 8


@pytest.mark.parametrize(("query", "finds", "leaves"), EXAMPLES)
def test_an_example_finds_the_one_paper_and_not_the_other(query: str, finds: str, leaves: str) -> None:
    rule = parse(query)
    assert matches(rule, document(paper(finds)))
    assert not matches(rule, document(paper(leaves)))


@pytest.mark.parametrize(("query", "finds", "leaves"), EXAMPLES)
def test_a_channel_with_the_rule_is_given_the_one_paper_and_not_the_other(query: str, finds: str, leaves: str) -> None:
    assert percolated(query, paper(finds))
    assert not percolated(query, paper(leaves))


@pytest.mark.parametrize(("query", "answer", "instead"), REFUSED)
def test_a_refused_query_is_answered_as_the_page_says(query: str, answer: str, instead: str) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(query)
    assert (refused.value.reason, refused.value.instead) == (answer, instead)
    parse(instead)
