"""Slack's mouth: what it sends, what it does when Slack refuses, and that a lost answer never means two messages."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.slack.outlet import EVENT, PAGE, PAGES, SlackOutlet
from adapters.slack.render import LIMITS, measure, render
from adapters.slack.workspaces import Workspaces
from bot.channel import Address
from bot.delivery import REQUEST, Courier, Decider, PauseChannel, PauseWorkspace
from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, PostTrouble, StoreAway, WorkspaceGone
from bot.installation import Installation
from bot.message import Card, Heading, Message, Text
from bot.ports import Delivery, State
from bot.store.connection import Connection
from bot.store.seal import Seal
from bot.store.store import RedisStore
from tests.clock import Clock
from tests.slack.fake import FakeSlack, Fault, drop_after, drop_before, error, hang, late, rate_limited, rate_limited_200, server_error
from tests.slack.fake import Message as Said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.delivery import Pause
    from bot.ports import Lease
    from tests.slack.fake import Team

READING = Address("slack", "T0TEAM", "C0READING")
ADA = Address("slack", "T0TEAM", "U0ADA")
MESSAGE = Message((Heading("Two papers"), Text("About curricula <!channel> & more")), gist="Two papers about curricula")
KEY = "ab" * 32
SECOND = timedelta(seconds=1)
LEASE = 3 * REQUEST
CALM = Decider(chance=lambda: 0.0)


AS_EVER = Fault(done=True)
"""No fault: what comes before the next one."""


async def installed(store: RedisStore, team: Team) -> None:
    installation = Installation(
        platform="slack", workspace=team.id, token=team.token, scopes=frozenset(team.scopes), bot_user=team.bot_user_id, bot=team.bot_id
    )
    await store.installations.save(installation)


@asynccontextmanager
async def outlet_of(slack: FakeSlack, store: RedisStore) -> AsyncIterator[SlackOutlet]:
    """What one process posts with."""
    workspaces = Workspaces(installations=store.installations, cache=store.cache, api_url=slack.api_url, clock=slack.clock)
    yield SlackOutlet(workspaces, store.cache, slack.clock, pause=slack.clock.pause)
    await workspaces.close()


@pytest.fixture
async def outlet(slack: FakeSlack, store: RedisStore) -> AsyncIterator[SlackOutlet]:
    await installed(store, slack.acme)
    async with outlet_of(slack, store) as outlet:
        yield outlet


def standing(slack: FakeSlack, team: str = "T0TEAM") -> list[Said]:
    return slack.teams[team]["C0READING"].visible


# ---------------------------------------------------------------- posting


async def test_a_message_is_posted_with_its_key_its_text_and_no_previews(outlet: SlackOutlet, slack: FakeSlack) -> None:
    ts = await outlet.post(READING, MESSAGE, key=KEY)

    [said] = standing(slack)
    assert (said.ts, said.thread_ts) == (ts, "")
    assert said.blocks == render(MESSAGE).blocks
    assert said.text == render(MESSAGE).text
    assert said.metadata == {"event_type": EVENT, "event_payload": {"key": KEY}}
    [call] = slack.calls
    assert (call.args["unfurl_links"], call.args["unfurl_media"]) == (False, False)


def test_its_limits_are_those_of_what_it_sends(slack_outlet: SlackOutlet) -> None:
    assert slack_outlet.platform == "slack"
    assert slack_outlet.limits is LIMITS
    assert slack_outlet.limits.threads
    assert slack_outlet.measure(MESSAGE.blocks[0]) == measure(MESSAGE.blocks[0])


@pytest.fixture
def slack_outlet(store: RedisStore, clock: Clock) -> SlackOutlet:
    return SlackOutlet(Workspaces(installations=None, cache=store.cache, clock=clock), store.cache, clock)


async def test_a_reply_stands_in_the_thread(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    first = await outlet.post(READING, MESSAGE, key=KEY)
    clock.advance(SECOND)

    await outlet.post(READING, MESSAGE, key="reply", under=first)

    assert [said.thread_ts for said in standing(slack)] == ["", first]


async def test_a_reply_whose_thread_is_gone_stands_in_the_channel(outlet: SlackOutlet, slack: FakeSlack) -> None:
    ts = await outlet.post(READING, MESSAGE, key=KEY, under="1700000000.000100")

    [said] = standing(slack)
    assert (said.ts, said.thread_ts) == (ts, "")


@pytest.mark.parametrize("name", ["cannot_reply_to_message", "restricted_action_thread_locked", "restricted_action_non_threadable_channel"])
async def test_a_reply_that_the_thread_does_not_take_stands_in_the_channel(outlet: SlackOutlet, slack: FakeSlack, name: str) -> None:
    slack.fault("chat.postMessage", error(name))

    await outlet.post(READING, MESSAGE, key=KEY, under="1700000000.000100")

    assert [said.thread_ts for said in standing(slack)] == [""]


async def test_without_a_thread_there_is_nothing_to_leave_out(outlet: SlackOutlet, slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", error("restricted_action_thread_locked"))

    with pytest.raises(ChannelGone):
        await outlet.post(READING, MESSAGE, key=KEY)

    assert len(slack.calls) == 1


async def test_what_is_said_to_a_person_only_they_read(outlet: SlackOutlet, slack: FakeSlack) -> None:
    await outlet.post(ADA, MESSAGE, key=KEY)

    assert not standing(slack)
    assert len(slack.acme.im("U0ADA").messages) == 1


async def test_where_slack_cannot_load_a_picture_the_message_comes_without(outlet: SlackOutlet, slack: FakeSlack) -> None:
    card = Card(title="A paper", url="https://arxiv.org/abs/1", summary="Short.", thumbnail_url="https://example.org/1.png")
    message = Message((card,), gist="A paper")
    slack.fault("chat.postMessage", error("invalid_blocks", response_metadata={"messages": ["[ERROR] downloading image failed"]}))

    await outlet.post(READING, message, key=KEY)

    [said] = standing(slack)
    assert said.blocks == render(message, pictures=False).blocks != render(message).blocks


@pytest.mark.parametrize(("name", "sent"), [("invalid_blocks", 1), ("msg_blocks_too_long", 1)])
async def test_a_message_that_is_wrong_is_not_sent_again_unchanged(outlet: SlackOutlet, slack: FakeSlack, name: str, sent: int) -> None:
    slack.fault("chat.postMessage", error(name, response_metadata={"messages": ["[ERROR] [json-pointer:/blocks/0]"]}))

    with pytest.raises(MessageRefused, match="json-pointer:/blocks/0"):
        await outlet.post(READING, MESSAGE, key=KEY)

    assert len(slack.calls) == sent


def archived(team: Team) -> None:
    team["C0READING"].archived = True


def kicked(team: Team) -> None:
    team["C0READING"].member = False
    team.scopes.discard("chat:write.public")


def read_only(team: Team) -> None:
    team["C0READING"].read_only = True


def deleted(team: Team) -> None:
    del team.channels["C0READING"]


CLOSED = [(archived, "unarchive it"), (kicked, "/invite @Paperboy"), (read_only, "read-only"), (deleted, "/invite @Paperboy")]


@pytest.mark.parametrize(("happens", "remedy"), CLOSED, ids=[happens.__name__ for happens, _ in CLOSED])
async def test_a_closed_channel_says_what_would_open_it(
    outlet: SlackOutlet, slack: FakeSlack, happens: Callable[[Team], None], remedy: str
) -> None:
    happens(slack.acme)

    with pytest.raises(ChannelGone, match=remedy):
        await outlet.post(READING, MESSAGE, key=KEY)


@pytest.mark.parametrize("happens", ["revoke", "uninstall"])
async def test_a_dead_installation_ends_the_workspace(outlet: SlackOutlet, slack: FakeSlack, happens: str) -> None:
    getattr(slack.acme, happens)()

    with pytest.raises(WorkspaceGone):
        await outlet.post(READING, MESSAGE, key=KEY)


async def test_without_the_scope_of_posting_the_workspace_stops_and_the_operator_hears(outlet: SlackOutlet, slack: FakeSlack) -> None:
    slack.acme.scopes.discard("chat:write")

    with capture_logs() as logs, pytest.raises(WorkspaceGone, match="the scope chat:write: install it again"):
        await outlet.post(READING, MESSAGE, key=KEY)

    assert [(log["event"], log["log_level"], log["needed"]) for log in logs] == [("scope_missing", "error", "chat:write")]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (error("not_allowed_token_type"), WorkspaceGone),
        (error("missing_scope", needed="im:write"), ChannelGone),
        (error("no_permission"), ChannelGone),
    ],
    ids=["wrong token", "one kind of channel", "one channel"],
)
async def test_what_is_not_allowed_stops_as_far_as_it_reaches(
    outlet: SlackOutlet, slack: FakeSlack, fault: Fault, outcome: type[PostTrouble]
) -> None:
    slack.fault("chat.postMessage", fault)

    with pytest.raises(outcome, match="install it again"):
        await outlet.post(READING, MESSAGE, key=KEY)


async def test_a_workspace_nobody_installed_into_is_gone(outlet: SlackOutlet, slack: FakeSlack) -> None:
    nowhere = Address("slack", "T0NOBODY", "C0READING")

    with pytest.raises(WorkspaceGone):
        await outlet.post(nowhere, MESSAGE, key=KEY)
    with pytest.raises(WorkspaceGone):
        await outlet.posted(nowhere, key=KEY, since=slack.clock())

    assert not slack.calls


async def test_a_store_that_is_away_posts_nothing_and_knows_nothing(
    slack: FakeSlack, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreAway("no connection")

    await installed(store, slack.acme)
    async with outlet_of(slack, store) as outlet:
        for name in ("first", "get"):
            monkeypatch.setattr(type(store.cache), name, away)

        with pytest.raises(NotSent):
            await outlet.post(READING, MESSAGE, key=KEY)
        with pytest.raises(OutcomeUnknown):
            await outlet.posted(READING, key=KEY, since=slack.clock())

    assert not slack.calls


# ---------------------------------------------------------------- pace


async def test_a_channel_gets_one_post_a_second_whoever_posts(
    outlet: SlackOutlet, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    slack.acme.channel("C0OTHER", "other")
    start = clock()
    async with outlet_of(slack, store) as other_process:
        await outlet.post(READING, MESSAGE, key="1")
        await other_process.post(Address("slack", "T0TEAM", "C0OTHER"), MESSAGE, key="2")
        assert clock() == start, "another channel has its own second"
        for number, one in enumerate((outlet, other_process), start=1):
            await one.post(READING, MESSAGE, key=f"more {number}")
            assert clock() == start + number * SECOND

    assert len(standing(slack)) == 3


async def test_who_finds_the_channel_taken_again_comes_later(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    async def others_are_quicker(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))
        await quick.post(READING, MESSAGE, key="quick")

    await installed(store, slack.acme)
    workspaces = Workspaces(installations=store.installations, cache=store.cache, api_url=slack.api_url, clock=clock)
    slow = SlackOutlet(workspaces, store.cache, clock, pause=others_are_quicker)
    async with outlet_of(slack, store) as quick:
        await quick.post(READING, MESSAGE, key="1")
        with pytest.raises(Busy) as caught:
            await slow.post(READING, MESSAGE, key="slow")
    await workspaces.close()
    assert caught.value.retry_after == SECOND
    assert len(standing(slack)) == 2


async def test_while_one_workspace_must_wait_the_other_goes_on(
    outlet: SlackOutlet, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    other = slack.team("T0OTHER", name="Other", token="xoxb-other", app_token="xapp-other")
    await installed(store, other)
    there = Address("slack", "T0OTHER", "C0READING")
    slack.fault("chat.postMessage", rate_limited(30), team=slack.acme)

    with pytest.raises(Busy) as caught:
        await outlet.post(READING, MESSAGE, key="1")
    assert caught.value.retry_after == 30 * SECOND
    for number in range(3):
        clock.advance(2 * SECOND)
        with pytest.raises(Busy):
            await outlet.post(READING, MESSAGE, key="1")
        await outlet.post(there, MESSAGE, key=f"there {number}")
    assert await outlet.posted(READING, key="1", since=clock()) is None, "other methods go on too"

    clock.advance(24 * SECOND)
    await outlet.post(READING, MESSAGE, key="1")
    assert len([call for call in slack.called("chat.postMessage") if call.team == "T0TEAM"]) == 2
    assert (len(standing(slack)), len(standing(slack, "T0OTHER"))) == (1, 3)


# ---------------------------------------------------------------- finding out


async def test_a_post_is_found_by_its_key(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    since = clock()
    ts = [await posted_after(clock, outlet, key=str(number)) for number in range(3)]

    assert [await outlet.posted(READING, key=str(number), since=since) for number in range(4)] == [*ts, None]


async def posted_after(clock: Clock, outlet: SlackOutlet, *, key: str, under: str = "") -> str:
    clock.advance(SECOND)
    return await outlet.post(READING, MESSAGE, key=key, under=under)


async def test_a_reply_is_found_in_its_thread(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    since = clock()
    first = await posted_after(clock, outlet, key="first")
    reply = await posted_after(clock, outlet, key="reply", under=first)

    assert await outlet.posted(READING, key="reply", since=since, under=first) == reply
    assert await outlet.posted(READING, key="other", since=since, under=first) is None


async def test_a_reply_that_fell_into_the_channel_is_found_there(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    since, gone = clock(), "1700000000.000100"
    ts = await posted_after(clock, outlet, key=KEY, under=gone)

    assert await outlet.posted(READING, key=KEY, since=since, under=gone) == ts


async def test_an_older_post_is_none_of_ours(outlet: SlackOutlet, clock: Clock) -> None:
    await outlet.post(READING, MESSAGE, key=KEY)
    clock.advance(timedelta(minutes=5))

    assert await outlet.posted(READING, key=KEY, since=clock()) is None


async def test_a_clock_that_is_a_little_ahead_of_slacks_finds_the_post_all_the_same(outlet: SlackOutlet, clock: Clock) -> None:
    ts = await outlet.post(READING, MESSAGE, key=KEY)

    assert await outlet.posted(READING, key=KEY, since=clock() + 30 * SECOND) == ts


@pytest.mark.parametrize(
    ("bot", "event"), [(False, EVENT), (True, "another_app")], ids=["said by somebody else", "said by another part of us"]
)
async def test_a_copied_key_is_no_post_of_ours(outlet: SlackOutlet, slack: FakeSlack, clock: Clock, *, bot: bool, event: str) -> None:
    since = clock()
    await outlet.post(READING, MESSAGE, key=KEY)
    [said] = standing(slack)
    said.bot, said.user = bot, said.user if bot else "U0BOB"
    said.metadata = {"event_type": event, "event_payload": {"key": KEY}}

    assert await outlet.posted(READING, key=KEY, since=since) is None


async def test_a_post_to_a_person_is_found_in_their_direct_messages(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    ts = await outlet.post(ADA, MESSAGE, key=KEY)

    assert await outlet.posted(ADA, key=KEY, since=clock()) == ts
    assert await outlet.posted(ADA, key="other", since=clock()) is None


async def test_where_nobody_can_be_written_to_nothing_was_posted(outlet: SlackOutlet, clock: Clock) -> None:
    assert await outlet.posted(Address("slack", "T0TEAM", "U0NOBODY"), key=KEY, since=clock()) is None


@pytest.mark.parametrize(("address", "scope"), [(READING, "channels:history"), (ADA, "im:write"), (ADA, "im:history")], ids=str)
async def test_without_the_scope_to_look_a_doubtful_post_counts_as_not_posted(
    outlet: SlackOutlet, slack: FakeSlack, clock: Clock, address: Address, scope: str
) -> None:
    await outlet.post(address, MESSAGE, key=KEY)
    slack.acme.scopes.discard(scope)

    with capture_logs() as logs:
        assert await outlet.posted(address, key=KEY, since=clock()) is None

    assert [(log["event"], log["missing"]) for log in logs] == [("post_not_looked_for", scope)]


async def test_where_we_may_post_but_never_read_a_doubtful_post_counts_as_not_posted(
    outlet: SlackOutlet, slack: FakeSlack, clock: Clock
) -> None:
    slack.acme["C0READING"].member = False
    await outlet.post(READING, MESSAGE, key=KEY)

    assert await outlet.posted(READING, key=KEY, since=clock()) is None


async def test_in_a_channel_we_were_removed_from_nothing_can_be_found_out(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    kicked(slack.acme)

    with pytest.raises(ChannelGone, match="/invite @Paperboy"):
        await outlet.posted(READING, key=KEY, since=clock())


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (server_error(503), OutcomeUnknown),
        (drop_before(), OutcomeUnknown),
        (error("invalid_ts_oldest"), OutcomeUnknown),
        (rate_limited(60), Busy),
        (error("token_revoked"), WorkspaceGone),
    ],
    ids=["server", "connection", "our bug", "limit", "token"],
)
async def test_what_cannot_be_found_out_now_is_said_so(
    outlet: SlackOutlet, slack: FakeSlack, clock: Clock, fault: Fault, outcome: type[PostTrouble]
) -> None:
    slack.fault("conversations.history", fault)

    with pytest.raises(outcome):
        await outlet.posted(READING, key=KEY, since=clock())


async def test_a_thread_that_cannot_be_read_now_leaves_it_open(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    slack.fault("conversations.replies", error("invalid_ts_oldest"))

    with pytest.raises(OutcomeUnknown):
        await outlet.posted(READING, key=KEY, since=clock(), under="1700000000.000100")


def chatter(slack: FakeSlack, number: int) -> None:
    """People talking, after what was posted."""
    channel = slack.acme["C0READING"]
    channel.messages += [Said(channel=channel, ts=slack.stamp(), text="blah", user="U0BOB") for _ in range(number)]


async def test_a_busy_channel_is_read_page_by_page_and_a_long_one_in_several_goes(
    outlet: SlackOutlet, slack: FakeSlack, clock: Clock
) -> None:
    since = clock()
    ts = await outlet.post(READING, MESSAGE, key=KEY)
    chatter(slack, PAGE * PAGES * 2)

    for _ in range(2):
        with pytest.raises(OutcomeUnknown, match=f"not among the {PAGE * PAGES} messages read now"):
            await outlet.posted(READING, key=KEY, since=since)
    assert await outlet.posted(READING, key=KEY, since=since) == ts

    assert len(slack.called("conversations.history")) == 2 * PAGES + 1
    assert {call.args["limit"] for call in slack.called("conversations.history")} == {15}


async def test_with_one_page_a_minute_reading_goes_on_where_it_stopped_in_any_process(
    outlet: SlackOutlet, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    since = clock()
    ts = await outlet.post(READING, MESSAGE, key=KEY)
    chatter(slack, PAGE * 2)

    async with outlet_of(slack, store) as other_process:
        for one in (outlet, other_process):
            slack.fault("conversations.history", AS_EVER, rate_limited(60))
            with pytest.raises(Busy):
                await one.posted(READING, key=KEY, since=since)
            clock.advance(timedelta(minutes=1))
        assert await outlet.posted(READING, key=KEY, since=since) == ts


async def test_after_a_look_in_vain_the_next_begins_with_the_newest(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    since = clock()
    chatter(slack, PAGE * 2)
    assert await outlet.posted(READING, key=KEY, since=since) is None

    ts = await outlet.post(READING, MESSAGE, key=KEY)

    assert await outlet.posted(READING, key=KEY, since=since) == ts


async def test_a_place_in_the_channel_that_slack_forgot_is_looked_for_again(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    since = clock()
    ts = await outlet.post(READING, MESSAGE, key=KEY)
    chatter(slack, PAGE)
    slack.fault("conversations.history", AS_EVER, error("invalid_cursor"))

    assert await outlet.posted(READING, key=KEY, since=since) == ts


async def test_a_first_page_without_place_is_our_bug(outlet: SlackOutlet, slack: FakeSlack, clock: Clock) -> None:
    slack.fault("conversations.history", error("invalid_cursor"))

    with pytest.raises(OutcomeUnknown, match="invalid_cursor"):
        await outlet.posted(READING, key=KEY, since=clock())


@settings(max_examples=20)
@given(keys=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=5, unique=True))
def test_any_key_is_found_again(redis_url: str, keys: list[str]) -> None:
    async def posted() -> None:
        connection = await Connection.open(redis_url, clock=(clock := Clock()))
        store = RedisStore(connection, seal=Seal([]))
        await connection.call("FLUSHDB")
        async with FakeSlack(clock) as slack:
            workspaces = Workspaces(installations=None, cache=store.cache, api_url=slack.api_url, clock=clock)
            await workspaces.lone(slack.acme.token)
            outlet = SlackOutlet(workspaces, store.cache, clock)
            since = clock()
            ts = [await posted_after(clock, outlet, key=key) for key in keys]
            assert [await outlet.posted(READING, key=key, since=since) for key in keys] == ts
            assert not slack.problems
            await workspaces.close()
        await connection.close()

    asyncio.run(posted())


# ---------------------------------------------------------------- with the real courier


async def claimed(store: RedisStore) -> Lease:
    [lease] = await store.deliveries.claim("slack", limit=1, lease=LEASE)
    return lease


async def on_its_way(store: RedisStore, *, parts: int = 1, threaded: bool = False) -> Delivery:
    delivery = Delivery(id=KEY, address=READING, due=await store.now(), parts=(MESSAGE,) * parts, papers=(), threaded=threaded)
    await store.deliveries.post_now(delivery)
    return delivery


async def outcomes(store: RedisStore) -> list[str]:
    """The channel's log, oldest first."""
    return [attempt.outcome for attempt in reversed(await store.deliveries.log(READING))]


