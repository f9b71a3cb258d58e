from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Address, Channel, Format, Schedule, Settings
from bot.digest import GIST, Digest, compose
from bot.document import document
from bot.message import Button, Buttons, Card, Heading, Hint
from bot.paging import split
from bot.paper import Paper, PaperId
from bot.ports import Limits
from bot.query import hits, parse
from bot.ranking import Matched

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
QUERY = parse("robot")
CHANNEL = Channel(address=Address("slack", "T1", "C1"), name="#ml-reading", schedule=Schedule(zone="Europe/Berlin"))


def matched(count: int) -> list[Matched]:
    papers = [
        Paper(
            id=PaperId(f"2611.{number:05}"),
            title=f"Robot {number}",
            abstract="We propose a robot. " * 40,
            upvotes=2**number,
            published=NOW - timedelta(days=1),
        )
        for number in range(1, count + 1)
    ]
    return [Matched(paper, (QUERY,), hits(QUERY, document(paper))) for paper in papers]


def digest(count: int, *, channel: Channel = CHANNEL, delivery_id: str = "d1") -> tuple[object, ...]:
    composed = compose(channel, matched(count), rarity=lambda _: 1.0, now=NOW, delivery_id=delivery_id)
    assert composed is not None
    return composed.message.blocks


def test_no_matches_no_message() -> None:
    assert compose(CHANNEL, [], rarity=lambda _: 1.0, now=NOW) is None


def test_a_digest_says_what_for_whom_and_the_date_on_the_channels_calendar() -> None:
    assert digest(2)[0] == Heading("2 papers for #ml-reading · Mon 23 Nov")
    assert digest(1, channel=replace(CHANNEL, name=""))[0] == Heading("1 paper for this channel · Mon 23 Nov")


def test_a_zone_that_no_longer_exists_costs_the_date_and_not_the_digest() -> None:
    gone = replace(CHANNEL, schedule=Schedule(zone="Europe/Atlantis"))
    assert digest(2, channel=gone)[0] == Heading("2 papers for #ml-reading · Sun 22 Nov")


def test_the_best_come_first_and_the_rest_is_counted_and_one_click_away() -> None:
    composed = compose(CHANNEL, matched(17), rarity=lambda _: 1.0, now=NOW, delivery_id="d1")
    assert composed is not None
    cards = [block for block in composed.message.blocks if isinstance(block, Card)]
    assert [(card.number, card.title) for card in cards] == [
        (1, "Robot 17"),
        (2, "Robot 16"),
        (3, "Robot 15"),
        (4, "Robot 14"),
        (5, "Robot 13"),
    ]
    assert composed.message.blocks[-1] == Buttons((Button("12 more", command="more d1"),))
    assert composed.shown == tuple(f"2611.{number:05}" for number in range(17, 12, -1))
    assert composed.remainder == tuple(f"2611.{number:05}" for number in range(12, 0, -1))


def test_a_preview_counts_the_rest_without_a_button() -> None:
    assert digest(6, delivery_id="")[-1] == Hint("1 more")


def test_a_normal_card_says_why_and_what_can_be_done() -> None:
    card = digest(1)[1]
    assert isinstance(card, Card)
    assert card.why == "robot in title"
    assert card.summary == "We propose a robot."
    assert [button.command or button.url for button in card.buttons] == [
        "show 2611.00001",
        "https://arxiv.org/pdf/2611.00001",
        "save 2611.00001",
        "similar 2611.00001",
        "vote 2611.00001 down",
    ]


def test_the_format_decides_how_much_is_shown() -> None:
    def shown(format: Format) -> Card:
        card = digest(1, channel=replace(CHANNEL, settings=Settings(format=format)))[1]
        assert isinstance(card, Card)
        return card

    assert shown(Format.COMPACT) == Card(title="Robot 1", url="https://arxiv.org/abs/2611.00001", number=1, paper="2611.00001")
    assert len(shown(Format.FULL).summary) > 700
    assert replace(shown(Format.FULL), summary="") == replace(shown(Format.NORMAL), summary="")


def test_the_notification_names_the_best_paper_and_fits_a_phone() -> None:
    composed = compose(CHANNEL, matched(3), rarity=lambda _: 1.0, now=NOW)
    assert composed is not None
    assert composed.message.gist == "3 papers for #ml-reading: Robot 3"
    tex = [replace(one, paper=replace(one.paper, title=r"$\beta$-VAE for Robots")) for one in matched(1)]
    composed = compose(CHANNEL, tex, rarity=lambda _: 1.0, now=NOW)
    assert composed is not None
    assert composed.message.gist == "1 paper for #ml-reading: β-VAE for Robots"
    long = [replace(one, paper=replace(one.paper, title="Robot " * 100)) for one in matched(1)]
    composed = compose(CHANNEL, long, rarity=lambda _: 1.0, now=NOW)
    assert composed is not None
    assert composed.message.gist.startswith("1 paper for #ml-reading: Robot")
    assert len(composed.message.gist) <= GIST


