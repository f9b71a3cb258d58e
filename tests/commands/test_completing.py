"""What is offered while somebody types."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.commands import TABLE, Asker, Call, answer, offers
from bot.commands.completing import MOST_OFFERS
from bot.errors import StoreAway
from bot.paper import PaperId
from bot.ports import Filing
from bot.zones import is_zone
from tests.library import DIFFUSION, FORGETTING, LIBRARY, ROBOT, SYLLABUS

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.desk import Desk
    from bot.form import Choice

ADA = Asker(id="1", name="Ada")
OPTIONS = [(command.name, option.name) for command in TABLE for option in command.options]


def call(here: Address, text: str = "", *, asker: Asker = ADA) -> Call:
    return Call(address=here, channel_name="#reading", asker=asker, text=text)


async def subscribed(desk: Desk, here: Address, *rules: str) -> None:
    for rule in rules:
        await answer(desk, call(here, f"subscribe {rule}"))


async def offered(desk: Desk, here: Address, command: str, typed: str, *, asker: Asker = ADA, limit: int = MOST_OFFERS) -> list[str]:
    option = next(name for one, name in OPTIONS if one == command)
    return [one.value for one in await offers(desk, call(here, asker=asker), command, option, typed, limit=limit)]


async def labels(desk: Desk, here: Address, command: str, typed: str) -> dict[str, str]:
    option = next(name for one, name in OPTIONS if one == command)
    return {one.value: one.label for one in await offers(desk, call(here), command, option, typed)}


# ---------------------------------------------------------------- own rules


async def test_unsubscribe_offers_the_own_rules_with_their_numbers_and_all_of_them(desk: Desk, here: Address) -> None:
    await subscribed(desk, here, "curriculum", '"language model" -robot', "replay")

    assert await labels(desk, here, "unsubscribe", "") == {
        "curriculum": "1. curriculum",
        '"language model" -robot': '2. "language model" -robot',
        "replay": "3. replay",
        "all": "all 3 rules",
    }


async def test_rules_that_begin_with_what_is_typed_stand_before_those_that_hold_it(desk: Desk, here: Address) -> None:
    await subscribed(desk, here, '"deep curriculum"', "Curriculum", "replay")

    assert await offered(desk, here, "unsubscribe", "CURR") == ["curriculum", '"deep curriculum"']


async def test_a_slip_of_the_finger_still_finds_the_rule(desk: Desk, here: Address) -> None:
    await subscribed(desk, here, "curriculum", "replay")

    assert await offered(desk, here, "unsubscribe", "curiculm") == ["curriculum"]


@pytest.mark.parametrize("typed", ["2", "#2", " 2 "])
async def test_a_number_means_the_rule_with_that_number(desk: Desk, here: Address, typed: str) -> None:
    await subscribed(desk, here, "curriculum", "replay")

    assert await offered(desk, here, "unsubscribe", typed) == ["replay"]


async def test_what_fits_no_rule_shows_all_rules(desk: Desk, here: Address) -> None:
    await subscribed(desk, here, "curriculum", "replay")

    assert await offered(desk, here, "unsubscribe", "zzz 999") == ["curriculum", "replay", "all"]
    assert await offered(desk, here, "unsubscribe", "99") == ["curriculum", "replay", "all"]


async def test_a_rule_too_long_for_a_value_goes_by_its_number(desk: Desk, here: Address) -> None:
    words = " ".join(f"word{n:02}" for n in range(17))
    await subscribed(desk, here, "curriculum", words)

    value, label = next(iter((await labels(desk, here, "unsubscribe", "word")).items()))
    assert value == "#2"
    assert label.startswith("2. word00 word01")
    assert len(label) <= 100
    removed = await answer(desk, call(here, f"unsubscribe {value}"))
    assert "word16" in str(removed.message)


async def test_every_offered_rule_can_be_removed_as_it_is_offered(desk: Desk, here: Address) -> None:
    await subscribed(desk, here, "all", "2024", "curriculum")

    for value in await offered(desk, here, "unsubscribe", ""):
        if value != "all":
            assert "unsubscribed" in str((await answer(desk, call(here, f"unsubscribe {value}"))).message)
    assert not (await desk.store.channels.load(here)).subscriptions


async def test_a_channel_without_rules_has_none_to_offer(desk: Desk, here: Address) -> None:
    assert await offered(desk, here, "unsubscribe", "") == []


async def test_edit_offers_rules_and_never_all_of_them(desk: Desk, here: Address) -> None:
    await subscribed(desk, here, "curriculum", "replay")

    assert await offered(desk, here, "edit", "") == ["curriculum", "replay"]


# ---------------------------------------------------------------- queries


async def test_the_last_word_is_completed_from_the_papers(desk: Desk, here: Address) -> None:
    found = await offered(desk, here, "subscribe", "robot curr")

    assert "robot curriculum" in found


async def test_what_is_typed_comes_first_if_it_is_a_query_with_what_it_brings(desk: Desk, here: Address) -> None:
    found = await labels(desk, here, "search", "curriculum")

    assert next(iter(found.items())) == ("curriculum", "curriculum · 3 papers in 7 days")


async def test_what_is_no_query_yet_is_not_offered_but_its_completion_is(desk: Desk, here: Address) -> None:
    found = await offered(desk, here, "subscribe", 'title:"language mod')

    assert found[0] in {'title:"language models"', 'title:"language model"'}


async def test_a_minus_and_a_field_stay_before_the_completed_word(desk: Desk, here: Address) -> None:
    assert "curriculum -robot" in await offered(desk, here, "subscribe", "curriculum -rob")
    assert "title:curriculum" in await offered(desk, here, "subscribe", "title:CURRIC")


async def test_categories_are_completed_as_the_papers_have_them(desk: Desk, here: Address) -> None:
    assert {"cat:cs.CL", "cat:cs.LG", "cat:cs.RO", "cat:cs.CV"} <= set(await offered(desk, here, "subscribe", "cat:cs."))
    assert "robot cat:cs.RO" in await offered(desk, here, "subscribe", "robot cat:cs.r")


async def test_facts_are_completed(desk: Desk, here: Address) -> None:
    assert "robot has:code" in await offered(desk, here, "subscribe", "robot has")


async def test_with_nothing_typed_words_of_the_papers_are_offered(desk: Desk, here: Address) -> None:
    found = await offered(desk, here, "subscribe", "")

    assert found
    every = " ".join(f"{paper.title} {paper.abstract} {' '.join(paper.keywords)}" for paper in LIBRARY).casefold()
    assert all(word in every for word in found)


async def test_subscribe_does_not_offer_a_rule_that_is_there(desk: Desk, here: Address) -> None:
    await subscribed(desk, here, "curriculum robot")

    found = await offered(desk, here, "subscribe", "robot curriculum")
    assert "robot curriculum" not in found
    assert "curriculum robot" not in found


@pytest.mark.parametrize("command", ["search", "preview"])
async def test_search_and_preview_offer_the_own_rules_first(desk: Desk, here: Address, command: str) -> None:
    await subscribed(desk, here, "replay", "curriculum")

    assert (await offered(desk, here, command, ""))[:2] == ["replay", "curriculum"]
    assert (await offered(desk, here, command, "curr"))[0] == "curriculum"


@pytest.mark.parametrize("typed", ["", "curr", "robot ", "learning", "cat:cs", "(curriculum OR lang"])
async def test_every_offered_query_can_be_subscribed_to(desk: Desk, here: Address, typed: str) -> None:
    for value in await offered(desk, here, "subscribe", typed, limit=6):
        said = str((await answer(desk, call(here, f"subscribe {value}"))).message)
        assert "subscribed" in said, value


async def test_papers_that_came_in_meanwhile_are_completed_too(desk: Desk, here: Address) -> None:
    paper = dataclasses.replace(ROBOT, id=PaperId("2611.00099"), title="Quokkas", first_seen=await desk.store.now())
    await desk.caught_up()
    await desk.store.papers.file(Filing(papers=(paper,), inboxes={}, rules=desk.memory.rules))

    assert "quokkas" in await offered(desk, here, "subscribe", "quo")


# ---------------------------------------------------------------- papers


async def test_words_of_a_title_find_the_paper(desk: Desk, here: Address) -> None:
    assert (await labels(desk, here, "show", "forgetting les"))[FORGETTING.id] == FORGETTING.title
    assert await offered(desk, here, "show", "forg") == [FORGETTING.id]


async def test_words_from_an_abstract_find_the_paper_where_no_title_has_them(desk: Desk, here: Address) -> None:
    assert await offered(desk, here, "show", "demonstrati") == [ROBOT.id]


async def test_one_letter_of_a_title_is_enough(desk: Desk, here: Address) -> None:
    assert SYLLABUS.id in await offered(desk, here, "show", "sy")


async def test_the_beginning_of_an_id_finds_the_papers_that_bear_it(desk: Desk, here: Address) -> None:
    assert await offered(desk, here, "show", "2611.0000") == sorted((paper.id for paper in LIBRARY), reverse=True)
    assert await offered(desk, here, "show", "2611.00003") == [DIFFUSION.id]


async def test_a_pasted_address_is_understood_recorded_or_not(desk: Desk, here: Address) -> None:
    assert await labels(desk, here, "show", f"https://arxiv.org/abs/{ROBOT.id}v2") == {ROBOT.id: ROBOT.title}
    assert await labels(desk, here, "show", "https://arxiv.org/abs/1706.03762") == {"1706.03762": "1706.03762"}


async def test_with_nothing_typed_what_waits_for_the_digest_stands_before_the_most_voted(desk: Desk, here: Address) -> None:
    assert (await offered(desk, here, "show", ""))[0] == ROBOT.id
    await subscribed(desk, here, "syllabus")

    assert (await offered(desk, here, "show", ""))[:2] == [SYLLABUS.id, ROBOT.id]


async def test_unsave_offers_only_the_reading_list(desk: Desk, here: Address) -> None:
    assert await offered(desk, here, "unsave", "") == []
    await answer(desk, call(here, f"save {ROBOT.id}"))
    await answer(desk, call(here, f"save {SYLLABUS.id}"))

    assert set(await offered(desk, here, "unsave", "")) == {ROBOT.id, SYLLABUS.id}
    assert await offered(desk, here, "unsave", "robot") == [ROBOT.id]


async def test_a_paper_whose_id_is_too_long_for_a_menu_is_left_out(desk: Desk, here: Address) -> None:
    await desk.caught_up()
    now = await desk.store.now()
    papers = [dataclasses.replace(ROBOT, id=PaperId(id), title="Quokkas", first_seen=now) for id in (f"10.1000/{'x' * 120}", "10.1000/x")]
    await desk.store.papers.file(Filing(papers=papers, inboxes={}, rules=desk.memory.rules))

    assert await offered(desk, here, "show", "quokkas") == ["10.1000/x"]


async def test_words_that_no_paper_says_find_nothing(desk: Desk, here: Address) -> None:
    assert await offered(desk, here, "show", "zzzzqqq xxxx") == []


# ---------------------------------------------------------------- schedules, pauses, settings


async def test_the_usual_schedules_go_by_the_askers_own_zone(desk: Desk, here: Address) -> None:
    asker = dataclasses.replace(ADA, zone="Asia/Tokyo")

    assert (await offered(desk, here, "schedule", "", asker=asker))[:2] == ["weekdays 09:00 Asia/Tokyo", "daily 09:00 Asia/Tokyo"]
    assert "off" in await offered(desk, here, "schedule", "")


async def test_a_begun_city_is_completed_behind_days_and_time(desk: Desk, here: Address) -> None:
    assert "weekdays 8:30 Europe/Berlin" in await offered(desk, here, "schedule", "weekdays 8:30 ber")
    assert "weekdays 8:30 America/New_York" in await offered(desk, here, "schedule", "weekdays 8:30 new yo")


async def test_a_begun_day_is_completed_and_told_in_words(desk: Desk, here: Address) -> None:
    assert {"weekdays", "weekends"} <= set(await offered(desk, here, "schedule", "WEEK"))
    assert "8:30 sunday" in await offered(desk, here, "schedule", "8:30 s")
    assert (await labels(desk, here, "schedule", "mon 8:30 Europe/Berlin"))["mon 8:30 Europe/Berlin"] == (
        "weekly on Mon at 08:30, Europe/Berlin"
    )


async def test_a_schedule_without_a_zone_is_offered_with_some(desk: Desk, here: Address) -> None:
    found = await offered(desk, here, "schedule", "daily 7:15")

    assert found[0] == "daily 7:15"
    assert any(is_zone(value.removeprefix("daily 7:15 ")) for value in found[1:])


@pytest.mark.parametrize("typed", ["", "week", "9", "mon 8:30 eur", "kolk", "off"])
async def test_every_offered_schedule_can_be_set(desk: Desk, here: Address, typed: str) -> None:
    found = await offered(desk, here, "schedule", typed, limit=8)

    assert found
    for value in found:
        assert "The next three" in str(said := (await answer(desk, call(here, f"schedule {value}"))).message) or value == "off", said


async def test_a_pause_says_until_when(desk: Desk, here: Address) -> None:
    assert (await labels(desk, here, "pause", ""))["1w"] == "1w: until Fri 28 Nov 09:00"
    assert await offered(desk, here, "pause", "5d") == ["5d"]
    assert await offered(desk, here, "pause", "to") == ["tomorrow"]
    assert await offered(desk, here, "pause", "forever") == []


async def test_settings_are_offered_as_pairs_behind_those_that_are_typed(desk: Desk, here: Address) -> None:
    assert "limit 5" in await offered(desk, here, "settings", "lim")
    assert await offered(desk, here, "settings", "format f") == ["format full"]
    assert await offered(desk, here, "settings", "limit 3 th") == ["limit 3 thread off", "limit 3 thread on"]
    assert await offered(desk, here, "settings", "thread on") == ["thread on"]
    assert len(await offered(desk, here, "settings", "nonsense")) == MOST_OFFERS
    first = await offered(desk, here, "settings", "")
    assert [one.split()[0] for one in first[:4]] == ["limit", "format", "thread", "links"], "no setting crowds the others out"
    assert {one.split()[2] for one in await offered(desk, here, "settings", "Limit 5 ")} == {"format", "thread", "links", "manage"}


# ---------------------------------------------------------------- the rest


async def test_help_offers_commands_by_their_beginning(desk: Desk, here: Address) -> None:
    assert (await offered(desk, here, "help", "s"))[0] in {"subscribe", "search", "show", "similar", "schedule", "settings", "save"}
    assert (await offered(desk, here, "help", "sub"))[0] == "subscribe"
    assert "vote" not in await offered(desk, here, "help", "vot")


async def test_choices_are_offered_by_their_beginning_and_all_where_none_fits(desk: Desk, here: Address) -> None:
    assert await offered(desk, here, "trending", "mo") == ["month"]
    assert await offered(desk, here, "trending", "zzz") == ["week", "month"]
    assert await offered(desk, here, "saved", "ris") == ["export ris"]


async def test_an_option_that_there_is_not_has_no_offers(desk: Desk, here: Address) -> None:
    assert await offers(desk, call(here), "subscribe", "colour", "r") == ()
    assert await offers(desk, call(here), "dance", "query", "r") == ()


async def test_the_lines_of_an_import_cannot_be_guessed(desk: Desk, here: Address) -> None:
    assert await offered(desk, here, "import", "sub") == []


async def test_no_more_is_offered_than_is_asked_for(desk: Desk, here: Address) -> None:
    assert len(await offered(desk, here, "schedule", "", limit=3)) == 3
    assert await offered(desk, here, "schedule", "", limit=0) == []


async def test_a_store_that_is_away_leaves_the_menu_empty(desk: Desk, here: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreAway("gone")

    monkeypatch.setattr(desk.store.channels, "load", away)

    assert await offered(desk, here, "unsubscribe", "") == []


_PIECES = st.sampled_from(
    [
        *(
            '"',
            "(",
            ")",
            "-",
            "*",
            ":",
            "title:",
            "cat:",
            "upvotes>=",
            "id:",
            "rule:",
            "page:",
            " ",
            "\0",
            "\n",
            "\ud800",
            "9" * 40,
            "²",
            "١",
        ),
        *(
            "curr",
            "OR",
            "NOT",
            "all",
            "here",
            "#",
            "1",
            "@everyone",
            "||",
            "Europe/",
            "../x",
            "mon-",
            "25:99",
            "10.1000/",
            "arXiv:",
            "\u202e",
        ),
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # offering changes nothing
@given(asked=st.sampled_from(OPTIONS), typed=st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=8).map("".join)))
@example(asked=("subscribe", "query"), typed="-\n9999999999999999999999999999999999999999")
async def test_whatever_is_typed_every_offer_fits_a_menu(desk: Desk, here: Address, asked: tuple[str, str], typed: str) -> None:
    found: list[Choice] = list(await offers(desk, call(here), *asked, typed))

    assert len(found) <= MOST_OFFERS
    assert len({one.value for one in found}) == len(found)
    for one in found:
        assert 1 <= len(one.value) <= 100
        assert one.value.strip()
        assert 1 <= len(one.label) <= 100
        assert "\n" not in one.label
        (one.value + one.label).encode()


@pytest.mark.parametrize("typed", ["(" * 5000, "a" * 6000, "1" * 6000, '"' * 3001, "curriculum " * 600, "\ud800" * 200])
@pytest.mark.parametrize("asked", OPTIONS, ids=" ".join)
async def test_the_longest_text_has_an_answer(desk: Desk, here: Address, asked: tuple[str, str], typed: str) -> None:
    await subscribed(desk, here, "curriculum", "replay")

    assert len(await offers(desk, call(here), *asked, typed)) <= MOST_OFFERS


async def test_offering_changes_nothing(desk: Desk, here: Address) -> None:
    before = await desk.store.channels.load(here)
    for command, _ in OPTIONS:
        await offered(desk, here, command, "curr")

    assert await desk.store.channels.load(here) == before
