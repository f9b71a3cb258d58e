"""Two workspaces that share every name and id, on one bot: neither can see, change or slow down anything of the other.

Told by what is missing: whatever somebody asks in a workspace is answered as if there were no other, word for word. So what they ask is
asked twice, once while the neighbour is busy and once in an empty house, and both must be the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from bot.channel import Address
from bot.commands import TABLE, Asker, Call, answer
from bot.commands.answering import COMMANDS_A_MINUTE
from bot.installation import Installation
from bot.votes import Vote
from tests.clock import Clock
from tests.desks import library_desk
from tests.outlet import KeepingOutlet
from tests.plain import buttons, words
from tests.safety.fuzzing import effort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands import Answer
    from bot.desk import Desk
    from bot.message import Message
    from bot.store.store import RedisStore
    from tests.slack.listening import Paperboy

STEP = timedelta(seconds=20)
PEOPLE = (Asker(id="U1", name="Ada"), Asker(id="U2", name="Bob", may_manage=False), Asker(id="U3", name="Guest", is_guest=True))
WORDS = (
    "",
    "robot",
    "curriculum -robot",
    "diffusion",
    "title:language OR cat:cs.RO",
    "1",
    "2",
    "all",
    "everything",
    "2611.00001",
    "2611.00002",
)
MORE = {
    "vote": ("2611.00001 up", "2611.00001 down", "2611.00002 none"),
    "settings": ("limit 3 format full", "thread on", "manage admins", "links off"),
    "schedule": ("weekdays 8:30 Europe/Berlin", "off", "daily 11:00"),
    "saved": ("export bibtex", "export csv"),
    "import": ("subscribe robot; subscribe diffusion",),
    "edit": ("1 => cups", "1"),
    "pause": ("2w",),
    "forget": ("everything",),
    "trending": ("week",),
    "help": ("subscribe",),
}
PRESS = "press"
"""Instead of a command: whatever was offered last, here or at the neighbour's, is pressed here."""

PAIRS = (
    (Address("slack", "T1", "C1"), Address("slack", "T2", "C1")),
    (Address("slack", "T1", "C1"), Address("slack", "T11", "C1")),
    (Address("slack", "T1", "C1"), Address("discord", "T1", "C1")),
    (Address("discord", "1", "@U1"), Address("discord", "11", "@U1")),
    (Address("slack", "T1", "C1"), Address("slack", "T1", "C2")),
)
"""Neighbours. The last two share a workspace as well: channels keep their things apart too."""

TRACES = (
    *("subscribe curriculum", "save 2611.00001", "vote 2611.00001 up", "digest", "unsubscribe all", "pause 2w", "settings limit 1"),
    *("settings manage admins format full", "schedule daily 8:30 Europe/Berlin", "forget everything", "import subscribe robot"),
)
LOOKS = ("list", "saved", "why 2611.00001", "settings", "schedule", "status", "preview", "search robot", "export", "digest", "resume")

asked = st.one_of(
    st.sampled_from(TRACES),
    st.sampled_from(LOOKS),
    st.one_of([st.sampled_from([*WORDS, *MORE.get(command.name, ())]).map(f"{command.name} {{}}".format) for command in TABLE]),
    st.just(PRESS),
)
steps = st.tuples(st.booleans(), st.sampled_from(PEOPLE), asked, st.integers(0, 9))


@dataclass(slots=True)
class House:
    """A bot from its first day on."""

    desk: Desk
    clock: Clock
    outlet: KeepingOutlet
    offered: list[str] = field(default_factory=list)
    """What the buttons type that anybody was shown."""

    async def said(self, address: Address, asker: Asker, text: str) -> Answer:
        answered = await answer(self.desk, Call(address=address, channel_name="#ml", asker=asker, text=text))
        self.offered += [button.command for button in buttons(answered.message) if button.command]
        return answered

    def posted(self, address: Address) -> list[Message]:
        return [message for where, message, _ in self.outlet.posts if where == address]


async def new_house(store: RedisStore, clock: Clock) -> House:
    await store.connection.call("FLUSHDB")
    clock.now = Clock().now
    outlet = KeepingOutlet()
    return House(await library_desk(store, {"slack": outlet, "discord": outlet}), clock, outlet)


async def test_every_command_is_among_those_that_are_tried() -> None:
    tried = {command.name for command in TABLE}
    assert tried >= {"subscribe", "forget", "restore", "more", "vote", "why", "digest", "import"}
    assert set(MORE) <= tried


