from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address, Channel
from bot.identity import names
from bot.paper import Paper, PaperId
from bot.ports import Filed, Filing, History
from bot.store import keys
from bot.store import papers as module
from bot.store.codec import pack_paper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.store.store import RedisStore
    from tests.clock import Clock

READING = Address("slack", "T1", "C1")
VISION = Address("discord", "42", "7")
OWL = Paper(id=PaperId("2505.00001"), title="Owl", authors=("Ada Lovelace",), doi="10.1000/owl")
EEL = Paper(id=PaperId("2505.00002"), title="Eel")
UNKNOWN = PaperId("2505.99999")
DAY = timedelta(days=1)


async def _file(store: RedisStore, *papers: Paper, inboxes: Mapping[Address, Sequence[PaperId]] | None = None, rules: int = 0) -> Filed:
    return await store.papers.file(Filing(papers=papers, inboxes=inboxes or {}, rules=rules))


async def _left(store: RedisStore, key: str) -> timedelta | None:
    """How long a key will stay; None if for good."""
    left = await store.connection.read("PTTL", key)
    assert left != -2, f"{key} is not there"
    return None if left == -1 else timedelta(milliseconds=left)


async def _let_pass(store: RedisStore, key: str, left: timedelta) -> None:
    await store.connection.call("PEXPIRE", key, round(left.total_seconds() * 1000))


async def _changed(store: RedisStore, since: int) -> list[tuple[int, list[Paper]]]:
    return [(revision, list(papers)) async for revision, papers in store.papers.changes(since)]


async def _mark(store: RedisStore, source: str) -> bytes | None:
    mark: bytes | None = await store.connection.read("HGET", keys.MARKS, source)
    return mark


def _about(left: timedelta | None, expected: timedelta) -> bool:
    return left is not None and expected - timedelta(minutes=1) < left <= expected


# ---------------------------------------------------------------- records


async def test_filed_papers_come_back_and_unknown_ones_are_missing(store: RedisStore) -> None:
    await _file(store, OWL, EEL)
    assert await store.papers.get([EEL.id, UNKNOWN, OWL.id, EEL.id]) == {OWL.id: OWL, EEL.id: EEL}
    assert await store.papers.get([]) == {}


async def test_a_later_record_replaces_the_earlier_one(store: RedisStore) -> None:
    await _file(store, OWL)
    await _file(store, dataclasses.replace(OWL, upvotes=7))
    assert (await store.papers.get([OWL.id]))[OWL.id].upvotes == 7


async def test_a_paper_is_found_under_its_other_names(store: RedisStore) -> None:
    await _file(store, OWL, EEL)
    doi, title = names(OWL)
    assert doi == "doi:10.1000/owl"
    assert await store.papers.find([doi, title, "doi:10.1000/none"]) == {doi: OWL.id, title: OWL.id}
    assert await store.papers.find([]) == {}


async def test_of_two_papers_with_one_title_the_first_keeps_the_name_while_it_is_there(store: RedisStore) -> None:
    twin = dataclasses.replace(OWL, id=PaperId("2505.00003"), doi="")
    (title,) = names(twin)
    await _file(store, OWL)
    await _file(store, twin)
    assert await store.papers.find([title]) == {title: OWL.id}
    await store.connection.call("DEL", keys.paper(OWL.id))
    await _file(store, dataclasses.replace(twin, upvotes=1))
    assert await store.papers.find([title]) == {title: twin.id}


async def test_a_paper_is_still_found_under_the_title_it_had(store: RedisStore) -> None:
    await _file(store, OWL)
    await _file(store, dataclasses.replace(OWL, title="Owls"))
    found = await store.papers.find([*names(OWL), *names(dataclasses.replace(OWL, title="Owls"))])
    assert set(found.values()) == {OWL.id}
    assert len(found) == 3


async def test_a_record_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(store: RedisStore) -> None:
    await _file(store, OWL, EEL)
    damaged = pack_paper(OWL)[:-1]
    await store.connection.call("SET", keys.paper(OWL.id), damaged, "KEEPTTL")
    assert await store.papers.get([OWL.id, EEL.id]) == {EEL.id: EEL}
    assert await store.connection.read("GET", keys.corrupt(keys.paper(OWL.id))) == damaged
    assert await store.connection.read("GET", keys.CORRUPT_COUNT) == b"1"
    await _file(store, OWL)
    assert await store.papers.get([OWL.id]) == {OWL.id: OWL}


