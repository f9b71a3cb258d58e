"""The pictures of the status page are of the page as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.documents import pages, png
from tests.documents.pictures import CHROMIUM, PICTURES, mark

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", pages.SHOTS)
def test_a_picture_is_of_the_page_as_it_is(name: str) -> None:
    picture = (ROOT / PICTURES / name).read_bytes()
    assert mark(picture) == pages.newest(), "take it anew: python -m tests.documents pages"
    shot = pages.SHOTS[name]
    assert png.size(picture)[0] == shot.width * shot.scale


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[pages.Shot]:
    taken: list[pages.Shot] = []

    def photographed(shot: pages.Shot) -> bytes:
        taken.append(shot)
        return b"new"

    monkeypatch.setattr(pages, "photographed", photographed)
    return taken


def test_only_old_pictures_are_taken_anew(taken: list[pages.Shot], tmp_path: Path) -> None:
    folder = tmp_path / PICTURES
    folder.mkdir(parents=True)
    new = (ROOT / PICTURES / "status-light.png").read_bytes()
    (folder / "status-light.png").write_bytes(new)
    (folder / "status-dark.png").write_bytes(png.packed(new, Fingerprint="old"))
    pages.write(tmp_path)
    assert taken == [pages.SHOTS["status-dark.png"], pages.SHOTS["status-narrow.png"]]
    assert (folder / "status-light.png").read_bytes() == new


@pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="no chromium here (apt install chromium)")
def test_a_browser_takes_the_picture() -> None:
    picture = pages.photographed(pages.Shot("dark", 400, 1))
    assert png.size(picture)[0] == 400
    assert mark(picture) == pages.newest()
