"""The judge of a soak: a platform's record with something wrong in it is found wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from adapters.discord.mark import nonce
from bot.channel import Address
from bot.delivery import slot_id
from tests.discord.fake import FakeDiscord
from tests.discord.fake import Message as DiscordMessage
from tests.slack.fake import FakeSlack
from tests.slack.fake import Message as SlackMessage
from tests.soak.report import Phase, broken
from tests.soak.verdict import judge
from tests.soak.weather import Tally
from tests.soak.world import DISCORD, SLACK, Group, Kind, Slot, token

if TYPE_CHECKING:
    from tests.soak.verdict import Findings

DUE = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
THREAD = ((0, (1, 2)), (1, (1,)), (2, (2,)))
"""Part, and the papers in it."""


class Stage:
    """One channel on either platform, and what is put there."""

    def __init__(self, platform: str, kind: Kind, group: Group = Group.ANY) -> None:
        self.slack, self.discord = FakeSlack(), FakeDiscord()
        self._on_slack = self.slack.acme["C0READING"]
        address = Address(SLACK, "T0TEAM", "C0READING")
        if platform == DISCORD:
            address = Address(DISCORD, self.discord.acme.id, self.discord.reading.id)
        self.slot = Slot(address=address, papers=(1, 2), kind=kind, group=group)
        self._at = DUE

    def put(self, part: int, papers: tuple[int, ...]) -> None:
        """One second after the last."""
        self._at += timedelta(seconds=1)
        key = sha256(f"{slot_id(self.slot.address, DUE)}/{part}".encode()).hexdigest()
        said = " ".join(map(token, papers))
        if self.slot.address.platform == SLACK:
            made = SlackMessage(
                channel=self._on_slack,
                ts=f"{self._at.timestamp():.6f}",
                blocks=[{"text": said}],
                metadata={"event_type": "x", "event_payload": {"key": key}},
                bot=True,
            )
            self._on_slack.messages.append(made)
        else:
            reading, bot = self.discord.reading, self.discord.bot
            id = str(10**18 + len(reading.everything))
            reading.everything.append(DiscordMessage(channel=reading, id=id, author=bot, at=self._at, content=said, nonce=nonce(key)))

    def judged(self) -> Findings:
        return judge([self.slot], {self.slot.address: DUE}, self.slack, self.discord)

    def sentences(self, name: str, ambiguous: int = 0) -> list[str]:
        phase = Phase(name, [self.slot], {self.slot.address: DUE}, tally=Tally.empty())
        platform = self.slot.address.platform
        phase.tally.ambiguous[platform, True] = ambiguous
        phase.found[platform] = self.judged()
        return broken(phase, platform, self.slack, self.discord)


@pytest.fixture(params=[SLACK, DISCORD])
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_thread_that_stands_once_and_in_order_is_well(platform: str) -> None:
    stage = Stage(platform, Kind.THREAD)
    for part, papers in THREAD:
        stage.put(part, papers)
    assert stage.sentences("kills") == []
    assert stage.judged().lateness == [1.0]


@pytest.mark.parametrize("missing", range(3))
async def test_a_slot_of_which_a_part_is_missing_is_lost(platform: str, missing: int) -> None:
    stage = Stage(platform, Kind.THREAD)
    for part, papers in THREAD:
        if part != missing:
            stage.put(part, papers)
    assert "1 slots are lost" in stage.sentences("kills")[0]


async def test_a_message_that_stands_twice_is_counted(platform: str) -> None:
    stage = Stage(platform, Kind.PARTS)
    for part, papers in ((0, (1,)), (1, (2,)), (0, (1,))):
        stage.put(part, papers)
    assert stage.judged().duplicates == 1
    assert "1 messages are there twice (0 allowed)" in stage.sentences("kills", ambiguous=1000)[0]
    allowed = stage.sentences("freezes", ambiguous=200)
    assert allowed == [] if platform == SLACK else "twice (0 allowed)" in allowed[0]
    assert stage.sentences("freezes", ambiguous=199) != []


async def test_where_history_may_not_be_read_a_message_may_stand_twice(platform: str) -> None:
    stage = Stage(platform, Kind.PARTS, Group.BLIND)
    for part, papers in ((0, (1,)), (1, (2,)), (0, (1,))):
        stage.put(part, papers)
    assert stage.sentences("kills") == []
    assert stage.judged().blind_duplicates == 1


async def test_a_part_before_the_one_it_follows_is_out_of_order(platform: str) -> None:
    stage = Stage(platform, Kind.PARTS)
    stage.put(1, (2,))
    stage.put(0, (1,))
    assert "parts out of order" in stage.sentences("kills")[0]


async def test_papers_of_another_channel_are_found(platform: str) -> None:
    stage = Stage(platform, Kind.PLAIN)
    stage.put(0, (1, 2, 3))
    assert "papers of others" in stage.sentences("kills")[0]
