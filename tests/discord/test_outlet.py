"""Discord's mouth: what it sends and where, what it does when Discord refuses, and that a lost answer never means two messages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.discord.finding import PAGE, PAGES
from adapters.discord.mark import mark, nonce
from adapters.discord.render import LIMITS, measure, render
from bot.channel import Address
from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, PostTrouble, StoreAway, WorkspaceGone
from bot.message import Card, File, Heading, Message, Text
from tests.discord.fake import cloudflare, drop_after, drop_before, error, rate_limited, server_error
from tests.discord.fake.permissions import (
    ALL,
    BOT_PERMISSIONS,
    CREATE_PUBLIC_THREADS,
    EMBED_LINKS,
    READ_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
)
from tests.discord.posting import outlet_of, pointed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from adapters.discord.outlet import DiscordOutlet
    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.discord.fake import FakeDiscord, Fault
    from tests.discord.fake.channel import Channel

CARD = Card(title="Curricula @everyone", url="https://arxiv.org/abs/2511.00001", summary="Short.", why="curriculum in the title")
MESSAGE = Message((Heading("Two papers"), Text("About curricula @everyone")), gist="Two papers about curricula")
DIGEST = Message((Heading("2 new papers"), CARD), gist="2 new papers")
KEY = "ab" * 32
POST = "POST /channels/{channel_id}/messages"
THREADS = "POST /channels/{channel_id}/threads"
UNDER = "POST /channels/{channel_id}/messages/{message_id}/threads"
HISTORY = "GET /channels/{channel_id}/messages"


@pytest.fixture(autouse=True)
def _pointed(server: FakeDiscord) -> Iterator[None]:
    with pointed(server):
        yield


@pytest.fixture
async def outlet(server: FakeDiscord, store: RedisStore) -> AsyncIterator[DiscordOutlet]:
    async with outlet_of(server, store) as outlet:
        yield outlet


@pytest.fixture
def reading(server: FakeDiscord) -> Address:
    return at(server, server.reading)


@pytest.fixture
def ada(server: FakeDiscord) -> Address:
    return Address("discord", server.acme.id, f"@{server.ada.id}")


def at(server: FakeDiscord, channel: Channel) -> Address:
    return Address("discord", server.acme.id, channel.id)


# ---------------------------------------------------------------- posting


async def test_a_message_is_posted_with_its_nonce_and_pings_nobody(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    id = await outlet.post(reading, MESSAGE, key=KEY)

    [said] = server.reading.messages
    assert said.id == id
    assert said.content.startswith(render(MESSAGE).content)
    assert (said.nonce, said.enforce_nonce) == (nonce(KEY), True)
    assert said.allowed_mentions == {"parse": []}


async def test_a_digest_is_posted_in_one_request(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    await outlet.post(reading, DIGEST, key=KEY)

    assert [call.route for call in server.calls] == ["GET /users/@me", POST]
    [said] = server.reading.messages
    assert said.embeds[0]["title"] == render(DIGEST).embeds[0]["title"]
    assert said.embeds[0]["url"].startswith("https://arxiv.org/abs/2511.00001")


def test_its_limits_are_those_of_what_it_sends(outlet: DiscordOutlet) -> None:
    assert outlet.platform == "discord"
    assert outlet.limits is LIMITS
    assert outlet.measure(MESSAGE.blocks[0]) == measure(MESSAGE.blocks[0])


async def test_the_same_key_posts_once(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    ids = {await outlet.post(reading, MESSAGE, key=KEY) for _ in range(3)}

    assert [said.id for said in server.reading.messages] == list(ids)


async def test_a_repeat_of_a_message_that_was_deleted_counts_as_posted(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address
) -> None:
    await outlet.post(reading, MESSAGE, key=KEY)
    server.reading.messages[0].deleted = True

    assert await outlet.post(reading, MESSAGE, key=KEY) == ""
    assert not server.reading.messages


async def test_files_are_attached(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    server.permissions(server.reading, ALL)

    await outlet.post(reading, Message((Text("Your rules"), File("rules.txt", "curriculum\nnaïve"))), key=KEY)

    [said] = server.reading.messages
    assert said.files == {"rules.txt": "curriculum\nnaïve".encode()}
    assert said.nonce == nonce(KEY)


async def test_in_an_announcement_channel_it_is_a_message_as_everywhere(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    news = server.acme.announcement("news")

    await outlet.post(at(server, news), MESSAGE, key=KEY)

    assert len(news.messages) == 1


async def test_what_is_said_to_a_person_stands_in_their_direct_messages(outlet: DiscordOutlet, server: FakeDiscord, ada: Address) -> None:
    for key in ("1", "2"):
        await outlet.post(ada, MESSAGE, key=key)

    assert len(server.dm(server.ada).messages) == 2
    assert len(server.called("POST /users/@me/channels")) == 1


async def test_somebody_who_takes_no_messages_is_told_so(outlet: DiscordOutlet, server: FakeDiscord, ada: Address) -> None:
    server.ada.closed_dms = True

    with pytest.raises(ChannelGone, match="direct messages"):
        await outlet.post(ada, MESSAGE, key=KEY)


async def test_nobody_can_be_written_to_who_does_not_exist(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    nobody = Address("discord", server.acme.id, "@1")

    with pytest.raises(ChannelGone, match="cannot write to this person"):
        await outlet.post(nobody, MESSAGE, key=KEY)
    with pytest.raises(ChannelGone, match="cannot write to this person"):
        await outlet.posted(nobody, key=KEY, since=server.clock())


async def test_a_direct_channel_is_a_channel(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    channel = server.dm(server.bob)

    id = await outlet.post(Address("discord", "@me", channel.id), MESSAGE, key=KEY)

    assert [said.id for said in channel.messages] == [id]


async def test_where_discord_refuses_the_pictures_the_message_comes_without(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address
) -> None:
    picture = Card(title="A paper", url="https://arxiv.org/abs/1", summary="Short.", thumbnail_url="https://example.org/1.png")
    server.fault(POST, error(50035, errors={"embeds": {"0": {"thumbnail": {"url": {"_errors": [{"message": "Not well formed"}]}}}}}))

    with server.expecting_problems():
        await outlet.post(reading, Message((picture,), gist="A paper"), key=KEY)

    [said] = server.reading.messages
    assert "thumbnail" not in said.embeds[0]


async def test_a_message_that_is_wrong_is_not_sent_again_unchanged(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    server.fault(POST, error(50035, errors={"content": {"_errors": [{"message": "Too long"}]}}))

    with pytest.raises(MessageRefused, match="content: Too long"), server.expecting_problems():
        await outlet.post(reading, MESSAGE, key=KEY)

    assert len(server.called(POST)) == 1


# ---------------------------------------------------------------- closed


def deleted(server: FakeDiscord) -> None:
    server.reading.deleted = True


def hidden(server: FakeDiscord) -> None:
    server.permissions(server.reading, BOT_PERMISSIONS & ~VIEW_CHANNEL)


def muted(server: FakeDiscord) -> None:
    server.permissions(server.reading, BOT_PERMISSIONS & ~SEND_MESSAGES)


def plain(server: FakeDiscord) -> None:
    server.permissions(server.reading, BOT_PERMISSIONS & ~(EMBED_LINKS | SEND_MESSAGES))


def bare(server: FakeDiscord) -> None:
    server.permissions(server.reading, BOT_PERMISSIONS & ~EMBED_LINKS)


CLOSED = [
    (deleted, "deleted"),
    (hidden, "give me View Channel"),
    (muted, "give me Send Messages, then"),
    (plain, "give me Send Messages and Embed Links, then"),
    (bare, "give me Embed Links, then"),
]


@pytest.mark.parametrize(("happens", "remedy"), CLOSED, ids=[happens.__name__ for happens, _ in CLOSED])
async def test_a_closed_channel_says_what_would_open_it(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address, happens: Callable[[FakeDiscord], None], remedy: str
) -> None:
    happens(server)

    with pytest.raises(ChannelGone, match=remedy):
        await outlet.post(reading, DIGEST, key=KEY)

    assert len(server.called(POST)) == 1


async def test_in_a_thread_the_permission_of_threads_is_named(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "Reading group")
    server.permissions(server.reading, BOT_PERMISSIONS & ~SEND_IN_THREADS)

    with pytest.raises(ChannelGone, match="give me Send Messages in Threads, then"):
        await outlet.post(at(server, thread), MESSAGE, key=KEY)


@pytest.mark.parametrize("fault", [drop_before(), error(10003)], ids=["no answer", "gone"])
async def test_where_the_missing_permission_cannot_be_found_out_all_are_named(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address, fault: Fault
) -> None:
    muted(server)
    server.fault("GET /channels/{channel_id}", fault, fault)

    with pytest.raises(ChannelGone, match="Send Messages and Embed Links, in threads Send Messages in Threads"):
        await outlet.post(reading, MESSAGE, key=KEY)


async def test_a_refusal_that_the_permissions_do_not_explain_names_all(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address, ada: Address
) -> None:
    for address in (reading, ada):
        server.fault(POST, error(50013))
        with pytest.raises(ChannelGone, match="in threads Send Messages in Threads"):
            await outlet.post(address, MESSAGE, key=KEY)


async def test_a_server_that_removed_the_bot_is_closed(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    server.acme.joined = False

    with pytest.raises(ChannelGone):
        await outlet.post(reading, MESSAGE, key=KEY)


async def test_a_dead_token_ends_every_server(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    server.revoke()

    for _ in range(2):
        with pytest.raises(WorkspaceGone):
            await outlet.post(reading, MESSAGE, key=KEY)
        with pytest.raises(WorkspaceGone):
            await outlet.posted(reading, key=KEY, since=server.clock())

    assert len(server.calls) == 1


async def test_a_store_that_is_away_posts_nothing_and_knows_nothing(
    outlet: DiscordOutlet, server: FakeDiscord, store: RedisStore, reading: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreAway("no connection")

    monkeypatch.setattr(type(store.gate), "turn", away)
    monkeypatch.setattr(type(store.cache), "get", away)

    with pytest.raises(NotSent):
        await outlet.post(reading, MESSAGE, key=KEY)
    with pytest.raises(OutcomeUnknown):
        await outlet.posted(reading, key=KEY, since=server.clock())
    assert not server.calls


# ---------------------------------------------------------------- threads


async def test_in_a_thread_it_stands_in_the_thread(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "Reading group")

    id = await outlet.post(at(server, thread), MESSAGE, key=KEY)

    assert [said.id for said in thread.messages] == [id]


@pytest.mark.parametrize("wakes", [True, False], ids=["by itself", "when asked"])
async def test_an_archived_thread_is_reopened(outlet: DiscordOutlet, server: FakeDiscord, *, wakes: bool) -> None:
    thread = server.acme.thread(server.reading, "Reading group", archived=True)
    server.wakes_threads = wakes

    await outlet.post(at(server, thread), MESSAGE, key=KEY)

    assert len(thread.messages) == 1
    assert not thread.archived


async def test_an_archived_thread_that_we_may_not_reopen_is_closed(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "Reading group")
    server.fault(POST, error(50083))
    server.fault("PATCH /channels/{channel_id}", error(50013))

    with pytest.raises(ChannelGone, match="reopen it, then type"):
        await outlet.post(at(server, thread), MESSAGE, key=KEY)


async def test_a_locked_thread_is_closed(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "Reading group", locked=True)

    with pytest.raises(ChannelGone, match="locked"):
        await outlet.post(at(server, thread), MESSAGE, key=KEY)


async def test_what_belongs_under_a_message_stands_in_one_thread(
    outlet: DiscordOutlet, server: FakeDiscord, store: RedisStore, reading: Address
) -> None:
    first = await outlet.post(reading, DIGEST, key="first")
    second = await outlet.post(reading, MESSAGE, key="second", under=first)
    async with outlet_of(server, store) as other_process:
        third = await other_process.post(reading, MESSAGE, key="third", under=first)

    [thread] = server.reading.threads
    assert (thread.id, thread.name) == (first, "The papers of this digest")
    assert [f"{thread.id}/{said.id}" for said in thread.messages] == [second, third]
    assert len(server.reading.messages) == 1
    assert len(server.called(UNDER)) == 1


async def test_a_thread_that_is_there_already_is_used(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    first = await outlet.post(reading, DIGEST, key="first")
    thread = server.acme.thread(server.reading, "Somebody was quicker", id=first)
    server.reading.messages[0].thread = thread

    await outlet.post(reading, MESSAGE, key="second", under=first)

    assert len(thread.messages) == 1


async def test_where_no_thread_may_be_opened_everything_stands_in_the_channel(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address
) -> None:
    server.permissions(server.reading, BOT_PERMISSIONS & ~CREATE_PUBLIC_THREADS)
    first = await outlet.post(reading, DIGEST, key="first")

    ids = [await outlet.post(reading, MESSAGE, key=key, under=first) for key in ("second", "third")]

    assert [said.id for said in server.reading.messages] == [first, *ids]
    assert len(server.called(UNDER)) == 1, "asked once: every refusal counts towards a ban"


async def test_under_a_message_that_is_gone_it_stands_in_the_channel(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    first = await outlet.post(reading, DIGEST, key="first")
    server.reading.messages[0].deleted = True

    second = await outlet.post(reading, MESSAGE, key="second", under=first)

    assert [said.id for said in server.reading.messages] == [second]


async def test_when_the_thread_is_closed_the_rest_stands_in_the_channel(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address
) -> None:
    first = await outlet.post(reading, DIGEST, key="first")
    await outlet.post(reading, MESSAGE, key="second", under=first)
    server.reading.threads[0].locked = True

    ids = [await outlet.post(reading, MESSAGE, key=key, under=first) for key in ("third", "fourth")]

    assert [said.id for said in server.reading.messages] == [first, *ids]
    assert len([call for call in server.called(POST) if call.params["channel_id"] == first]) == 2, "not tried by the fourth"


async def test_in_a_thread_and_in_direct_messages_nothing_can_stand_under_a_message(
    outlet: DiscordOutlet, server: FakeDiscord, ada: Address
) -> None:
    thread = server.acme.thread(server.reading, "Reading group")
    first = await outlet.post(at(server, thread), DIGEST, key="1")
    with server.expecting_problems():
        await outlet.post(at(server, thread), MESSAGE, key="2", under=first)
    other = await outlet.post(ada, DIGEST, key="3")
    await outlet.post(ada, MESSAGE, key="4", under=other)

    assert len(thread.messages) == 2
    assert len(server.dm(server.ada).messages) == 2


# ---------------------------------------------------------------- forums


@pytest.fixture
def forum(server: FakeDiscord) -> Channel:
    return server.acme.forum("papers", tags=("LLM", "vision", "curriculum learning"))


@pytest.fixture(autouse=True)
def _trying(server: FakeDiscord) -> Iterator[None]:
    """That a channel is a forum is found out by trying: the fake counts that as a problem."""
    yield
    server.problems[:] = [problem for problem in server.problems if "40058" not in problem]


async def test_in_a_forum_a_digest_is_a_post_with_the_tags_that_match(outlet: DiscordOutlet, server: FakeDiscord, forum: Channel) -> None:
    rules = ("curriculum learning, -games", "efficient llm", "robots")

    id = await outlet.post(at(server, forum), DIGEST, key=KEY, tags=rules)

    [post] = forum.threads
    assert (post.name, post.tag_names) == ("2 new papers", ["curriculum learning", "LLM"])
    [said] = post.messages
    assert id == f"{post.id}/{said.id}"
    assert said.allowed_mentions == {"parse": []}
    assert said.embeds[0]["title"] == render(DIGEST).embeds[0]["title"]


async def test_a_forum_is_found_out_once(outlet: DiscordOutlet, server: FakeDiscord, store: RedisStore, forum: Channel) -> None:
    await outlet.post(at(server, forum), DIGEST, key="1", tags=("llm",))
    async with outlet_of(server, store) as other_process:
        await other_process.post(at(server, forum), DIGEST, key="2", tags=("llm",))

    assert len(server.called(POST)) == 1
    assert len(forum.threads) == 2


async def test_a_forum_that_demands_a_tag_gets_one(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    forum = server.acme.forum("papers", tags=("news", "papers"), require_tag=True)
    forum.tags[0].moderated = True

    await outlet.post(at(server, forum), DIGEST, key=KEY, tags=("news",))

    assert [post.tag_names for post in forum.threads] == [["papers"]]


async def test_a_forum_whose_tags_nobody_may_set_says_so(outlet: DiscordOutlet, server: FakeDiscord) -> None:
    forum = server.acme.forum("papers", require_tag=True)

    with pytest.raises(ChannelGone, match="demands a tag"), server.expecting_problems():
        await outlet.post(at(server, forum), DIGEST, key=KEY)


async def test_what_follows_a_post_stands_in_it_and_the_next_digest_does_not(
    outlet: DiscordOutlet, server: FakeDiscord, forum: Channel
) -> None:
    address = at(server, forum)
    first = await outlet.post(address, DIGEST, key="1", tags=("llm",))
    second = await outlet.post(address, MESSAGE, key="2")
    reply = await outlet.post(address, MESSAGE, key="3", under=first)
    await outlet.post(address, DIGEST, key="4", tags=("llm",))
    await outlet.post(address, MESSAGE, key="5")

    assert [len(post.messages) for post in forum.threads] == [3, 2]
    post = forum.threads[0]
    assert [f"{post.id}/{said.id}" for said in post.messages] == [first, second, reply]


async def test_after_a_post_that_was_locked_what_follows_is_a_post_of_its_own(
    outlet: DiscordOutlet, server: FakeDiscord, forum: Channel
) -> None:
    await outlet.post(at(server, forum), DIGEST, key="1", tags=("llm",))
    forum.threads[0].locked = True

    await outlet.post(at(server, forum), MESSAGE, key="2")

    assert [(post.name, len(post.messages)) for post in forum.threads] == [("2 new papers", 1), ("Two papers", 1)]


async def test_a_post_is_never_asked_for_twice_at_once(outlet: DiscordOutlet, server: FakeDiscord, forum: Channel) -> None:
    server.fault(THREADS, server_error(502))

    with pytest.raises(OutcomeUnknown):
        await outlet.post(at(server, forum), DIGEST, key=KEY)

    assert len(server.called(THREADS)) == 1


async def test_a_post_that_cannot_be_noted_stands_all_the_same(
    outlet: DiscordOutlet, server: FakeDiscord, store: RedisStore, forum: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await outlet.post(at(server, forum), DIGEST, key="1", tags=("llm",))

    async def away(*_: object, **__: object) -> None:
        raise StoreAway("no connection")

    monkeypatch.setattr(type(store.cache), "put", away)

    assert await outlet.post(at(server, forum), DIGEST, key="2", tags=("llm",))


async def test_a_channel_that_is_no_place_for_words_is_closed(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    server.fault(POST, error(50008))

    with pytest.raises(ChannelGone, match="choose a text or announcement channel"), server.expecting_problems():
        await outlet.post(reading, MESSAGE, key=KEY)


# ---------------------------------------------------------------- finding out


@pytest.mark.parametrize("message", [MESSAGE, DIGEST], ids=["words", "papers"])
@pytest.mark.parametrize("nonces", [True, False], ids=["by its nonce", "by its mark"])
async def test_a_post_is_found_by_its_key(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address, message: Message, *, nonces: bool
) -> None:
    since = server.clock()
    ids = [await outlet.post(reading, message, key=str(number)) for number in range(3)]
    for said in server.reading.messages:
        said.nonce = said.nonce if nonces else None

    assert [await outlet.posted(reading, key=str(number), since=since) for number in range(4)] == [*ids, None]


async def test_a_post_to_a_person_is_found_in_their_direct_messages(outlet: DiscordOutlet, ada: Address, clock: Clock) -> None:
    id = await outlet.post(ada, MESSAGE, key=KEY)

    assert await outlet.posted(ada, key=KEY, since=clock()) == id
    assert await outlet.posted(ada, key="other", since=clock()) is None


async def test_what_stands_under_a_message_is_found_there_or_in_the_channel(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address, clock: Clock
) -> None:
    since = clock()
    first = await outlet.post(reading, DIGEST, key="first")
    assert await outlet.posted(reading, key="reply", since=since, under=first) is None
    reply = await outlet.post(reading, MESSAGE, key="reply", under=first)
    server.reading.threads[0].locked = True
    fallen = await outlet.post(reading, MESSAGE, key="fallen", under=first)

    assert await outlet.posted(reading, key="reply", since=since, under=first) == reply
    assert await outlet.posted(reading, key="fallen", since=since, under=first) == fallen
    assert await outlet.posted(reading, key="other", since=since, under=first) is None


@pytest.mark.parametrize("archived", [False, True], ids=["active", "archived"])
async def test_a_post_in_a_forum_is_found(
    outlet: DiscordOutlet, server: FakeDiscord, forum: Channel, clock: Clock, *, archived: bool
) -> None:
    address, since = at(server, forum), clock()
    ids = [await outlet.post(address, DIGEST, key=key, tags=("llm",)) for key in ("1", "2")]
    ids.append(await outlet.post(address, MESSAGE, key="3"))
    for post in forum.threads:
        post.archived = archived
    server.say(server.acme.thread(forum, "Somebody's", owner=server.bob.id), server.bob, "hello")

    assert [await outlet.posted(address, key=key, since=since) for key in ("1", "2", "3", "4")] == [*ids, None]
    assert {call.params["channel_id"] for call in server.called(HISTORY)} == {post.id for post in forum.threads[:2]}, "nobody else's"
    looks = len(server.called(HISTORY))
    clock.advance(timedelta(hours=1))
    assert await outlet.posted(address, key="1", since=clock()) is None
    assert len(server.called(HISTORY)) == looks, "nobody wrote anything since"


async def test_a_forum_that_is_closed_tells_nothing(outlet: DiscordOutlet, server: FakeDiscord, forum: Channel, clock: Clock) -> None:
    server.fault("GET /channels/{channel_id}/threads/archived/public", error(50001))

    with pytest.raises(ChannelGone, match="View Channel"):
        await outlet.posted(at(server, forum), key=KEY, since=clock())


async def test_a_copied_mark_is_no_post_of_ours(outlet: DiscordOutlet, server: FakeDiscord, reading: Address) -> None:
    server.say(server.reading, server.bob, f"hello\n-# {mark(KEY)}")

    assert await outlet.posted(reading, key=KEY, since=server.clock()) is None


async def test_an_older_post_is_none_of_ours(outlet: DiscordOutlet, reading: Address, clock: Clock) -> None:
    await outlet.post(reading, MESSAGE, key=KEY)
    clock.advance(timedelta(minutes=5))

    assert await outlet.posted(reading, key=KEY, since=clock()) is None


async def test_a_clock_that_is_a_little_ahead_of_discords_finds_the_post_all_the_same(
    outlet: DiscordOutlet, reading: Address, clock: Clock
) -> None:
    id = await outlet.post(reading, MESSAGE, key=KEY)

    assert await outlet.posted(reading, key=KEY, since=clock() + timedelta(seconds=30)) == id


async def test_where_history_may_not_be_read_a_doubtful_post_counts_as_not_posted(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address, forum: Channel, clock: Clock
) -> None:
    server.permissions(server.reading, BOT_PERMISSIONS & ~READ_HISTORY)
    server.permissions(forum, BOT_PERMISSIONS & ~READ_HISTORY)
    for address in (reading, at(server, forum)):
        await outlet.post(address, MESSAGE, key=KEY)

        assert await outlet.posted(address, key=KEY, since=clock()) is None


async def test_in_a_channel_that_is_closed_nothing_can_be_found_out(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address, clock: Clock
) -> None:
    hidden(server)

    with pytest.raises(ChannelGone, match="View Channel"):
        await outlet.posted(reading, key=KEY, since=clock())


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (server_error(503), OutcomeUnknown),
        (drop_after(), OutcomeUnknown),
        (error(50035), OutcomeUnknown),
        (rate_limited(60), Busy),
        (cloudflare(), Busy),
        (error(0, status=401), WorkspaceGone),
    ],
    ids=["server", "connection", "our bug", "limit", "Cloudflare", "token"],
)
async def test_what_cannot_be_found_out_now_is_said_so(
    outlet: DiscordOutlet, server: FakeDiscord, reading: Address, clock: Clock, fault: Fault, outcome: type[PostTrouble]
) -> None:
    # aiohttp asks once more by itself where a connection that was used before is closed.
    server.fault(HISTORY, fault, fault)

    with pytest.raises(outcome), server.expecting_problems():
        await outlet.posted(reading, key=KEY, since=clock())


async def test_a_busy_channel_is_read_page_by_page_and_a_long_one_in_several_goes(
    outlet: DiscordOutlet, server: FakeDiscord, store: RedisStore, reading: Address, clock: Clock
) -> None:
    since = clock()
    for _ in range(PAGE * PAGES + PAGE // 2):
        server.say(server.reading, server.bob, "blah")
    id = await outlet.post(reading, MESSAGE, key=KEY)

    with pytest.raises(OutcomeUnknown, match=f"not among the {PAGE * PAGES} messages read now"):
        await outlet.posted(reading, key=KEY, since=since)
    async with outlet_of(server, store) as other_process:
        assert await other_process.posted(reading, key=KEY, since=since) == id

    assert len(server.called(HISTORY)) == PAGES + 1
