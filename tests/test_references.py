from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import bibtexparser
import pytest
import rispy
from bibtexparser.bparser import BibTexParser
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text

from bot.paper import Paper, PaperId
from bot.references import bibtex, citation_keys, csv_table, ris
from bot.references.latex import as_latex
from bot.references.names import Name, name

CURRICULUM = Paper(
    id=PaperId("2505.23885"),
    title=r"The $\beta$-Curriculum: 100% of R&D, {braces} & \emph{TeX} by Andr\'e",
    abstract="First line.\nTY  - JOUR\nSecond line.",
    authors=("Yoshua Bengio", "Aäron van den Oord", "Guy Van den Broeck", "Gemini Team", "Plato", "Sammy Davis Jr.", "王伟"),
    categories=("cs.LG", "cs.CL"),
    keywords=("curriculum", "robots"),
    comment="12 pages",
    published=datetime(2025, 5, 29, tzinfo=UTC),
    upvotes=42,
    stars=1234,
)
JOURNAL = Paper(
    id=PaperId("10.1000/xyz_{1}"),
    title="=HYPERLINK(evil)",
    authors=("@sum", "Müller & Söhne, Research"),
    journal="Journal of A & B",
    listed_on=date(2024, 1, 2),
    summary="-2+3",
)
BARE = Paper(id=PaperId("title-0123456789abcdef"), title="學習")
PAPERS = (CURRICULUM, JOURNAL, BARE)

some_text = st.text(max_size=60) | st.text(alphabet="\\{}$%&#_^~\"'@=,\nandTeX \u2028\x0b\ud800é王👩‍👧", max_size=60)
papers = st.lists(
    st.builds(
        Paper,
        id=st.integers(1, 99).map(lambda n: PaperId(f"2505.000{n:02}"))
        | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=9).map(
            lambda text: PaperId(f"10.1000/{text}")
        ),
        title=some_text,
        abstract=some_text,
        authors=st.lists(some_text, max_size=4).map(tuple),
        categories=st.lists(some_text, max_size=2).map(tuple),
        keywords=st.lists(some_text, max_size=2).map(tuple),
        comment=some_text,
        journal=some_text,
        doi=some_text,
        project_url=some_text.map("https://example.org/{}".format),
        summary=some_text,
        published=st.none() | st.datetimes(min_value=datetime(1950, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # made aware there
    ),
    max_size=5,
)


def read_bibtex(text: str) -> list[dict[str, str]]:
    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    entries: list[dict[str, str]] = bibtexparser.loads(text, parser=parser).entries
    return entries


def unique(some: list[Paper]) -> list[Paper]:
    return list({paper.id: paper for paper in some}.values())


def test_bibtex_reads_back_as_it_was() -> None:
    first, second, third = read_bibtex(bibtex(PAPERS))
    assert first["ENTRYTYPE"] == "misc"
    assert first["ID"] == "bengio2025beta"
    assert first["title"] == r"{The $\beta$-Curriculum: 100{\%} of R{\&}D, braces {\&} TeX by Andr{\'e}}"
    assert first["author"] == (
        r"Bengio, Yoshua and van den Oord, A{\"a}ron and Van den Broeck, Guy and {Gemini Team} and {Plato} and Davis, Jr., Sammy and {王伟}"
    )
    assert (first["year"], first["month"]) == ("2025", "May")
    assert (first["eprint"], first["archiveprefix"], first["primaryclass"]) == ("2505.23885", "arXiv", "cs.LG")
    assert first["url"] == "https://arxiv.org/abs/2505.23885"
    assert second["ENTRYTYPE"] == "article"
    assert second["journal"] == r"Journal of A {\&} B"
    assert second["doi"] == "10.1000/xyz_%7B1%7D"
    assert (second["year"], second["month"]) == ("2024", "January")
    assert second["author"] == r"{@sum} and {M{\"u}ller {\&} S{\"o}hne, Research}"
    assert third == {"ENTRYTYPE": "misc", "ID": "anonymous", "title": "{學習}"}


@settings(max_examples=40)
@given(papers)
def test_whatever_a_paper_holds_its_bibtex_is_one_entry(some: list[Paper]) -> None:
    text = bibtex(some)
    entries = read_bibtex(text)
    assert [entry["ID"] for entry in entries] == list(citation_keys(unique(some)).values())
    assert text.count("\n@") + text.startswith("@") == len(entries)


@given(st.text(st.characters(max_codepoint=0xFF, categories=["Lu", "Ll", "Nd"]) | st.sampled_from("%&#_~@ .,()=+<>"), max_size=40))
@example("50% & #1 _ab~ “q” <é> — Łódź, Gödel, ß")
@example("王 👩‍🔬")
def test_plain_text_survives_latex(text: str) -> None:
    # Backslashes and dollars are TeX when they come, -- and `` are dashes and quotes.
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    assert unicodedata.normalize("NFC", LatexNodes2Text(strict_latex_spaces=True).latex_to_text(as_latex(text))) == text


@given(some_text)
@example("{" * 3000)
@example("\\a" + "{" * 3000)
@example("$" * 100 + "{")
@example("$}{$")
def test_braces_balance_whatever_comes(text: str) -> None:
    depth = 0
    for character in as_latex(text):
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("R&D at 50%", r"R{\&}D at 50{\%}"),
        (r"R\&D at 50\%", r"R{\&}D at 50{\%}"),
        (r"\alpha-test", r"{\ensuremath{\alpha}}-test"),
        ("$x_{1}^2$ wins", "$x_{1}^2$ wins"),
        ("$x_{1$ wins", r"x{\_}1 wins"),
        ("from $5 to $6", r"from {\$}5 to {\$}6"),
        ("e\u0301", r"{\'e}"),
        ("{", r"{\textbraceleft}"),
        (r"\{a\}", r"{\textbraceleft}a{\textbraceright}"),
        ("{GPT}-4 and a {set}", r"GPT-4 and a {\textbraceleft}set{\textbraceright}"),
        ("{GPT} in $O(n)$", "GPT in $O(n)$"),
        (r"\textbf{the $x$ of} it", "the x of it"),
        (r"{\bf Bold} S{\o}gaard", r"Bold S{\o}gaard"),
        ("a\x1b[31mred\u202ekcab\u2066", "a[31mredkcab"),
    ],
)
def test_what_means_something_to_tex_is_escaped_once(text: str, latex: str) -> None:
    assert as_latex(text) == latex


