from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.cards import brief, byline, card, facts, link, paper_buttons, why
from bot.channel import Format
from bot.document import document
from bot.message import Button, Card
from bot.paper import Paper, PaperId
from bot.query import hits, parse

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)

PAPER = Paper(
    id=PaperId("2611.00001"),
    title="Curriculum  Learning\nfor Robots",
    abstract="Robots fall.\n\nWe propose a curriculum for learning. It works.",
    authors=("Ada Lovelace", "Grace Hopper", "Emmy Noether", "Mary Somerville"),
    categories=("cs.RO", "cs.LG"),
    keywords=("syllabus",),
    organisation="Analytical Engines",
    code_url="https://github.com/example/robots",
    thumbnail_url="https://example.org/1.png",
    upvotes=42,
    stars=1234,
    published=datetime(2026, 11, 21, tzinfo=UTC),
    sources=("huggingface",),
)


def test_a_normal_card_says_who_what_and_how_liked() -> None:
    assert card(PAPER, Format.NORMAL, now=NOW, why="robot in title", number=3, buttons=(Button("Press", command="help"),)) == Card(
        title="Curriculum Learning for Robots",
        url="https://arxiv.org/abs/2611.00001",
        byline="Ada Lovelace, Grace Hopper, Emmy Noether et al. · Analytical Engines",
        summary="We propose a curriculum for learning.",
        facts=("▲ 42", "★ 1.2k", "cs.RO", "21 Nov"),
        why="robot in title",
        thumbnail_url="https://example.org/1.png",
        number=3,
        buttons=(Button("Press", command="help"),),
        paper="2611.00001",
    )


def test_a_compact_card_is_its_title() -> None:
    compact = card(PAPER, Format.COMPACT, now=NOW, why="robot in title", number=3)
    assert compact == Card(title="Curriculum Learning for Robots", url="https://arxiv.org/abs/2611.00001", number=3, paper="2611.00001")


def test_a_full_card_has_the_abstract_on_one_line_or_what_there_is() -> None:
    full = card(PAPER, Format.FULL, now=NOW)
    assert full.summary == "Robots fall. We propose a curriculum for learning. It works."
    assert card(replace(PAPER, abstract=" ", summary="Robots learn."), Format.FULL, now=NOW).summary == "Robots learn."


def test_a_full_card_tells_all_that_is_known_and_a_normal_one_stays_short() -> None:
    known = replace(
        PAPER,
        authors=tuple(f"A{n}" for n in range(573)),
        organisation=r"\'Ecole",
        models=3,
        journal="Journal of  Robots 7",
        comment="12 pages, $3$ figures",
        doi="10.1000/xyz",
        version=1,
    )
    full = card(known, Format.FULL, now=NOW)
    assert full.byline == f"{', '.join(f'A{n}' for n in range(20))} and 553 more · École"
    assert full.facts == (
        *("▲ 42", "★ 1.2k", "3 models", "cs.RO", "cs.LG", "21 Nov"),
        *("v1", "Journal of Robots 7", "12 pages, 3 figures", "keywords: syllabus", "doi:10.1000/xyz"),
    )
    normal = card(known, Format.NORMAL, now=NOW)
    assert normal.byline == "A0, A1, A2 et al. · École"
    assert normal.facts == ("▲ 42", "★ 1.2k", "3 models", "cs.RO", "21 Nov")


def test_a_full_card_names_every_author_of_a_usual_paper_and_says_an_update_once() -> None:
    full = card(replace(PAPER, version=3), Format.FULL, now=NOW)
    assert full.byline == "Ada Lovelace, Grace Hopper, Emmy Noether, Mary Somerville · Analytical Engines"
    assert [fact for fact in full.facts if "v3" in fact] == ["update (v3)"]


def test_a_comment_of_a_page_is_shortened() -> None:
    assert max(map(len, facts(replace(PAPER, comment="word " * 500), now=NOW, full=True))) <= 300


@pytest.mark.parametrize("format", list(Format))
def test_a_withdrawn_paper_says_so_at_every_size(format: Format) -> None:
    withdrawn = replace(PAPER, comment="This paper has been withdrawn by the authors", version=2)
    assert card(withdrawn, format, now=NOW).facts[:2] == ("withdrawn", "update (v2)")


@pytest.mark.parametrize(
    ("authors", "organisation", "line"),
    [
        ((), "", ""),
        ((), "Some Lab", "Some Lab"),
        (("A One", "B Two", "C Three"), "", "A One, B Two, C Three"),
        (tuple(f"A{n}" for n in range(573)), "", "A0, A1, A2 et al."),
        (("The " + "Very " * 50 + "Large Collaboration",), "", "The" + " Very" * 11 + "…"),
    ],
)
def test_a_byline_names_at_most_three(authors: tuple[str, ...], organisation: str, line: str) -> None:
    assert byline(replace(PAPER, authors=authors, organisation=organisation)) == line


