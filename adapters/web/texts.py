"""PRIVACY.md and SUPPORT.md as pages: the same words that stand in the repository."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup


def text(name: str) -> str:
    """One of the texts as it was written, from a checkout, else from the installed package, which brings it along."""
    checkout = Path(__file__).parents[2] / name
    return checkout.read_text("utf-8") if checkout.is_file() else files("adapters.web").joinpath(name).read_text("utf-8")


@cache
def as_html(name: str) -> Markup:
    """One of the texts as it is shown, without HTML of its own."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Ours, from our own files: markdown-it escaped what is in them, and makes no link of javascript:.
    return Markup(markdown.render(text(name)))  # noqa: S704  # see above