@pytest.mark.parametrize(("here", "neighbour"), PAIRS, ids=str)
@effort(20)
@given(day=st.lists(steps, max_size=16))
async def test_whatever_the_neighbour_does_the_answers_are_the_same(
    here: Address, neighbour: Address, day: Sequence[tuple[bool, Asker, str, int]], store: RedisStore, clock: Clock
) -> None:
    busy = await new_house(store, clock)
    heard: list[tuple[Asker, str, Answer]] = []
    for is_here, asker, text, choice in day:
        if text == PRESS:
            text = busy.offered[-1 - choice % len(busy.offered)] if busy.offered else "list"  # noqa: PLW2901  # what is pressed instead
        if is_here:
            clock.advance(STEP)
            heard.append((asker, text, await busy.said(here, asker, text)))
        else:
            await busy.said(neighbour, asker, text)
    posted = busy.posted(here)

    quiet = await new_house(store, clock)
    for asker, text, before in heard:
        note(f"{asker.name} asks {text!r}")
        clock.advance(STEP)
        assert await quiet.said(here, asker, text) == before
    assert quiet.posted(here) == posted
    assert quiet.posted(neighbour) == []


@pytest.mark.parametrize(("here", "neighbour"), PAIRS, ids=str)
async def test_after_everything_the_neighbour_did_all_looks_as_in_an_empty_house(
    here: Address, neighbour: Address, store: RedisStore, clock: Clock
) -> None:
    async def seen(house: House) -> list[Answer]:
        looked = []
        for text in (*LOOKS, "subscribe curriculum", "list", "preview", "why 2611.00001", "digest"):
            clock.advance(STEP)
            looked.append(await house.said(here, PEOPLE[0], text))
        return looked

    busy = await new_house(store, clock)
    for text in (*TRACES[:4], *LOOKS[:3], *TRACES[:4]):
        await busy.said(neighbour, PEOPLE[0], text)
    before = await seen(busy)
    assert busy.posted(neighbour)
    assert await seen(await new_house(store, clock)) == before


async def test_what_one_asks_does_not_count_against_the_other(store: RedisStore, clock: Clock) -> None:
    (here, there), (ada, *_) = PAIRS[0], PEOPLE
    house = await new_house(store, clock)
    for _ in range(COMMANDS_A_MINUTE):
        await house.said(here, ada, "list")
    assert "in a minute" in words((await house.said(here, ada, "list")).message)
    assert "in a minute" in words((await house.said(replace(here, channel="C2"), ada, "list")).message), "a person, not a channel"
    assert "in a minute" not in words((await house.said(there, ada, "list")).message)


async def test_a_button_of_the_neighbours_opens_nothing_here(store: RedisStore, clock: Clock) -> None:
    (here, there), (ada, *_) = PAIRS[0], PEOPLE
    house = await new_house(store, clock)
    await house.said(there, ada, "subscribe curriculum OR syllabus")
    await house.said(there, ada, "settings limit 1")
    await house.said(there, ada, "digest")
    await house.said(there, ada, "unsubscribe all")
    tokens = [command for command in house.offered if command.startswith(("restore ", "more "))]
    more = [button.command for message in house.posted(there) for button in buttons(message) if button.command.startswith("more ")]
    assert tokens
    assert more
    for command in (*tokens, *more):
        shown = words((await house.said(here, ada, command)).message)
        assert "syllabus" not in shown.casefold()
    assert not (await house.desk.store.channels.load(here)).version


async def test_votes_and_tokens_of_one_are_not_of_the_other(store: RedisStore, clock: Clock) -> None:
    here, there = PAIRS[0]
    await store.votes.cast(there, Vote(paper="2611.00001", voter="U1", sign="+1", value=1))  # type: ignore[arg-type]  # an id as it is
    assert await store.votes.of(here) == []
    await store.installations.save(Installation(platform="slack", workspace="T2", token="xoxb-theirs"))
    assert await store.installations.get("slack", "T1") is None
    assert await store.installations.get("discord", "T2") is None


async def test_on_slack_two_workspaces_with_the_same_ids_are_two(on_slack: Paperboy, clock: Clock) -> None:
    slack = on_slack.slack
    other = slack.team("T0OTHER", name="Other", token="xoxb-other", app_token="xapp-other")
    installed = Installation(
        platform="slack",
        workspace="T0OTHER",
        name="Other",
        token="xoxb-other",
        bot_user="U0PAPERBOY",
        bot="B0PAPERBOY",
        installed_at=clock(),
    )
    await on_slack.desk.store.installations.save(installed)
    await on_slack.typed("subscribe curriculum")
    theirs = await slack.command("list", team=other, to=0)
    await on_slack.done()
    assert ["none yet" in said for said in on_slack.private(theirs)] == [True]
    assert "curriculum" not in str(other["C0READING"].visible)
    await slack.command("subscribe diffusion", team=other, to=0)
    await on_slack.done()
    listed = await on_slack.typed("list")
    assert "curriculum" in listed
    assert "diffusion" not in listed
