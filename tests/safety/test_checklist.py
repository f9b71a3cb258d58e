"""Every line of the checklist has tests, and they are there."""

from __future__ import annotations

import ast
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from tests.documents.marks import ROOT, between
from tests.safety.checklist import CHECKLIST, Line, markdown


@cache
def defined() -> frozenset[str]:
    """The names of all tests there are."""
    trees = (ast.parse(file.read_text("utf-8")) for file in (ROOT / "tests").rglob("test_*.py"))
    found = chain.from_iterable(ast.walk(tree) for tree in trees)
    return frozenset(one.name for one in found if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("line", CHECKLIST, ids=lambda line: line.about)
def test_what_proves_a_line_is_there(line: Line) -> None:
    assert line.tests
    assert [name for name in line.tests if name not in defined()] == []


def test_no_two_lines_are_about_the_same() -> None:
    assert len({line.about for line in CHECKLIST}) == len(CHECKLIST)


def test_security_tells_the_list_as_it_is() -> None:
    assert between((ROOT / "SECURITY.md").read_text("utf-8"), "checklist") == markdown(), "it is out of date: make written"


def test_every_fuzzing_test_is_run_by_the_long_form_too() -> None:
    """`make fuzz` runs this folder with PAPERBOY_EXAMPLES; what searches must listen to it, and does by `effort`."""
    searching = list(Path(__file__).parent.glob("test_fuzz_*.py"))
    assert len(searching) >= 5
    for file in searching:
        text = file.read_text("utf-8")
        assert text.count("@given(") == text.count("@effort("), file.name