@pytest.mark.parametrize(
    ("displayed", "parts"),
    [
        ("Yoshua Bengio", Name("Bengio", "Yoshua")),
        ("Bengio, Yoshua", Name("Bengio", "Yoshua")),
        ("Aaron van den Oord", Name("van den Oord", "Aaron")),
        ("Guy Van den Broeck", Name("Van den Broeck", "Guy")),
        ("Nguyen Van Hai", Name("Hai", "Nguyen Van")),
        ("Juan de la Cruz Jr.", Name("de la Cruz", "Juan", "Jr.")),
        ("Davis, Jr.", Name("Davis", "", "Jr.")),
        ("J. K. Smith III", Name("Smith", "J. K.", "III")),
        ("Plato", Name("Plato")),
        ("王 伟", Name("王", "伟")),
        ("John Smith (MIT)", Name("Smith", "John")),
        ("(MIT)", Name("(MIT)")),
        ("Gemini Team", Name("Gemini Team", is_organisation=True)),
        ("The ATLAS Collaboration", Name("The ATLAS Collaboration", is_organisation=True)),
        ("DeepSeek-AI", Name("DeepSeek-AI", is_organisation=True)),
        ("One, Two, Three", Name("One, Two, Three", is_organisation=True)),
        ("", Name("")),
    ],
)
def test_names_come_apart_where_a_librarian_would_part_them(displayed: str, parts: Name) -> None:
    assert name(displayed) == parts


def test_keys_hold_author_year_and_a_telling_word() -> None:
    origin = Paper(id=PaperId("2505.00001"), title="On the Origin", published=datetime(2025, 1, 1, tzinfo=UTC))

    def key(**facts: Any) -> str:
        return citation_keys([replace(origin, **facts)])[origin.id]

    assert key() == "anonymous2025origin"
    assert key(authors=("Søren Kierkegård",)) == "kierkegard2025origin"
    assert key(authors=("Aaron van den Oord",), title="--- A Gödel-Prize") == "vandenoord2025godel"
    assert key(authors=(r"Andr\'e Weil",), title="$", published=None) == "weil"


def test_papers_with_the_same_key_get_their_identity_added_in_any_order() -> None:
    one, two, other = (
        Paper(id=PaperId(id), title=title, authors=("A Li",), published=datetime(2025, 1, 1, tzinfo=UTC))
        for id, title in (("2505.00001", "Robots walk"), ("hep-th/9901001", "Robots run"), ("2505.00003", "Cats sit"))
    )
    keys = {one.id: "li2025robots-2505.00001", two.id: "li2025robots-hep-th-9901001", other.id: "li2025cats"}
    assert citation_keys([one, two, other]) == keys
    assert citation_keys([other, two, one]) == keys