async def settled(store: RedisStore, slack: FakeSlack, clock: Clock, courier: Courier) -> Pause | None:
    """Deliver until nothing is left to do, each time in another process. Returns the pause asked for."""
    for attempt in range(60):
        leases = await store.deliveries.claim("slack", limit=1, lease=LEASE)
        if leases:
            async with outlet_of(slack, store) as outlet:
                pause = (await courier.deliver(leases[0], outlet)).pause
            if pause is not None:
                return pause
        elif not await is_open(store):
            return None
        slack.release()
        clock.advance(timedelta(minutes=1 + attempt))
    pytest.fail("it is never settled")


async def is_open(store: RedisStore) -> bool:
    return (await outcomes(store))[-1] in ("later", "doubtful")


DOUBTS: list[tuple[str, Fault]] = [
    ("answer lost", drop_after()),
    ("request lost", drop_before()),
    ("accepted late", late()),
    ("server failed", server_error()),
    ("internal error", error("internal_error")),
]


@pytest.mark.parametrize("faults", [1, 2])
@pytest.mark.parametrize("fault", [fault for _, fault in DOUBTS], ids=[name for name, _ in DOUBTS])
async def test_a_doubtful_post_stands_in_the_channel_once(
    slack: FakeSlack, store: RedisStore, clock: Clock, fault: Fault, faults: int
) -> None:
    await installed(store, slack.acme)
    await on_its_way(store)
    slack.fault("chat.postMessage", *[fault] * faults)

    await settled(store, slack, clock, Courier(store, decider=CALM))

    assert len(standing(slack)) == 1
    assert (await outcomes(store))[-1] == "sent"
    assert await store.deliveries.dead() == []


