"""Sources are really asked, once and politely."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.checking import sources
from bot.checking.sources import OpenGate, _Forgetful
from tests.checking.operator import on_discord
from tests.checking.test_check import answering
from tests.program import SOURCES
from tests.sources.web_server import Reply

if TYPE_CHECKING:
    from tests.checking.operator import Operator
    from tests.discord.fake import FakeDiscord
    from tests.program import Place

HUGGING_FACE = '[huggingface]\nevery = "2h"\n'
AWAY = "redis://127.0.0.1:9/0"
"""No store: then no gap is kept, and tests need not wait for it."""


async def test_each_is_asked_and_told_by_name(discord: FakeDiscord, operator: Operator, place: Place) -> None:
    answering(place.server)
    checked = await operator.checks(SOURCES, REDIS_URL=AWAY, **on_discord(discord))
    assert checked.wrong == ["store"]
    assert checked.line("source arxiv:cs.CL").startswith("answers; 0 papers")
    asked = {request.path for request in place.server.requests}
    assert asked >= {"/api/daily_papers", "/rss/cs.CL", "/api/query", "/api/papers/1706.03762"}


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(status=503), "answered 503"),
        (Reply(status=403), "turned us away"),
        (Reply(dead=True), "no connection"),
        (Reply(body=b"<html>login</html>"), "a web page instead of"),
    ],
)
async def test_one_that_does_not_answer_as_it_should_is_wrong_and_asked_once(
    reply: Reply, word: str, discord: FakeDiscord, operator: Operator, place: Place
) -> None:
    answering(place.server)
    place.server.says("/rss/cs.CL", reply)
    checked = await operator.checks(SOURCES, REDIS_URL=AWAY, **on_discord(discord))
    assert checked.wrong == ["store", "source arxiv:cs.CL"]
    assert word in checked.line("source arxiv:cs.CL")
    assert [request.path for request in place.server.requests].count("/rss/cs.CL") == 1


async def test_one_that_says_nothing_is_given_up(
    discord: FakeDiscord, operator: Operator, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PATIENCE_S", 0.05)
    answering(place.server)
    place.server.says("/api/daily_papers", Reply(mute=True))
    checked = await operator.checks(HUGGING_FACE, **on_discord(discord))
    assert "source huggingface" in checked.wrong
    assert "no answer within" in checked.line("source huggingface")


async def test_an_overloaded_source_is_not_shut_for_the_bot(discord: FakeDiscord, operator: Operator, place: Place) -> None:
    answering(place.server)
    place.server.says("/api/daily_papers", Reply(status=503), Reply(body=b"[]"))
    first = await operator.checks(HUGGING_FACE, **on_discord(discord))
    assert first.wrong == ["source huggingface"]
    second = await operator.checks(HUGGING_FACE, **on_discord(discord))
    assert second.wrong == []


@pytest.mark.parametrize(
    ("headers", "fine"),
    [
        ({"Date": "Fri, 21 Nov 1997 05:00:00 GMT"}, False),
        ({"Date": "Fri, 21 Nov 1997 05:00:00 GMT", "Age": "900"}, True),
        ({"Date": "never"}, True),
        ({}, True),
    ],
)
async def test_a_clock_that_is_not_the_worlds_is_found_by_what_sources_say(
    *, headers: dict[str, str], fine: bool, discord: FakeDiscord, operator: Operator, place: Place
) -> None:
    answering(place.server)
    place.server.says("/api/daily_papers", Reply(body=b"[]", headers=headers))
    checked = await operator.checks(HUGGING_FACE, REDIS_URL=AWAY, **on_discord(discord))
    assert ("clock" in checked.fine) == fine
    assert fine or "seconds from the world apart" in checked.line("clock")


async def test_of_several_times_the_one_that_agrees_best_counts(discord: FakeDiscord, operator: Operator, place: Place) -> None:
    answering(place.server)
    place.server.says("/api/daily_papers", Reply(body=b"[]", headers={"Date": "Fri, 21 Nov 1997 05:00:00 GMT"}))
    checked = await operator.checks(HUGGING_FACE + '[sample]\nevery = "24h"\n', REDIS_URL=AWAY, **on_discord(discord))
    assert "source sample" in checked.fine
    assert "clock" in checked.wrong


async def test_without_a_store_nobody_waits_at_a_door() -> None:
    gate = OpenGate()
    async with gate.enter("host", gap=timedelta(days=1), patience=timedelta()):
        assert await gate.turn("host", gap=timedelta(days=1), burst=1, patience=timedelta()) == timedelta()
    assert not await gate.strike("host", limit=1, per=timedelta(days=1), rest=timedelta(days=1))


async def test_nothing_that_was_kept_answers_in_a_sources_place() -> None:
    kept = _Forgetful()
    await kept.put("question", b"answer", keep=timedelta(days=1))
    assert await kept.get("question") is None
    assert await kept.first("question", keep=timedelta(days=1))
    assert await kept.allow("question", limit=0, per=timedelta(days=1))
    assert await kept.forget("slack", "T1") == 0
