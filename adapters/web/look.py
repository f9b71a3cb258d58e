"""How every page of ours looks and is sent: templates that escape what is put into them, one style, and headers that allow nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from adapters.web import words
from adapters.web.bars import bars
from bot.status import PROMISED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

KEEP = "no-cache"
"""Asked for anew each time, as the figures change."""
SECRET = "no-store"  # noqa: S105  # a word of HTTP

_FILTERS: Sequence[Callable[..., object]] = (
    words.span,
    words.moment,
    words.machine,
    words.day,
    words.letter,
    words.compact,
    words.percent,
    words.size,
    words.platform,
    words.source,
    words.where,
    words.count,
    bars,
)
"""Each goes by its name in the templates."""


def page(
    template: str, values: Mapping[str, object], *, status: int = 200, keep: str = KEEP, headers: Mapping[str, str] | None = None
) -> web.Response:
    """One page.

    Args:
        template: The name of its file.
        values: What the template speaks of. All texts are escaped there.
        keep: Cache-Control.
        headers: More of them.
    """
    sent = {**_headers(), "Cache-Control": keep, **(headers or {})}
    response = web.Response(text=rendered(template, values), status=status, content_type="text/html", headers=sent)
    response.enable_compression()
    return response


def rendered(template: str, values: Mapping[str, object]) -> str:
    """The document itself.

    Raises:
        jinja2.UndefinedError: The template speaks of something that is not among the values.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("adapters.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {one.__name__: one for one in _FILTERS}
    environment.globals["promised_within"] = PROMISED
    environment.globals["style"] = Markup(_style())  # noqa: S704  # our own file
    return environment


@cache
def _style() -> str:
    loader = PackageLoader("adapters.web")
    return loader.get_source(Environment(autoescape=True), "style.css")[0]


@cache
def _headers() -> dict[str, str]:
    # The one style is known by its digest: whatever else gets into a page is not obeyed. No script at all, nothing of anybody else's.
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "interest-cohort=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
