"""The pictures of the status page, as a browser shows it on a good day: light, dark, and on a telephone.

Each carries the fingerprint of the page it was taken of, so that a test sees an old one; a new version of the program alone makes none old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import sync_playwright

from adapters.web.look import rendered
from bot import __version__
from tests.documents import png
from tests.documents.pictures import CHROMIUM, PICTURES, fingerprint, mark
from tests.web.samples import well

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal


class Shot(NamedTuple):
    """How one is taken."""

    scheme: Literal["light", "dark"]
    width: int
    """Pixels of the page."""
    scale: int
    """Pixels of the picture for each of them."""


SHOTS = {
    "status-light.png": Shot("light", 820, 1),
    "status-dark.png": Shot("dark", 820, 1),
    "status-narrow.png": Shot("light", 390, 2),
}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_ARGUMENTS += ["--disable-component-update", "--disable-sync", "--font-render-hinting=none"]


def page() -> str:
    """What is photographed."""
    installable = {"slack": True, "invitation": "https://discord.com/oauth2/authorize?client_id=1"}
    told = {"version": __version__, "contact": "papers@example.org", "support_url": "", "operator": False}
    return rendered("status.html", {"status": well(), "away": False, **installable, **told})


def newest() -> str:
    """The fingerprint of what would be photographed now."""
    return fingerprint(page().replace(__version__, ""))


def write(root: Path) -> None:
    """Take those pictures under `root` anew that were taken of an older page.

    Raises:
        playwright.sync_api.Error: There is no browser, or it failed.
    """
    folder = root / PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    for name, shot in SHOTS.items():
        file = folder / name
        if not file.exists() or mark(file.read_bytes()) != newest():
            file.write_bytes(photographed(shot))


def photographed(shot: Shot) -> bytes:
    """A PNG of the whole page, with its fingerprint."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM or None, args=_ARGUMENTS)
        try:
            tab = browser.new_page(
                device_scale_factor=shot.scale,
                viewport={"width": shot.width, "height": 400},
                color_scheme=shot.scheme,
                java_script_enabled=False,
            )
            tab.set_content(page())
            picture = tab.screenshot(full_page=True, type="png")
        finally:
            browser.close()
    return png.packed(picture, Fingerprint=newest())