def threaded(count: int, *, format: Format = Format.NORMAL, delivery_id: str = "d1") -> Digest:
    channel = replace(CHANNEL, settings=Settings(thread=True, format=format))
    composed = compose(channel, matched(count), rarity=lambda _: 1.0, now=NOW, delivery_id=delivery_id, threads=True)
    assert composed is not None
    return composed


def test_in_a_thread_the_opening_lists_the_titles_and_each_paper_has_a_reply() -> None:
    composed = threaded(3)
    heading, *titles, hint = composed.message.blocks
    assert heading == Heading("3 papers for #ml-reading · Mon 23 Nov")
    assert isinstance(hint, Hint)
    assert [(card.number, card.title, bool(card.url), card.summary, card.buttons) for card in titles if isinstance(card, Card)] == [
        (n, f"Robot {4 - n}", True, "", ()) for n in (1, 2, 3)
    ]
    assert composed.message.gist == "3 papers for #ml-reading: Robot 3"
    assert [reply.blocks for reply in composed.replies] == [(card,) for card in digest(3)[1:]], "as they stand in a digest without threads"
    assert [reply.gist for reply in composed.replies] == ["1. Robot 3", "2. Robot 2", "3. Robot 1"]


def test_in_a_thread_the_rest_is_one_click_away_after_the_last_paper() -> None:
    composed = threaded(17)
    assert len(composed.replies) == 6
    assert composed.replies[-1].blocks == (Buttons((Button("12 more", command="more d1"),)),)
    assert composed.replies[-1].gist == "12 more"
    assert len(composed.remainder) == 12


@pytest.mark.parametrize("format", Format)
def test_in_a_thread_each_paper_stands_in_the_format_of_the_channel(format: Format) -> None:
    alone = digest(1, channel=replace(CHANNEL, settings=Settings(format=format)))[1]
    assert threaded(1, format=format).replies[0].blocks == (alone,)


@pytest.mark.parametrize(("threads", "thread"), [(True, False), (False, True)])
def test_without_threads_or_the_wish_for_them_a_digest_is_one_message(threads: bool, thread: bool) -> None:  # noqa: FBT001 - rows of a table
    channel = replace(CHANNEL, settings=Settings(thread=thread))
    composed = compose(channel, matched(6), rarity=lambda _: 1.0, now=NOW, delivery_id="d1", threads=threads)
    assert composed is not None
    assert composed.replies == ()
    assert composed.message.blocks == digest(6)


def test_what_the_channel_likes_comes_first() -> None:
    composed = compose(CHANNEL, matched(2), rarity=lambda _: 1.0, now=NOW, reactions={PaperId("2611.00001"): 10})
    assert composed is not None
    assert composed.shown == ("2611.00001", "2611.00002")


@given(st.integers(1, 40), st.integers(1, 25), st.sampled_from(Format))
def test_every_paper_is_shown_or_counted_once(count: int, limit: int, format: Format) -> None:
    channel = replace(CHANNEL, settings=Settings(limit=limit, format=format))
    composed = compose(channel, matched(count), rarity=lambda _: 1.0, now=NOW)
    assert composed is not None
    assert len(composed.shown) == min(limit, count)
    assert sorted((*composed.shown, *composed.remainder)) == sorted(one.paper.id for one in matched(count))
    parts = split(composed.message, Limits(characters=2_000, blocks=10, text=1_500))
    titles = [block.title for part in parts for block in part.blocks if isinstance(block, Card)]
    assert len(titles) == len(composed.shown)


@pytest.mark.parametrize("name", ["#a\nb" * 100, "x" * 500])
def test_a_long_channel_name_leaves_room_for_the_date(name: str) -> None:
    heading = digest(1, channel=replace(CHANNEL, name=name))[0]
    assert isinstance(heading, Heading)
    assert heading.text.endswith("… · Mon 23 Nov")
    assert "\n" not in heading.text
    assert len(heading.text) <= 150


def test_the_tags_are_the_rules_met_those_with_the_most_papers_first() -> None:
    rare, first = parse('"robot 5"'), parse("robot OR android")
    found = matched(5)
    found = [replace(one, queries=(rare, QUERY) if n == 4 else (first, QUERY) if n == 3 else (QUERY,)) for n, one in enumerate(found)]
    composed = compose(CHANNEL, found, rarity=lambda _: 1.0, now=NOW)
    assert composed is not None
    assert composed.tags == (str(QUERY), str(rare), str(first)), "of equals the rule of the better paper comes first"


def test_rules_of_papers_that_are_only_counted_are_no_tags() -> None:
    found = matched(6)
    found[0] = replace(found[0], queries=(parse("robot OR android"),))
    composed = compose(CHANNEL, found, rarity=lambda _: 1.0, now=NOW)
    assert composed is not None
    assert composed.tags == (str(QUERY),)
