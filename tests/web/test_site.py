"""The pages as they are sent: what is on them, who may see them, and what browsers are told to let them do."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from jinja2 import UndefinedError
from structlog.testing import capture_logs
from typing_extensions import override

from adapters.web import texts
from adapters.web.guard import TRIES
from adapters.web.look import rendered
from bot import __version__
from tests.web.samples import UGLY, first_day, ill, overview, well
from tests.web.site import INVITATION, TOKEN, served, site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.web.site import Site

ROOT = Path(__file__).parents[2]
PAGES = ("/", "/privacy", "/support", "/operator")


class Read(HTMLParser):
    """What a browser makes of a page: its words, its links, its elements."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.words = ""
        self.links: dict[str, str] = {}
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self._link = ""
        self.feed(document)
        self.words = re.sub(r"\s+", " ", self.words)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self._link = (dict(attrs).get("href") or "") if tag == "a" else self._link

    @override
    def handle_endtag(self, tag: str) -> None:
        self._link = "" if tag == "a" else self._link

    @override
    def handle_data(self, data: str) -> None:
        if self.elements[-1:] == ["style"]:
            return
        self.words += data
        if self._link:
            self.links[data.strip()] = self._link


async def asked(site: Site, path: str = "/", headers: Mapping[str, str] | None = None) -> tuple[aiohttp.ClientResponse, Read]:
    async with served(site) as url, aiohttp.ClientSession() as http, http.get(url + path, headers=headers) as response:
        return response, Read(await response.text())


AS_OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


# ---------------------------------------------------------------- what is on them


async def test_on_a_good_day_the_page_says_so_in_figures() -> None:
    response, page = await asked(site())
    assert (response.status, response.content_type) == (200, "text/html")
    for said in ("All is well", "sent in 14 days 520", "Hugging Face", "arXiv cs.LG", "459 papers", "Slack 365, Discord 155"):
        assert said.replace(" ", "") in page.words.replace(" ", ""), (said, page.words)
    assert "Half of them were begun within 5 seconds" in page.words
    assert f"Paperboy {__version__}" in page.words
    assert page.words.count("ready") == 3


async def test_what_is_wrong_is_named_first() -> None:
    _, page = await asked(site(ill()))
    top = page.words.partition("Digests sent")[0]
    for said in (
        "Something needs a look",
        "No worker is alive",
        "Hugging Face has not been readable for 2 days.",
        "12,345 digests wait for Slack, the first for 3 days.",
        "1 digest waits for Discord, the first for 16 minutes.",
        "1 digest is due and has not been begun, the first for 3 hours.",
        "A gateway process is not ready: discord.",
        "A web process has said nothing for 90 seconds.",
    ):
        assert said in top, said
    assert "All is well" not in page.words


async def test_on_the_first_day_people_are_told_how_to_begin() -> None:
    _, page = await asked(site(first_day()))
    assert "/papers subscribe" in page.words
    assert "Not read yet" in page.words
    nobody = replace(first_day(), sources=(), platforms=(), processes=())
    _, page = await asked(site(nobody))
    assert "None is switched on." in page.words
    assert "None has said so far that it is alive." in page.words


async def test_while_the_store_is_away_the_page_says_so_and_shows_what_it_last_saw() -> None:
    response, page = await asked(site(away=True))
    assert response.status == 200
    assert "The store does not answer" in page.words
    assert "nothing to show yet" in page.words
    _, page = await asked(site(well(), away=True))
    assert "The store does not answer" in page.words
    assert "as of Fri 20 Nov, 14:05 UTC" in page.words
    assert "All is well" not in page.words
    assert "520" in page.words


@pytest.mark.parametrize(("slack", "invitation"), [(True, INVITATION), (True, ""), (False, INVITATION), (False, "")])
async def test_the_app_can_be_added_where_it_can_be_installed(slack: bool, invitation: str) -> None:  # noqa: FBT001  # a parameter of the test
    _, page = await asked(site(slack=slack, invitation=invitation))
    assert page.links.get("Add to Slack") == ("slack/install" if slack else None)
    assert page.links.get("Add to Discord") == (invitation or None)


async def test_privacy_and_support_are_the_words_of_the_repository_with_whom_to_ask() -> None:
    for path, file in (("/privacy", "PRIVACY.md"), ("/support", "SUPPORT.md")):
        response, page = await asked(site(), path)
        assert response.status == 200
        written = (ROOT / file).read_text("utf-8")
        assert page.elements.count("table") == int("|---" in written)
        for heading in re.findall(r"^#+ (.+)$", written, re.MULTILINE):
            assert heading in page.words
        assert page.links["papers@example.org"] == "mailto:papers@example.org"
        assert page.links["https://example.org/help"] == "https://example.org/help"


async def test_whoever_told_no_contact_is_not_made_up() -> None:
    _, page = await asked(site(contact="", support_url=""), "/support")
    assert "has not said here how to reach them" in page.words
    _, page = await asked(site(contact="Ada <ada@example.org>", support_url=""), "/support")
    assert "Ada <ada@example.org>" in page.words


def test_an_installed_package_brings_the_words_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    brought = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {file: brought[file] for file in ("PRIVACY.md", "SUPPORT.md")} == {
        "PRIVACY.md": "adapters/web/PRIVACY.md",
        "SUPPORT.md": "adapters/web/SUPPORT.md",
    }
    installed = tmp_path / "lib" / "adapters" / "web"
    installed.mkdir(parents=True)
    (installed / "PRIVACY.md").write_text("# as installed", "utf-8")
    monkeypatch.setattr(texts, "__file__", str(installed / "texts.py"))
    monkeypatch.setattr(texts, "files", lambda package: installed if package == "adapters.web" else files(package))
    assert texts.text("PRIVACY.md") == "# as installed"


