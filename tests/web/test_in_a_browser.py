"""The pages as people meet them: in a real browser, without scripts, by keyboard, in the dark, on a telephone."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Error, async_playwright

from tests.web.samples import first_day, ill, overview, well
from tests.web.site import TOKEN, served, site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Literal

    from playwright.async_api import Browser, Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
"""Debian's; "" where there is none."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="no chromium here (apt install chromium)"),
]

DAYS = {
    "well": site(),
    "first day": site(first_day()),
    "ill": site(ill(), overview(ugly=True)),
    "away": site(away=True),
    "away for a while": site(well(), away=True),
}
PATHS = ("/", "/privacy", "/support", "/operator")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM or None, args=ARGUMENTS)
        yield browser
        await browser.close()


async def tab(
    browser: Browser, *, scheme: Literal["light", "dark"] = "light", width: int = 900, scripts: bool = True, operator: bool = True
) -> Page:
    """A tab of a browser of its own. `scripts` are for the tests alone: the pages have none."""
    context = await browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
        http_credentials={"username": "", "password": TOKEN} if operator else None,
    )
    return await context.new_page()


@pytest.mark.parametrize(
    ("day", "scheme"), [("well", "light"), ("well", "dark"), ("ill", "light"), ("ill", "dark"), ("first day", "light"), ("away", "dark")]
)
async def test_the_rules_of_accessibility_are_kept(day: str, scheme: Literal["light", "dark"], browser: Browser) -> None:
    async with served(DAYS[day]) as url:
        page = await tab(browser, scheme=scheme)
        # What is folded away would not be looked at.
        for path in PATHS if day in {"well", "ill"} else ("/", "/operator"):
            await page.goto(url + path)
            await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found = await Axe().run(page)
            assert not found.violations_count, f"{path}\n{found.generate_report()}"
        await page.context.close()


@pytest.mark.parametrize("day", DAYS)
async def test_nothing_stands_out_of_a_narrow_screen(day: str, browser: Browser) -> None:
    async with served(DAYS[day]) as url:
        page = await tab(browser, width=320)
        for path in PATHS:
            await page.goto(url + path)
            await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
        await page.context.close()


async def test_it_is_dark_for_whoever_likes_it_dark(browser: Browser) -> None:
    async def background(scheme: Literal["light", "dark"]) -> list[int]:
        page = await tab(browser, scheme=scheme)
        await page.goto(url)
        colour = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        await page.context.close()
        return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]

    async with served(site()) as url:
        assert max(await background("dark")) < 64
        assert min(await background("light")) > 192


async def test_without_scripts_everything_is_there(browser: Browser) -> None:
    async with served(site()) as url:
        page = await tab(browser, scripts=False)
        await page.goto(url)
        assert await page.title() == "Paperboy: all is well"
        assert await page.get_by_role("heading", name="Hugging Face").is_visible()
        table = page.get_by_role("region", name="New papers, day by day")
        assert not await table.is_visible()
        await page.get_by_text("New papers, day by day").first.click()
        assert await table.is_visible()
        assert await page.locator("svg.spark").count() == 4
        box = await page.locator("svg.spark").first.bounding_box()
        assert box is not None
        assert box["width"] > 50
        assert box["height"] > 10
        await page.context.close()


async def test_a_keyboard_reaches_everything_and_sees_where_it_is(browser: Browser) -> None:
    async with served(site()) as url:
        page = await tab(browser)
        await page.goto(url)
        reached = []
        for _ in range(20):
            await page.keyboard.press("Tab")
            here: dict[str, Any] = await page.evaluate(
                "(() => { const one = document.activeElement, look = getComputedStyle(one), box = one.getBoundingClientRect();"
                " return {what: one.tagName, words: one.innerText.trim(), ring: look.outlineStyle, left: box.left, width: box.width} })()"
            )
            if here["what"] == "BODY":
                break  # past the last one
            reached.append(here["words"])
            assert here["ring"] != "none", here
            assert here["left"] >= 0, here
            assert here["width"] > 0, here
        assert reached[:2] == ["To the contents", "Paperboy"]
        for wanted in ("Add to Slack", "Add to Discord", "New papers, day by day", "Privacy", "Support", "Operator"):
            assert wanted in reached
        await page.goto(url)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main", "past what stands on every page"
        await page.get_by_text("New papers, day by day").first.focus()
        await page.keyboard.press("Enter")
        assert await page.get_by_role("region", name="New papers, day by day").is_visible()
        await page.context.close()


async def test_a_screen_reader_is_told_the_figures_of_every_day(browser: Browser) -> None:
    async with served(site()) as url:
        page = await tab(browser)
        await page.goto(url)
        heard = await page.get_by_role("main").aria_snapshot()
        assert 'table "Digests sent, by day"' in heard
        assert 'columnheader "Today"' in heard
        assert 'columnheader "Mon 16 Nov"' in heard
        assert 'cell "56"' in heard
        assert 'heading "All is well"' in heard
        assert [await one.inner_text() for one in await page.get_by_role("navigation").get_by_role("link").all()] == [
            "Status",
            "Privacy",
            "Support",
            "Operator",
        ]
        await page.context.close()


async def test_a_page_asks_nobody_for_anything_and_has_nothing_to_complain_of(browser: Browser) -> None:
    async with served(site()) as url:
        page = await tab(browser)
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for path in ("/", "/privacy", "/support"):
            await page.goto(url + path)
        assert [one for one in asked if not one.startswith("data:")] == [f"{url}/", f"{url}/privacy", f"{url}/support"]
        assert not complaints
        await page.context.close()


async def test_what_a_stranger_smuggles_in_is_not_run(browser: Browser) -> None:
    async with served(site(ill(), overview(ugly=True))) as url:
        page = await tab(browser)
        alarms: list[str] = []
        page.on("dialog", lambda dialog: alarms.append(dialog.message))
        for path in ("/", "/operator"):
            await page.goto(url + path)
            await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\" onclick=\"alert(2)\" id=x>x</p>')")
            await page.locator("#x").click()
            assert await page.locator("#x").evaluate("one => getComputedStyle(one).color") != "rgb(255, 0, 0)"
        assert not alarms
        await page.context.close()


async def test_a_browser_asks_the_operator_for_the_password(browser: Browser) -> None:
    async with served(site()) as url:
        page = await tab(browser)
        await page.goto(f"{url}/operator")
        assert await page.get_by_text("Acme Research").is_visible()
        await page.context.close()
        page = await tab(browser, operator=False)
        with pytest.raises(Error, match="ERR_INVALID_AUTH_CREDENTIALS"):  # it has nobody to ask
            await page.goto(f"{url}/operator")
        await page.context.close()


async def test_all_links_between_the_pages_lead_somewhere(browser: Browser) -> None:
    async with served(site()) as url:
        page = await tab(browser)
        for path in PATHS:
            for name in ("Status", "Privacy", "Support", "Operator"):
                await page.goto(url + path)
                async with page.expect_navigation() as navigation:
                    await page.get_by_role("navigation").get_by_role("link", name=name).click()
                answer = await navigation.value
                assert answer is not None
                assert answer.ok
        await page.context.close()
