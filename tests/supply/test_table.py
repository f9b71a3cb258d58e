"""The tables of docs/dependencies.md are true, but for megabytes: those are another machine's."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.documents import dependencies
from tests.documents.dependencies import CHOSEN, PAGE, without_sizes
from tests.documents.marks import ROOT, between
from tests.supply.lock import direct, runtime

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / PAGE).read_text("utf-8")
ADVICE = "it is out of date: make written"


def test_whatever_we_ask_for_has_a_reason_and_only_that() -> None:
    assert CHOSEN.keys() == set().union(*direct().values())


def test_the_tables_are_as_they_would_be_written_now() -> None:
    assert without_sizes(between(TEXT, "asked for")) == without_sizes(dependencies.asked_for()), ADVICE
    assert between(TEXT, "brought") == dependencies.brought(), ADVICE
    assert between(TEXT, "licences") == dependencies.licences(), ADVICE


def test_every_package_is_in_one_of_the_tables() -> None:
    assert [name for name in runtime() if f"| {name} |" not in TEXT and f"| [{name}]" not in TEXT] == []


def test_sizes_alone_make_no_difference_and_all_else_does() -> None:
    row = "| a | for b | MIT | 1.5 | c |"
    assert without_sizes(row) == without_sizes(row.replace("1.5", "22.0"))
    assert without_sizes(row) != without_sizes(row.replace("MIT", "ISC"))


def test_the_record_of_the_audit_is_about_as_many_packages_as_are_locked() -> None:
    assert f"{len(runtime())} packages, with all extras" in TEXT, "make audit, and record it"


def test_writing_twice_is_writing_once(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / PAGE, tmp_path / PAGE)
    dependencies.write(tmp_path)
    once = (tmp_path / PAGE).read_text("utf-8")
    dependencies.write(tmp_path)
    assert (tmp_path / PAGE).read_text("utf-8") == once
