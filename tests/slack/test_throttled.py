"""Every answer of Slack that asks for patience is counted once, a command's too; our own patience is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.slack.files import delivered
from adapters.slack.ways import respond, say
from bot.errors import Busy, NotSent
from bot.message import File, Message, Text
from bot.on_slack import known_workspaces
from bot.ports import Series
from bot.settings import Settings
from tests.slack.fake import error, rate_limited, rate_limited_200
from tests.slack.test_answers import asked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.slack.api import Api
    from bot.desk import Desk
    from tests.slack.listening import Paperboy

HI = Message((Text("Hi."),))


@pytest.fixture
async def api(paperboy: Paperboy) -> AsyncIterator[Api]:
    """Slack as a process comes to it, with the counts of its desk."""
    workspaces = known_workspaces(Settings(slack_api_url=paperboy.slack.api_url), paperboy.desk)  # type: ignore[arg-type]  # as in the environment
    await workspaces.lone(paperboy.slack.acme.token)
    yield await workspaces.api("T0TEAM")
    await workspaces.close()


def throttled(desk: Desk) -> float:
    _, grown = desk.counts.batch()
    return grown.get(Series("paperboy_throttled_total", (("host", "slack"),)), 0)


@pytest.mark.parametrize("fault", [rate_limited(60), rate_limited_200()], ids=["429", "200"])
async def test_it_is_counted_when_slack_says_so_and_not_when_we_remember_it(api: Api, paperboy: Paperboy, fault: object) -> None:
    paperboy.slack.fault("chat.postMessage", fault)  # type: ignore[arg-type]  # a Fault, from pytest's untyped parameters
    for _ in range(3):
        with pytest.raises(Busy):
            await say(api, "C0READING", HI)
    assert len(paperboy.slack.called("chat.postMessage")) == 1
    assert throttled(paperboy.desk) == 1


async def test_a_response_url_that_asks_for_patience_counts(api: Api, paperboy: Paperboy) -> None:
    _, url = asked(paperboy)
    paperboy.slack.fault("response_url", rate_limited())
    with pytest.raises(NotSent):
        await respond(api, url.url, HI)
    assert throttled(paperboy.desk) == 1


async def test_another_refusal_does_not_count(api: Api, paperboy: Paperboy) -> None:
    _, url = asked(paperboy)
    paperboy.slack.fault("response_url", error("used_url"))
    with pytest.raises(NotSent):
        await respond(api, url.url, HI)
    assert throttled(paperboy.desk) == 0


async def test_an_upload_that_is_asked_for_patience_counts(api: Api, paperboy: Paperboy) -> None:
    origin, _ = asked(paperboy)
    paperboy.slack.fault("upload", rate_limited())
    await delivered(api, origin, Message((File("rules.txt", "word " * 60_000),)))
    assert throttled(paperboy.desk) == 1
