"""What `mkdocs build` is told beyond mkdocs.yml: pages of the repository's root are on the site, links to source files stay true.

The documents are written to be read in the repository, where a link may lead to any file. On the site a link to a page goes to the page,
one to a file of config/ to a copy of it, and one to any other file to the repository's address. While pyproject.toml names none, only its
words are left.
"""

from __future__ import annotations

import importlib
import posixpath
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
TAKEN = ("CHANGELOG.md", "CONTRIBUTING.md", "PRIVACY.md", "SECURITY.md", "SUPPORT.md")
"""Pages at the root that are pages of the site as well."""
COPIED = ("env.example", "slack-manifest.yaml", "sources.toml", "alerts.yaml", "grafana-dashboard.json")
"""Files of config/ that people take away, as far as there are any."""

_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
_CODE = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
_ELSEWHERE = re.compile(r"""<(?:(?:script|img|iframe|source)\b[^>]*\bsrc|link\b[^>]*\bhref)=["'](?:https?:)?//[^"']*""")


def repository() -> str:
    """The address of the repository, without a slash at its end; "" while pyproject.toml names none."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"].get("urls", {})
    return str(urls.get("Repository", "")).rstrip("/")


def relinked(markdown: str, *, page: str, address: str) -> str:
    """The page with links that hold on the site.

    Args:
        page: Its path in the repository.
        address: The repository's; "" if it has none.
    """
    relink = _relink(page, address)
    # Every second part is a block of code.
    return "".join(part if number % 2 else _LINK.sub(relink, part) for number, part in enumerate(_CODE.split(markdown)))


def _relink(page: str, address: str) -> Callable[[re.Match[str]], str]:
    def relink(link: re.Match[str]) -> str:
        mark, words, target = link.groups()
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path:
            return link[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), parts.path))
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        if (on_site := _on_site(path)) is not None:
            return f"{mark}[{words}]({posixpath.relpath(on_site, posixpath.dirname(page.removeprefix('docs/')) or '.')}{anchor})"
        if not (ROOT / path).exists():
            return link[0]  # mkdocs finds it and fails
        return f"[{words}]({address}/blob/HEAD/{path}{anchor})" if address else words

    return relink


def _on_site(path: str) -> str | None:
    """Where on the site a file of the repository is; None if it is not there."""
    if path == "README.md":
        return "index.md"
    if path in TAKEN or path in {f"config/{name}" for name in COPIED}:
        return path
    return path.removeprefix("docs/") if path.startswith("docs/") and (ROOT / path).is_file() else None


def fetched_from_elsewhere(html: str) -> list[str]:
    """What a browser would fetch from other sites when it shows the page."""
    return _ELSEWHERE.findall(html)


# ---------------------------------------------------------------- called by mkdocs


def on_config(config: Any) -> Any:
    """The address of the repository stands in one place."""
    config.repo_url = repository() or None
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add what does not lie in docs/."""
    structure = importlib.import_module("mkdocs.structure.files")  # not in the environment that checks types
    for path in (*TAKEN, *(f"config/{name}" for name in COPIED)):
        if (ROOT / path).is_file():
            files.append(structure.File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Mend the links."""
    uri = str(page.file.src_uri)
    return relinked(markdown, page=uri if uri in TAKEN else f"docs/{uri}", address=repository())


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Nothing is loaded from elsewhere: readers are nobody else's business."""
    if found := fetched_from_elsewhere(output):
        raise SystemExit(f"{page.file.src_uri} loads from elsewhere: {', '.join(found)}")
    return output
