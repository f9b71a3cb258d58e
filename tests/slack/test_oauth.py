"""Installing by OAuth, as a browser and Slack see it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from adapters.slack.oauth import COOKIE, OAuth, installation_from
from adapters.slack.scopes import asked
from adapters.slack.workspaces import Workspaces
from adapters.web.server import serving
from bot.errors import StoreAway
from bot.store import keys
from tests.slack.fake import drop_after, error, server_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.installation import Installation
    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.slack.fake import FakeSlack

PUBLIC = "https://paperboy.example.org"


@dataclass
class Page:
    status: int
    text: str
    headers: dict[str, str]
    cookie: str


@dataclass
class Browser:
    """Keeps its cookie, whose https we have no way to offer here, and follows no redirect by itself."""

    url: str
    http: aiohttp.ClientSession
    cookie: str = ""

    async def get(self, path: str, **query: str) -> Page:
        headers = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        address = f"{self.url}{path}?{urlencode(query)}"
        async with self.http.get(address, headers=headers, allow_redirects=False) as response:
            morsel = response.cookies.get(COOKIE)
            self.cookie = morsel.value if morsel else self.cookie
            return Page(response.status, await response.text(), dict(response.headers), str(morsel.OutputString()) if morsel else "")

    async def begin(self, **query: str) -> str:
        """The address on Slack that it is sent to."""
        page = await self.get("/slack/install", **query)
        assert page.status == 302
        return page.headers["Location"]

    async def finish(self, code: str, state: str) -> Page:
        return await self.get("/slack/oauth_redirect", code=code, state=state)


@dataclass
class House:
    """Our web server, with what was installed through it."""

    url: str
    slack: FakeSlack
    http: aiohttp.ClientSession
    installed: list[Installation] = field(default_factory=list)
    trouble: Exception | None = None

    def browser(self) -> Browser:
        return Browser(self.url, self.http)

    async def keep(self, installation: Installation) -> None:
        if self.trouble:
            raise self.trouble
        self.installed.append(installation)


@asynccontextmanager
async def opened(slack: FakeSlack, store: RedisStore, clock: Clock, *, secret: str = "") -> AsyncIterator[House]:
    workspaces = Workspaces(installations=store.installations, cache=store.cache, api_url=slack.api_url, clock=clock)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        house = House("", slack, http)
        oauth = OAuth(
            client_id=slack.client_id,
            client_secret=secret or slack.client_secret,
            api_url=slack.api_url,
            public_url=PUBLIC,
            scopes=asked(),
            workspaces=workspaces,
            cache=store.cache,
            installed=house.keep,
            clock=clock,
        )
        async with serving(oauth.routes(), host="127.0.0.1", port=0, ready={}) as port:
            house.url = f"http://127.0.0.1:{port}"
            yield house
    await workspaces.close()


@pytest.fixture
async def house(slack: FakeSlack, store: RedisStore, clock: Clock) -> AsyncIterator[House]:
    async with opened(slack, store, clock) as house:
        yield house


async def test_a_click_installs_the_app_and_says_what_to_do_next(house: House, clock: Clock) -> None:
    browser = house.browser()
    code, state = house.slack.authorize(await browser.begin())
    page = await browser.finish(code, state)
    assert page.status == 200
    for expected in ("Paperboy is in Acme", "/papers subscribe", "slack://app?team=T0TEAM&amp;id=A0PAPERBOY"):
        assert expected in page.text
    [installation] = house.installed
    assert (installation.workspace, installation.name, installation.token) == ("T0TEAM", "Acme", house.slack.acme.token)
    assert installation.scopes >= set(asked())
    assert (installation.bot_user, installation.bot, installation.app) == ("U0PAPERBOY", "B0PAPERBOY", "A0PAPERBOY")
    assert (installation.installed_by, installation.installed_at) == ("U0ADA", clock())
    assert (installation.refresh_token, installation.expires_at) == ("", None)


async def test_people_are_sent_to_slack_with_our_redirect_letter_by_letter(house: House) -> None:
    address = urlsplit(await house.browser().begin(team="T0TEAM"))
    asked_for = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{house.slack.url}/oauth/v2/authorize"
    assert asked_for["redirect_uri"] == f"{PUBLIC}/slack/oauth_redirect"
    assert asked_for["scope"] == ",".join(asked())
    assert asked_for["team"] == "T0TEAM"


async def test_nothing_is_smuggled_into_slacks_address(house: House) -> None:
    address = await house.browser().begin(team="T1&redirect_uri=https://evil.example.org")
    assert "evil" not in address


async def test_the_cookie_is_for_this_host_over_https_alone(house: House) -> None:
    page = await house.browser().get("/slack/install")
    for expected in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
        assert expected in page.cookie
    assert COOKIE.startswith("__Host-")
    assert "Domain" not in page.cookie


async def test_a_state_works_once(house: House) -> None:
    browser = house.browser()
    first, state = house.slack.authorize(url := await browser.begin())
    second, _ = house.slack.authorize(url)
    assert (await browser.finish(first, state)).status == 200
    again = await browser.finish(second, state)
    assert again.status == 400
    assert "works once" in again.text
    assert len(house.installed) == 1


async def test_a_state_works_for_ten_minutes(house: House, store: RedisStore) -> None:
    browser = house.browser()
    code, state = house.slack.authorize(await browser.begin())
    key = keys.cache(f"slack-install:{state}")
    assert 0 < await store.connection.call("PTTL", key) <= 600_000
    await store.connection.call("DEL", key)
    assert (await browser.finish(code, state)).status == 400


@pytest.mark.parametrize("state", ["", "made-up", "x" * 43, "é", "a" * 5000])
async def test_a_state_that_is_not_ours_installs_nothing(state: str, house: House) -> None:
    browser = house.browser()
    code, _ = house.slack.authorize(await browser.begin())
    assert (await browser.finish(code, state)).status == 400
    assert house.slack.called("oauth.v2.access") == []


async def test_only_the_browser_that_began_may_finish_and_nobody_can_spoil_it(house: House) -> None:
    mine, theirs = house.browser(), house.browser()
    code, state = house.slack.authorize(await mine.begin())
    await theirs.begin()
    for other in (theirs, house.browser()):
        page = await other.finish(code, state)
        assert page.status == 400
        assert "another browser" in page.text
    assert house.installed == []
    assert (await mine.finish(code, state)).status == 200


async def test_two_tabs_of_one_browser_do_not_disturb_each_other(house: House) -> None:
    browser = house.browser()
    first, second = house.slack.authorize(await browser.begin()), house.slack.authorize(await browser.begin())
    assert (await browser.finish(*first)).status == 200
    assert (await browser.finish(*second)).status == 200


async def test_a_cookie_of_somebody_elses_making_is_replaced(house: House) -> None:
    browser = house.browser()
    browser.cookie = "chosen"
    await browser.begin()
    assert browser.cookie != "chosen"


async def test_installed_into_an_organisation_it_belongs_to_the_organisation(house: House) -> None:
    team = house.slack.team("T0GRID", name="Grid", token="xoxb-grid", enterprise="E0ORG")
    browser = house.browser()
    page = await browser.finish(*house.slack.authorize(await browser.begin(), team=team, org=True))
    assert page.status == 200
    assert house.installed[0].workspace == "E0ORG"


async def test_installing_again_with_more_scopes_hands_them_over(house: House) -> None:
    house.slack.acme.scopes.discard("files:write")
    browser = house.browser()
    await browser.finish(*house.slack.authorize(await browser.begin()))
    assert "files:write" in house.installed[-1].scopes


async def test_a_rotating_token_comes_with_its_end(house: House, clock: Clock) -> None:
    house.slack.rotation = True
    browser = house.browser()
    await browser.finish(*house.slack.authorize(await browser.begin()))
    [installation] = house.installed
    assert installation.refresh_token.startswith("xoxe-")
    assert installation.expires_at == clock() + timedelta(hours=12)


@pytest.mark.parametrize(
    ("reason", "status", "word"), [("access_denied", 200, "Nothing was installed"), ("<b>odd</b>", 400, "&lt;b&gt;odd&lt;/b&gt;")]
)
async def test_a_no_on_slacks_page_is_told_kindly(reason: str, status: int, word: str, house: House) -> None:
    page = await house.browser().get("/slack/oauth_redirect", error=reason, state="x")
    assert (page.status, word in page.text, "<b>" in page.text) == (status, True, False)


@pytest.mark.parametrize(
    ("error_name", "status", "word"),
    [
        ("invalid_code", 400, "invalid_code"),
        ("bad_redirect_uri", 500, "not set up rightly"),
        ("cannot_install_an_org_installed_app", 400, "organisation has Paperboy already"),
    ],
)
async def test_what_slack_refuses_is_told_with_its_reason(error_name: str, status: int, word: str, house: House) -> None:
    house.slack.fault("oauth.v2.access", error(error_name))
    browser = house.browser()
    page = await browser.finish(*house.slack.authorize(await browser.begin()))
    assert (page.status, word in page.text) == (status, True)
    assert house.installed == []


async def test_a_wrong_client_secret_is_the_operators_to_mend(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    with slack.expecting_problems() as problems:
        async with opened(slack, store, clock, secret="wrong") as house:
            browser = house.browser()
            page = await browser.finish(*slack.authorize(await browser.begin()))
    assert problems
    assert page.status == 500
    assert "bad_client_secret" in page.text


async def test_a_lost_answer_is_no_crash_and_sends_nothing_twice(house: House) -> None:
    for fault in (drop_after(), server_error(503)):
        house.slack.fault("oauth.v2.access", fault)
        browser = house.browser()
        page = await browser.finish(*house.slack.authorize(await browser.begin()))
        assert page.status == 503
        assert "once more" in page.text
    assert len(house.slack.called("oauth.v2.access")) == 2


async def test_a_store_that_is_away_is_told_kindly(house: House, store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = house.browser()
    house.trouble = StoreAway("no connection")
    assert (await browser.finish(*house.slack.authorize(await browser.begin()))).status == 503

    async def away(*given: object, **more: object) -> bool:
        raise StoreAway("no connection")

    monkeypatch.setattr(store.cache, "put", away)
    assert (await browser.get("/slack/install")).status == 503


async def test_beginning_again_and_again_cannot_fill_the_store(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.slack.oauth.MOST_BEGUN", 2)
    assert [(await house.browser().get("/slack/install")).status for _ in range(3)] == [302, 302, 429]


async def test_who_only_looks_begins_nothing(house: House) -> None:
    async with house.http.head(f"{house.url}/slack/install") as response:
        assert response.status == 405


async def test_no_page_leaks_its_address_or_runs_anything(house: House) -> None:
    page = await house.browser().get("/slack/oauth_redirect", code="secret-code", state="x")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "secret-code" not in page.text


def test_an_answer_of_an_organisation_has_no_team(clock: Clock) -> None:
    granted = {
        "ok": True,
        "app_id": "A1",
        "access_token": "xoxb-1",
        "scope": "commands,chat:write",
        "bot_user_id": "U1",
        "team": None,
        "enterprise": {"id": "E1", "name": "All"},
        "is_enterprise_install": True,
        "authed_user": {"id": "U2"},
    }
    installation = installation_from(granted, bot="B1", now=clock())
    assert (installation.workspace, installation.name) == ("E1", "All")
    assert installation.scopes == {"commands", "chat:write"}