@settings(max_examples=40)
@given(papers)
def test_keys_are_unique_and_of_ascii(some: list[Paper]) -> None:
    keys = citation_keys(unique(some))
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", key) for key in keys.values())
    assert len(set(keys.values())) == len(keys)


def test_ris_reads_back_as_it_was() -> None:
    first, second, third = rispy.loads(ris(PAPERS))
    assert first["type_of_reference"] == "GEN"
    assert first["title"] == "The β-Curriculum: 100% of R&D, braces & TeX by André"
    assert first["authors"][:4] == ["Bengio, Yoshua", "van den Oord, Aäron", "Van den Broeck, Guy", "Gemini Team"]
    assert first["authors"][5] == "Davis, Sammy, Jr."
    assert (first["year"], first["date"]) == ("2025", "2025/05/29/")
    assert first["abstract"] == "First line. TY - JOUR Second line."
    assert first["keywords"] == ["curriculum", "robots"]
    assert first["urls"] == ["https://arxiv.org/abs/2505.23885"]
    assert first["accession_number"] == "arXiv:2505.23885"
    assert second["type_of_reference"] == "JOUR"
    assert second["authors"] == ["@sum", "Müller & Söhne Research"]
    assert second["doi"] == "10.1000/xyz_{1}"
    assert third == {"type_of_reference": "GEN", "id": "anonymous", "title": "學習"}


def test_ris_lines_end_as_the_format_wants() -> None:
    text = ris(PAPERS)
    assert text.endswith("ER  - \r\n")
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in text.removesuffix("\r\n").split("\r\n"))


@settings(max_examples=40)
@given(papers)
def test_whatever_a_paper_holds_its_ris_is_one_record(some: list[Paper]) -> None:
    records = rispy.loads(ris(some)) if some else []
    assert [record["id"] for record in records] == list(citation_keys(unique(some)).values())


def test_csv_reads_back_as_it_was() -> None:
    first, second, _ = csv.DictReader(io.StringIO(csv_table(PAPERS)))
    assert first["title"] == "The β-Curriculum: 100% of R&D, braces & TeX by André"
    assert first["authors"].startswith("Yoshua Bengio; Aäron van den Oord; ")
    assert (first["published"], first["votes"], first["stars"]) == ("2025-05-29", "42", "1234")
    assert (second["title"], second["authors"], second["summary"]) == ("'=HYPERLINK(evil)", "'@sum; Müller & Söhne, Research", "'-2+3")
    assert (second["doi"], second["url"], second["votes"]) == ("10.1000/xyz_{1}", "https://doi.org/10.1000/xyz_%7B1%7D", "")


@settings(max_examples=40)
@given(papers)
def test_no_cell_is_a_formula_and_no_row_is_lost(some: list[Paper]) -> None:
    rows = list(csv.reader(io.StringIO(csv_table(some), newline="")))
    assert len(rows) == 1 + len(unique(some))
    assert all(len(row) == len(rows[0]) for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for row in rows for cell in row)


def test_no_form_carries_tex_or_control_or_bidirectional_characters() -> None:
    hostile = "\x1b[31m\u202e{\\bf Bold}\u2067: $\\beta$-VAE\u200f"
    paper = Paper(
        id=PaperId("2505.00001"),
        title=hostile,
        abstract=hostile,
        authors=("S{\\o}ren \u202eKierkeg{\\aa}rd",),
        keywords=(hostile,),
        summary=hostile,
        journal=hostile,
        comment=hostile,
        organisation=hostile,
        doi="10.1000/\u202exyz",
    )
    for text in (bibtex([paper]), ris([paper]), csv_table([paper])):
        assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    (record,) = rispy.loads(ris([paper]))
    assert record["title"] == record["abstract"] == "[31mBold: β-VAE"
    assert record["authors"] == ["Kierkegård, Søren"]
    (row,) = csv.DictReader(io.StringIO(csv_table([paper])))
    assert (row["title"], row["authors"], row["doi"]) == ("[31mBold: β-VAE", "Søren Kierkegård", "10.1000/xyz")


def test_a_paper_given_twice_is_listed_once_and_nothing_gives_nothing() -> None:
    assert bibtex([BARE, BARE]).count("@misc") == 1
    assert ris([BARE, BARE]).count("TY  -") == 1
    assert len(csv_table([BARE, BARE]).splitlines()) == 2
    assert bibtex([]) == ris([]) == ""
