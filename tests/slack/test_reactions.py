from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from adapters.slack import reactions
from adapters.slack.reactions import meaning
from bot.votes import Reaction
from tests.slack.fake import Message
from tests.slack.listening import READING

if TYPE_CHECKING:
    from tests.slack.listening import Paperboy


async def votes(paperboy: Paperboy) -> list[tuple[str, str, str, int]]:
    return [(vote.paper, vote.voter, vote.sign, vote.value) for vote in await paperboy.desk.store.votes.of(READING)]


async def posted(paperboy: Paperboy, text: str) -> Message:
    await paperboy.typed(text)
    message = paperboy.slack.acme["C0READING"].visible[-1]
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize(
    ("name", "reaction"),
    [
        ("+1", Reaction(sign="+1", value=1)),
        ("thumbsup", Reaction(sign="+1", value=1)),
        ("+1::skin-tone-6", Reaction(sign="+1", value=1)),
        ("-1::skin-tone-2", Reaction(sign="-1", value=-1)),
        ("heart", Reaction(sign="heart", value=1)),
        ("tada", Reaction(sign="tada", value=1)),
        ("one", Reaction(sign="one", value=1, place=1)),
        ("nine", Reaction(sign="nine", value=1, place=9)),
        ("keycap_ten", Reaction(sign="keycap_ten", value=1, place=10)),
        ("flag-de", None),
        ("", None),
    ],
)
def test_an_emoji_says_for_against_or_nothing(name: str, reaction: Reaction | None) -> None:
    assert meaning(name) == reaction


async def test_a_reaction_to_a_paper_is_a_vote_and_can_be_taken_back(paperboy: Paperboy) -> None:
    message = await posted(paperboy, "show 2611.00001 here")
    await paperboy.slack.react(message, "+1::skin-tone-3", "U0BOB")
    await paperboy.slack.react(message, "heart", "U0BOB")
    await paperboy.slack.react(message, "-1", "U0ADA")
    await paperboy.done()
    assert sorted(await votes(paperboy)) == [
        ("2611.00001", "U0ADA", "-1", -1),
        ("2611.00001", "U0BOB", "+1", 1),
        ("2611.00001", "U0BOB", "heart", 1),
    ]
    await paperboy.slack.react(message, "heart", "U0BOB", removed=True)
    await paperboy.done()
    assert ("2611.00001", "U0BOB", "heart", 1) not in await votes(paperboy)


async def test_a_keycap_means_the_paper_of_that_number(paperboy: Paperboy) -> None:
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("digest")
    message = next(one for one in paperboy.slack.acme["C0READING"].visible if one.metadata)
    await paperboy.slack.react(message, "two", "U0BOB")
    await paperboy.done()
    [(paper, *rest)] = await votes(paperboy)
    assert rest == ["U0BOB", "two", 1]
    assert paper == (await paperboy.desk.store.votes.shown_by(READING, message.ts))[1]


async def test_other_reactions_and_other_peoples_messages_count_nothing(paperboy: Paperboy) -> None:
    message = await posted(paperboy, "show 2611.00001 here")
    other = Message(channel=message.channel, ts=message.ts, text="2611.00001", user="U0BOB")
    await paperboy.slack.react(message, "flag-de")
    await paperboy.slack.react(other, "+1")
    await paperboy.slack.event({"type": "reaction_added", "user": "U0BOB", "reaction": "+1", "item": {"type": "file", "file": "F1"}})
    await paperboy.done()
    assert await votes(paperboy) == []


async def test_a_mistake_of_ours_about_an_event_is_loud_and_nobody_is_bothered(paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(reactions, "react", broken)
    message = await posted(paperboy, "show 2611.00001 here")
    paperboy.slack.calls.clear()
    with capture_logs() as logs:
        await paperboy.slack.react(message, "+1", "U0BOB")
        await paperboy.done()
    assert [line["event"] for line in logs] == ["listener_failed"]
    assert paperboy.slack.calls == []


async def test_the_bots_own_reactions_count_nothing(paperboy: Paperboy) -> None:
    message = await posted(paperboy, "show 2611.00001 here")
    await paperboy.slack.react(message, "+1", paperboy.slack.acme.bot_user_id)
    await paperboy.done()
    assert await votes(paperboy) == []
