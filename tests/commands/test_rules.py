"""Rules that look like something else, that are removed and brought back, and that people may not touch."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.commands import Asker, Call, answer
from bot.jobs import take_in
from bot.paper import PaperId
from bot.ports import Filing, Harvest
from tests.library import ROBOT, SYLLABUS
from tests.plain import buttons, words

if TYPE_CHECKING:
    from bot.channel import Address
    from bot.commands import Answer
    from bot.desk import Desk
    from tests.clock import Clock

ADA = Asker(id="U1", name="Ada")


async def ask(desk: Desk, here: Address, text: str, *, asker: Asker = ADA) -> Answer:
    return await answer(desk, Call(address=here, channel_name="#ml-reading", asker=asker, text=text))


async def press(desk: Desk, here: Address, answered: Answer, label: str) -> Answer:
    return await ask(desk, here, next(button.command for button in buttons(answered.message) if button.label == label))


async def rules(desk: Desk, here: Address) -> list[str]:
    return [one.query for one in (await desk.store.channels.load(here)).subscriptions]


@pytest.mark.parametrize("query", ["all", "1", "007", "99999999999999", "robots from here", "here"])
async def test_a_rule_that_looks_like_something_else_is_undone_alone(query: str, desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe robot")
    marked = f"rule:{query}" if query.endswith("here") else query
    made = await ask(desk, here, f"subscribe {marked}")
    assert len(await rules(desk, here)) == 2
    assert "nothing is saved" in words((await press(desk, here, made, "Preview")).message) or "Nothing new" in words(
        (await press(desk, here, made, "Preview")).message
    )
    await press(desk, here, made, "Undo")
    assert await rules(desk, here) == ["robot"]


async def test_a_number_of_any_length_is_no_crash(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe robot")
    for number in ("00000199", "000001", "#999999999999999999999", "2"):
        assert "There is no rule" in words((await ask(desk, here, f"unsubscribe {number}")).message)
    assert await rules(desk, here) == ["robot"]


async def test_a_rule_knows_who_made_it_through_removal_and_undo(desk: Desk, here: Address) -> None:
    bob = Asker(id="U2", name="Bob")
    await ask(desk, here, "subscribe robot")
    await ask(desk, here, "import subscribe diffusion", asker=bob)
    removed = await ask(desk, here, "unsubscribe all", asker=bob)
    await press(desk, here, removed, "Undo")
    await ask(desk, here, "edit robot => robots arms", asker=bob)
    await ask(desk, here, "subscribe cups")
    makers = {one.query: one.maker for one in (await desk.store.channels.load(here)).subscriptions}
    assert makers == {"robots arms": "U2", "diffusion": "U2", "cups": "U1"}


async def test_undo_of_the_time_before_makers_were_kept_still_works(desk: Desk, here: Address) -> None:
    record = json.dumps([("robot", "Ada", "2026-11-01T09:00:00+00:00")]).encode()
    await desk.store.cache.put(f"undo:{here}:0123456789abcdef", record, keep=timedelta(days=1))
    await ask(desk, here, "restore 0123456789abcdef")
    [rule] = (await desk.store.channels.load(here)).subscriptions
    assert (rule.query, rule.added_by, rule.maker) == ("robot", "Ada", "")


async def test_every_removal_of_the_last_days_can_be_undone(desk: Desk, here: Address) -> None:
    for query in ("robot", "cups", "arms"):
        await ask(desk, here, f"subscribe {query}")
    removed = [await ask(desk, here, f"unsubscribe {query}") for query in ("robot", "cups", "arms")]
    for one in removed:
        await press(desk, here, one, "Undo")
    assert sorted(await rules(desk, here)) == ["arms", "cups", "robot"]


async def test_of_many_removals_the_latest_can_be_undone(desk: Desk, here: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.rules.UNDO_AT_MOST", 2)
    for query in ("robot", "cups", "arms"):
        await ask(desk, here, f"subscribe {query}")
    first, *rest = [await ask(desk, here, f"unsubscribe {query}") for query in ("robot", "cups", "arms")]
    assert "can no longer be undone" in words((await press(desk, here, first, "Undo")).message)
    for one in rest:
        await press(desk, here, one, "Undo")
    assert sorted(await rules(desk, here)) == ["arms", "cups"]


async def test_what_was_forgotten_is_not_brought_back_by_undo(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe robot")
    removed = await ask(desk, here, "unsubscribe robot")
    await ask(desk, here, "forget everything")
    assert "can no longer be undone" in words((await press(desk, here, removed, "Undo")).message)
    assert await rules(desk, here) == []


async def test_edit_without_a_new_rule_shows_how_it_is_written_and_changes_nothing(desk: Desk, here: Address) -> None:
    for query in ("robot", "cups"):
        await ask(desk, here, f"subscribe {query}")
    shown = await ask(desk, here, "edit 2")
    assert "edit cups => cups -survey" in words(shown.message)
    assert not buttons(shown.message)
    assert "Which rule?" in words((await ask(desk, here, "edit")).message)
    assert "One rule at a time" in words((await ask(desk, here, "edit all")).message)
    near = await ask(desk, here, "edit robit")
    assert [button.command for button in buttons(near.message)] == ["edit robot"]
    assert await rules(desk, here) == ["robot", "cups"]


async def test_undo_brings_a_rule_back_with_who_made_it_and_when(desk: Desk, here: Address, clock: Clock) -> None:
    await ask(desk, here, "subscribe robot", asker=Asker(id="U9", name="Grace"))
    made = (await desk.store.channels.load(here)).subscriptions
    clock.advance(timedelta(days=3))
    removed = await ask(desk, here, "unsubscribe 1")
    assert "brought 1 rule back" in words((await press(desk, here, removed, "Undo")).message)
    assert (await desk.store.channels.load(here)).subscriptions == made


async def test_what_changes_nothing_is_told_to_the_asker_alone(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe robot")
    unchanged = await ask(desk, here, "edit robot => robot")
    assert (unchanged.public, "already subscribed" in words(unchanged.message)) == (False, True)
    assert (await ask(desk, here, "edit robot => cups")).public
    twice = await ask(desk, here, "edit robot => cups")
    assert (twice.public, "already subscribed to cups" in words(twice.message)) == (False, True)
    assert (await ask(desk, here, "edit cups => robot")).public
    removed = await ask(desk, here, "unsubscribe robot")
    assert (await press(desk, here, removed, "Undo")).public
    again = await press(desk, here, removed, "Undo")
    assert (again.public, "is back in #ml-reading already" in words(again.message)) == (False, True)


async def test_an_edit_that_only_removes_a_double_is_announced(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe robot")
    await ask(desk, here, "subscribe cups")
    assert (await ask(desk, here, "edit robot => cups")).public
    assert await rules(desk, here) == ["cups"]


async def test_an_undo_of_long_ago_or_of_another_channel_says_so(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe robot")
    removed = await ask(desk, here, "unsubscribe 1")
    elsewhere = dataclasses.replace(here, channel="elsewhere")
    assert "can no longer be undone" in words((await press(desk, elsewhere, removed, "Undo")).message)


async def test_all_rules_are_undone_at_once_by_a_short_command(desk: Desk, here: Address) -> None:
    for n in range(20):
        await ask(desk, here, f'subscribe title:"a rather long phrase number {n}" OR abstract:"another long phrase {n}"')
    before = await rules(desk, here)
    removed = await ask(desk, here, "unsubscribe all")
    assert all(len(button.command) <= 1100 for button in buttons(removed.message))
    await press(desk, here, removed, "Undo")
    assert await rules(desk, here) == before


async def test_an_edit_takes_one_rule_and_offers_the_nearest(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe robot")
    await ask(desk, here, "subscribe curriculum")
    assert "One rule at a time" in words((await ask(desk, here, "edit all => agents")).message)
    missed = await ask(desk, here, "edit curiculum => agents")
    [remedy] = buttons(missed.message)
    await ask(desk, here, remedy.command)
    assert await rules(desk, here) == ["robot", "agents"]


async def test_blanks_of_any_kind_part_words(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe\trobot  arms")
    await ask(desk, here, "edit\t1\t=>\tcurriculum")
    await ask(desk, here, "import\nsubscribe\tagents")
    assert await rules(desk, here) == ["curriculum", "agents"]


async def test_whoever_may_not_manage_may_ask_how_it_is(desk: Desk, here: Address) -> None:
    await ask(desk, here, "settings manage admins")
    guest = Asker(id="U2", name="Bob", may_manage=False)
    assert "limit 5" in words((await ask(desk, here, "settings", asker=guest)).message)
    assert "next three" in words((await ask(desk, here, "schedule here", asker=guest)).message)
    assert "Only those who run" in words((await ask(desk, here, "schedule off", asker=guest)).message)


async def test_here_goes_with_every_command(desk: Desk, here: Address) -> None:
    for text in ("schedule here", "settings here", "subscribe robot here", "pause here", "resume here", "digest here"):
        told = await ask(desk, here, text)
        assert told.public
        assert "Try:" not in words(told.message)
    assert await rules(desk, here) == ["robot"]


async def test_a_paper_in_the_place_of_a_command_is_shown(desk: Desk, here: Address) -> None:
    for text in ("2611.00001", "https://arxiv.org/abs/2611.00001"):
        [remedy] = buttons((await ask(desk, here, text)).message)
        assert "Curriculum Learning for Robot Arms" in words((await ask(desk, here, remedy.command)).message)


async def test_a_search_for_an_id_finds_the_paper(desk: Desk, here: Address) -> None:
    assert "1. Curriculum Learning for Robot Arms" in words((await ask(desk, here, "search 2611.00001")).message)


async def test_a_doi_finds_a_paper_that_is_known_by_its_arxiv_id(desk: Desk, here: Address) -> None:
    known = dataclasses.replace(ROBOT, id=PaperId("2611.00055"), title="Cups with a DOI", doi="10.1145/1234.5678")
    await take_in(desk, "library", Harvest(papers=(known,)), await desk.store.now())
    for command in ("show", "why", "save"):
        assert "Cups with a DOI" in words((await ask(desk, here, f"{command} https://doi.org/10.1145/1234.5678")).message)


async def test_a_paper_is_saved_although_a_rule_changes_meanwhile(desk: Desk, here: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.commands.lookup import Knows  # noqa: PLC0415  # only here

    desk.lookups = (Knows("arXiv", dataclasses.replace(SYLLABUS, id=PaperId("1706.03762"), title="Attention", first_seen=None)),)
    file = desk.store.papers.file
    disturbed: list[bool] = []

    async def disturbing(filing: Filing) -> object:
        if not disturbed:
            disturbed.append(True)
            await ask(desk, dataclasses.replace(here, channel="elsewhere"), "subscribe robot")
        return await file(filing)

    monkeypatch.setattr(desk.store.papers, "file", disturbing)
    assert "saved “Attention”" in words((await ask(desk, here, "save 1706.03762")).message)
    assert "Attention" in words((await ask(desk, here, "saved")).message)


async def test_why_does_not_promise_a_paper_whose_rule_is_gone(desk: Desk, here: Address) -> None:
    for text in ("subscribe curriculum", "subscribe astronomy", "unsubscribe curriculum"):
        await ask(desk, here, text)
    told = words((await ask(desk, here, "why 2611.00001")).message)
    assert "the rule that chose it is gone" in told
    assert "waits" not in told


async def test_an_import_of_settings_alone_says_what_changed(desk: Desk, here: Address) -> None:
    told = words((await ask(desk, here, "import settings limit 3; schedule daily 8:00")).message)
    assert "imported the schedule and the settings into #ml-reading." in told
    assert "imported nothing new" in words((await ask(desk, here, "import settings limit 3")).message)
    assert "(1 was there already)" in words((await ask(desk, here, "import SUBSCRIBE a; Subscribe a")).message)


async def test_a_wrong_line_of_an_import_has_a_remedy_that_works(desk: Desk, here: Address) -> None:
    for line in ("settings limit 99", "schedule 25:00", "subscribe (robot"):
        [remedy] = buttons((await ask(desk, here, f"import {line}")).message)
        assert "Try:" not in words((await ask(desk, here, remedy.command)).message), f"{line} -> {remedy.command}"


@pytest.mark.parametrize("limit", ["0005000", "00000005", "26", "-1", "٣"])
async def test_a_limit_that_is_none_is_refused_however_it_is_written(limit: str, desk: Desk, here: Address) -> None:
    assert "1 to 25 papers" in words((await ask(desk, here, f"settings limit {limit}")).message)
    assert (await desk.store.channels.load(here)).settings.limit == 5