BAD_DAYS = st.lists(st.sampled_from([AS_EVER, *(fault for _, fault in DOUBTS), rate_limited(30), rate_limited_200()]), max_size=2)


@settings(max_examples=15)
@given(posting=BAD_DAYS, looking=BAD_DAYS, replies=BAD_DAYS, parts=st.integers(1, 3))
def test_whatever_goes_wrong_each_part_stands_once(
    redis_url: str, posting: list[Fault], looking: list[Fault], replies: list[Fault], parts: int
) -> None:
    async def delivered() -> None:
        connection = await Connection.open(redis_url, clock=(clock := Clock()))
        store = RedisStore(connection, seal=Seal([Fernet.generate_key().decode()]))
        await connection.call("FLUSHDB")
        async with FakeSlack(clock) as slack:
            await installed(store, slack.acme)
            await on_its_way(store, parts=parts, threaded=True)
            slack.fault("chat.postMessage", *posting)
            slack.fault("conversations.history", *looking)
            slack.fault("conversations.replies", *replies)
            await settled(store, slack, clock, Courier(store, decider=CALM))
            assert not slack.problems
            first, *others = standing(slack)
            assert [said.thread_ts for said in others] == [first.ts] * (parts - 1)
            assert len({str(said.metadata) for said in standing(slack)}) == parts
        await connection.close()

    asyncio.run(delivered())


