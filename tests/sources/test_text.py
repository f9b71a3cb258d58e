"""Strangers' names, moments and addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.arxiv import categories, recognised_doi
from bot.sources.authors import plain_name, split_authors
from bot.sources.text import LONGEST_NAME, moment, one_line, web_address


@pytest.mark.parametrize(
    ("creators", "names"),
    [
        ("Ada Lovelace, Grace Hopper", ("Ada Lovelace", "Grace Hopper")),
        ("Anamta Khan, Ratna Kandala,  Deepti, Sheza Munir", ("Anamta Khan", "Ratna Kandala", "Deepti", "Sheza Munir")),
        ("Ada Lovelace (London, (England)), Grace Hopper (Navy)", ("Ada Lovelace", "Grace Hopper")),
        (
            r"Andr\'e Martins, Anders S{\o}gaard, Nikola Pi\v{z}urica, {\L}ukasz",
            ("André Martins", "Anders Søgaard", "Nikola Pižurica", "Łukasz"),
        ),
        (r"Fran\c{c}ois Lef\`evre, J.~K. Smith, D'Arcy O'Neill", ("François Lefèvre", "J. K. Smith", "D'Arcy O'Neill")),
        ("Broken (bracket, Other", ("Broken (bracket", "Other")),
        ("", ()),
        (" , ,", ()),
    ],
)
def test_one_string_of_creators_becomes_names(creators: str, names: tuple[str, ...]) -> None:
    assert split_authors(creators) == names


@given(st.text(st.sampled_from(list("ab \\{}$~'\"^_%&#vco(),.é")), max_size=300))
def test_no_name_is_too_broken_to_be_shown(tex: str) -> None:
    name = plain_name(tex)
    assert len(name) <= LONGEST_NAME
    assert name == " ".join(name.split())
    assert all(author for author in split_authors(tex))


@pytest.mark.parametrize("tex", ["{" * 200, r"\frac" * 40, "$" * 199, r"\begin{x}" * 22, r"\verb|" * 30])
def test_hostile_tex_does_not_fail(tex: str) -> None:
    assert isinstance(plain_name(tex), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-11-20T00:00:00.000Z", datetime(2025, 11, 20, tzinfo=UTC)),
        ("2025-11-20T01:00:00+01:00", datetime(2025, 11, 20, tzinfo=UTC)),
        ("2025-11-20", datetime(2025, 11, 20, tzinfo=UTC)),
        ("Fri, 21 Nov 2025 00:00:00 -0500", datetime(2025, 11, 21, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00+23:59", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_of_both_kinds_are_read_as_utc(text: str | None, expected: datetime | None) -> None:
    assert moment(text) == expected


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_be_no_date(text: str) -> None:
    assert moment(text) is None or moment(text).tzinfo is UTC  # type: ignore[union-attr]  # the first half says so


@given(st.text(max_size=80))
def test_an_address_is_kept_whole_or_not_at_all(text: str) -> None:
    assert web_address(text) in {"", text.strip()}
    assert web_address(f"https://a.example/{text}") in {"", f"https://a.example/{text}".strip()}


def test_blanks_are_collapsed_before_cutting() -> None:
    assert one_line(" a \n b\t\u00a0c ", 4) == "a b"
    assert one_line(None, 9) == ""


def test_categories_are_told_from_other_codes() -> None:
    terms = [
        "cs.CL",
        "I.2.7",
        "68T05",
        "cond-mat.str-el",
        "hep-th",
        None,
        "cs.CL",
        " q-bio.NC ",
        "physics.acc-ph",
        "cs.CL; cs.LG",
        "Primary",
    ]
    assert categories(terms) == ("cs.CL", "cond-mat.str-el", "hep-th", "q-bio.NC", "physics.acc-ph")


@pytest.mark.parametrize(
    ("text", "doi"),
    [("10.1000/ABC", "10.1000/abc"), ("10.1000/a 10.1000/b", "10.1000/a"), ("10.48550/arXiv.2511.00001", ""), ("", ""), ("x", "")],
)
def test_only_a_foreign_doi_is_another_name(text: str, doi: str) -> None:
    assert recognised_doi(text) == doi