def test_facts_leave_out_what_is_unknown_or_nothing() -> None:
    assert facts(Paper(id=PaperId("title-1"), title="T", upvotes=0, stars=0, models=0), now=NOW) == ()
    assert facts(replace(PAPER, stars=None, models=1), now=NOW) == ("▲ 42", "code", "1 model", "cs.RO", "21 Nov")
    assert facts(replace(PAPER, models=12), now=NOW)[2] == "12 models"


@pytest.mark.parametrize(
    ("published", "listed_on", "first_seen", "shown"),
    [
        (datetime(2025, 2, 1, tzinfo=UTC), date(2026, 11, 20), None, "1 Feb 2025"),
        (None, date(2026, 11, 20), NOW, "20 Nov"),
    ],
)
def test_the_date_is_the_papers_own_or_that_of_its_list(
    published: datetime | None, listed_on: date | None, first_seen: datetime | None, shown: str
) -> None:
    assert facts(replace(PAPER, published=published, listed_on=listed_on, first_seen=first_seen), now=NOW)[-1] == shown


@pytest.mark.parametrize(
    ("id", "shown"), [("2310.09518", ("Oct 2023",)), ("hep-th/9901001", ("Jan 1999",)), ("2611.00001", ("Nov 2026",)), ("10.1000/xyz", ())]
)
def test_of_a_paper_known_by_its_id_the_month_is_shown(id: str, shown: tuple[str, ...]) -> None:
    assert facts(Paper(id=PaperId(id), title="T", first_seen=NOW), now=NOW) == shown


def test_a_paper_without_a_date_does_not_take_the_day_it_was_read_for_one() -> None:
    assert "22 Nov" not in facts(replace(PAPER, published=None, listed_on=None, first_seen=NOW), now=NOW)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (999, "999"), (1000, "1k"), (9_949, "9.9k"), (9_960, "10k"), (123_456, "123k"), (999_500, "1M"), (12_345_678, "12M")],
)  # fmt: skip
def test_big_numbers_are_brief(number: int, shown: str) -> None:
    assert brief(number) == shown


@pytest.mark.parametrize(
    ("id", "project_url", "url"),
    [
        ("hep-th/9901001", "", "https://arxiv.org/abs/hep-th/9901001"),
        ("10.1000/xyz", "", "https://doi.org/10.1000/xyz"),
        ("title-0123456789abcdef", "https://example.org/p", "https://example.org/p"),
        ("title-0123456789abcdef", "javascript:alert(1)", "https://github.com/example/robots"),
        ("title-0123456789abcdef", "https://example.org/\x1b]8;;", "https://github.com/example/robots"),
    ],
)
def test_a_link_leads_to_a_page_and_to_nothing_else(id: str, project_url: str, url: str) -> None:
    assert link(replace(PAPER, id=PaperId(id), project_url=project_url)) == url


def test_no_address_is_better_than_a_bad_one() -> None:
    bad = replace(PAPER, id=PaperId("title-0123456789abcdef"), code_url="ftp://x", thumbnail_url="data:image/png;base64,")
    assert (card(bad, Format.NORMAL, now=NOW).url, card(bad, Format.NORMAL, now=NOW).thumbnail_url) == ("", "")


def test_buttons_type_commands_and_a_paper_that_is_not_on_arxiv_has_no_pdf() -> None:
    assert paper_buttons(PAPER) == (
        Button("Abstract", command="show 2611.00001"),
        Button("PDF", url="https://arxiv.org/pdf/2611.00001"),
        Button("Save", command="save 2611.00001"),
        Button("Similar", command="similar 2611.00001"),
        Button("Not for us", command="vote 2611.00001 down"),
    )
    assert [button.label for button in paper_buttons(replace(PAPER, id=PaperId("10.1000/xyz")))] == [
        "Abstract",
        "Save",
        "Similar",
        "Not for us",
    ]


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("curriculum", "curriculum in title"),
        ("curriculum propose", "curriculum in title, propose in abstract"),
        ("curriculum learning", "curriculum and learning in title"),
        ("robot learn* curriculum", "curriculum, learn* and robot in title"),
        ("syllabus has:code", "syllabus in keywords, has:code"),
        ('author:"Grace Hopper" org:engines', "grace hopper among the authors, engines in the organisation"),
        ("cat:cs.*", "cs.* in its categories"),
        ("source:huggingface id:2611.00001", "huggingface among its sources, 2611.00001 as its id"),
        ("robot upvotes>=10", "robot in title, upvotes>=10"),
        ("abstract:curriculum", "curriculum in abstract"),
        ("robot OR diffusion", "robot in title"),
    ],
)
def test_why_names_each_term_where_it_stands_best(query: str, line: str) -> None:
    assert why(hits(parse(query), document(PAPER))) == line


def test_why_stays_short() -> None:
    title = " ".join(f"word{n}" for n in range(20))
    assert why(hits(parse(title), document(replace(PAPER, title=title)))).count("word") == 6


def test_no_hits_no_why() -> None:
    assert why(()) == ""
