"""With the real courier and store: whatever happens to requests and answers, each part of a digest stands in its channel once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.channel import Address
from bot.delivery import REQUEST, Courier, Decider, PauseChannel, PauseWorkspace
from bot.message import Card, Heading, Message, Text
from bot.ports import Delivery, State
from bot.store.connection import Connection
from bot.store.seal import Seal
from bot.store.store import RedisStore
from tests.clock import Clock
from tests.discord.fake import FakeDiscord, Fault, cloudflare, drop_after, drop_before, error, hang, late, rate_limited, server_error
from tests.discord.posting import outlet_of, pointed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.delivery import Pause
    from bot.ports import Lease
    from tests.discord.fake.channel import Channel
    from tests.discord.fake.record import Message as Said

CARD = Card(title="Curricula", url="https://arxiv.org/abs/2511.00001", summary="Short.")
DIGEST = Message((Heading("2 new papers"), CARD), gist="2 new papers")
WORDS = Message((Heading("Two papers"), Text("About curricula")), gist="Two papers")
KEY = "ab" * 32
POST = "POST /channels/{channel_id}/messages"
THREADS = "POST /channels/{channel_id}/threads"
LEASE = 3 * REQUEST
CALM = Decider(chance=lambda: 0.0)

AS_EVER = Fault(done=True)
"""No fault: what comes before the next one."""

DOUBTS: list[tuple[str, Fault]] = [
    ("answer lost", drop_after()),
    ("request lost", drop_before()),
    ("accepted late", late()),
    ("server failed", server_error(503)),
    ("gateway failed", server_error(502)),
]


@pytest.fixture(autouse=True)
def _pointed(server: FakeDiscord) -> Iterator[None]:
    with pointed(server):
        yield


async def on_its_way(
    store: RedisStore, server: FakeDiscord, *parts: Message, channel: Channel | None = None, threaded: bool = False
) -> Delivery:
    """A digest for ml-reading, or another channel."""
    address = Address("discord", server.acme.id, (channel or server.reading).id)
    delivery = Delivery(
        id=KEY, address=address, due=await store.now(), parts=parts or (DIGEST,), papers=(), threaded=threaded, tags=("curriculum",)
    )
    await store.deliveries.post_now(delivery)
    return delivery


async def claimed(store: RedisStore) -> Lease:
    [lease] = await store.deliveries.claim("discord", limit=1, lease=LEASE)
    return lease


async def outcomes(store: RedisStore, delivery: Delivery) -> list[str]:
    """The channel's log, oldest first."""
    return [attempt.outcome for attempt in reversed(await store.deliveries.log(delivery.address))]


async def settled(store: RedisStore, server: FakeDiscord, delivery: Delivery, *, every: timedelta = timedelta(minutes=1)) -> Pause | None:
    """Deliver until nothing is left to do, each time in another process. Returns the pause asked for."""
    courier = Courier(store, decider=CALM)
    for attempt in range(60):
        leases = await store.deliveries.claim("discord", limit=1, lease=LEASE)
        if leases:
            async with outlet_of(server, store) as outlet:
                pause = (await courier.deliver(leases[0], outlet)).pause
            if pause is not None:
                return pause
        elif (await outcomes(store, delivery))[-1] not in ("later", "doubtful"):
            return None
        server.release()
        server.clock.advance(every * (1 + attempt))
    pytest.fail("it is never settled")


def in_all(server: FakeDiscord) -> list[Said]:
    """What stands anywhere in the server."""
    return [said for channel in server.channels.values() for said in channel.messages]


@pytest.mark.parametrize("every", [timedelta(minutes=1), timedelta(minutes=20)], ids=["soon", "when the nonce is forgotten"])
@pytest.mark.parametrize("faults", [1, 2])
@pytest.mark.parametrize("fault", [fault for _, fault in DOUBTS], ids=[name for name, _ in DOUBTS])
async def test_a_doubtful_post_stands_in_the_channel_once(
    server: FakeDiscord, store: RedisStore, fault: Fault, faults: int, every: timedelta
) -> None:
    delivery = await on_its_way(store, server)
    server.fault(POST, *[fault] * faults)

    await settled(store, server, delivery, every=every)

    assert len(server.reading.messages) == 1
    assert (await outcomes(store, delivery))[-1] == "sent"
    assert await store.deliveries.dead() == []


@pytest.mark.parametrize("faults", [1, 2])
@pytest.mark.parametrize("fault", [fault for _, fault in DOUBTS], ids=[name for name, _ in DOUBTS])
async def test_a_doubtful_post_in_a_forum_stands_there_once(server: FakeDiscord, store: RedisStore, fault: Fault, faults: int) -> None:
    forum = server.acme.forum("papers", tags=("curriculum",))
    delivery = await on_its_way(store, server, DIGEST, WORDS, channel=forum)
    server.fault(THREADS, *[fault] * faults)

    with server.expecting_problems():
        await settled(store, server, delivery)

    [post] = forum.threads
    assert len(post.messages) == 2
    assert post.tag_names == ["curriculum"]


@pytest.mark.parametrize("fault", [fault for _, fault in DOUBTS], ids=[name for name, _ in DOUBTS])
async def test_a_digest_in_a_thread_loses_nothing_and_doubles_nothing(server: FakeDiscord, store: RedisStore, fault: Fault) -> None:
    delivery = await on_its_way(store, server, DIGEST, WORDS, DIGEST, threaded=True)
    server.fault("POST /channels/{channel_id}/messages/{message_id}/threads", fault)
    server.fault(POST, fault, fault, AS_EVER, fault)

    await settled(store, server, delivery)

    [first] = server.reading.messages
    [thread] = server.reading.threads
    assert thread.id == first.id
    assert len(thread.messages) == 2


