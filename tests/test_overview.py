"""What the operator alone is shown, as the store has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import overview as module
from bot.channel import FOREVER, Address, QueryText, Subscription
from bot.installation import Installation
from bot.overview import DeadDigest, PausedChannel, Workspace, overview
from bot.ports import Dead, Saved
from bot.store import keys
from tests.store.outbox import ADDRESS, DUE, delivery, post_now, settled

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from bot.store.store import RedisStore
    from tests.clock import Clock


async def kept(
    store: RedisStore, address: Address, *, rules: int = 1, name: str = "", until: datetime | None = None, trouble: str = ""
) -> None:
    made = tuple(Subscription(QueryText(f"word{number}"), "Ada", DUE) for number in range(rules))
    channel = await store.channels.load(address)
    channel = replace(channel, name=name, subscriptions=made, paused_until=until, trouble=trouble)
    assert await store.channels.save(channel, due=None) is Saved.SAVED


async def test_of_an_empty_store_there_is_nothing_to_tell(store: RedisStore, clock: Clock) -> None:
    seen = await overview(store, installed=("slack",))
    assert (seen.at, seen.workspaces_in_all, seen.channels, seen.rules, seen.paused_in_all, seen.dead_in_all) == (clock(), 0, 0, 0, 0, 0)


async def test_workspaces_are_told_with_what_they_hold_the_largest_first(store: RedisStore, clock: Clock) -> None:
    await store.installations.save(Installation(platform="slack", workspace="T1", name="Acme\u202e", token="xoxb-1", installed_at=clock()))
    await store.installations.save(Installation(platform="slack", workspace="T2", name="Bcme", token="xoxb-2", installed_at=clock()))
    await kept(store, Address("slack", "T1", "C1"), rules=2)
    await kept(store, Address("discord", "G1", "1"), rules=3)
    await kept(store, Address("discord", "G1", "2"), until=FOREVER)
    await kept(store, Address("discord", "G1", "3"), rules=0)
    seen = await overview(store, installed=("slack",))
    assert seen.workspaces == [
        Workspace(platform="discord", id="G1", channels=2, rules=4, paused=1),
        Workspace(platform="slack", id="T1", name="Acme", installed_at=clock(), channels=1, rules=2),
        Workspace(platform="slack", id="T2", name="Bcme", installed_at=clock()),
    ]
    assert (seen.workspaces_in_all, seen.channels, seen.rules) == (3, 3, 6)
    assert "xoxb" not in repr(seen)


async def test_channels_that_delivery_paused_are_told_with_the_reason(store: RedisStore, clock: Clock) -> None:
    await kept(store, Address("slack", "T1", "C2"), name="#two", until=FOREVER, trouble="is_archived\nxoxb-1234567890")
    await kept(store, Address("slack", "T1", "C1"), until=FOREVER, trouble="not_in_channel")
    await kept(store, Address("slack", "T1", "C3"), until=FOREVER)
    await kept(store, Address("slack", "T1", "C4"), until=clock() - timedelta(days=1), trouble="over")
    seen = await overview(store, installed=())
    assert seen.paused == [
        PausedChannel(address=Address("slack", "T1", "C1"), name="", why="not_in_channel"),
        PausedChannel(address=Address("slack", "T1", "C2"), name="#two", why="is_archived xoxb-[redacted]"),
    ]
    assert seen.paused_in_all == 2


async def test_digests_given_up_are_told_newest_first(store: RedisStore, clock: Clock) -> None:
    await kept(store, ADDRESS, name="#one")
    await post_now(store, delivery("a" * 8 + "1" * 56))
    await settled(store, Dead("invalid_blocks", doubtful=True))
    clock.advance(timedelta(minutes=1))
    await post_now(store, delivery("a" * 8 + "2" * 56))
    await settled(store, Dead("msg_too_long"))
    seen = await overview(store, installed=())
    assert seen.dead_in_all == 2
    assert [(one.short, one.why, one.doubtful) for one in seen.dead] == [
        ("aaaaaaaa2", "msg_too_long", False),
        ("aaaaaaaa1", "invalid_blocks", True),
    ]
    assert seen.dead[0] == DeadDigest(
        short="aaaaaaaa2", address=ADDRESS, name="#one", due=DUE, died=clock(), why="msg_too_long", doubtful=False
    )


async def test_of_a_channel_whose_record_cannot_be_read_only_the_name_is_missing(store: RedisStore) -> None:
    await kept(store, ADDRESS, name="#one")
    await post_now(store, delivery())
    await settled(store, Dead("invalid_blocks"))
    await store.connection.call("HSET", keys.bucket_of(ADDRESS), str(ADDRESS), b"\x01damaged")
    seen = await overview(store, installed=())
    assert [(one.address, one.name, one.why) for one in seen.dead] == [(ADDRESS, "", "invalid_blocks")]


async def test_of_long_lists_the_beginning_is_shown_and_the_number_of_all(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    for number in range(3):
        await kept(store, Address("slack", f"T{number}", "C1"), until=FOREVER, trouble="is_archived")
    seen = await overview(store, installed=())
    assert (len(seen.workspaces), seen.workspaces_in_all, len(seen.paused), seen.paused_in_all) == (2, 3, 2, 3)
