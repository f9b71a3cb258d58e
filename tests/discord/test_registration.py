"""Commands are registered when they are others than last time, and then once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.discord.registration import AT_IT, register
from adapters.discord.tree import payload
from bot.errors import Busy, OutcomeUnknown, WorkspaceGone
from tests.discord.fake import cloudflare, error, rate_limited, server_error
from tests.discord.posting import pointed, rest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.discord.client import Rest
    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.discord.fake import FakeDiscord, Fault

ROUTE = "PUT /applications/{application_id}/commands"


@pytest.fixture(autouse=True)
def _at_the_fake(server: FakeDiscord) -> Iterator[None]:
    with pointed(server):
        yield


async def registered(rest: Rest, store: RedisStore, *, more: int = 0) -> bool:
    extra = [{"name": f"more-{number}", "description": "More", "type": 1} for number in range(more)]
    return await register(rest, [*payload(), *extra], cache=store.cache, locks=store.locks)


async def test_the_first_start_registers_and_the_next_does_not(server: FakeDiscord, store: RedisStore) -> None:
    async with rest_of(server, store) as rest:
        assert await registered(rest, store)
        assert not await registered(rest, store)
    assert [command["name"] for command in server.commands[""]] == [command["name"] for command in payload()]
    assert len(server.called(ROUTE)) == 1


async def test_another_table_is_registered(server: FakeDiscord, store: RedisStore) -> None:
    async with rest_of(server, store) as rest:
        await registered(rest, store)
        assert await registered(rest, store, more=1)
        assert await registered(rest, store), "and the old one again"
    assert len(server.called(ROUTE)) == 3


async def test_processes_that_start_together_register_once(server: FakeDiscord, store: RedisStore) -> None:
    async with rest_of(server, store) as rest, rest_of(server, store) as other:
        asked = await asyncio.gather(*(registered(one, store) for one in (rest, other, rest, other)), return_exceptions=True)
    assert len(server.called(ROUTE)) == 1
    assert asked.count(True) == 1
    assert all(one is False or isinstance(one, Busy) for one in asked if one is not True)


async def test_a_process_that_dies_over_it_leaves_it_to_the_next(server: FakeDiscord, store: RedisStore, clock: Clock) -> None:
    async with rest_of(server, store) as rest:
        await store.locks.hold(f"discord:commands:{server.app_id}", holder="one that died", keep=AT_IT)
        with pytest.raises(Busy) as busy:
            await registered(rest, store)
        clock.advance(busy.value.retry_after)
        assert await registered(rest, store)


@pytest.mark.parametrize("fault", [server_error(503), cloudflare(), rate_limited(3600.0)])
async def test_where_discord_was_not_reached_it_is_for_the_caller_to_try_again(
    fault: Fault, server: FakeDiscord, store: RedisStore, clock: Clock
) -> None:
    server.fault(ROUTE, fault)
    async with rest_of(server, store) as rest:
        with pytest.raises((Busy, OutcomeUnknown)):
            await registered(rest, store)
        clock.advance(timedelta(hours=1))
        assert await registered(rest, store)


async def test_a_refusal_is_tried_again_at_the_next_start(server: FakeDiscord, store: RedisStore) -> None:
    server.fault(ROUTE, error(30034))
    async with rest_of(server, store) as rest:
        assert not await registered(rest, store)
        assert await registered(rest, store)


async def test_a_token_that_is_refused_is_told(server: FakeDiscord, store: RedisStore) -> None:
    server.revoke()
    async with rest_of(server, store) as rest:
        with pytest.raises(WorkspaceGone):
            await registered(rest, store)