def test_html_in_a_text_is_shown_and_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "text", lambda _: "<script>x</script>\n\n[x](javascript:alert(1)) <b>bold</b>")
    texts.as_html.cache_clear()
    html = texts.as_html("SUPPORT.md")
    texts.as_html.cache_clear()
    assert not {"script", "b", "a"} & set(Read(html).elements)


def test_a_page_that_speaks_of_what_nobody_told_it_fails_loudly() -> None:
    with pytest.raises(UndefinedError):
        rendered("text.html", {"text": ""})


# ---------------------------------------------------------------- strangers' words


@pytest.mark.parametrize("path", ["/", "/operator"])
async def test_whatever_strangers_wrote_is_text(path: str) -> None:
    _, page = await asked(site(ill(), overview(ugly=True), contact=f"{UGLY}@x"), path, AS_OPERATOR)
    assert "<script>alert(1)</script>&amp; \"quoted\" 'too'" in page.words
    assert "script" not in page.elements
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}


# ---------------------------------------------------------------- the operator's


async def test_without_the_token_nobody_learns_of_a_workspace() -> None:
    wanted = ("T024BE7LD", "Acme", "1187345500000000000", "#ml-reading", "web-1")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic ?"}):
        response, page = await asked(site(), "/operator", headers)
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Basic ")
        assert not [word for word in wanted if word in page.words]
    for path in ("/", "/privacy", "/support"):
        _, page = await asked(site(), path)
        assert not [word for word in wanted if word in page.words]


async def test_with_the_token_the_operator_sees_workspaces_pauses_and_what_was_given_up() -> None:
    response, page = await asked(site(), "/operator", AS_OPERATOR)
    assert (response.status, response.headers["Cache-Control"]) == (200, "no-store")
    for said in ("Acme Research", "T024BE7LD", "15 channels with 48 rules", "is_archived", "replay 9f86d081", "invalid_blocks", "118 MB"):
        assert said in page.words, said
    response, _ = await asked(site(), "/operator", {"Authorization": aiohttp.encode_basic_auth("anybody", TOKEN)})
    assert response.status == 200


async def test_of_long_lists_the_operator_is_told_how_many_more_there_are() -> None:
    _, page = await asked(site(ill(), overview(ugly=True)), "/operator", AS_OPERATOR)
    assert "1,700 more." in page.words
    assert "100 more: python -m bot deliveries --dead --limit 101." in page.words
    assert "It may stand there all the same" in page.words


async def test_an_operator_without_anything_to_mend_is_told_so() -> None:
    seen = replace(overview(), workspaces=(), workspaces_in_all=0, paused=(), paused_in_all=0, dead=(), dead_in_all=0)
    _, page = await asked(site(replace(well(), processes=()), seen), "/operator", AS_OPERATOR)
    for said in ("0 workspaces", "No channel.", "No digest.", "None has said so far"):
        assert said in page.words, said


async def test_an_operator_whose_store_is_away_is_told_so() -> None:
    response, page = await asked(site(away=True), "/operator", AS_OPERATOR)
    assert response.status == 200
    assert "The store does not answer" in page.words


async def test_without_a_token_in_the_settings_there_is_no_such_page() -> None:
    response, _ = await asked(site(token=""), "/operator", {"Authorization": "Bearer "})
    assert response.status == 404
    _, page = await asked(site(token=""))
    assert "Operator" not in page.links


async def test_whoever_tries_too_often_has_to_wait() -> None:
    async with served(site()) as url, aiohttp.ClientSession() as http:
        with capture_logs() as logs:
            for _ in range(TRIES):
                async with http.get(f"{url}/operator", headers={"Authorization": "Bearer wrong"}) as response:
                    assert response.status == 401
            async with http.get(f"{url}/operator", headers=AS_OPERATOR) as response:
                assert (response.status, response.headers["Retry-After"]) == (429, "60")
                assert "Too many tries" in await response.text()
        assert [line["event"] for line in logs] == ["operator_tries_limited"]
        assert TOKEN not in repr(logs)


# ---------------------------------------------------------------- what browsers are told


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_may_do_nothing_but_be_shown(path: str) -> None:
    response, page = await asked(site(), path, AS_OPERATOR)
    policy = dict(rule.strip().split(" ", 1) for rule in response.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in response.headers
    assert not {"script", "form", "iframe", "img"} & set(page.elements)


async def test_the_one_style_is_the_one_that_is_allowed() -> None:
    async with served(site()) as url, aiohttp.ClientSession() as http, http.get(url) as response:
        [style] = re.findall(r"<style>(.*?)</style>", await response.text(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", PAGES)
async def test_links_hold_below_any_path(path: str) -> None:
    _, page = await asked(site(), path, AS_OPERATOR)
    assert not [link for link in page.links.values() if link.startswith("/")]


async def test_a_page_is_small() -> None:
    async with served(site()) as url, aiohttp.ClientSession(auto_decompress=False) as http, http.get(url) as response:
        assert response.headers["Content-Encoding"] in {"gzip", "deflate"}
        assert len(await response.read()) < 10_000


async def test_whoever_only_asks_for_the_head_gets_it() -> None:
    async with served(site()) as url, aiohttp.ClientSession() as http, http.head(url) as response:
        assert (response.status, await response.read()) == (200, b"")


async def test_while_discord_is_not_reached_its_button_is_missing() -> None:
    known: list[str] = []
    pages = replace(site(), invitation=lambda: "".join(known))
    _, page = await asked(pages)
    assert "Add to Discord" not in page.links
    known.append(INVITATION)
    _, page = await asked(pages)
    assert page.links["Add to Discord"] == INVITATION