async def test_a_record_of_a_newer_program_is_missing_but_stays(store: RedisStore) -> None:
    await _file(store, OWL)
    newer = b"\x02" + pack_paper(OWL)[1:]
    await store.connection.call("SET", keys.paper(OWL.id), newer, "KEEPTTL")
    assert await store.papers.get([OWL.id]) == {}
    assert await store.connection.read("GET", keys.paper(OWL.id)) == newer


# ---------------------------------------------------------------- how long


async def test_a_paper_nobody_wants_stays_14_days_and_a_wanted_one_180_with_all_their_names(store: RedisStore) -> None:
    await _file(store, OWL, EEL, inboxes={READING: [OWL.id]})
    for key in (keys.paper(OWL.id), *map(keys.alias, names(OWL))):
        assert _about(await _left(store, key), keys.MATCHED)
    for key in (keys.paper(EEL.id), *map(keys.alias, names(EEL))):
        assert _about(await _left(store, key), keys.UNMATCHED)


@pytest.mark.parametrize("fresh", [OWL, dataclasses.replace(OWL, upvotes=9)], ids=["same", "changed"])
async def test_a_refresh_never_shortens_how_long_a_paper_stays(store: RedisStore, fresh: Paper) -> None:
    await _file(store, OWL, inboxes={READING: [OWL.id]})
    await _let_pass(store, keys.paper(OWL.id), 100 * DAY)
    await _file(store, fresh)
    assert _about(await _left(store, keys.paper(OWL.id)), 100 * DAY)


@pytest.mark.parametrize("fresh", [OWL, dataclasses.replace(OWL, upvotes=9)], ids=["same", "changed"])
async def test_a_paper_wanted_later_stays_longer_from_then_on(store: RedisStore, fresh: Paper) -> None:
    await _file(store, OWL)
    await _file(store, fresh, inboxes={READING: [OWL.id]})
    for key in (keys.paper(OWL.id), *map(keys.alias, names(OWL))):
        assert _about(await _left(store, key), keys.MATCHED)


async def test_a_saved_paper_stays_for_good_also_through_refreshes(store: RedisStore) -> None:
    await _file(store, OWL)
    assert await store.papers.keep(READING, OWL.id)
    await _file(store, dataclasses.replace(OWL, upvotes=9))
    await _file(store, dataclasses.replace(OWL, upvotes=9))
    for key in (keys.paper(OWL.id), *map(keys.alias, names(OWL))):
        assert await _left(store, key) is None


async def test_a_name_that_a_saved_paper_lost_does_not_stay_for_good(store: RedisStore) -> None:
    await _file(store, OWL)
    await store.papers.keep(READING, OWL.id)
    await _file(store, dataclasses.replace(OWL, doi=""))
    assert _about(await _left(store, keys.alias("doi:10.1000/owl")), keys.MATCHED)


async def test_a_saved_paper_recorded_anew_after_damage_stays_for_good(store: RedisStore) -> None:
    await _file(store, OWL)
    await store.papers.keep(READING, OWL.id)
    await store.connection.call("SET", keys.paper(OWL.id), b"\x01garbage")
    await store.papers.get([OWL.id])
    await _file(store, OWL)
    assert await _left(store, keys.paper(OWL.id)) is None


# ---------------------------------------------------------------- inboxes


async def test_a_paper_waits_in_the_inboxes_of_those_who_want_it_oldest_first(store: RedisStore, clock: Clock) -> None:
    await _file(store, EEL, inboxes={READING: [EEL.id]})
    clock.advance(DAY)
    await _file(store, OWL, inboxes={READING: [OWL.id], VISION: [OWL.id]})
    assert await store.papers.inbox(READING) == [(EEL.id, clock.now - DAY), (OWL.id, clock.now)]
    assert await store.papers.inbox(VISION) == [(OWL.id, clock.now)]


async def test_a_paper_is_filed_once_whatever_became_of_it(store: RedisStore, clock: Clock) -> None:
    await _file(store, OWL, inboxes={READING: [OWL.id]})
    await store.connection.call("ZREM", keys.inbox(READING), OWL.id)  # posted
    clock.advance(100 * DAY)
    await _file(store, OWL, inboxes={READING: [OWL.id]})
    assert await store.papers.inbox(READING) == []


