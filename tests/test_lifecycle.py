"""What becomes of rules when channels and workspaces go, move and come back; on a real store."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot import jobs, lifecycle
from bot.channel import FOREVER, Address, QueryText, Schedule, Subscription
from bot.desk import Desk
from bot.installation import Installation
from bot.lifecycle import CLOSED, ERASED_AFTER
from bot.memory import Memory
from bot.message import Message, Text
from bot.paper import PaperId
from bot.ports import Delivery, Due, Saved, Sent
from bot.store import keys
from bot.store.seal import Seal
from bot.store.store import RedisStore
from bot.votes import Vote
from tests.inboxes import filed
from tests.outlet import KeepingOutlet
from tests.plain import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel import Channel
    from bot.store.connection import Connection
    from tests.clock import Clock

HERE = Address("slack", "T1", "C1")
THERE = Address("slack", "T1", "C2")
ELSEWHERE = Address("slack", "T2", "C1")
ADA, GRACE = (dataclasses.replace(HERE, channel=id) for id in ("U1", "U2"))
LEASE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
KEY, LATER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
INSTALLATION = Installation(platform="slack", workspace="T1", token="xoxb-1", installed_at=datetime(2025, 11, 20, tzinfo=UTC))


@pytest.fixture
def store(connection: Connection) -> RedisStore:
    """One that keeps tokens."""
    return RedisStore(connection, seal=Seal([KEY]))


@pytest.fixture
def desk(store: RedisStore) -> Desk:
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"slack": KeepingOutlet()})


async def a_channel(
    desk: Desk, address: Address = HERE, *, makers: Sequence[str] = ("U1",), name: str = "#ml", paused: datetime | None = None
) -> Channel:
    """With a rule by each of the makers."""
    added = await desk.store.now()
    rules = tuple(Subscription(QueryText(f"topic{n}"), "Somebody", added, maker=maker) for n, maker in enumerate(makers))
    channel = await desk.store.channels.load(address)
    channel = dataclasses.replace(channel, name=name, subscriptions=rules, schedule=Schedule(hour=10), paused_until=paused)
    assert await desk.store.channels.save(channel, due=jobs.due_of(channel, added)) is Saved.SAVED
    return await desk.store.channels.load(address)


async def waiting(desk: Desk) -> list[Delivery]:
    """What is to be posted, by address."""
    leases = await desk.store.deliveries.claim("slack", limit=99, lease=LEASE)
    return sorted((lease.delivery for lease in leases), key=lambda one: one.address)


async def told(desk: Desk) -> list[tuple[Address, str]]:
    """Who is told what; the channels' own digests are none of it."""
    return [(one.address, words(one.parts[0])) for one in await waiting(desk) if not one.papers]


# ---------------------------------------------------------------- a channel goes


async def test_a_channel_that_cannot_be_posted_to_keeps_its_rules_and_is_on_no_agenda(desk: Desk) -> None:
    before = await a_channel(desk)

    await lifecycle.pause_channel(desk, HERE, "the channel is archived.")

    after = await desk.store.channels.load(HERE)
    assert (after.paused_until, after.trouble, after.subscriptions) == (FOREVER, "the channel is archived", before.subscriptions)
    assert await desk.store.channels.next_due(HERE) is None


async def test_each_maker_of_a_rule_is_told_once_what_happened_and_what_is_kept(desk: Desk) -> None:
    await a_channel(desk, makers=("U1", "U2", "U1", ""))

    await lifecycle.pause_channel(desk, HERE, "I am not in the channel any more: invite me again and type resume")

    (first, said), (second, _) = await told(desk)
    assert (first, second) == (ADA, GRACE)
    assert "The digests of #ml have stopped: I am not in the channel any more: invite me again and type resume." in said
    assert "Its 4 rules are kept" in said


