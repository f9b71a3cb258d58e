"""Every way of naming a paper, and the one identity behind it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.identity import abstract_url, huggingface_url, is_arxiv, mentioned, month_of, names, paper_id, pdf_url, recognise, version_in
from bot.paper import Paper, PaperId

NEW = "2505.23885"
OLD = "hep-th/9901001"


@pytest.mark.parametrize("id", [NEW, OLD])
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "  {}\n",
        "<{}>",
        "({})",
        "“{}”",
        "{}.",
        "{},",
        "[{}],",
        "arXiv:{}",
        "ARXIV: {}",
        "arxiv.org:{}",
        "arXiv:{} [cs.CL]",
        "oai:arXiv.org:{}",
        "http://arxiv.org/abs/{}",
        "https://arxiv.org/abs/{}",
        "HTTPS://ARXIV.ORG/abs/{}",
        "https://www.arxiv.org/abs/{}/",
        "https://export.arxiv.org/abs/{}",
        "https://arxiv.org/abs/{}?context=cs.CL",
        "https://arxiv.org/abs/{}#comments",
        "https://arxiv.org/pdf/{}",
        "http://arxiv.org/pdf/{}.pdf",
        "https://arxiv.org/html/{}",
        "https://arxiv.org/format/{}",
        "arxiv.org/abs/{}",
        "<https://arxiv.org/abs/{}>",
        "<https://arxiv.org/abs/{}|A title, with words>",
        "https://arxiv.org/abs/{}).",
        "https://ar5iv.labs.arxiv.org/html/{}",
        "https://ar5iv.org/abs/{}",
        "https://www.alphaxiv.org/abs/{}",
        "https://www.alphaxiv.org/overview/{}",
        "https://huggingface.co/papers/{}",
        "huggingface.co/papers/{}",
        "https://hf.co/papers/{}",
        "https://huggingface.co/papers/{}.md",
        "https://huggingface.co/api/papers/{}/repos",
        "10.48550/arXiv.{}",
        "doi:10.48550/ARXIV.{}",
        "https://doi.org/10.48550/arXiv.{}",
        "http://dx.doi.org/10.48550/arxiv.{}",
    ],
)
def test_every_form_names_the_same_paper(form: str, id: str) -> None:
    assert recognise(form.format(id)) == id
    assert version_in(form.format(id)) is None


@pytest.mark.parametrize(
    "form", ["{}", "arXiv:{}", "https://arxiv.org/abs/{}", "https://arxiv.org/pdf/{}.pdf", "oai:arXiv.org:{}", "10.48550/arXiv.{}"]
)
@pytest.mark.parametrize("id", [NEW, OLD])
def test_the_version_is_read_apart(form: str, id: str) -> None:
    assert recognise(form.format(f"{id}v12")) == id
    assert version_in(form.format(f"{id}v12")) == 12


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("math.GT/0309136", "math/0309136"),
        ("https://arxiv.org/abs/math.GT/0309136v2", "math/0309136"),
        ("HEP-TH/9901001", OLD),
        ("cond-mat.mes-hall/0101001", "cond-mat/0101001"),
        ("https://arxiv.org/abs/hep-th%2F9901001", OLD),
        ("0704.0001", "0704.0001"),
        ("1412.9999", "1412.9999"),
        ("1501.00001", "1501.00001"),
        ("２５０５．２３８８５", NEW),
        ("https://tldr.takara.ai/p/2604.26238", "2604.26238"),
        ("https://papers.example/2604.26238v2/read", "2604.26238"),
        ("10.1000/XYZ", "10.1000/xyz"),
        ("doi: 10.1000/xyz.", "10.1000/xyz"),
        ("info:doi/10.1000/xyz", "10.1000/xyz"),
        ("https://doi.org/10.1000/xyz?utm_source=a#b", "10.1000/xyz"),
        ("https://doi.org/10.1016/S0140-6736(05)12345-6", "10.1016/s0140-6736(05)12345-6"),
        ("(10.1016/S0140-6736(05)12345-6)", "10.1016/s0140-6736(05)12345-6"),
        ("https://dl.acm.org/doi/abs/10.1145/3292500.3330701", "10.1145/3292500.3330701"),
        ("https://dl.acm.org/doi/10.1145/3292500.3330701", "10.1145/3292500.3330701"),
    ],
)
def test_other_names_are_reduced_to_the_canonical_one(text: str, id: str) -> None:
    assert recognise(text) == id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "<>",
        "curriculum",
        "2505",
        "2505.238",
        "2505.238851",
        "2505.23885v0",
        "2505.23885 and more",
        "2513.00001",
        "2500.00001",
        "1501.1234",
        "1412.00001",
        "0703.0001",
        "0808.05394",
        "cs/0704001",
        "cs/9913001",
        "and/0101001",
        "hep-th/99010",
        "https://arxiv.org/list/cs.CL/new",
        "https://arxiv.org/abs/",
        "https://huggingface.co/papers/date/2026-08-21",
        "https://huggingface.co/models/hep-th/9901001",
        "https://example.org/hep-th/9901001",
        "https://[::1",
        "https://",
        "10.1000",
        "10.1000/",
        "10.1000/" + "x" * 300,
        "10.1000/a<b",
        "https://example.org/10.1000/xyz",
        "2505.23885" * 500,
    ],
)
def test_what_names_no_paper_is_none(text: str) -> None:
    assert recognise(text) is None
    assert version_in(text) is None


def test_every_paper_in_a_longer_text_is_found_in_order_and_once() -> None:
    text = (
        "See arXiv:2505.23885v2 (also https://arxiv.org/pdf/2505.23885), https://arxiv.org/abs/2406.19227; "
        "and <https://doi.org/10.1000/ABC|x>. Older: hep-th/9901001. "
        "Bare 2304.08354, huggingface.co/papers/2310.09518! A mirror: https://tldr.takara.ai/p/2604.26238, "
        "10.48550/arXiv.2501.00001 and doi:10.1000/abc, 10.1145/1.2)"
    )
    assert mentioned(text) == (NEW, "2406.19227", "10.1000/abc", OLD, "2304.08354", "2310.09518", "2604.26238", "2501.00001", "10.1145/1.2")


@pytest.mark.parametrize(
    "text", ["", "and/0101001", "1.2505.23885", "2505.23885.1", "a2505.23885", "2505.238856", "x@arxiv.org/abs/2505.23885", "no paper"]
)
def test_a_text_that_names_no_paper_has_none(text: str) -> None:
    assert mentioned(text) == ()


def test_identity_is_the_arxiv_id_else_the_doi_else_the_title() -> None:
    assert paper_id(arxiv="arXiv:2505.23885v3", doi="10.1000/X", title="T", first_author="A") == NEW
    assert paper_id(arxiv="nonsense", doi="https://doi.org/10.1000/X", title="T") == "10.1000/x"
    assert paper_id(doi="10.48550/arXiv.2505.23885") == NEW
    by_title = paper_id(title="On Engines", first_author="Ada Lovelace")
    assert by_title.startswith("title-")
    assert len(by_title) == len("title-") + 16


@pytest.mark.parametrize(("title", "author"), [("", ""), ("  ", "Ada")])
def test_a_record_without_any_name_has_no_identity(title: str, author: str) -> None:
    with pytest.raises(ValueError, match="title"):
        paper_id(title=title, first_author=author)


@pytest.mark.parametrize(
    ("title", "author"),
    [
        ("$β$-OPSD: On-Policy  Distillation", "Ada Lovelace"),
        ("β-OPSD: on-policy distillation", "A. Lovelace"),
        ("β-OPSD: On-Policy\nDistillation", "Lovelace, Ada"),
        (r"$\beta$-OPSD: On-Policy Distillation", "LOVELACE"),
    ],
)
def test_titles_are_compared_as_people_read_them(title: str, author: str) -> None:
    assert paper_id(title=title, first_author=author) == paper_id(title="β-OPSD: On-Policy Distillation", first_author="Ada Lovelace")


def test_another_author_or_title_is_another_paper() -> None:
    ids = {paper_id(title=t, first_author=a) for t in ("Editorial", "Erratum") for a in ("Ada Lovelace", "Grace Hopper", "")}
    assert len(ids) == 6


def test_the_same_work_shares_a_name_however_it_is_listed() -> None:
    with_id = Paper(id=PaperId(NEW), title="On Engines", authors=("Ada Lovelace",), doi="10.1000/x")
    by_doi = Paper(id=PaperId("10.1000/x"), title="On engines")
    by_title = Paper(id=paper_id(title="On ENGINES", first_author="Lovelace, Ada"), title="On ENGINES", authors=("Lovelace, Ada",))
    assert set(names(with_id)) & set(names(by_doi)) == {"doi:10.1000/x"}
    assert set(names(with_id)) & set(names(by_title)) == {f"title:{by_title.id.removeprefix('title-')}"}
    assert names(Paper(id=PaperId(NEW), title="")) == ()


def test_links_lead_to_where_people_read() -> None:
    assert abstract_url(PaperId(NEW)) == "https://arxiv.org/abs/2505.23885"
    assert abstract_url(PaperId(OLD)) == "https://arxiv.org/abs/hep-th/9901001"
    assert abstract_url(PaperId("10.1000/a<b>#c")) == "https://doi.org/10.1000/a%3Cb%3E%23c"
    assert pdf_url(PaperId(NEW)) == "https://arxiv.org/pdf/2505.23885"
    assert huggingface_url(PaperId(NEW)) == "https://huggingface.co/papers/2505.23885"


@pytest.mark.parametrize("id", ["title-0123456789abcdef", "10.1000/x"])
def test_there_is_no_link_to_where_a_paper_is_not(id: str) -> None:
    assert pdf_url(PaperId(id)) == huggingface_url(PaperId(id)) == ""
    assert abstract_url(PaperId("title-0123456789abcdef")) == huggingface_url(PaperId(OLD)) == ""


@pytest.mark.parametrize(
    ("id", "expected"),
    [(NEW, True), (OLD, True), ("2505.23885v2", False), ("math.GT/0309136", False), ("0808.05394", False), ("10.1/x", False), ("", False)],
)
def test_only_canonical_arxiv_ids_count_as_such(id: str, expected: bool) -> None:  # noqa: FBT001  # a table's column
    assert is_arxiv(id) is expected


# ---------------------------------------------------------------- properties

new_ids = st.builds(
    lambda year, month, number: f"{year:02}{month:02}.{number:0{4 if f'{year:02}{month:02}' < '1501' else 5}}",
    st.integers(8, 99),
    st.integers(1, 12),
    st.integers(1, 9999),
)
old_ids = st.builds(
    lambda archive, year, month, number: f"{archive}/{year:02}{month:02}{number:03}",
    st.sampled_from(["hep-th", "astro-ph", "cs", "math", "q-bio", "cond-mat"]),
    st.integers(91, 99) | st.integers(0, 6),
    st.integers(1, 12),
    st.integers(1, 999),
)
ids = new_ids | old_ids
junk = st.text(st.sampled_from(list("0123456789./:-v<>()[]|?#%&@ \n aArXiIvVdoOhtpsgcf2F\u200b，。🙂")), max_size=120) | st.text(
    max_size=120
)


@given(ids, st.integers(1, 999))
def test_any_id_survives_the_forms_it_is_written_in(id: str, version: int) -> None:
    for form in (f"arXiv:{id}v{version}", f"<https://arxiv.org/abs/{id}v{version}>.", f"https://arxiv.org/pdf/{id}v{version}.pdf"):
        assert (recognise(form), version_in(form)) == (id, version)
    assert recognise(id.upper()) == id
    assert mentioned(f"We build on {id}, and on {abstract_url(PaperId(id))}.") == (id,)
    assert is_arxiv(id)


@given(junk)
def test_no_text_makes_it_fail_and_what_comes_out_is_canonical(text: str) -> None:
    version_in(text)
    for id in (recognise(text), *mentioned(text)):
        assert id is None or recognise(id) == id
    is_arxiv(text)


@given(junk, junk)
def test_any_title_makes_an_identity_that_cannot_be_taken_for_another_kind(title: str, author: str) -> None:
    try:
        id = paper_id(title=title, first_author=author)
    except ValueError:
        return
    assert recognise(id) is None
    assert not is_arxiv(id)


@pytest.mark.parametrize(
    "text",
    [
        "10.1234" + ".1" * 50_000,
        "10.1000/" * 20_000,
        "https://" * 20_000,
        "a." * 50_000 + "arxiv.org/",
        "(" * 100_000,
        ")" * 2_000,
        "cs." + "a-" * 50_000,
        "9" * 100_000,
        "％" * 2_000,
    ],
    ids=["dots", "DOIs", "schemes", "hosts", "opening", "closing", "classes", "digits", "wide"],
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    """The time-out of the test run is the measure: quadratic reading would take minutes."""
    recognise(text)
    mentioned(text)


@pytest.mark.parametrize(
    ("id", "month"),
    [
        ("2310.09518", date(2023, 10, 1)),
        ("0704.0001", date(2007, 4, 1)),
        ("9912.12345", date(2099, 12, 1)),
        ("hep-th/9901001", date(1999, 1, 1)),
        ("astro-ph/9108001", date(1991, 8, 1)),
        ("math/0703999", date(2007, 3, 1)),
        ("2310.09518v2", None),
        ("2313.09518", None),
        ("10.1000/2310.09518", None),
        ("title-0123456789abcdef", None),
        ("", None),
    ],
)
def test_an_arxiv_id_tells_its_month(id: str, month: date | None) -> None:
    assert month_of(id) == month


@given(st.text(max_size=20))
def test_whatever_has_a_month_is_an_arxiv_id(text: str) -> None:
    assert (month_of(text) is not None) == is_arxiv(text)