async def test_filing_twice_is_as_good_as_once(store: RedisStore, clock: Clock) -> None:
    filing = Filing(papers=[OWL, EEL], inboxes={READING: [OWL.id]}, rules=0, mark=("arxiv:cs.CL", b"7"))
    assert await store.papers.file(filing) is Filed.FILED
    before = await _changed(store, 0)
    clock.advance(DAY)
    assert await store.papers.file(filing) is Filed.FILED
    assert await store.papers.inbox(READING) == [(OWL.id, clock.now - DAY)]
    assert (await store.papers.history(READING, OWL.id)).filed == clock.now - DAY
    assert await _changed(store, 0) == before
    assert await _mark(store, "arxiv:cs.CL") == b"7"


async def test_what_was_filed_is_forgotten_after_180_days(store: RedisStore, clock: Clock) -> None:
    await _file(store, OWL, inboxes={READING: [OWL.id]})
    clock.advance(keys.MATCHED)
    await _file(store, EEL, inboxes={READING: [EEL.id]})
    assert await store.papers.inbox(READING) == [(EEL.id, clock.now)]
    assert await store.papers.history(READING, OWL.id) == History()


async def test_a_paper_unknown_to_the_store_may_be_filed(store: RedisStore, clock: Clock) -> None:
    assert await _file(store, inboxes={READING: [UNKNOWN]}) is Filed.FILED
    assert await store.papers.inbox(READING) == [(UNKNOWN, clock.now)]


async def test_history_tells_what_became_of_a_paper_in_a_channel(store: RedisStore, clock: Clock) -> None:
    assert await store.papers.history(READING, OWL.id) == History()
    await _file(store, OWL, inboxes={READING: [OWL.id]})
    assert await store.papers.history(READING, OWL.id) == History(filed=clock.now, waiting=True)
    for key in (keys.posted(READING), keys.capped(READING)):
        await store.connection.call("ZADD", key, round(clock.now.timestamp() * 1000), OWL.id)
        await store.connection.call("EXPIRE", key, 100)
    await store.connection.call("ZREM", keys.inbox(READING), OWL.id)
    assert await store.papers.history(READING, OWL.id) == History(filed=clock.now, posted=clock.now, capped=clock.now)
    assert await store.papers.history(VISION, OWL.id) == History()


# ---------------------------------------------------------------- rules that changed meanwhile


async def test_a_filing_matched_against_old_rules_writes_nothing(store: RedisStore) -> None:
    await store.channels.save(Channel(address=READING), due=None)
    filing = Filing(papers=[OWL], inboxes={READING: [OWL.id]}, rules=0, mark=("arxiv", b"1"))
    assert await store.papers.file(filing) is Filed.STALE
    assert [await store.papers.get([OWL.id]), await store.papers.inbox(READING), await _mark(store, "arxiv")] == [{}, [], None]
    assert await store.papers.file(dataclasses.replace(filing, rules=1)) is Filed.FILED
    assert await _mark(store, "arxiv") == b"1"


async def test_a_mark_alone_can_be_filed_and_none_leaves_it(store: RedisStore) -> None:
    await store.papers.file(Filing(papers=[], inboxes={}, rules=0, mark=("arxiv", b"\xff\x00")))
    await store.papers.file(Filing(papers=[OWL], inboxes={}, rules=0))
    assert await _mark(store, "arxiv") == b"\xff\x00"


@pytest.mark.parametrize("limits", [(1, 10**9, 10**9), (10**9, 1, 10**9), (10**9, 10**9, 1), (2, 10**9, 3)])
async def test_a_big_filing_goes_in_steps_and_ends_as_if_it_had_gone_in_one(
    store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int, int]
) -> None:
    for name, limit in zip(("PAPERS_AT_ONCE", "BYTES_AT_ONCE", "ENTRIES_AT_ONCE"), limits, strict=True):
        monkeypatch.setattr(module, name, limit)
    papers = [Paper(id=PaperId(f"2505.{number:05}"), title=f"Paper {number}") for number in range(7)]
    ids = [paper.id for paper in papers]
    filing = Filing(papers=papers, inboxes={READING: [*ids, UNKNOWN], VISION: ids[:3]}, rules=0, mark=("arxiv", b"1"))
    assert await store.papers.file(filing) is Filed.FILED
    assert await store.papers.get(ids) == {paper.id: paper for paper in papers}
    assert {id for id, _ in await store.papers.inbox(READING)} == {*ids, UNKNOWN}
    assert [id for id, _ in await store.papers.inbox(VISION)] == ids[:3]
    assert await _mark(store, "arxiv") == b"1"


