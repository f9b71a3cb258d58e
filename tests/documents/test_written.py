"""What the program writes in the documents is in them as it would write it now."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.documents import buttons, commands, lines, metrics, scopes, settings
from tests.documents.marks import ROOT, between, put
from tests.documents.site import repository
from tests.documents.transcripts import LONG, SHORT, SHOWN, transcript, without_dates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXTS: dict[tuple[str, str], Callable[[], str]] = {
    ("README.md", "buttons"): lambda: buttons.buttons(repository()),
    (commands.PAGE, "commands"): commands.in_short,
    (commands.PAGE, "chapters"): commands.in_full,
    (scopes.PAGE, "scopes"): scopes.table,
    (metrics.PAGE, "metrics"): metrics.table,
    (lines.PAGE, "papers"): lambda: lines.table(lines.PAPERS),
    (lines.PAGE, "digest"): lambda: lines.table(lines.DIGEST),
}
ADVICE = "it is out of date: make written"


@pytest.mark.parametrize(("page", "name"), TEXTS)
def test_what_stands_between_marks_is_what_would_be_written_now(page: str, name: str) -> None:
    assert between((ROOT / page).read_text("utf-8"), name) == TEXTS[page, name]().strip(), ADVICE


@pytest.mark.parametrize("page", SHOWN)
def test_a_transcript_is_what_the_demo_says(page: str) -> None:
    shown = between((ROOT / page).read_text("utf-8"), "transcript").removeprefix("```text\n").removesuffix("```")
    assert without_dates(shown).split() == without_dates(transcript(SHOWN[page])).split(), ADVICE


def test_the_readme_shows_less_than_the_quick_start() -> None:
    assert len(SHORT) < len(LONG)


def test_the_page_of_settings_is_what_the_settings_say() -> None:
    assert (ROOT / settings.PAGE).read_text("utf-8") == settings.markdown(), ADVICE


def test_the_drawing_is_what_would_be_drawn_now() -> None:
    assert (ROOT / lines.DRAWING).read_text("utf-8") == lines.drawing(), ADVICE


def test_writing_twice_changes_nothing_more_and_leaves_the_rest(tmp_path: Path) -> None:
    for page in (commands.PAGE, scopes.PAGE):
        (tmp_path / page).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / page, tmp_path / page)
    put(tmp_path / scopes.PAGE, "scopes", "stale")
    assert "stale" in (tmp_path / scopes.PAGE).read_text("utf-8")
    for _ in range(2):
        commands.write(tmp_path)
        scopes.write(tmp_path)
        assert [(tmp_path / page).read_text("utf-8") for page in (commands.PAGE, scopes.PAGE)] == [
            (ROOT / page).read_text("utf-8") for page in (commands.PAGE, scopes.PAGE)
        ]


def test_marks_that_are_not_there_are_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing", "utf-8")
    with pytest.raises(ValueError, match="<!-- scopes -->"):
        put(page, "scopes", "text")


def test_a_button_names_the_address_of_the_repository() -> None:
    assert "template=https://github.com/somebody/papers)" in buttons.buttons("https://github.com/somebody/papers")
    assert "YOUR-ACCOUNT" not in buttons.buttons("https://github.com/somebody/papers")
    assert "YOUR-ACCOUNT" in buttons.buttons("")
