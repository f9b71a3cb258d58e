"""Votes by reaction and by button, and what they do to the next digest."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Asker, Call, answer, react
from bot.commands.voting import BUTTON
from bot.jobs import match_of, take_in, waiting
from bot.memory import rules_of
from bot.opinions import Opinion, describe, opinions
from bot.paper import PaperId
from bot.ports import Harvest
from bot.ranking import rank
from bot.votes import Reaction, Verdict, Vote, verdicts
from tests.commands.lookup import Knows
from tests.library import DIFFUSION, FORGETTING, ROBOT, SYLLABUS
from tests.plain import buttons, words

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.commands import Answer
    from bot.desk import Desk
    from bot.paper import Paper
    from tests.clock import Clock

ADA = Asker(id="U1", name="Ada")
UP = Reaction(sign="+1", value=1)
DOWN = Reaction(sign="-1", value=-1)


async def ask(desk: Desk, here: Address, text: str, *, asker: Asker = ADA) -> Answer:
    return await answer(desk, Call(address=here, channel_name="#ml-reading", asker=asker, text=text))


async def said(desk: Desk, here: Address, text: str, *, asker: Asker = ADA) -> str:
    return words((await ask(desk, here, text, asker=asker)).message)


async def votes(desk: Desk, here: Address) -> dict[PaperId, int]:
    return {paper: verdict.net for paper, verdict in verdicts(await desk.store.votes.of(here)).items()}


# ---------------------------------------------------------------- reactions


@pytest.fixture
async def posted(desk: Desk, here: Address) -> Address:
    """A channel where message m1 shows one paper, m2 three."""
    await desk.store.votes.shown(here, "m1", [ROBOT.id])
    await desk.store.votes.shown(here, "m2", [SYLLABUS.id, DIFFUSION.id, FORGETTING.id])
    return here


async def test_a_reaction_to_the_post_of_one_paper_is_a_vote_until_it_is_taken_back(desk: Desk, posted: Address) -> None:
    for _ in range(2):  # a platform may tell the same twice
        await react(desk, posted, "m1", UP, voter="U1", removed=False)
    await react(desk, posted, "m1", DOWN, voter="U2", removed=False)
    await react(desk, posted, "m1", UP, voter="U3", removed=False)
    assert await votes(desk, posted) == {ROBOT.id: 1}
    await react(desk, posted, "m1", DOWN, voter="U2", removed=True)
    assert await votes(desk, posted) == {ROBOT.id: 2}


async def test_a_numbered_reaction_means_the_paper_of_that_number(desk: Desk, posted: Address) -> None:
    await react(desk, posted, "m2", Reaction(sign="two", value=1, place=2), voter="U1", removed=False)
    await react(desk, posted, "m1", Reaction(sign="one", value=1, place=1), voter="U1", removed=False)
    assert await votes(desk, posted) == {DIFFUSION.id: 1, ROBOT.id: 1}


@pytest.mark.parametrize(
    ("message", "reaction"),
    [
        ("m2", UP),
        ("m2", Reaction(sign="four", value=1, place=4)),
        ("m2", Reaction(sign="zero", value=1, place=0)),
        ("m3", UP),
        ("m3", Reaction(sign="one", value=1, place=1)),
    ],
)
async def test_a_reaction_that_means_no_paper_is_no_vote(message: str, reaction: Reaction, desk: Desk, posted: Address) -> None:
    for removed in (False, True):
        await react(desk, posted, message, reaction, voter="U1", removed=removed)
        assert await votes(desk, posted) == {}


# ---------------------------------------------------------------- the button


async def test_not_for_us_is_noted_for_the_asker_alone_and_can_be_taken_back(desk: Desk, here: Address) -> None:
    shown = await ask(desk, here, "search robot")
    [button] = [button for button in buttons(shown.message) if button.label == "Not for us"]
    noted = await ask(desk, here, button.command)
    assert not noted.public
    assert "“Curriculum Learning for Robot Arms” is not for #ml-reading" in words(noted.message)
    assert await desk.store.votes.of(here) == [Vote(paper=ROBOT.id, voter="U1", sign=BUTTON, value=-1)]

    [undo] = [button for button in buttons(noted.message) if button.label == "Undo"]
    assert "taken back" in await said(desk, here, undo.command)
    assert await votes(desk, here) == {}


async def test_the_last_press_of_a_person_stands(desk: Desk, here: Address) -> None:
    await ask(desk, here, f"vote {ROBOT.id} down")
    assert "is one for #ml-reading" in await said(desk, here, f"vote {ROBOT.id} up")
    assert await votes(desk, here) == {ROBOT.id: 1}


@pytest.mark.parametrize("text", ["vote", "vote 2611.00001", "vote up", "vote banana up", "vote 2611.00001 sideways", "vote 2611.77777 up"])
async def test_a_vote_without_a_paper_or_a_side_is_refused_kindly(text: str, desk: Desk, here: Address) -> None:
    refused = await said(desk, here, text)
    assert "Noted" not in refused
    assert await votes(desk, here) == {}


async def test_a_paper_from_a_live_source_can_be_voted_on(desk: Desk, here: Address) -> None:
    desk.lookups = (Knows("arXiv", dataclasses.replace(ROBOT, id=PaperId("1706.03762"), title="Attention", first_seen=None)),)
    assert "“Attention” is not for" in await said(desk, here, "vote 1706.03762 down")
    assert await votes(desk, here) == {"1706.03762": -1}


# ---------------------------------------------------------------- counting


def vote(voter: str, value: int, *, sign: str = "+1", paper: str = "2611.00001") -> Vote:
    return Vote(paper=PaperId(paper), voter=voter, sign=sign, value=value)


def test_who_gives_several_signs_counts_once_and_not_at_all_where_they_differ() -> None:
    cast = [vote("a", 1), vote("a", 1, sign="heart"), vote("b", -1), vote("c", 1), vote("c", -1, sign="thumbsdown")]
    assert verdicts(cast) == {PaperId("2611.00001"): Verdict(favour=1, against=1)}
    assert {paper: verdict.net for paper, verdict in verdicts(cast).items()} == {PaperId("2611.00001"): 0}


@given(st.lists(st.builds(vote, st.sampled_from("abc"), st.sampled_from([1, -1]), sign=st.sampled_from(["x", "y"])), max_size=8))
def test_a_verdict_never_counts_more_people_than_voted(cast: list[Vote]) -> None:
    for verdict in verdicts(cast).values():
        assert verdict.favour + verdict.against <= len({one.voter for one in cast})


@pytest.mark.parametrize(("net", "counted"), [(0, 0), (1, 1), (-1, -1), (2, 1), (3, 2), (-7, -3), (15, 4)])
def test_the_votes_on_kindred_papers_count_by_their_order_of_magnitude(net: int, counted: int) -> None:
    verdict = Verdict(favour=max(net, 0), against=max(-net, 0))
    assert Opinion(own=Verdict(), kin=verdict).value == counted
    assert Opinion(own=verdict, kin=Verdict()).value == net


def test_an_opinion_is_told_in_people() -> None:
    assert describe(Opinion(Verdict(3, 1), Verdict(0, 2))) == "Votes here: 3 in favour, 1 against. Other papers of its rules: 2 against."
    assert describe(Opinion(Verdict(), Verdict())) == ""


# ---------------------------------------------------------------- tomorrow's digest


def fresh(paper: Paper, id: str, title: str) -> Paper:
    return dataclasses.replace(paper, id=PaperId(id), title=title, upvotes=0, stars=None)


async def tomorrow(desk: Desk, here: Address) -> list[str]:
    """What waits, in the order of the next digest."""
    now = await desk.caught_up()
    channel = await desk.store.channels.load(here)
    found = await waiting(desk, channel)
    ranked = rank(found, rarity=lambda _: 1.0, now=now, reactions=await opinions(desk, channel, found))
    return [one.paper.title for one in ranked]


async def test_votes_of_today_change_the_ranking_of_tomorrow(desk: Desk, here: Address, clock: Clock) -> None:
    for text in ("subscribe cups", "subscribe diffusion", "digest"):
        await ask(desk, here, text)
    clock.advance(timedelta(days=1))
    news = (fresh(ROBOT, "2611.40001", "Cups again"), fresh(DIFFUSION, "2611.40002", "Diffusion again"))
    await take_in(desk, "library", Harvest(papers=news), clock.now)
    before = await tomorrow(desk, here)

    unloved = ROBOT if before[0] == "Cups again" else DIFFUSION
    await ask(desk, here, f"vote {unloved.id} down")

    assert await tomorrow(desk, here) == before[::-1]
    await ask(desk, here, f"vote {unloved.id} none")
    assert await tomorrow(desk, here) == before


async def test_votes_speak_for_the_papers_of_the_same_rule_alone(desk: Desk, here: Address) -> None:
    for text in ("subscribe cups", "subscribe syllabus", "subscribe diffusion", f"vote {ROBOT.id} down", f"vote {SYLLABUS.id} up"):
        await ask(desk, here, text)
    channel = await desk.store.channels.load(here)
    papers = (fresh(ROBOT, "2611.40001", "Cups again"), fresh(DIFFUSION, "2611.40002", "Diffusion"), ROBOT, SYLLABUS)
    found = [one for paper in papers if (one := match_of(paper, rules_of(channel)))]
    assert await opinions(desk, channel, found) == {"2611.40001": -1, ROBOT.id: -1, SYLLABUS.id: 1}


async def test_a_channel_that_never_voted_has_no_opinions(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe cups")
    channel = await desk.store.channels.load(here)
    assert await opinions(desk, channel, await waiting(desk, channel)) == {}


async def test_why_tells_the_votes_and_what_they_weigh(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe curriculum")
    for voter, side in (("U1", "up"), ("U2", "up"), ("U3", "down")):
        await ask(desk, here, f"vote {ROBOT.id} {side}", asker=Asker(id=voter, name=voter))
    assert "Votes here: 2 in favour, 1 against." in await said(desk, here, f"why {ROBOT.id}")
    assert "10 for reactions here" in await said(desk, here, f"why {ROBOT.id}")
    kin = await said(desk, here, f"why {SYLLABUS.id}")
    assert "Other papers of its rules: 2 in favour, 1 against." in kin
    assert "10 for reactions here" in kin


async def test_why_tells_the_votes_on_a_paper_that_no_rule_wants(desk: Desk, here: Address) -> None:
    await ask(desk, here, f"vote {ROBOT.id} up")
    told = await said(desk, here, f"why {ROBOT.id}")
    assert "Votes here: 1 in favour." in told
    assert "points" not in told