BAD_DAYS = st.lists(st.sampled_from([AS_EVER, *(fault for _, fault in DOUBTS), rate_limited(30), cloudflare()]), max_size=3)


@settings(max_examples=15, deadline=None)
@example(posting=[Fault(done=True), cloudflare(), cloudflare()], looking=[Fault(done=True)], opening=[], parts=1, threaded=False)
@given(posting=BAD_DAYS, looking=BAD_DAYS, opening=BAD_DAYS, parts=st.integers(1, 3), threaded=st.booleans())
def test_whatever_goes_wrong_each_part_stands_once(
    redis_url: str, posting: list[Fault], looking: list[Fault], opening: list[Fault], parts: int, *, threaded: bool
) -> None:
    async def delivered() -> None:
        connection = await Connection.open(redis_url, clock=(clock := Clock()))
        store = RedisStore(connection, seal=Seal([Fernet.generate_key().decode()]))
        await connection.call("FLUSHDB")
        async with FakeDiscord(clock) as server:
            with pointed(server):
                delivery = await on_its_way(store, server, *[DIGEST] * parts, threaded=threaded)
                server.fault(POST, *posting)
                server.fault("GET /channels/{channel_id}/messages", *looking)
                server.fault("POST /channels/{channel_id}/messages/{message_id}/threads", *opening)
                await settled(store, server, delivery)
            assert not server.problems
            assert len(in_all(server)) == parts
            assert len({str(said.nonce) for said in in_all(server)}) == parts
        await connection.close()

    asyncio.run(delivered())


async def test_a_post_that_discord_keeps_to_itself_is_found_afterwards(server: FakeDiscord, store: RedisStore) -> None:
    delivery = await on_its_way(store, server)
    server.fault(POST, hang(done=True))
    async with outlet_of(server, store) as outlet:
        quick = Courier(store, decider=Decider(request=timedelta(seconds=0.2), chance=lambda: 0.0), clock=lambda: 0.0)
        await quick.deliver(await claimed(store), outlet)
    assert await outcomes(store, delivery) == ["doubtful"]

    await settled(store, server, delivery)

    assert len(server.reading.messages) == 1
    assert len(server.called(POST)) == 1


async def test_a_process_that_dies_after_posting_leaves_one_message(server: FakeDiscord, store: RedisStore, clock: Clock) -> None:
    delivery = await on_its_way(store, server)
    lease = await claimed(store)
    assert await store.deliveries.begin(lease, need=REQUEST)
    async with outlet_of(server, store) as outlet:
        await outlet.post(delivery.address, DIGEST, key=lease.key)  # and nobody is told
    clock.advance(LEASE)
    again = await claimed(store)
    assert again.state is State.UNKNOWN
    clock.advance(2 * REQUEST + timedelta(seconds=1))  # whoever froze in the request may have sent it just before

    async with outlet_of(server, store) as outlet:
        await Courier(store, decider=CALM).deliver(again, outlet)

    assert len(server.reading.messages) == 1
    assert await outcomes(store, delivery) == ["sent"]


async def test_a_worker_frozen_in_its_request_wakes_to_a_message_that_stands_there(
    server: FakeDiscord, store: RedisStore, clock: Clock
) -> None:
    delivery = await on_its_way(store, server)
    frozen = await claimed(store)
    assert await store.deliveries.begin(frozen, need=REQUEST)
    clock.advance(LEASE)
    await settled(store, server, delivery)

    async with outlet_of(server, store) as outlet:
        await outlet.post(delivery.address, DIGEST, key=frozen.key)

    assert len(server.reading.messages) == 1


@pytest.mark.parametrize("fault", [rate_limited(30), rate_limited(30, scope="global"), cloudflare()], ids=["user", "global", "Cloudflare"])
async def test_a_rate_limit_is_waited_for_and_is_no_failure(server: FakeDiscord, store: RedisStore, clock: Clock, fault: Fault) -> None:
    await on_its_way(store, server)
    server.fault(POST, fault)
    async with outlet_of(server, store) as outlet:
        await Courier(store, decider=CALM).deliver(await claimed(store), outlet)
    clock.advance(timedelta(minutes=1))

    lease = await claimed(store)
    assert (lease.failures, lease.state) == (0, State.PENDING)
    async with outlet_of(server, store) as outlet:
        await Courier(store, decider=CALM).deliver(lease, outlet)
    assert len(server.reading.messages) == 1


async def test_a_closed_channel_pauses_and_a_dead_token_pauses_the_server(server: FakeDiscord, store: RedisStore, clock: Clock) -> None:
    delivery = await on_its_way(store, server)
    server.fault(POST, error(50001))
    pause = await settled(store, server, delivery)
    assert isinstance(pause, PauseChannel)
    assert "View Channel" in pause.reason

    server.revoke()
    await store.deliveries.replay(delivery.id)
    clock.advance(timedelta(seconds=1))
    assert isinstance(await settled(store, server, delivery), PauseWorkspace)
    assert not server.reading.messages


async def test_a_message_discord_calls_wrong_is_posted_as_plain_text_at_once(server: FakeDiscord, store: RedisStore) -> None:
    delivery = await on_its_way(store, server)
    server.fault(POST, error(50035))

    async with outlet_of(server, store) as outlet:
        with server.expecting_problems():
            await Courier(store, decider=CALM).deliver(await claimed(store), outlet)

    assert await outcomes(store, delivery) == ["sent"]
    [said] = server.reading.messages
    assert not said.embeds
    assert "Curricula" in said.content
