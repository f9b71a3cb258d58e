"""What a newer release wrote stays as it is, holds up nothing else, and is taken up by a process that can read it.

> a record written by this release -> its version byte one higher -> this release -> the same bytes -> a release that knows the version
"""

from __future__ import annotations

import dataclasses
import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from structlog.testing import capture_logs

from adapters.slack.callers import asker
from adapters.slack.origin import Origin
from bot import jobs
from bot.channel import Address
from bot.commands import Call, answer
from bot.commands.call import Asker
from bot.delivery import Courier
from bot.desk import Desk
from bot.errors import CorruptRecord
from bot.memory import Memory
from bot.ports import Filing, Health, Later, Planned, Saved, Sent, Settled, State
from bot.store import codec, keys
from bot.store.codec import pack_installation
from bot.store.seal import Seal
from bot.store.store import RedisStore
from bot.ticker import Ticker
from bot.worker import Worker
from tests.outlet import KeepingOutlet
from tests.plain import words
from tests.store.outbox import ADDRESS, DUE, LEASE, NEED, SLOT, claimed, claims, delivery, idle, planned, post_now, settled
from tests.test_fetching import hourly
from tests.upgrade import contents as c

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clock import Clock

NEXT = codec._VERSION + 1
PEOPLE = Address("terminal", "local", "me")


def newer(record: bytes) -> bytes:
    """As a release would have written it that has the next version of this form."""
    return bytes([NEXT]) + record[1:]