async def test_a_channel_without_a_name_and_with_one_rule_is_told_of_as_well(desk: Desk) -> None:
    desk.outlets = {}
    await a_channel(desk, name="")

    await lifecycle.pause_channel(desk, HERE, "archived")

    [(_, said)] = await told(desk)
    assert "The digests of a channel that you made a rule for have stopped: archived." in said
    assert "Its rule is kept" in said


async def test_however_many_workers_see_the_trouble_everybody_is_told_once(desk: Desk) -> None:
    await a_channel(desk, makers=("U1", "U2"))

    await asyncio.gather(*(lifecycle.pause_channel(desk, HERE, f"archived, says worker {n}") for n in range(8)))
    await lifecycle.pause_channel(desk, HERE, "archived")

    assert [address for address, _ in await told(desk)] == [ADA, GRACE]


async def test_whoever_died_before_the_channel_was_paused_has_told_already(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_channel(desk)

    async def die(*_: object, **__: object) -> Saved:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(desk.store.channels, "save", die)
        with pytest.raises(asyncio.CancelledError):
            await lifecycle.pause_channel(desk, HERE, "archived")
    await lifecycle.pause_channel(desk, HERE, "archived")

    assert [address for address, _ in await told(desk)] == [ADA]
    assert (await desk.store.channels.load(HERE)).trouble == "archived"


async def test_the_next_time_it_comes_to_this_people_are_told_again(desk: Desk) -> None:
    await a_channel(desk)
    for _ in range(2):
        await lifecycle.pause_channel(desk, HERE, "archived")
        await lifecycle.reopen_channel(desk, HERE)

    assert [address for address, _ in await told(desk)] == [ADA, ADA]


async def test_a_change_made_while_a_channel_is_paused_is_not_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_channel(desk)
    save = desk.store.channels.save

    async def overtaken(channel: Channel, *, due: datetime | Due | None) -> Saved:
        monkeypatch.setattr(desk.store.channels, "save", save)
        await lifecycle.rename_channel(desk, HERE, "#renamed")
        return await save(channel, due=due)

    monkeypatch.setattr(desk.store.channels, "save", overtaken)
    await lifecycle.pause_channel(desk, HERE, "archived")

    after = await desk.store.channels.load(HERE)
    assert (after.name, after.trouble) == ("#renamed", "archived")
    assert len(await told(desk)) == 1


async def test_a_person_who_cannot_be_reached_becomes_no_channel(desk: Desk) -> None:
    with capture_logs() as logs:
        await lifecycle.pause_channel(desk, ADA, "their messages are closed to me")
    await lifecycle.reopen_channel(desk, ADA)
    await lifecycle.rename_channel(desk, ADA, "Ada")

    assert (await desk.store.channels.load(ADA)).version == 0
    assert await desk.store.channels.of("slack", "T1") == []
    assert [entry["event"] for entry in logs] == ["channel_cannot_be_posted_to"]


async def test_people_are_not_told_in_the_place_that_cannot_be_posted_to(desk: Desk) -> None:
    await a_channel(desk, ADA, makers=("U1",))

    await lifecycle.pause_channel(desk, ADA, "their messages are closed to me")

    assert await told(desk) == []


async def test_what_somebody_is_told_is_not_taken_back_for_the_digest_of_their_own_channel(desk: Desk) -> None:
    await a_channel(desk)
    await a_channel(desk, ADA, makers=("U2",))
    await lifecycle.pause_channel(desk, HERE, "archived")

    assert await desk.store.deliveries.recall(ADA) == []

    assert [address for address, _ in await told(desk)] == [ADA]


async def test_a_digest_that_is_still_tried_waits_for_better_times(desk: Desk, store: RedisStore) -> None:
    await a_channel(desk)
    paper = PaperId("2511.00001")
    delivery = Delivery(id="d1", address=HERE, due=await desk.store.now(), parts=(Message((Text("Papers"),)),), papers=(paper,))
    await desk.store.deliveries.post_now(await filed(store, delivery))

    await lifecycle.pause_channel(desk, HERE, "archived")

    assert [one.address for one in await waiting(desk)] == [ADA], "the digest is not posted"
    assert [id for id, _ in await desk.store.papers.inbox(HERE)] == [paper]


@pytest.mark.parametrize("days", [3, None])
async def test_what_a_person_paused_is_left_as_it_is_and_never_goes_on_by_itself(desk: Desk, clock: Clock, days: int | None) -> None:
    until = clock.now + timedelta(days=days) if days else FOREVER
    before = await a_channel(desk, paused=until)

    await lifecycle.pause_channel(desk, HERE, "archived")
    await lifecycle.close_workspace(desk, "slack", "T1", "token revoked", erase=False)
    await lifecycle.reopen_channel(desk, HERE)
    await lifecycle.reopen_workspace(desk, "slack", "T1")

    assert await desk.store.channels.load(HERE) == before
    assert await told(desk) == []


async def test_a_trouble_met_after_a_persons_pause_has_ended_is_told_then(desk: Desk, clock: Clock) -> None:
    await a_channel(desk, paused=clock.now + HOUR)
    clock.advance(2 * HOUR)

    await lifecycle.pause_channel(desk, HERE, "archived")

    assert (await desk.store.channels.load(HERE)).paused_until == FOREVER
    assert len(await told(desk)) == 1


# ---------------------------------------------------------------- a channel comes back, is renamed, moves


async def test_a_channel_that_is_back_goes_on_with_its_next_slot(desk: Desk) -> None:
    await a_channel(desk)
    due = await desk.store.channels.next_due(HERE)
    await lifecycle.pause_channel(desk, HERE, "archived")

    await lifecycle.reopen_channel(desk, HERE)
    await lifecycle.reopen_channel(desk, HERE)

    after = await desk.store.channels.load(HERE)
    assert (after.paused_until, after.trouble, after.version) == (None, "", 3)
    assert await desk.store.channels.next_due(HERE) == due is not None


async def test_a_channel_whose_time_zone_is_gone_comes_back_all_the_same(desk: Desk) -> None:
    channel = await a_channel(desk)
    await desk.store.channels.save(dataclasses.replace(channel, schedule=Schedule(zone="Europe/Atlantis")), due=Due.KEEP)
    await lifecycle.pause_channel(desk, HERE, "archived")

    await lifecycle.reopen_channel(desk, HERE)

    assert (await desk.store.channels.load(HERE)).paused_until is None


async def test_a_new_name_changes_nothing_else(desk: Desk) -> None:
    before = await a_channel(desk)
    due = await desk.store.channels.next_due(HERE)

    await lifecycle.rename_channel(desk, HERE, "#reading")
    await lifecycle.rename_channel(desk, HERE, "#reading")

    assert await desk.store.channels.load(HERE) == dataclasses.replace(before, name="#reading", version=before.version + 1)
    assert await desk.store.channels.next_due(HERE) == due


async def test_a_digest_that_is_due_this_minute_is_not_skipped_for_a_new_name(desk: Desk, clock: Clock) -> None:
    await a_channel(desk)
    due = await desk.store.channels.next_due(HERE)
    assert due is not None
    clock.now = due

    await lifecycle.rename_channel(desk, HERE, "#reading")

    assert await desk.store.channels.next_due(HERE) == due


async def test_everything_moves_with_a_channel(desk: Desk) -> None:
    before = await a_channel(desk)
    due = await desk.store.channels.next_due(HERE)

    await lifecycle.move_channel(desk, HERE, THERE)
    await lifecycle.move_channel(desk, HERE, THERE)

    after = await desk.store.channels.load(THERE)
    assert (after.name, after.subscriptions) == (before.name, before.subscriptions)
    assert await desk.store.channels.next_due(THERE) == due
    assert (await desk.store.channels.load(HERE)).version == 0


async def test_where_people_can_still_be_reached_each_maker_hears_once_that_a_workspace_was_left(desk: Desk) -> None:
    await a_channel(desk, HERE, makers=("U1", "U2"))
    await a_channel(desk, THERE, makers=("U1",))
    for _ in range(2):
        await lifecycle.close_workspace(desk, "slack", "T1", "the bot was removed", tell=True)

    leases = await desk.store.deliveries.claim("slack", limit=9, lease=timedelta(minutes=1))
    said = {lease.delivery.address: words(lease.delivery.parts[0]) for lease in leases}
    assert set(said) == {ADA, GRACE}
    assert len(leases) == 2
    assert "the bot was removed" in said[ADA]
    assert "within 20 hours" in said[ADA]


async def test_channels_go_on_under_the_name_of_the_installation_that_takes_over(desk: Desk) -> None:
    rules = [(await a_channel(desk, address)).subscriptions for address in (HERE, THERE)]
    org = [dataclasses.replace(address, workspace="E1") for address in (HERE, THERE)]
    await lifecycle.close_workspace(desk, "slack", "T1", "moving into an organisation", erase=False)

    assert await lifecycle.move_workspace(desk, "slack", "T1", "E1") >= 2
    assert await lifecycle.move_workspace(desk, "slack", "T1", "E1") == 0

    moved = [await desk.store.channels.load(address) for address in org]
    assert [(one.subscriptions, one.paused_until) for one in moved] == [(one, None) for one in rules]
    assert not await desk.store.channels.of("slack", "T1")


async def test_a_channel_that_the_other_installation_has_already_stays_where_it_is(desk: Desk) -> None:
    org = dataclasses.replace(HERE, workspace="E1")
    await a_channel(desk)
    theirs = await a_channel(desk, org, makers=("U2",))
    await lifecycle.move_workspace(desk, "slack", "T1", "E1")
    assert (await desk.store.channels.load(org)).subscriptions == theirs.subscriptions
    assert (await desk.store.channels.load(HERE)).subscriptions


async def test_rules_that_cannot_move_pause_and_their_makers_hear_of_it(desk: Desk) -> None:
    before = await a_channel(desk)
    other = await a_channel(desk, THERE, makers=("U2",))

    await lifecycle.move_channel(desk, HERE, THERE)

    after = await desk.store.channels.load(HERE)
    assert (after.subscriptions, after.paused_until) == (before.subscriptions, FOREVER)
    assert await desk.store.channels.load(THERE) == other
    assert [address for address, _ in await told(desk)] == [ADA]


# ---------------------------------------------------------------- a workspace goes


async def test_a_refused_token_pauses_all_channels_of_its_workspace_and_tells_nobody(desk: Desk) -> None:
    await desk.store.installations.save(INSTALLATION)
    for address in (HERE, THERE, ELSEWHERE):
        await a_channel(desk, address)

    await asyncio.gather(*(lifecycle.close_workspace(desk, "slack", "T1", "the token was revoked.", erase=False) for _ in range(3)))

    trouble = [(await desk.store.channels.load(address)).trouble for address in (HERE, THERE, ELSEWHERE)]
    assert trouble == [CLOSED + "the token was revoked"] * 2 + [""]
    assert await desk.store.installations.get("slack", "T1") is not None
    assert await told(desk) == []


async def test_a_workspace_of_many_channels_is_paused_whole(desk: Desk) -> None:
    addresses = [dataclasses.replace(HERE, channel=f"C{n}") for n in range(120)]
    for address in addresses:
        await a_channel(desk, address)

    await lifecycle.close_workspace(desk, "slack", "T1", "revoked", erase=False)

    assert [await desk.store.channels.next_due(address) for address in addresses] == [None] * 120


async def test_a_digest_of_a_closed_workspace_waits_for_its_return(desk: Desk, store: RedisStore) -> None:
    await a_channel(desk)
    paper = PaperId("2511.00001")
    delivery = Delivery(id="d1", address=HERE, due=await desk.store.now(), parts=(Message((Text("Papers"),)),), papers=(paper,))
    await desk.store.deliveries.post_now(await filed(store, delivery))

    await lifecycle.close_workspace(desk, "slack", "T1", "revoked", erase=False)

    assert await waiting(desk) == []
    assert [id for id, _ in await desk.store.papers.inbox(HERE)] == [paper]


async def test_a_removed_app_loses_its_tokens_before_anything_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.store.installations.save(INSTALLATION)
    await a_channel(desk)

    async def die(*_: object) -> Sequence[Channel]:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(desk.store.channels, "of", die)
        with pytest.raises(asyncio.CancelledError):
            await lifecycle.close_workspace(desk, "slack", "T1", "the app was removed")
    assert await desk.store.installations.get("slack", "T1") is None

    await lifecycle.close_workspace(desk, "slack", "T1", "the app was removed")
    assert (await desk.store.channels.load(HERE)).trouble == CLOSED + "the app was removed"


async def test_what_is_left_of_a_workspace_is_erased_within_a_day_by_an_hourly_sweep(
    desk: Desk, connection: Connection, clock: Clock
) -> None:
    await desk.store.installations.save(INSTALLATION)
    await a_channel(desk, makers=("U1", "U2"))
    await a_channel(desk, THERE)
    await a_channel(desk, ELSEWHERE)
    await lifecycle.pause_channel(desk, HERE, "archived")
    for lease in await desk.store.deliveries.claim("slack", limit=9, lease=LEASE):
        await desk.store.deliveries.settle(lease, Sent("m1"))
    removed = clock.now
    await desk.store.votes.cast(dataclasses.replace(HERE, channel="C3"), Vote(paper=PaperId("2511.00001"), voter="U3", sign="+1", value=1))
    await lifecycle.close_workspace(desk, "slack", "T1", "the app was removed")

    clock.now = removed + ERASED_AFTER - timedelta(seconds=1)
    assert await lifecycle.erase_left(desk) == 0
    clock.advance(HOUR)
    assert clock.now < removed + timedelta(hours=24)
    assert await lifecycle.erase_left(desk) == 5, "three channels, and two people who were told something"
    assert await lifecycle.erase_left(desk) == 0

    # For a day it is told to other processes that these channels are gone, by their ids alone.
    told_of = {keys.CHANGED, keys.FORGOTTEN}
    left = {key.decode() for key in await connection.read("KEYS", "*")} - told_of
    assert not [key for key in left if "T1" in key]
    for key in left:
        kind = (await connection.read("TYPE", key)).decode()
        reading = {"hash": ("HGETALL", key), "zset": ("ZRANGE", key, 0, -1), "set": ("SMEMBERS", key), "string": ("GET", key)}[kind]
        assert b"T1" not in repr(await connection.read(*reading)).encode(), key
    assert (await desk.store.channels.load(ELSEWHERE)).version


async def test_several_processes_erase_a_workspace_together(desk: Desk, clock: Clock) -> None:
    for n in range(20):
        await a_channel(desk, dataclasses.replace(HERE, channel=f"C{n}"))
    await lifecycle.close_workspace(desk, "slack", "T1", "the app was removed")
    clock.advance(ERASED_AFTER)

    await asyncio.gather(*(lifecycle.erase_left(desk) for _ in range(4)))

    assert await desk.store.channels.of("slack", "T1") == []
    assert await desk.store.installations.leaving(clock.now) == []


async def test_a_workspace_that_comes_back_while_it_is_erased_keeps_the_rest(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        await a_channel(desk, dataclasses.replace(HERE, channel=f"C{n}"))
    await lifecycle.close_workspace(desk, "slack", "T1", "the app was removed")
    clock.advance(ERASED_AFTER)
    forget = desk.store.channels.forget

    async def overtaken(address: Address) -> None:
        await forget(address)
        monkeypatch.setattr(desk.store.channels, "forget", forget)
        await lifecycle.open_workspace(desk, INSTALLATION)

    monkeypatch.setattr(desk.store.channels, "forget", overtaken)
    await lifecycle.erase_left(desk)

    assert len(await desk.store.channels.of("slack", "T1")) >= 2
    assert await desk.store.installations.get("slack", "T1") is not None


# ---------------------------------------------------------------- a workspace comes back


async def test_a_workspace_that_installs_the_app_again_goes_on_where_it_stopped(desk: Desk, clock: Clock) -> None:
    await desk.store.installations.save(INSTALLATION)
    await a_channel(desk)
    await a_channel(desk, THERE)
    due = await desk.store.channels.next_due(HERE)
    await lifecycle.pause_channel(desk, THERE, "archived")
    await lifecycle.close_workspace(desk, "slack", "T1", "the app was removed")

    await asyncio.gather(*(lifecycle.open_workspace(desk, dataclasses.replace(INSTALLATION, token=f"xoxb-{n}")) for n in range(2, 6)))

    channels = [await desk.store.channels.load(address) for address in (HERE, THERE)]
    assert [(channel.paused_until, channel.trouble) for channel in channels] == [(None, ""), (FOREVER, "archived")]
    assert await desk.store.channels.next_due(HERE) == due is not None
    installation = await desk.store.installations.get("slack", "T1")
    assert installation is not None
    assert installation.token.removeprefix("xoxb-") in "2345"
    clock.advance(2 * ERASED_AFTER)
    assert await lifecycle.erase_left(desk) == 0


async def test_an_installation_sealed_with_lost_keys_is_replaced(desk: Desk, store: RedisStore, connection: Connection) -> None:
    lost = RedisStore(connection, seal=Seal([LATER_KEY]))
    await lost.installations.save(INSTALLATION)

    await lifecycle.open_workspace(desk, dataclasses.replace(INSTALLATION, token="xoxb-2"))

    known = await store.installations.get("slack", "T1")
    assert known is not None
    assert known.token == "xoxb-2"


async def test_a_workspace_whose_token_stands_in_the_settings_comes_back_without_an_installation(desk: Desk, clock: Clock) -> None:
    await a_channel(desk)
    await lifecycle.close_workspace(desk, "slack", "T1", "the app was removed")

    await lifecycle.reopen_workspace(desk, "slack", "T1")

    assert (await desk.store.channels.load(HERE)).paused_until is None
    clock.advance(2 * ERASED_AFTER)
    assert await lifecycle.erase_left(desk) == 0


@pytest.mark.parametrize("erase", [True, False])
async def test_news_from_before_the_installation_harm_it_not(desk: Desk, clock: Clock, erase: bool) -> None:  # noqa: FBT001 - a row of a table
    await lifecycle.open_workspace(desk, dataclasses.replace(INSTALLATION, installed_at=clock.now))
    before = await a_channel(desk)

    await lifecycle.close_workspace(desk, "slack", "T1", "revoked", erase=erase, at=clock.now - HOUR)

    assert await desk.store.channels.load(HERE) == before
    assert await desk.store.installations.get("slack", "T1") is not None


async def test_when_the_clocks_cannot_tell_a_removal_is_believed(desk: Desk, clock: Clock) -> None:
    await lifecycle.open_workspace(desk, dataclasses.replace(INSTALLATION, installed_at=clock.now))

    await lifecycle.close_workspace(desk, "slack", "T1", "removed", at=clock.now - timedelta(seconds=5))

    assert await desk.store.installations.get("slack", "T1") is None


async def test_a_removal_is_believed_although_the_installation_cannot_be_read(desk: Desk, connection: Connection) -> None:
    await RedisStore(connection, seal=Seal([LATER_KEY])).installations.save(INSTALLATION)
    await a_channel(desk)

    await lifecycle.close_workspace(desk, "slack", "T1", "removed", at=await desk.store.now())

    assert (await desk.store.channels.load(HERE)).trouble == CLOSED + "removed"
    assert await desk.store.installations.get("slack", "T1") is None
