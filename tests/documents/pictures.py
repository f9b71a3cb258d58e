"""The README's pictures: the same digest on Slack, on Discord and in the terminal, made from what our own renderers send there.

The payload is drawn as HTML in the platform's look and photographed by a browser. A picture carries the fingerprint of the page it was
taken of, so that a test sees an old one. For the same letters everywhere, the fonts Lato and Noto Sans should be installed where the
pictures are taken (Debian: fonts-lato, fonts-noto-core).
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from adapters.discord.render import render as on_discord
from adapters.slack.render import render as on_slack
from adapters.terminal.look import Look
from adapters.terminal.render import render as in_terminal
from tests.documents import discord_look, png, slack_look
from tests.documents.sample_digest import NAME, NOW, sample_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Literal

    Scheme = Literal["light", "dark"]

PICTURES = "docs/pictures"
WIDTH = 560
"""Of the page: two of them stand beside each other in the README, and can be read there."""
SCALE = 2
"""Pixels of the picture for each of the page."""
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
"""Debian's; "" where there is none."""
SHOTS: Mapping[str, tuple[str, Scheme]] = {
    "digest-slack.png": ("slack", "light"),
    "digest-slack-dark.png": ("slack", "dark"),
    "digest-discord.png": ("discord", "dark"),
    "digest-discord-light.png": ("discord", "light"),
}
"""Each file, what it shows and how."""
TERMINAL = "digest-terminal.svg"

_COLUMNS = 84
_FINGERPRINT = "Fingerprint"
_INK = (219, 222, 225)
_THEME = TerminalTheme(
    (24, 26, 31),
    _INK,
    [(57, 60, 67), (224, 108, 117), (152, 195, 121), (229, 192, 123), (97, 175, 239), (198, 120, 221), (86, 182, 194), _INK],
)
_SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<title>A digest in the terminal</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "Cascadia Mono", "Fira Code", Menlo, Consolas, "DejaVu Sans Mono", monospace; \
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font: bold 18px system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""As rich's own, without its typeface from a foreign server and the room around the window."""


def page(platform: str) -> str:
    """The HTML that is photographed: the digest as it is posted to that platform."""
    message = sample_digest(platform).message
    match platform:
        case "slack":
            return slack_look.page(on_slack(message).blocks, channel=NAME, now=NOW)
        case "discord":
            return discord_look.page(on_discord(message), channel=NAME, now=NOW)
    raise ValueError(f"no look for {platform}")


def terminal() -> str:
    """The SVG of the digest as the terminal shows it."""
    drawn = in_terminal(sample_digest("terminal").message, Look(width=_COLUMNS, colour=True))
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard", highlight=False)
    console.print(Text.from_ansi(f"{NAME}> digest\n{drawn.text}".rstrip()))
    return console.export_svg(title="Paperboy", theme=_THEME, code_format=_SVG, unique_id="digest")


def fingerprint(html: str) -> str:
    """What tells whether a picture was taken of this page."""
    return hashlib.sha256(html.encode()).hexdigest()


def photographed(html: str, scheme: Scheme) -> bytes:
    """A PNG of the page, as large as it is, transparent around the window, with its fingerprint.

    Raises:
        playwright.sync_api.Error: There is no browser, or it failed.
    """
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    arguments += ["--disable-component-update", "--disable-sync", "--font-render-hinting=none"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM or None, args=arguments)
        try:
            tab = browser.new_page(
                device_scale_factor=SCALE, viewport={"width": WIDTH, "height": 400}, color_scheme=scheme, java_script_enabled=False
            )
            tab.set_content(html)
            picture = tab.screenshot(full_page=True, omit_background=True, type="png")
        finally:
            browser.close()
    return png.packed(picture, **{_FINGERPRINT: fingerprint(html)})


def mark(picture: bytes) -> str:
    """The fingerprint in a picture; "" if it has none."""
    return png.word(picture, _FINGERPRINT)


def write(root: Path) -> None:
    """Draw those pictures under `root` anew that were taken of an older page, and the terminal's."""
    folder = root / PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TERMINAL).write_text(terminal(), "utf-8")
    for name, (platform, scheme) in SHOTS.items():
        html, file = page(platform), folder / name
        if not file.exists() or mark(file.read_bytes()) != fingerprint(html):
            file.write_bytes(photographed(html, scheme))
