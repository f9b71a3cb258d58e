"""The way in: who may, how often, how loud, and what is said when the outside fails."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address, Managers, QueryText, Subscription
from bot.commands import TABLE, Asker, Call, answer
from bot.commands.answering import COMMANDS_A_MINUTE
from bot.commands.backtest import backlog
from bot.desk import Desk
from bot.errors import StoreAway, StoreFull
from bot.jobs import take_in
from bot.memory import Memory
from bot.message import File
from bot.paper import PaperId
from bot.ports import Due, Harvest
from bot.query import parse
from bot.sources.sample import SamplePapers
from tests.library import DIFFUSION, ROBOT
from tests.outlet import KeepingOutlet
from tests.plain import buttons, words

if TYPE_CHECKING:
    from bot.commands import Answer
    from bot.store.store import RedisStore
    from tests.clock import Clock

ADA = Asker(id="U1", name="Ada")
GUEST = Asker(id="U2", name="Bob", may_manage=False)


async def ask(desk: Desk, here: Address, text: str, *, asker: Asker = ADA) -> Answer:
    return await answer(desk, Call(address=here, channel_name="#ml-reading", asker=asker, text=text))


async def said(desk: Desk, here: Address, text: str, *, asker: Asker = ADA) -> str:
    return words((await ask(desk, here, text, asker=asker)).message)


# ---------------------------------------------------------------- who hears it


@pytest.mark.parametrize("text", ["subscribe curriculum", "digest", "save 2611.00001", "settings limit 3", "pause 1w", "schedule daily"])
async def test_what_changes_the_channel_is_said_in_the_channel(text: str, desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe diffusion")
    assert (await ask(desk, here, text)).public


@pytest.mark.parametrize(
    "text", ["list", "help", "search curriculum", "preview", "status", "export", "why 2611.00001", "subscribe (", "xyzzy"]
)
async def test_everything_else_is_said_to_the_asker_alone(text: str, desk: Desk, here: Address) -> None:
    assert not (await ask(desk, here, text)).public


@pytest.mark.parametrize("text", ["search", "search ", "subscribe (", "edit diffusion => (", "preview -x"])
async def test_what_to_write_instead_of_a_bad_query_works_when_pressed(text: str, desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe diffusion")
    [remedy] = buttons((await ask(desk, here, text)).message)
    answered = await said(desk, here, remedy.command)
    assert "There is no command" not in answered
    assert "Try:" not in answered


async def test_a_title_in_a_sentence_is_written_as_people_read_it(desk: Desk, here: Address) -> None:
    assert "“β-Diffusion & <Friends>: @everyone" in await said(desk, here, f"save {DIFFUSION.id}")


async def test_here_makes_an_answer_public(desk: Desk, here: Address) -> None:
    shown = await ask(desk, here, "search curriculum here")
    assert shown.public
    assert "3 papers for curriculum" in words(shown.message)
    assert (await ask(desk, here, "list here")).public


# ---------------------------------------------------------------- who may


async def test_by_default_anyone_may_manage(desk: Desk, here: Address) -> None:
    assert "Bob subscribed" in await said(desk, here, "subscribe curriculum", asker=GUEST)


async def told(desk: Desk, here: Address, text: str, *, asker: Asker = ADA) -> str:
    """As on a platform where those who run a channel manage it unless they say otherwise."""
    call = Call(address=here, channel_name="#ml-reading", asker=asker, text=text, managers=Managers.ADMINS)
    return words((await answer(desk, call)).message)


async def test_where_people_are_used_to_it_admins_manage_until_they_open_the_channel(desk: Desk, here: Address) -> None:
    assert "Only those who run this channel" in await told(desk, here, "subscribe curriculum", asker=GUEST)
    assert "subscribed" in await told(desk, here, "subscribe curriculum")
    assert "Only those who run this channel" in await told(desk, here, "unsubscribe 1", asker=GUEST), "a record alone opens nothing"

    assert "manage anyone" in await told(desk, here, "settings manage anyone")
    assert "Bob subscribed" in await told(desk, here, "subscribe diffusion", asker=GUEST)
    await told(desk, here, "settings limit 3", asker=GUEST)
    assert "Bob subscribed" in await told(desk, here, "subscribe replay", asker=GUEST)
    assert "could not change anything here any more yourself" in await told(desk, here, "settings manage admins", asker=GUEST)


async def test_settings_tell_who_manages_here_where_nobody_chose(desk: Desk, here: Address) -> None:
    assert "manage anyone" in await said(desk, here, "settings")
    assert "manage admins" in await told(desk, here, "settings")
    assert "manage admins" in await told(desk, here, "settings limit 3")
    assert (await desk.store.channels.load(here)).settings.managers is None
    assert [one.command for one in buttons((await ask(desk, here, "settings")).message)][-1] == "settings manage admins"


async def test_what_nobody_chose_is_not_exported_and_what_was_chosen_is(desk: Desk, here: Address) -> None:
    await told(desk, here, "subscribe curriculum")
    assert "manage" not in exported_of(await answer(desk, Call(address=here, channel_name="", asker=ADA, text="export")))
    await told(desk, here, "settings manage admins")
    assert "manage admins" in exported_of(await answer(desk, Call(address=here, channel_name="", asker=ADA, text="export")))


def exported_of(answered: Answer) -> str:
    return next(block.content for block in answered.message.blocks if isinstance(block, File))


async def test_choosing_what_is_so_already_says_that_it_stays_and_is_kept(desk: Desk, here: Address) -> None:
    assert "stay as they were" in await told(desk, here, "settings manage admins")
    assert (await desk.store.channels.load(here)).settings.managers is Managers.ADMINS


async def test_where_admins_manage_others_are_told_who_may_and_can_still_look(desk: Desk, here: Address) -> None:
    await ask(desk, here, "settings manage admins")
    for text in ("subscribe curriculum", "settings manage anyone", "forget everything", "import subscribe x"):
        assert "Only those who run this channel" in await said(desk, here, text, asker=GUEST)
    assert "papers for curriculum" in await said(desk, here, "search curriculum", asker=GUEST)
    assert "subscribed" in await said(desk, here, "subscribe curriculum")


async def test_a_guest_may_look_and_change_nothing_however_open_the_channel_is(desk: Desk, here: Address) -> None:
    eve = Asker(id="U3", name="Eve", is_guest=True)
    for text in ("subscribe curriculum", "settings limit 3", "edit 1 => x", "restore abc", "schedule off", "pause", "forget everything"):
        assert "Guests may look papers up here" in await said(desk, here, text, asker=eve)
    assert (await desk.store.channels.load(here)).version == 0
    for text in ("list", "settings", "schedule", "search curriculum", "preview", "status"):
        assert "Guests" not in await said(desk, here, text, asker=eve)


async def test_nobody_closes_a_channel_to_themselves(desk: Desk, here: Address) -> None:
    bob = Asker(id="U2", name="Bob", may_manage=False, untold="I cannot see who runs this workspace.")
    for text in ("settings manage admins", "import settings manage admins limit 3"):
        refused = await said(desk, here, text, asker=bob)
        assert "could not change anything here any more yourself" in refused
        assert "I cannot see who runs this workspace." in refused
    assert (await desk.store.channels.load(here)).version == 0
    assert "limit 3" in await said(desk, here, "settings limit 3 manage anyone", asker=bob)


async def test_what_the_platform_does_not_tell_is_told_to_those_it_shuts_out(desk: Desk, here: Address) -> None:
    await ask(desk, here, "settings manage admins")
    bob = Asker(id="U2", name="Bob", may_manage=False, untold="I cannot see who runs this workspace.")
    assert "I cannot see who runs this workspace." in await said(desk, here, "subscribe curriculum", asker=bob)
    assert "I cannot see" not in await said(desk, here, "subscribe curriculum", asker=GUEST)


async def test_a_digest_of_another_channel_cannot_be_opened(desk: Desk, here: Address) -> None:
    for text in ("subscribe curriculum", "settings limit 1"):
        await ask(desk, here, text)
    await ask(desk, here, "digest")
    [outlet] = desk.outlets.values()
    [(_, message, _)] = outlet.posts  # type: ignore[attr-defined]  # the fixture's outlet keeps what it posted
    [more] = [button for button in buttons(message) if button.label == "2 more"]
    assert "2 more" in await said(desk, here, more.command)
    elsewhere = Address("terminal", "local", "elsewhere")
    assert "older than 30 days" in await said(desk, elsewhere, more.command)


# ---------------------------------------------------------------- how often, how long


async def test_more_than_thirty_commands_a_minute_are_too_many_for_one_person(desk: Desk, here: Address, clock: Clock) -> None:
    for _ in range(COMMANDS_A_MINUTE):
        await ask(desk, here, "help")
    assert "Take a breath" in await said(desk, here, "help")
    assert "What you can ask" in await said(desk, here, "help", asker=GUEST), "others are not held up"
    operator = Asker(id="U1", name="Ada", is_operator=True)
    assert "What you can ask" in await said(desk, here, "help", asker=operator)


async def test_a_message_of_endless_length_is_not_read(desk: Desk, here: Address) -> None:
    assert "I stopped reading" in await said(desk, here, "search " + "x" * 100_000)
    assert "no export is so long" in await said(desk, here, "import " + "x" * 21_000)


@pytest.mark.parametrize("text", ["", " ", "/papers", "/papers help", "HELP", "help here"])
async def test_nothing_at_all_and_capitals_ask_for_help(text: str, desk: Desk, here: Address) -> None:
    assert "What you can ask" in await said(desk, here, text)


# ---------------------------------------------------------------- remedies


async def test_the_remedy_for_a_bad_query_is_one_press_away(desk: Desk, here: Address) -> None:
    for typed in ("subscribe (curriculum", "preview (curriculum", "import subscribe (curriculum"):
        mistake = await ask(desk, here, typed)
        [remedy] = buttons(mistake.message)
        assert "Try:" not in await said(desk, here, remedy.command), f"{typed} -> {remedy.command}"


async def test_the_remedy_for_a_rule_that_was_edited_badly_edits_it(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe curriculum")
    [remedy] = buttons((await ask(desk, here, "edit 1 => (robot")).message)
    assert "from curriculum to robot" in await said(desk, here, remedy.command)


@pytest.mark.parametrize("example", [example for command in TABLE for example in command.examples])
async def test_every_example_of_the_help_works_in_the_demo(example: str, store: RedisStore, here: Address) -> None:
    sample = SamplePapers()
    memory = Memory(channels=store.channels, papers=store.papers)
    desk = Desk(store=store, memory=memory, sources=(sample,), lookups=(sample,), charts=sample, outlets={"terminal": KeepingOutlet()})
    await take_in(desk, sample.name, await sample.fetch(b"", await store.now()), await store.now())
    if not example.startswith(("subscribe", "import")):
        await ask(desk, here, "subscribe curriculum")
    if not example.startswith("save "):
        await ask(desk, here, "save 1706.03762")

    answered = await said(desk, here, example)

    assert "There is no" not in answered
    assert "Nobody" not in answered
    assert "Try:" not in answered
    if example.startswith(("subscribe", "search", "preview")):
        assert "1. " in answered, "an example finds something"


# ---------------------------------------------------------------- the store fails


class Broken:
    """In the place of a part of the store: whatever is asked fails."""

    def __init__(self, trouble: Exception) -> None:
        self._trouble = trouble

    def __getattr__(self, name: str) -> object:
        raise self._trouble


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [(StoreAway("reset"), "cannot reach my store"), (StoreFull("OOM"), "My store is full, so this was not saved")],
)
async def test_what_could_not_be_saved_is_never_acknowledged(
    trouble: Exception, expected: str, desk: Desk, here: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.store, "channels", Broken(trouble))
    answered = await said(desk, here, "subscribe curriculum")
    assert expected in answered
    assert "subscribed" not in answered


# ---------------------------------------------------------------- rules


async def test_a_channel_keeps_at_most_twenty_five_rules(desk: Desk, here: Address) -> None:
    operator = Asker(id="U1", name="Ada", is_operator=True)
    for n in range(25):
        await ask(desk, here, f"subscribe word{n}", asker=operator)
    assert "at most 25 rules" in await said(desk, here, "subscribe onemore", asker=operator)


async def test_a_rule_catches_what_came_since_the_last_digest(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe curriculum")
    channel = await desk.store.channels.load(here)
    expected = set(backlog(desk, channel, parse("curriculum"), await desk.store.now()))
    assert {id for id, _ in await desk.store.papers.inbox(here)} == expected
    assert expected


async def test_an_over_broad_rule_is_saved_with_a_warning_and_narrower_ones(desk: Desk, here: Address) -> None:
    words_apart = ("cups", "plates", "spoons", "bowls", "forks")
    many = [
        dataclasses.replace(ROBOT, id=PaperId(f"2611.2{n:04}"), title=f"Stacking {words_apart[n % 5]} {n}", abstract="A robot arm stacks.")
        for n in range(40)
    ]
    await take_in(desk, "library", Harvest(papers=tuple(many)), await desk.store.now())
    found = await ask(desk, here, "subscribe stacks OR stacking")
    assert "40 papers" in words(found.message) or "41 papers" in words(found.message)
    assert "more than the 5 papers of a digest" in words(found.message)
    narrower = [button.command for button in buttons(found.message) if button.label == "Use"]
    assert len(narrower) == 3
    assert "changed a rule" in await said(desk, here, narrower[0])


async def test_editing_a_rule_into_one_that_is_there_leaves_one(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe curriculum")
    await ask(desk, here, "subscribe diffusion")
    await ask(desk, here, "edit 1 => diffusion")
    channel = await desk.store.channels.load(here)
    assert [one.query for one in channel.subscriptions] == ["diffusion"]


async def test_a_stored_rule_that_is_not_understood_any_more_is_shown_and_harms_nobody(desk: Desk, here: Address) -> None:
    await ask(desk, here, "subscribe curriculum")
    channel = await desk.store.channels.load(here)
    relic = Subscription(QueryText("an (older language"), "Eve", await desk.store.now())
    await desk.store.channels.save(dataclasses.replace(channel, subscriptions=(relic, *channel.subscriptions)), due=Due.KEEP)

    assert "not understood any more: remove it" in await said(desk, here, "list")
    assert "Curriculum Learning for Robot Arms" in await said(desk, here, "preview")
    assert "unsubscribed" in await said(desk, here, "unsubscribe 1")


async def test_undo_brings_all_removed_rules_back(desk: Desk, here: Address) -> None:
    for query in ("curriculum", '"exact phrase; with semicolon"', "title:robot"):
        await ask(desk, here, f"subscribe {query}")
    before = {one.query for one in (await desk.store.channels.load(here)).subscriptions}
    removed = await ask(desk, here, "unsubscribe all")
    [undo] = buttons(removed.message)
    await ask(desk, here, undo.command)
    assert {one.query for one in (await desk.store.channels.load(here)).subscriptions} == before