async def test_a_filing_broken_off_has_recorded_no_paper_that_is_not_in_all_its_inboxes(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next reading would take it for known, and the other channels would never get it."""
    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", 2)
    addresses = [Address("slack", "T1", f"C{number}") for number in range(5)]
    filing = Filing(papers=[OWL], inboxes={address: [OWL.id] for address in addresses}, rules=0, mark=("arxiv", b"1"))
    steps = list(module._steps(filing))
    assert len(steps) > 2
    for step in steps[:-1]:
        monkeypatch.setattr(module, "_steps", lambda _, step=step: [step])
        await store.papers.file(filing)
        assert await store.papers.get([OWL.id]) == {}
        assert await _mark(store, "arxiv") is None
    monkeypatch.undo()
    await store.papers.file(filing)
    assert [len(await store.papers.inbox(address)) for address in addresses] == [1] * 5


async def test_thousands_of_entries_go_in_one_filing(store: RedisStore) -> None:
    addresses = [Address("slack", "T1", f"C{number}") for number in range(3_000)]
    assert await _file(store, OWL, EEL, inboxes={address: [OWL.id, EEL.id] for address in addresses}) is Filed.FILED
    assert len(await store.papers.inbox(addresses[-1])) == 2


# ---------------------------------------------------------------- changes


async def test_changed_papers_are_told_once_each_oldest_change_first_with_the_revision_reached(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_READ_AT_ONCE", 2)
    bat = Paper(id=PaperId("2505.00003"), title="Bat")
    await _file(store, OWL, EEL, bat)
    assert await _changed(store, 0) == [(2, [OWL, EEL]), (3, [bat])]
    more = dataclasses.replace(OWL, stars=5)
    await _file(store, more, EEL)
    assert await _changed(store, 3) == [(4, [more])]
    assert await _changed(store, 4) == []


async def test_papers_that_expired_are_passed_over_and_swept(store: RedisStore) -> None:
    await _file(store, OWL, EEL)
    await store.connection.call("DEL", keys.paper(OWL.id))
    assert await _changed(store, 0) == [(2, [EEL])]
    assert (await store.sweep())["papers"] == 1
    assert await store.connection.read("ZRANGE", keys.PAPERS, 0, -1) == [EEL.id.encode()]
    assert (await store.sweep())["papers"] == 0


async def test_who_knows_another_stores_revision_is_told_everything(store: RedisStore) -> None:
    await _file(store, OWL)
    assert await _changed(store, 500) == [(1, [OWL])]


# ---------------------------------------------------------------- reading lists


async def test_a_reading_list_is_told_newest_first_and_holds_a_paper_once(store: RedisStore, clock: Clock) -> None:
    await _file(store, OWL, EEL)
    assert await store.papers.keep(READING, OWL.id)
    clock.advance(DAY)
    assert await store.papers.keep(READING, EEL.id)
    assert not await store.papers.keep(READING, OWL.id)
    assert await store.papers.kept(READING) == [(EEL.id, clock.now), (OWL.id, clock.now - DAY)]
    assert await store.papers.kept(VISION) == []


async def test_an_unknown_paper_cannot_be_put_on_a_reading_list(store: RedisStore) -> None:
    assert not await store.papers.keep(READING, UNKNOWN)
    assert await store.papers.kept(READING) == []


async def test_dropped_by_the_last_who_kept_it_a_paper_goes_180_days_later(store: RedisStore) -> None:
    await _file(store, OWL)
    for address in (READING, VISION):
        await store.papers.keep(address, OWL.id)
    assert await store.papers.drop(READING, OWL.id)
    assert await _left(store, keys.paper(OWL.id)) is None
    assert await store.papers.drop(VISION, OWL.id)
    for key in (keys.paper(OWL.id), *map(keys.alias, names(OWL))):
        assert _about(await _left(store, key), keys.MATCHED)


async def test_dropping_what_is_not_kept_changes_nothing(store: RedisStore) -> None:
    await _file(store, OWL)
    assert not await store.papers.drop(READING, OWL.id)
    assert not await store.papers.drop(READING, UNKNOWN)
    assert _about(await _left(store, keys.paper(OWL.id)), keys.UNMATCHED)
