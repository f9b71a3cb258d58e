"""What an operator sees of the delivery, and how what died comes back."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import FOREVER, Address, Channel
from bot.dead_letters import SHORTEST, WIDTH, Letter, dead_json, dead_text, log_text, replayed_text, short_length, standing_text
from bot.delivery import slot_id
from bot.errors import OperatorMistake
from bot.message import Message, Text
from bot.operating import Asked, answered, deliveries
from bot.ports import Attempt, Backlog, Dead, DeadLetter, Delivery, Overdue, Saved, Sent, Settled, State
from bot.settings import Settings
from bot.standing import PLATFORMS, Standing
from bot.store import keys
from bot.store.store import open_store
from bot.store.visiting import Visit
from tests.program import Place, ready
from tests.sources.web_server import WebServer
from tests.store.outbox import ADDRESS, DUE, LEASE, NEED, SLOT, claims, delivery, post_now, subscribe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store.store import RedisStore
    from tests.clock import Clock

TWIN = SLOT[:10] + "b" * 54
OTHER = "c" * 64
TERMINAL = Address("terminal", "local", "#papers")
GONE = Dead("the channel is archived", merge=True)


async def died(store: RedisStore, id: str = SLOT, outcome: Dead | None = None, *, address: Address = ADDRESS, parts: int = 1) -> None:
    """Plan a delivery, attempt it, and give it up."""
    await post_now(store, delivery(id, parts=parts, address=address))
    for lease in await claims(store):
        assert await store.deliveries.begin(lease, need=NEED)
        assert await store.deliveries.settle(lease, outcome or Dead("invalid_blocks")) is Settled.SETTLED


async def told(store: RedisStore, *, alone: bool = False, status: int = 0, **asked: Any) -> str:
    """What the operator reads."""
    said, ended = await answered(Visit(store, alone=alone), Asked(**asked))
    assert ended == status, said
    return said


def entries(said: str) -> list[dict[str, Any]]:
    return list(json.loads(said)["dead"])


# ---------------------------------------------------------------- how it stands


async def test_when_all_is_well_one_sentence_says_so(store: RedisStore) -> None:
    assert await told(store) == "Nothing waits, no slot is overdue, nothing is dead: what was due is posted.\n"
    assert "No delivery died" in await told(store, dead=True)
    assert "nothing to replay" in await told(store, replay=["all"])
    assert "Nothing was tried in slack:T1:C1" in await told(store, channel="slack:T1:C1")


async def test_each_platform_says_what_waits_and_for_how_long(store: RedisStore, clock: Clock) -> None:
    await died(store, OTHER)
    await post_now(store, delivery())
    await subscribe(store, due=DUE, address=TERMINAL)
    clock.advance(timedelta(minutes=12))
    assert (await told(store)).splitlines() == [
        "slack     1 waiting, the oldest for 12 minutes",
        "discord   nothing waits",
        "terminal  nothing waits",
        "overdue   1 slot not yet planned, the oldest for 12 minutes",
        "dead      1 in the last 30 days: python -m bot deliveries --dead",
    ]
    assert json.loads(await told(store, json=True)) == {
        "at": "2025-11-21T09:12:00Z",
        "platforms": {
            "slack": {"waiting": 1, "oldest": "2025-11-21T09:00:00Z", "oldest_seconds": 720.0},
            "discord": {"waiting": 0, "oldest": None, "oldest_seconds": 0.0},
            "terminal": {"waiting": 0, "oldest": None, "oldest_seconds": 0.0},
        },
        "overdue": {"slots": 1, "oldest": "2025-11-21T09:00:00Z", "oldest_seconds": 720.0},
        "dead": 1,
    }


@pytest.mark.parametrize(
    ("age", "said"),
    [(0, "0 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7199, "119 minutes"), (7200, "2 hours"), (172800, "2 days")],
)
def test_an_age_is_told_in_the_largest_unit_of_which_there_are_two(age: int, said: str) -> None:
    backlogs = dict.fromkeys(PLATFORMS, Backlog(waiting=1, oldest=DUE))
    stands = Standing(at=DUE + timedelta(seconds=age), backlogs=backlogs, overdue=Overdue(0, None), dead=0)
    assert f"the oldest for {said}\n" in standing_text(stands)
    assert "overdue   no slot\ndead      none in the last 30 days\n" in standing_text(stands)


# ---------------------------------------------------------------- the dead


async def test_a_dead_delivery_is_told_with_all_that_is_known_and_what_to_type(store: RedisStore, clock: Clock) -> None:
    await subscribe(store, due=None)
    channel = await store.channels.load(ADDRESS)
    await store.channels.save(dataclasses.replace(channel, name="#ml-reading"), due=None)
    clock.advance(timedelta(minutes=47))
    await died(store, outcome=GONE)
    clock.advance(timedelta(hours=2))
    assert await told(store, dead=True) == (
        "1 dead delivery of the last 30 days, newest first.\n"
        "\n"
        "aaaaaaaa  died 2025-11-21 09:47 UTC, 2 hours ago\n"
        "  where     #ml-reading (slack:T1:C1)\n"
        "  slot      2025-11-21 09:00 UTC\n"
        "  part      1 of 1, after 1 attempt\n"
        "  reason    the channel is archived\n"
        "  posted    no\n"
        "  papers    3; the channel's next digest takes them, and then there is nothing left to replay\n"
        "  replay    python -m bot deliveries replay aaaaaaaa\n"
    )
    assert json.loads(await told(store, dead=True, json=True)) == {
        "at": "2025-11-21T11:47:00Z",
        "total": 1,
        "shown": 1,
        "dead": [
            {
                "id": SLOT,
                "short": "aaaaaaaa",
                "died": "2025-11-21T09:47:00Z",
                "slot": "2025-11-21T09:00:00Z",
                "channel": "slack:T1:C1",
                "name": "#ml-reading",
                "paused": False,
                "part": 1,
                "parts": 1,
                "attempts": 1,
                "last_attempt": "2025-11-21T09:47:00Z",
                "reason": "the channel is archived",
                "perhaps_posted": False,
                "papers": 3,
                "papers_go_on": True,
            }
        ],
    }


async def test_one_that_may_have_been_posted_says_that_a_replay_looks_first(store: RedisStore) -> None:
    await died(store, outcome=Dead("not answered in time", doubtful=True))
    said = await told(store, dead=True)
    assert "  posted    perhaps: a replay looks first, and does not repeat it\n" in said
    assert "  papers    3; in no other digest\n" in said
    assert entries(await told(store, dead=True, json=True))[0]["perhaps_posted"]
    await told(store, replay=[SLOT])
    [lease] = await claims(store)
    assert lease.state is State.UNKNOWN


async def test_of_one_that_died_halfway_the_parts_before_are_said_to_stand_and_its_papers_go_nowhere(store: RedisStore) -> None:
    await post_now(store, delivery(parts=3))
    for outcome in (Sent("1"), GONE):
        [lease] = await claims(store)
        assert await store.deliveries.begin(lease, need=NEED)
        await store.deliveries.settle(lease, outcome)
    said = await told(store, dead=True)
    assert "  part      2 of 3, after 1 attempt\n" in said
    assert "  posted    no, but 1 part before it\n" in said
    assert "in no other digest" in said


async def test_a_note_to_a_person_is_said_to_be_no_digest(store: RedisStore) -> None:
    await store.deliveries.post_now(dataclasses.replace(delivery(), papers=(), remainder=()))
    for lease in await claims(store):
        await store.deliveries.settle(lease, Dead(""))
    said = await told(store, dead=True)
    assert "  papers    none: it is no digest\n" in said
    assert "  reason    none was given\n" in said


async def test_the_newest_stand_first_and_those_left_out_are_counted(store: RedisStore, clock: Clock) -> None:
    for number in range(3):
        await died(store, slot_id(ADDRESS, DUE + timedelta(days=number)))
        clock.advance(timedelta(minutes=1))
    every = entries(await told(store, dead=True, json=True))
    assert [one["died"][11:16] for one in every] == ["09:02", "09:01", "09:00"]
    said = await told(store, dead=True, limit=2)
    assert said.startswith("3 dead deliveries")
    assert said.count("  replay ") == 2
    assert " more. All" not in await told(store, dead=True, limit=3)
    assert said.endswith("\n1 more. All of them: python -m bot deliveries --dead --limit 3\n")
    some = json.loads(await told(store, dead=True, json=True, limit=2))
    assert (some["total"], some["shown"]) == (3, 2)


async def test_after_thirty_days_nothing_is_told_any_more(store: RedisStore, clock: Clock) -> None:
    await died(store)
    clock.advance(timedelta(days=31))
    assert "No delivery died" in await told(store, dead=True)
    assert "nothing to replay" in await told(store, replay=["all"])
    assert (await told(store)).startswith("Nothing waits")


async def test_one_that_a_newer_version_wrote_is_counted_and_left_to_that(store: RedisStore) -> None:
    await died(store)
    await died(store, OTHER)
    await store.connection.call("HSET", keys.delivery(OTHER), "record", b"\xffnewer")
    said = await told(store, dead=True)
    assert said.count("  replay ") == 1
    assert "1 of them cannot be read by this version." in said
    assert "cccc: this version cannot read it; a newer one may." in await told(store, replay=["cccc"], status=1)
    assert OTHER in await store.deliveries.dead_ids()


def test_as_much_of_an_id_is_shown_as_no_other_begins_with() -> None:
    assert short_length([]) == SHORTEST
    assert short_length([SLOT, OTHER]) == SHORTEST
    assert short_length([SLOT, TWIN, OTHER]) == 11


UGLY = st.text(st.characters() | st.sampled_from("\x1b[]0;\x07\x9b31m\u202e\u2028\r\n"), max_size=60)


@given(reason=UGLY, name=UGLY, id=UGLY)
def test_whatever_platforms_and_people_say_steers_no_terminal(reason: str, name: str, id: str) -> None:
    channel = Channel(address=Address("discord", "G1", id), name=name, paused_until=FOREVER, trouble=reason)
    letter = _letter(reason, channel)
    attempt = Attempt(at=DUE, delivery=SLOT, part=0, outcome="dead", detail=reason)
    said = dead_text([letter], 1, DUE, limit=1) + log_text(channel, [attempt]) + dead_json([letter], 1, DUE)
    assert [one for one in said if one != "\n" and unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}] == []
    assert "\u202e" not in said
    assert entries(dead_json([letter], 1, DUE))[0]["id"] == SLOT


def test_a_long_reason_is_wrapped_below_itself_and_in_the_end_cut() -> None:
    said = dead_text([_letter("no luck " * 200, Channel(address=ADDRESS))], 1, DUE, limit=1)
    assert all(len(line) <= WIDTH for line in said.splitlines())
    assert "\n            no luck" in said
    assert said.count("no luck") < 70


def test_a_reason_holds_no_secret() -> None:
    letter = _letter("refused: xoxb-12345-abcdef", Channel(address=ADDRESS))
    assert "12345" not in dead_text([letter], 1, DUE, limit=1) + dead_json([letter], 1, DUE)


def _letter(reason: str, channel: Channel) -> Letter:
    dead = DeadLetter(
        delivery=delivery(address=channel.address),
        part=0,
        fence=1,
        until=DUE,
        state=State.DEAD,
        attempt=1,
        first_attempt=DUE,
        reason=reason,
        died=DUE,
        doubtful=False,
        merge=False,
    )
    return Letter(dead, channel, SLOT[:SHORTEST])


# ---------------------------------------------------------------- brought back


async def test_what_is_replayed_waits_again_and_is_dead_no_more(store: RedisStore) -> None:
    await died(store)
    assert await told(store, replay=["AAAA"]) == (
        "AAAA: brought back, for slack:T1:C1.\n"
        "A running worker takes them up within seconds. How it went: python -m bot deliveries --channel ADDRESS\n"
    )
    [lease] = await claims(store)
    assert (lease.delivery.id, lease.state) == (SLOT, State.PENDING)
    again = await told(store, replay=[SLOT], status=1)
    assert again == f"{SLOT}: it is not dead: it was sent, or is on its way.\n"


async def test_all_are_replayed_by_one_word(store: RedisStore) -> None:
    for id in (SLOT, TWIN, OTHER):
        await died(store, id)
    said = await told(store, replay=["all"], alone=True)
    assert said.count("brought back") == 3
    assert f"{TWIN[:11]}: brought back" in said
    assert said.endswith("No bot is at work here: the next one takes them up when it starts.\n")
    assert await store.deliveries.dead_ids() == []


async def test_each_that_cannot_be_replayed_says_why_and_the_others_are(store: RedisStore) -> None:
    for id in (SLOT, TWIN, OTHER):
        await died(store, id)
    typed = ["aaaaaaaa", "cccc", "cccc", "dddd", "all?", "aaa", "\x1b[31m"]
    said = await told(store, replay=typed, status=1)
    assert said.splitlines()[:-1] == [
        "aaaaaaaa: 2 dead deliveries begin so (aaaaaaaaaab, aaaaaaaaaaa); which one.",
        "cccc: brought back, for slack:T1:C1.",
        "dddd: no dead delivery of the last 30 days begins so; those there are: python -m bot deliveries --dead.",
        "all?: this is no id, nor 4 digits of one; those there are: python -m bot deliveries --dead.",
        "aaa: this is no id, nor 4 digits of one; those there are: python -m bot deliveries --dead.",
        "[31m: this is no id, nor 4 digits of one; those there are: python -m bot deliveries --dead.",
    ]
    assert set(await store.deliveries.dead_ids()) == {SLOT, TWIN}
    as_json = json.loads(await told(store, replay=[TWIN, "dddd"], json=True, status=1))
    assert as_json["replayed"] == [TWIN]
    assert [one["id"] for one in as_json["refused"]] == ["dddd"]
    assert "brought back" not in replayed_text([], alone=True)


async def test_one_that_is_named_twice_is_replayed_once(store: RedisStore) -> None:
    await died(store)
    twice = await told(store, replay=["aaaa", "aaaaa"], status=1)
    assert "aaaa: brought back" in twice
    assert "aaaaa: it is dead no more: replayed already, or a later digest has its papers." in twice


async def test_many_that_begin_alike_are_not_all_named(store: RedisStore) -> None:
    for digit in "12345":
        await died(store, "f" * 63 + digit)
    assert "5 dead deliveries begin so (" in (said := await told(store, replay=["ffff"], status=1))
    assert said.count("f" * 63) == 3
    assert ", ...); which one" in said


@pytest.mark.parametrize("trouble", ["the channel is archived", ""])
async def test_a_paused_channel_stays_paused_and_the_delivery_is_tried_all_the_same(store: RedisStore, trouble: str) -> None:
    await subscribe(store, due=None)
    channel = await store.channels.load(ADDRESS)
    paused = dataclasses.replace(channel, paused_until=FOREVER, trouble=trouble)
    assert await store.channels.save(paused, due=None) is Saved.SAVED
    await died(store)
    said = await told(store, dead=True)
    assert f"  paused    by {'itself: the channel is archived' if trouble else 'its people'}; a replay" in said
    assert "which is paused: this delivery is tried all the same, digests wait for `resume` there" in await told(store, replay=["aaaa"])
    assert len(await claims(store)) == 1
    assert (await store.channels.load(ADDRESS)).paused_until == FOREVER


# ---------------------------------------------------------------- one channel


async def test_a_channels_log_tells_each_attempt_the_newest_first(store: RedisStore, clock: Clock) -> None:
    await post_now(store, delivery(parts=2))
    for outcome in (Sent("1"), Dead("\x1b[2Jtoo_long")):
        [lease] = await claims(store)
        await store.deliveries.begin(lease, need=NEED)
        await store.deliveries.settle(lease, outcome)
        clock.advance(timedelta(seconds=3))
    assert (await told(store, channel=str(ADDRESS))).splitlines() == [
        "The last 2 attempts in slack:T1:C1, newest first (50 at most, of 30 days).",
        "2025-11-21 09:00:03 UTC  dead      aaaaaaaa part 2  [2Jtoo_long",
        "2025-11-21 09:00:00 UTC  sent      aaaaaaaa part 1  1",
    ]
    log = json.loads(await told(store, channel=str(ADDRESS), json=True))
    assert (log["channel"], log["name"], len(log["attempts"])) == ("slack:T1:C1", "", 2)
    assert log["attempts"][0] == {
        "at": "2025-11-21T09:00:03Z",
        "delivery": SLOT,
        "part": 2,
        "outcome": "dead",
        "detail": "[2Jtoo_long",
    }


async def test_a_channel_that_cannot_be_read_still_tells_its_log(store: RedisStore) -> None:
    await subscribe(store, due=None)
    await store.connection.call("HSET", keys.bucket_of(ADDRESS), str(ADDRESS), b"\xffnewer")
    await died(store)
    assert "in slack:T1:C1, newest first" in await told(store, channel=str(ADDRESS))
    assert "  where     slack:T1:C1\n" in await told(store, dead=True)


# ---------------------------------------------------------------- asked wrongly


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(dead=True, channel="slack:T1:C1"), "one at a time"),
        (Asked(dead=True, replay=["all"]), "one at a time"),
        (Asked(dead=True, limit=0), "--limit 0: a number from 1"),
        (Asked(replay=["all", "aaaa"]), "Either python -m bot deliveries replay all, or ids"),
        (Asked(channel="#ml-reading"), "--channel #ml-reading: an address is PLATFORM:WORKSPACE:CHANNEL"),
    ],
)
async def test_what_is_asked_wrongly_is_the_operators_to_mend_before_any_store_is_opened(asked: Asked, said: str, tmp_path: Path) -> None:
    with pytest.raises(OperatorMistake, match=said):
        await deliveries(Settings(data_dir=tmp_path / "none"), asked, str)
    assert not (tmp_path / "none").exists()


# ---------------------------------------------------------------- whole processes


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    server = WebServer()
    await server.start()
    yield Place(tmp_path, server)
    await server.stop()


async def _two_dead(directory: Path) -> tuple[str, str]:
    """One of the terminal, which every worker reaches, and one of Slack, which none does here."""
    async with open_store(directory=directory) as store:
        now = (await store.now()).replace(microsecond=0)
        ids = []
        for address in (TERMINAL, ADDRESS):
            id = slot_id(address, now)
            ids.append(id)
            said = Message((Text("curriculum learning, at last"),))
            await store.deliveries.post_now(Delivery(id=id, address=address, due=now, parts=(said,), papers=()))
            [lease] = await store.deliveries.claim(address.platform, limit=1, lease=LEASE)
            await store.deliveries.settle(lease, Dead("invalid_blocks"))
    return ids[0], ids[1]


async def test_an_operator_looks_and_replays_while_the_bot_is_at_work(place: Place) -> None:
    data = place.directory / "data"
    terminal, slack = await _two_dead(data)
    worker = await place.begin("worker")
    await ready(worker, b"swept")

    looked = await place.run("deliveries", "--dead", "--json")
    assert (looked.status, looked.told) == (0, "")
    assert {one["id"] for one in entries(looked.said)} == {terminal, slack}

    replayed = await place.run("deliveries", "replay", terminal[:12])
    assert (replayed.status, replayed.told) == (0, "")
    assert replayed.said.startswith(f"{terminal[:12]}: brought back, for terminal:local:#papers.\nA running worker")
    async with asyncio.timeout(30):
        while not (data / "terminal.jsonl").exists() or b"curriculum" not in (data / "terminal.jsonl").read_bytes():
            await asyncio.sleep(0.05)

    half = await place.run("deliveries", "--json", "replay", slack, "feed")
    assert half.status == 1
    assert json.loads(half.said)["replayed"] == [slack]
    stands = json.loads((await place.run("deliveries", "--json")).said)
    assert (stands["platforms"]["slack"]["waiting"], stands["dead"]) == (1, 0)
    assert "sent " in (await place.run("deliveries", "--channel", str(TERMINAL))).said

    worker.send_signal(signal.SIGTERM)
    await worker.communicate()
    assert worker.returncode == 0, "nobody took its server away"


async def test_an_operator_looks_and_replays_while_no_bot_is_at_work(place: Place) -> None:
    terminal, _ = await _two_dead(place.directory / "data")
    replayed = await place.run("deliveries", "replay", terminal)
    assert replayed.said.endswith("No bot is at work here: the next one takes them up when it starts.\n")
    ended = await place.run("deliveries")
    assert (ended.status, ended.told) == (0, "")
    assert "terminal  1 waiting" in ended.said
    assert not list((place.directory / "data").glob("*.sock"))


async def test_what_goes_wrong_is_one_line(place: Place) -> None:
    for arguments, environment, status in (
        ((), {}, 2),
        (("--limit", "0"), {}, 2),
        ((), {"REDIS_URL": "redis://127.0.0.1:9/0"}, 1),
    ):
        ended = await place.run("deliveries", *arguments, **environment)
        assert (ended.status, ended.said, len(ended.told.splitlines())) == (status, "", 1)


async def test_a_reader_who_has_seen_enough_is_no_error(place: Place) -> None:
    await _two_dead(place.directory / "data")
    process = await place.begin("deliveries", "--dead")
    assert process.stdout is not None
    process.stdout._transport.close()  # type: ignore[attr-defined]  # asyncio has no public way to stop reading, as `| head` does
    assert process.stderr is not None
    assert await process.stderr.read() == b""
    assert await process.wait() == 0
