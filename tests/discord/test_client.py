"""The door to Discord's REST API: it logs in once, keeps the pace over all processes, and every failure becomes one of ours."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from structlog.testing import capture_logs

from adapters.discord import pace
from adapters.discord.client import Rest, point
from adapters.discord.errors import WINDOW, ChannelClosed, Refused, TokenRefused
from adapters.discord.pace import GAP, LONGEST_WAIT, trace
from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, PostTrouble, StoreAway, WorkspaceGone
from tests.discord.fake import cloudflare, drop_after, error, hang, rate_limited, server_error
from tests.discord.posting import pointed, rest_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.discord.fake import FakeDiscord, Fault

MESSAGES = "POST /channels/{channel_id}/messages"
MILLISECOND = timedelta(milliseconds=1)
"""The store counts no finer."""
ME = "GET /users/@me"


@pytest.fixture(autouse=True)
def naps(server: FakeDiscord) -> Iterator[list[float]]:
    """How long discord.py would have slept, in seconds."""
    with pointed(server) as naps:
        yield naps


@pytest.fixture
async def rest(server: FakeDiscord, store: RedisStore) -> AsyncIterator[Rest]:
    async with rest_of(server, store) as rest:
        yield rest


def saying(text: str) -> dict[str, Any]:
    return {"content": text, "allowed_mentions": {"parse": []}}


async def say(rest: Rest, server: FakeDiscord, text: str = "hello", *, repeat: bool = True) -> None:
    await rest.call("POST", "/channels/{channel_id}/messages", channel_id=server.reading.id, json=saying(text), repeat=repeat)


async def away(*_: object, **__: object) -> None:
    raise StoreAway("no connection")


# ---------------------------------------------------------------- asking


async def test_the_first_request_logs_in_and_no_other_does(rest: Rest, server: FakeDiscord) -> None:
    await asyncio.gather(*(say(rest, server, str(number)) for number in range(3)))

    assert await rest.me() == server.bot.id
    assert len(server.called(ME)) == 1
    assert sorted(said.content for said in server.reading.messages) == ["0", "1", "2"]


async def test_what_discord_answers_comes_back_decoded(rest: Rest, server: FakeDiscord) -> None:
    await say(rest, server, "one")
    await say(rest, server, "two")

    path = "/channels/{channel_id}/messages"
    [message] = await rest.call("GET", path, channel_id=server.reading.id, params={"limit": 1})

    assert message["content"] == "two"


async def test_files_go_along_with_the_body(rest: Rest, server: FakeDiscord) -> None:
    server.permissions(server.reading, (1 << 53) - 1)
    path = "/channels/{channel_id}/messages"
    files = [("rules.txt", b"curriculum\n"), ("more.txt", "naïve".encode())]

    await rest.call("POST", path, channel_id=server.reading.id, json=saying("Here you are"), files=files)

    [said] = server.reading.messages
    assert (said.content, said.files) == ("Here you are", dict(files))


async def test_after_closing_a_request_opens_a_new_connection(rest: Rest, server: FakeDiscord) -> None:
    await rest.close()
    await say(rest, server)
    await rest.close()
    await rest.close()
    await say(rest, server)

    assert len(server.reading.messages) == 2


def test_pointing_nowhere_points_at_discord_again() -> None:
    point("http://127.0.0.1:1/api/v10/", "ws://127.0.0.1:1/")
    assert Route("GET", "/users/@me").url == "http://127.0.0.1:1/api/v10/users/@me"
    assert discord.Asset.BASE == "http://127.0.0.1:1"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://127.0.0.1:1/"

    point()
    assert Route("GET", "/users/@me").url == "https://discord.com/api/v10/users/@me"
    assert discord.Asset.BASE == "https://cdn.discordapp.com"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "wss://gateway.discord.gg/"


# ---------------------------------------------------------------- failing


FAILURES: list[tuple[str, Fault, type[PostTrouble]]] = [
    ("no permission", error(50013), ChannelGone),
    ("no access", error(50001), ChannelGone),
    ("unknown channel", error(10003), ChannelGone),
    ("unknown guild", error(10004), WorkspaceGone),
    ("token", error(0, status=401), WorkspaceGone),
    ("unknown 403", error(59999, status=403), ChannelGone),
    ("unknown 404", error(0, status=404), ChannelGone),
    ("bad body", error(50035), MessageRefused),
    ("interaction token", error(50027), MessageRefused),
    ("filter", error(200000), MessageRefused),
    ("slow mode", error(20016), Busy),
    ("overloaded", error(130000), Busy),
    ("limit", rate_limited(30), Busy),
    ("Cloudflare", cloudflare(), Busy),
    ("unavailable", server_error(503), OutcomeUnknown),
    ("dropped", drop_after(), OutcomeUnknown),
]


@pytest.mark.parametrize(("fault", "outcome"), [(fault, outcome) for _, fault, outcome in FAILURES], ids=[name for name, *_ in FAILURES])
async def test_every_failure_becomes_one_of_ours(rest: Rest, server: FakeDiscord, fault: Fault, outcome: type[PostTrouble]) -> None:
    server.fault(MESSAGES, fault)

    with pytest.raises(outcome), server.expecting_problems():
        await say(rest, server)

    assert len(server.called(MESSAGES)) == 1


async def test_a_page_with_403_is_not_discords_word_about_the_channel(rest: Rest, server: FakeDiscord) -> None:
    server.fault(MESSAGES, server_error(403))

    with pytest.raises(NotSent):
        await say(rest, server)


async def test_the_code_and_the_fields_that_are_wrong_are_told(rest: Rest, server: FakeDiscord) -> None:
    with pytest.raises(Refused, match="content") as caught, server.expecting_problems():
        await say(rest, server, "x" * 2001)
    assert caught.value.code == 50035

    server.permissions(server.reading, 0)
    with pytest.raises(ChannelClosed, match="View Channel") as closed:
        await say(rest, server)
    assert closed.value.code == 50001


async def test_where_nothing_listens_nothing_was_sent(server: FakeDiscord, store: RedisStore) -> None:
    point("http://127.0.0.1:9/api/v10")
    async with rest_of(server, store) as rest:
        with pytest.raises(NotSent):
            await say(rest, server)

        point(server.rest_url)
        await say(rest, server)


async def test_with_a_wrong_token_discord_is_asked_once(server: FakeDiscord, store: RedisStore) -> None:
    async with rest_of(server, store, token="token-wrong") as rest:
        for _ in range(3):
            with pytest.raises(TokenRefused, match="DISCORD_TOKEN"):
                await say(rest, server)

    assert [call.route for call in server.calls] == [ME]


async def test_with_a_token_that_died_discord_is_asked_once_more(rest: Rest, server: FakeDiscord) -> None:
    await say(rest, server)
    server.revoke()

    for _ in range(3):
        with pytest.raises(TokenRefused):
            await say(rest, server)

    assert len(server.called(MESSAGES)) == 2


async def test_an_interaction_that_is_over_says_nothing_about_the_token(rest: Rest, server: FakeDiscord) -> None:
    server.fault(MESSAGES, error(50027))
    with pytest.raises(Refused), server.expecting_problems():
        await say(rest, server)

    await say(rest, server)


# ---------------------------------------------------------------- repeating


async def test_discord_py_repeats_what_the_server_failed_at(rest: Rest, server: FakeDiscord) -> None:
    server.fault(MESSAGES, server_error(500), server_error(502), server_error(504))

    await say(rest, server)

    assert len(server.called(MESSAGES)) == 4


async def test_what_must_not_be_done_twice_is_not_repeated(rest: Rest, server: FakeDiscord) -> None:
    server.fault(MESSAGES, server_error(502))

    with pytest.raises(OutcomeUnknown, match="502"):
        await say(rest, server, repeat=False)

    assert len(server.called(MESSAGES)) == 1


@pytest.mark.parametrize(
    "then",
    [rate_limited(30), cloudflare(), error(20016), error(130000), server_error(403)],
    ids=["limit", "Cloudflare", "slow mode", "overloaded", "not Discord's"],
)
async def test_a_refusal_to_repeat_says_nothing_about_the_first_try(rest: Rest, server: FakeDiscord, then: Fault) -> None:
    server.fault(MESSAGES, server_error(502), then)

    with pytest.raises(OutcomeUnknown):
        await say(rest, server)


async def test_a_store_that_went_away_before_the_repeat_leaves_the_first_try_open(
    rest: Rest, server: FakeDiscord, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rest.me()
    turns = type(store.gate).turn

    async def once(*args: object, **more: object) -> timedelta:
        monkeypatch.setattr(type(store.gate), "turn", away)
        return await turns(*args, **more)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(type(store.gate), "turn", once)
    server.fault(MESSAGES, server_error(502))

    with pytest.raises(OutcomeUnknown):
        await say(rest, server)


async def test_without_the_store_nothing_is_asked(
    rest: Rest, server: FakeDiscord, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(store.gate), "turn", away)

    with pytest.raises(StoreAway):
        await say(rest, server)

    assert not server.calls


async def test_a_request_that_is_given_up_while_it_hangs_harms_no_other(rest: Rest, server: FakeDiscord) -> None:
    server.fault(MESSAGES, hang())
    hanging = asyncio.create_task(say(rest, server))
    await server.until(lambda: server.called(MESSAGES))
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging

    await say(rest, server)

    assert len(server.reading.messages) == 1


# ---------------------------------------------------------------- pace


async def test_processes_take_turns_and_none_asks_faster_than_discord_allows(server: FakeDiscord, store: RedisStore, clock: Clock) -> None:
    waits: list[float] = []
    began = clock()
    async with rest_of(server, store, waits=waits) as one, rest_of(server, store, waits=waits) as other:
        for _ in range(5):
            await say(one, server)
            await say(other, server)

    assert len(server.calls) == 12, "with two logins"
    assert abs(clock() - began - 11 * GAP) < MILLISECOND
    assert 45 <= timedelta(seconds=1) / GAP < 50


async def test_repeats_take_turns_too(rest: Rest, server: FakeDiscord, clock: Clock) -> None:
    await rest.me()
    began = clock()
    server.fault(MESSAGES, server_error(500), server_error(502))

    await say(rest, server)

    assert abs(clock() - began - 3 * GAP) < MILLISECOND


async def test_who_would_wait_too_long_for_a_turn_asks_nothing(rest: Rest, server: FakeDiscord, store: RedisStore) -> None:
    await rest.me()
    for _ in range(LONGEST_WAIT // GAP):
        await store.gate.turn(pace.DOOR, gap=GAP, burst=1, patience=2 * LONGEST_WAIT)

    with pytest.raises(Busy):
        await say(rest, server)

    assert not server.called(MESSAGES)


async def test_answers_to_interactions_wait_for_no_turn(rest: Rest, server: FakeDiscord, clock: Clock) -> None:
    await rest.me()
    began = clock()
    path = "/interactions/{webhook_id}/{webhook_token}/callback"

    for _ in range(3):
        with pytest.raises(PostTrouble), server.expecting_problems():
            await rest.call("POST", path, json={"type": 5}, webhook_id="1", webhook_token="unknown")

    assert clock() == began


async def test_after_a_global_limit_all_processes_wait_until_it_is_over(
    rest: Rest, server: FakeDiscord, store: RedisStore, clock: Clock
) -> None:
    async with rest_of(server, store) as other_process:
        await other_process.me()
        await rest.me()
        began = clock()
        server.fault(MESSAGES, rate_limited(4, scope="global"))
        with pytest.raises(Busy) as caught:
            await say(rest, server)
        assert caught.value.retry_after == timedelta(seconds=4)

        await say(other_process, server)

    assert clock() - began >= timedelta(seconds=4)
    assert len(server.reading.messages) == 1


async def test_the_limit_of_one_channel_stops_no_other(rest: Rest, server: FakeDiscord, clock: Clock) -> None:
    other = server.acme.text("other")
    server.fault(MESSAGES, rate_limited(600), channel=server.reading)
    with pytest.raises(Busy) as caught:
        await say(rest, server)
    assert caught.value.retry_after == timedelta(minutes=10)
    began = clock()

    await rest.call("POST", "/channels/{channel_id}/messages", channel_id=other.id, json=saying("hello"))

    assert clock() - began <= 2 * GAP


async def test_when_cloudflare_turns_us_away_nobody_asks_for_a_while(rest: Rest, server: FakeDiscord, store: RedisStore) -> None:
    async with rest_of(server, store) as other_process:
        await other_process.me()
        server.fault(MESSAGES, cloudflare())
        for one in (rest, other_process):
            with pytest.raises(Busy) as caught:
                await say(one, server)
            assert WINDOW / 2 < caught.value.retry_after <= WINDOW

    assert len(server.called(MESSAGES)) == 1


async def test_a_wait_that_cannot_be_shared_is_told_all_the_same(
    rest: Rest, server: FakeDiscord, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("shut", "strike"):
        monkeypatch.setattr(type(store.gate), name, away)
    server.fault(MESSAGES, rate_limited(4, scope="global"))

    with capture_logs() as logs, pytest.raises(Busy):
        await say(rest, server)

    assert [log["event"] for log in logs] == ["discord_strike_not_counted", "discord_wait_not_shared"]


async def test_a_bucket_that_stays_empty_for_long_is_not_waited_for(rest: Rest, server: FakeDiscord) -> None:
    server.limits.route(MESSAGES, limit=1, per=3600)
    await say(rest, server)

    for _ in range(2):
        with pytest.raises(Busy) as caught:
            await say(rest, server)
        assert timedelta(minutes=59) < caught.value.retry_after <= timedelta(hours=1)


@pytest.mark.parametrize(("per", "slept"), [(5, True), (20, False)])
async def test_a_bucket_is_waited_for_no_longer_than_a_delivery_waits_for_its_answer(
    rest: Rest, server: FakeDiscord, naps: list[float], per: float, *, slept: bool
) -> None:
    server.limits.route(MESSAGES, limit=1, per=per)

    await say(rest, server)

    assert bool(naps) is slept
    assert all(nap <= LONGEST_WAIT.total_seconds() for nap in naps)


async def test_a_door_that_is_shut_again_and_again_is_not_waited_for_without_end(
    server: FakeDiscord, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def shut(*_: object, **__: object) -> timedelta:
        raise Busy("shut", retry_after=timedelta(seconds=4))

    monkeypatch.setattr(type(store.gate), "turn", shut)
    waits: list[float] = []
    async with rest_of(server, store, waits=waits) as rest:
        with pytest.raises(Busy):
            await rest.me()

    assert waits == [4.0, 4.0]


async def test_a_gateways_own_client_waits_for_turns_and_out_what_discord_asks_for(
    server: FakeDiscord, store: RedisStore, clock: Clock
) -> None:
    async def pause(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    http = HTTPClient(asyncio.get_running_loop(), http_trace=trace(store.gate, clock, pause=pause))
    await http.static_login(server.token)
    began = clock()
    server.fault(ME, rate_limited(0.05), rate_limited(2, scope="global"), server_error(502))

    await http.request(Route("GET", "/users/@me"))
    socket = await http.ws_connect(f"{server.gateway_url}?v=10&encoding=json")

    assert len(server.called(ME)) == 5
    assert clock() - began >= timedelta(seconds=2)
    await socket.close()
    await http.close()


# ---------------------------------------------------------------- the breaker


@pytest.mark.parametrize("fault", [error(50013), error(50001), rate_limited(0.05)], ids=["403", "403 too", "429"])
async def test_after_many_bad_answers_all_processes_rest(
    server: FakeDiscord, store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(pace, "STRIKES", 4)
    async with rest_of(server, store) as one, rest_of(server, store) as other:
        server.fault(MESSAGES, *[fault] * 4)
        with capture_logs() as logs:
            for rest in (one, other, one, other):
                with pytest.raises(PostTrouble):
                    await say(rest, server)
        assert [log["event"] for log in logs if log["log_level"] == "error"] == ["discord_breaker_open"]
        asked = len(server.calls)

        for rest in (one, other):
            with pytest.raises(Busy) as caught:
                await say(rest, server)
            assert caught.value.retry_after > timedelta(minutes=9)
        assert len(server.calls) == asked

        clock.advance(pace.REST + timedelta(seconds=1))
        await say(one, server)


async def test_limits_that_are_shared_with_others_do_not_count(rest: Rest, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "STRIKES", 2)
    server.fault(MESSAGES, *[rate_limited(0.05, scope="shared")] * 3, *[error(10003)] * 3)
    for _ in range(6):
        with pytest.raises(PostTrouble):
            await say(rest, server)

    await say(rest, server)


def test_the_breaker_opens_long_before_discord_bans_the_address() -> None:
    assert pace.STRIKES <= 1_000
    assert timedelta(minutes=10) == pace.STRIKES_PER
