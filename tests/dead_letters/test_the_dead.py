"""What died is told with all that is known of it, and what to type."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bot.channel import FOREVER, Address, Channel
from bot.dead_letters import SHORTEST, WIDTH, Letter, dead_json, dead_text, log_text, short_length
from bot.delivery import slot_id
from bot.ports import Attempt, Dead, DeadLetter, Sent, State
from bot.store import keys
from tests.dead_letters.asking import GONE, OTHER, TWIN, died, entries, told
from tests.store.outbox import ADDRESS, DUE, NEED, SLOT, claims, delivery, post_now, subscribe

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock


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