@contextmanager
def knowing_it(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Inside, this is a release that knows the next version, which is like this one."""
    unpack = codec.Form.unpack

    def of_either(self: codec.Form[Any], data: bytes, *, key: str, after: int = 0) -> Any:
        return unpack(self, bytes([NEXT - 1]) + data[1:], key=key, after=after)

    with monkeypatch.context() as patch:
        patch.setattr(codec.Form, "unpack", of_either)
        yield


async def raised(store: RedisStore, *place: str) -> bytes:
    """Make the record in a hash, or in a string key, one of the next version."""
    get, put = ("HGET", "HSET") if len(place) > 1 else ("GET", "SET")
    record = newer(await store.connection.read(get, *place))
    await store.connection.call(put, *place, record, *(() if len(place) > 1 else ("KEEPTTL",)))
    return record


async def nothing_was_set_aside(store: RedisStore) -> bool:
    found: list[bytes] = await store.connection.read("KEYS", "pb:corrupt:*")
    return not found


# ---------------------------------------------------------------- channels


@pytest.fixture
async def channels(store: RedisStore, clock: Clock) -> bytes:
    """Two channels with the same rule, due; the first of them of a newer release."""
    clock.now = c.WRITTEN
    for channel in (c.READING, c.ANYONE):
        await store.channels.save(dataclasses.replace(channel, version=0), due=clock.now, backlog=[c.DOI_ONLY.id])
    rules = int(await store.connection.read("GET", keys.RULES_REVISION))
    await store.papers.file(Filing(papers=[c.DOI_ONLY], inboxes={}, rules=rules))
    return await raised(store, keys.bucket_of(c.READING.address), str(c.READING.address))


async def _record(store: RedisStore) -> bytes:
    found: bytes = await store.connection.read("HGET", keys.bucket_of(c.READING.address), str(c.READING.address))
    return found


async def test_a_channel_of_a_newer_release_is_left_as_it_is(store: RedisStore, channels: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorruptRecord, match="newer version of Paperboy: upgrade"):
        await store.channels.load(c.READING.address)
    assert await store.channels.save(dataclasses.replace(c.READING, version=0), due=None) is Saved.CONFLICT
    assert [one.address async for batch in store.channels.changes(0) for one in batch.channels] == [c.ANYONE.address]
    assert [one.address for one in await store.channels.of("slack", "T1")] == [c.ANYONE.address]
    await store.sweep()

    assert await _record(store) == channels
    assert await nothing_was_set_aside(store)
    with knowing_it(monkeypatch):
        assert await store.channels.load(c.READING.address) == dataclasses.replace(c.READING, version=1)


async def test_the_slot_of_such_a_channel_waits_and_those_of_others_do_not(
    store: RedisStore, channels: bytes, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet = KeepingOutlet()
    outlet.platform = "slack"
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"slack": outlet})
    worker = Worker(desk, courier=Courier(store), ticker=Ticker(), next_reading=hourly)

    with capture_logs() as logs:
        for _ in range(5):
            await worker.plan_due()
            clock.advance(timedelta(minutes=2))
        await worker.deliver_due()

    assert [address for address, _, _ in outlet.posts] == [c.ANYONE.address]
    assert len([log for log in logs if log["event"] == "slot_not_planned"]) == 1
    assert await store.channels.next_due(c.READING.address) == c.WRITTEN
    assert await _record(store) == channels
    with knowing_it(monkeypatch):
        understands = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"slack": outlet})
        await understands.caught_up()
        assert await jobs.plan_slot(understands, c.READING.address, c.WRITTEN) is Planned.PLANNED
        (lease,) = await store.deliveries.claim("slack", limit=9, lease=LEASE)
        assert lease.delivery.papers == (c.DOI_ONLY.id,)


async def _told_in_such_a_channel(store: RedisStore) -> str:
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))
    call = Call(address=c.READING.address, channel_name="#x", asker=Asker(id="U1", name="Ada"), text="subscribe owls")
    return words((await answer(desk, call)).message)


async def test_people_in_such_a_channel_hear_that_nothing_was_changed(store: RedisStore, channels: bytes) -> None:
    assert "nothing was changed" in await _told_in_such_a_channel(store)

    assert await _record(store) == channels


async def test_people_in_such_a_channel_are_not_advised_to_erase_it(store: RedisStore, channels: bytes) -> None:
    assert "forget" not in await _told_in_such_a_channel(store)


# ---------------------------------------------------------------- papers


async def _paper_of_a_newer_release(store: RedisStore) -> bytes:
    await store.papers.file(Filing(papers=[c.ROBOT, c.SYLLABUS], inboxes={ADDRESS: [c.ROBOT.id, c.SYLLABUS.id]}, rules=0))
    return await raised(store, keys.paper(c.ROBOT.id))


async def test_a_paper_of_a_newer_release_is_left_as_it_is(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    record = await _paper_of_a_newer_release(store)

    assert await store.papers.get([c.ROBOT.id, c.SYLLABUS.id]) == {c.SYLLABUS.id: c.SYLLABUS}
    assert [paper async for _, papers in store.papers.changes(0) for paper in papers] == [c.SYLLABUS]
    assert await store.papers.gone([c.ROBOT.id]) == set()
    await store.sweep()

    assert await store.connection.read("GET", keys.paper(c.ROBOT.id)) == record
    assert await nothing_was_set_aside(store)
    assert [id for id, _ in await store.papers.inbox(ADDRESS)] == [c.ROBOT.id, c.SYLLABUS.id]
    with knowing_it(monkeypatch):
        assert await store.papers.get([c.ROBOT.id]) == {c.ROBOT.id: c.ROBOT}


async def test_such_a_paper_can_be_kept_and_found(store: RedisStore) -> None:
    record = await _paper_of_a_newer_release(store)

    assert await store.papers.keep(ADDRESS, c.ROBOT.id)

    assert await store.papers.find(["doi:10.1000/cups.1"]) == {"doi:10.1000/cups.1": c.ROBOT.id}
    assert await store.connection.read("GET", keys.paper(c.ROBOT.id)) == record
    assert await store.connection.read("PTTL", keys.alias("doi:10.1000/cups.1")) == -1


async def test_such_a_paper_that_a_source_lists_again_is_not_written_over(store: RedisStore) -> None:
    record = await _paper_of_a_newer_release(store)
    again = dataclasses.replace(c.ROBOT, upvotes=43)

    await store.papers.file(Filing(papers=[again], inboxes={}, rules=0))

    assert await store.connection.read("GET", keys.paper(c.ROBOT.id)) == record


# ---------------------------------------------------------------- deliveries


async def test_a_delivery_of_a_newer_release_waits_and_holds_up_no_other(
    store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await planned(store, parts=2)
    await settled(store, Sent("m0"))
    record = await raised(store, keys.delivery(SLOT), "record")
    await post_now(store, delivery("2"))

    assert (await claimed(store)).delivery.id == "2"
    assert await store.deliveries.recall(ADDRESS) == list(delivery("2").papers)
    clock.advance(LEASE)
    assert await idle(store)

    assert await store.connection.read("HGET", keys.delivery(SLOT), "record") == record
    assert await nothing_was_set_aside(store)
    assert (await store.deliveries.backlog("slack")).waiting == 1
    with knowing_it(monkeypatch):
        assert await idle(store)
        clock.advance(LEASE)
        lease = await claimed(store)
        assert (lease.delivery, lease.part, lease.state, lease.attempt) == (delivery(parts=2), 1, State.PENDING, 0)
        assert await store.deliveries.begin(lease, need=NEED)
        assert await store.deliveries.settle(lease, Sent("m1")) is Settled.SETTLED


async def test_a_dead_delivery_of_a_newer_release_is_not_listed_and_not_lost(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await planned(store)
    await store.deliveries.settle(await claimed(store), Later(DUE, "x"))
    await store.connection.call("HSET", keys.delivery(SLOT), "state", "dead", "was", "pending")
    await store.connection.call("ZADD", keys.DEAD, DUE.timestamp() * 1000, SLOT)
    await raised(store, keys.delivery(SLOT), "record")

    assert await store.deliveries.dead() == []
    assert await nothing_was_set_aside(store)
    with knowing_it(monkeypatch):
        assert [letter.delivery for letter in await store.deliveries.dead()] == [delivery()]


async def test_such_a_delivery_is_told_once(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await raised(store, keys.delivery(SLOT), "record")

    with capture_logs() as logs:
        for _ in range(3):
            assert await idle(store)
            clock.advance(LEASE)

    assert [log["event"] for log in logs] == ["record_not_readable"]


async def test_a_delivery_in_a_state_of_a_newer_release_holds_up_no_other(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await store.connection.call("HSET", keys.delivery(SLOT), "state", "a state of tomorrow")
    await post_now(store, delivery("2"))

    assert [lease.delivery.id for lease in await claims(store)] == ["2"]
    assert await store.connection.read("HGET", keys.delivery(SLOT), "state") == b"a state of tomorrow"


async def test_a_line_of_the_log_of_a_newer_release_hides_no_other(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await planned(store)
    await settled(store, Later(DUE, "no connection"))
    line = newer(await store.connection.read("LINDEX", keys.log(ADDRESS), 0))
    await store.connection.call("LSET", keys.log(ADDRESS), 0, line)
    await settled(store, Sent("m1"))

    assert [one.outcome for one in await store.deliveries.log(ADDRESS)] == ["sent"]

    assert await store.connection.read("LINDEX", keys.log(ADDRESS), 1) == line
    with knowing_it(monkeypatch):
        assert [one.outcome for one in await store.deliveries.log(ADDRESS)] == ["sent", "later"]


# ---------------------------------------------------------------- installations, sources, the cache


async def test_an_installation_of_a_newer_release_is_left_as_it_is(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = Seal([c.SECRET_KEY])
    ours = RedisStore(store.connection, seal=seal)
    for one in (c.INSTALLATION, c.SECOND_INSTALLATION):
        assert await ours.installations.save(dataclasses.replace(one, version=0)) is Saved.SAVED
    stored = (2).to_bytes(4, "big") + seal.close(newer(pack_installation(c.INSTALLATION)))
    await store.connection.call("HSET", keys.INSTALLATIONS, "slack:T1", stored)

    with pytest.raises(CorruptRecord, match="newer version of Paperboy: upgrade"):
        await ours.installations.get("slack", "T1")
    assert await ours.installations.all("slack") == [c.SECOND_INSTALLATION]
    assert await ours.installations.save(dataclasses.replace(c.INSTALLATION, token="renewed", version=1)) is Saved.CONFLICT

    assert await store.connection.read("HGET", keys.INSTALLATIONS, "slack:T1") == stored
    assert await nothing_was_set_aside(store)
    with knowing_it(monkeypatch):
        assert await ours.installations.get("slack", "T1") == c.INSTALLATION


async def test_keys_are_rotated_under_an_installation_of_a_newer_release(
    store: RedisStore, secret_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = Seal([c.SECRET_KEY]).close(newer(pack_installation(c.INSTALLATION)))
    await store.connection.call("HSET", keys.INSTALLATIONS, "slack:T1", (1).to_bytes(4, "big") + sealed)

    assert await RedisStore(store.connection, seal=Seal([secret_key, c.SECRET_KEY])).installations.rotate() == 1

    with knowing_it(monkeypatch):
        assert await store.installations.get("slack", "T1") == dataclasses.replace(c.INSTALLATION, version=1)


async def test_a_source_with_books_of_a_newer_release_is_read_on_from_its_watermark(store: RedisStore, clock: Clock) -> None:
    await store.papers.file(Filing(papers=[], inboxes={}, rules=0, mark=c.MARK))
    await store.fetches.ensure("arxiv")
    turn = await store.fetches.claim("arxiv", lease=LEASE)
    assert turn is not None
    await store.fetches.finish(turn, c.FAILING, again=clock.now)
    record = await raised(store, keys.fetch("arxiv"), "health")

    again = await store.fetches.claim("arxiv", lease=LEASE)

    assert again is not None
    assert (again.mark, again.fence, again.health) == (c.MARK[1], 2, Health())
    assert (await store.fetches.health(["arxiv"]))["arxiv"][0] == Health()
    assert await store.connection.read("HGET", keys.fetch("arxiv"), "health") == record
    # Books are only books: better to begin them anew than to read the source never again.
    assert await store.fetches.finish(again, c.HEALTHY, again=clock.now)


FACTS: dict[str, Any] = {"name": "Ada", "zone": "Europe/London", "may_manage": True, "is_guest": False, "untold": ""}


@pytest.mark.parametrize(
    "kept",
    [
        json.dumps(FACTS),
        json.dumps({**FACTS, "pronouns": "she"}),
    ],
    ids=["of this release", "of a newer one"],
)
async def test_a_person_whom_a_newer_release_described_is_still_known(store: RedisStore, kept: str) -> None:
    await store.cache.put("slack:person:T1:U1", kept.encode(), keep=LEASE)

    found = await asker(cast("Any", None), store.cache, Origin(workspace="T1", user="U1"))

    assert (found.name, found.zone, found.may_manage) == ("Ada", "Europe/London", True)


async def test_what_a_newer_release_kept_for_undo_is_brought_back(store: RedisStore) -> None:
    row = ["curriculum", "Ada", "2026-10-01T12:00:00+00:00", "U1", "a part of tomorrow"]
    await store.cache.put(f"undo:{PEOPLE}:0123456789abcdef", json.dumps([row]).encode(), keep=LEASE)
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))

    said = await answer(desk, Call(address=PEOPLE, channel_name="", asker=Asker(id="U1", name="Ada"), text="restore 0123456789abcdef"))

    assert "brought 1 rule back" in words(said.message)