async def test_a_post_that_slack_keeps_to_itself_is_found_afterwards(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    await installed(store, slack.acme)
    await on_its_way(store)
    slack.fault("chat.postMessage", hang(done=True))
    async with outlet_of(slack, store) as outlet:
        quick = Courier(store, decider=Decider(request=timedelta(seconds=0.2), chance=lambda: 0.0), clock=lambda: 0.0)
        await quick.deliver(await claimed(store), outlet)
    assert await outcomes(store) == ["doubtful"]

    await settled(store, slack, clock, Courier(store, decider=CALM))

    assert len(standing(slack)) == 1
    assert len(slack.called("chat.postMessage")) == 1


async def test_a_process_that_dies_after_posting_leaves_one_message(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    await installed(store, slack.acme)
    await on_its_way(store)
    lease = await claimed(store)
    assert await store.deliveries.begin(lease, need=REQUEST)
    async with outlet_of(slack, store) as outlet:
        await outlet.post(READING, MESSAGE, key=lease.key)  # and nobody is told
    clock.advance(LEASE)
    again = await claimed(store)
    assert again.state is State.UNKNOWN
    clock.advance(2 * REQUEST + timedelta(seconds=1))  # whoever froze in the request may have sent it just before

    async with outlet_of(slack, store) as outlet:
        await Courier(store, decider=CALM).deliver(again, outlet)

    assert len(standing(slack)) == 1
    assert await outcomes(store) == ["sent"]


async def test_a_digest_in_a_thread_loses_nothing_and_doubles_nothing(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    await installed(store, slack.acme)
    await on_its_way(store, parts=3, threaded=True)
    slack.fault("chat.postMessage", drop_after(), drop_after(), drop_before(), rate_limited(5), drop_after())

    await settled(store, slack, clock, Courier(store, decider=CALM))

    first, *replies = standing(slack)
    assert [reply.thread_ts for reply in replies] == [first.ts, first.ts]
    assert len({said.metadata["event_payload"]["key"] for said in standing(slack) if said.metadata}) == 3


async def test_a_doubtful_post_of_an_app_outside_the_marketplace_is_found_a_page_a_minute(
    slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await installed(store, slack.acme)
    await on_its_way(store)
    slack.fault("chat.postMessage", drop_after())
    async with outlet_of(slack, store) as outlet:
        await Courier(store, decider=CALM).deliver(await claimed(store), outlet)
    chatter(slack, PAGE * 3)
    slack.fault("conversations.history", AS_EVER, *[rate_limited(60), AS_EVER] * 4)

    await settled(store, slack, clock, Courier(store, decider=CALM))

    assert len(standing(slack)) == 1 + PAGE * 3
    assert (await outcomes(store))[-1] == "sent"


async def test_without_the_scope_to_look_a_lost_answer_is_posted_again(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    slack.acme.scopes.discard("channels:history")
    await installed(store, slack.acme)
    await on_its_way(store)
    slack.fault("chat.postMessage", drop_after())

    await settled(store, slack, clock, Courier(store, decider=CALM))

    assert len(standing(slack)) == 2, "at least once, as documented"


@pytest.mark.parametrize("fault", [rate_limited(30), rate_limited_200()], ids=["429", "200"])
async def test_a_rate_limit_is_waited_for_and_is_no_failure(slack: FakeSlack, store: RedisStore, clock: Clock, fault: Fault) -> None:
    await installed(store, slack.acme)
    await on_its_way(store)
    slack.fault("chat.postMessage", fault)
    async with outlet_of(slack, store) as outlet:
        await Courier(store, decider=CALM).deliver(await claimed(store), outlet)
    clock.advance(timedelta(minutes=1))

    lease = await claimed(store)
    assert (lease.failures, lease.state) == (0, State.PENDING)
    async with outlet_of(slack, store) as outlet:
        await Courier(store, decider=CALM).deliver(lease, outlet)
    assert len(standing(slack)) == 1


async def test_a_closed_channel_pauses_and_a_dead_installation_pauses_all(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    await installed(store, slack.acme)
    delivery = await on_its_way(store)
    slack.acme["C0READING"].archived = True
    pause = await settled(store, slack, clock, Courier(store, decider=CALM))
    assert pause == PauseChannel(READING, "this channel is archived: unarchive it, then type /papers resume")

    slack.acme.revoke()
    await store.deliveries.replay(delivery.id)
    clock.advance(SECOND)
    pause = await settled(store, slack, clock, Courier(store, decider=CALM))
    assert isinstance(pause, PauseWorkspace)
    assert not standing(slack)


async def test_a_message_slack_calls_wrong_is_posted_as_plain_text_at_once(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    await installed(store, slack.acme)
    await on_its_way(store)
    slack.fault("chat.postMessage", error("msg_blocks_too_long"))

    async with outlet_of(slack, store) as outlet:
        now = clock()
        await Courier(store, decider=CALM).deliver(await claimed(store), outlet)
        assert clock() == now, "the turn of the refused one is used"
        await outlet.post(READING, MESSAGE, key="another")
        assert clock() == now + SECOND

    assert await outcomes(store) == ["sent"]
    assert len(standing(slack)) == 2
