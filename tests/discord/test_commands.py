from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from adapters.discord import serving
from bot.commands import Answer, answer
from bot.errors import StoreAway
from bot.message import Card, Heading, Message, Text
from tests.discord.fake.faults import drop_after, error, server_error
from tests.discord.fake.permissions import BOT_PERMISSIONS, CREATE_PUBLIC_THREADS, EMBED_LINKS, SEND_IN_THREADS, SEND_MESSAGES, VIEW_CHANNEL
from tests.discord.listening import buttons, private, words

if TYPE_CHECKING:
    from bot.commands import Call
    from bot.desk import Desk
    from tests.discord.fake import FakeDiscord
    from tests.discord.listening import Paperboy

ADMINISTRATOR = 1 << 3
CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
ORIGINAL = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
FOLLOWUP = "POST /webhooks/{webhook_id}/{webhook_token}"


async def rules(paperboy: Paperboy) -> list[str]:
    return [one.query for one in (await paperboy.desk.store.channels.load(paperboy.reading)).subscriptions]


async def test_an_answer_is_for_the_asker_alone(paperboy: Paperboy, server: FakeDiscord) -> None:
    interaction = await server.command("search", query="curriculum")
    assert (interaction.deferred, interaction.ephemeral) == (5, True)
    assert "Robot Arms" in words(await interaction.answered())
    await paperboy.done()
    assert paperboy.said() == []
    assert [call.body["allowed_mentions"] for call in server.called(ORIGINAL)] == [{"parse": []}]


async def test_here_lets_everybody_read_it(paperboy: Paperboy, server: FakeDiscord) -> None:
    interaction = await server.command("search", query="curriculum", here=True)
    assert (interaction.deferred, interaction.ephemeral) == (5, False)
    await paperboy.done()
    assert "Robot Arms" in paperboy.said()[0]


async def test_what_changes_the_channel_is_said_openly(paperboy: Paperboy, server: FakeDiscord) -> None:
    interaction = await server.command("subscribe", query="curriculum")
    assert (interaction.deferred, interaction.ephemeral) == (5, False)
    await paperboy.done()
    assert "Ada subscribed #ml-reading to curriculum" in paperboy.said()[0]
    assert await rules(paperboy) == ["curriculum"]


async def test_a_mistake_in_what_would_have_changed_the_channel_is_told_to_one(paperboy: Paperboy, server: FakeDiscord) -> None:
    interaction = await server.command("subscribe", query='curriculum "learn')
    await paperboy.done()
    assert interaction.deleted
    (told,) = private(interaction)
    assert "Try:" in words(told)
    assert paperboy.said() == []


async def test_who_does_not_manage_the_server_changes_nothing_until_it_is_opened_to_all(paperboy: Paperboy, server: FakeDiscord) -> None:
    interaction = await server.command("subscribe", query="curriculum", user=server.bob)
    await paperboy.done()
    assert "Only those who run this channel" in words(private(interaction)[0])
    assert paperboy.said() == []
    await server.command("settings", settings="manage anyone")
    await server.command("subscribe", query="curriculum", user=server.bob)
    await paperboy.done()
    assert "Bob subscribed" in paperboy.said()[-1]


async def test_an_administrator_manages(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.permissions(server.reading, ADMINISTRATOR, server.bob)
    await server.command("subscribe", query="curriculum", user=server.bob)
    await paperboy.done()
    assert "Bob subscribed" in paperboy.said()[-1]


@pytest.mark.parametrize(
    ("allowed", "missing"),
    [
        (VIEW_CHANNEL, "I lack Send Messages and Embed Links in this channel"),
        (0, "I lack View Channel, Send Messages and Embed Links"),
        (VIEW_CHANNEL | SEND_MESSAGES, "I lack Embed Links"),
    ],
)
async def test_a_permission_that_digests_need_is_named(paperboy: Paperboy, server: FakeDiscord, allowed: int, missing: str) -> None:
    server.permissions(server.reading, allowed)
    assert missing in await paperboy.typed("subscribe curriculum")
    assert missing in await paperboy.typed("schedule off")
    assert "I lack" not in await paperboy.typed("search curriculum")


async def test_nothing_is_named_where_nothing_is_missing(paperboy: Paperboy, server: FakeDiscord) -> None:
    assert "I lack" not in await paperboy.typed("subscribe curriculum")
    server.permissions(server.reading, ADMINISTRATOR)
    assert "I lack" not in await paperboy.typed("subscribe diffusion")
    thread = server.acme.thread(server.reading, "curricula", owner=server.ada.id)
    server.permissions(server.reading, VIEW_CHANNEL | SEND_IN_THREADS | EMBED_LINKS)
    assert "I lack" not in await paperboy.typed("subscribe curriculum", channel=thread)
    server.permissions(server.reading, BOT_PERMISSIONS & ~SEND_IN_THREADS)
    assert "I lack Send Messages in Threads" in await paperboy.typed("subscribe diffusion", channel=thread)


async def test_a_permission_that_threads_need_is_named(paperboy: Paperboy, server: FakeDiscord) -> None:
    assert "I lack" not in await paperboy.typed("settings thread on")
    server.permissions(server.reading, BOT_PERMISSIONS & ~CREATE_PUBLIC_THREADS)
    assert "I cannot open threads here yet: I lack Create Public Threads" in await paperboy.typed("settings limit 4 thread on")
    assert "I lack" not in await paperboy.typed("settings thread off")
    thread = server.acme.thread(server.reading, "curricula", owner=server.ada.id)
    assert "I lack" not in await paperboy.typed("settings thread on", channel=thread), "a thread holds no other"
    server.permissions(server.reading, ADMINISTRATOR)
    assert "I lack" not in await paperboy.typed("settings thread on")


# ---------------------------------------------------------------- three seconds, fifteen minutes


async def test_what_is_heard_too_late_is_not_done(paperboy: Paperboy, server: FakeDiscord) -> None:
    asked = {"name": "subscribe", "type": 1, "options": [{"name": "query", "type": 3, "value": "diffusion"}]}
    made = server.interaction(2, {"id": "1", "name": "papers", "type": 1, "options": [asked]})
    server.clock.advance(timedelta(seconds=4))
    with capture_logs() as logs:
        await server.send(made, wait=False)
        await paperboy.done()
    assert [line["event"] for line in logs] == ["not_acknowledged"]
    assert await rules(paperboy) == []


async def slow(paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers take sixteen minutes."""

    async def dawdling(desk: Desk, call: Call) -> Answer:
        answered = await answer(desk, call)
        paperboy.server.clock.advance(timedelta(minutes=16))
        return answered

    monkeypatch.setattr(serving, "answer", dawdling)


async def test_after_fifteen_minutes_a_change_is_posted_in_the_channel(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slow(paperboy, monkeypatch)
    await server.command("subscribe", query="curriculum")
    await paperboy.done()
    (said,) = [one for one in server.reading.messages if one.nonce]
    assert "Ada subscribed" in words(said)


async def test_after_fifteen_minutes_a_look_up_is_dropped(paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    await slow(paperboy, monkeypatch)
    with capture_logs() as logs:
        await server.command("search", query="curriculum")
        await paperboy.done()
    assert "answer_too_late" in [line["event"] for line in logs]
    assert not server.called("POST /channels/{channel_id}/messages")
    # The bot's own token is as good as before.
    monkeypatch.undo()
    assert "Robot Arms" in await paperboy.typed("search curriculum")


# ---------------------------------------------------------------- what goes wrong


async def test_a_server_error_is_tried_again(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault(ORIGINAL, server_error(502), server_error(500))
    assert "Robot Arms" in await paperboy.typed("search curriculum")


async def test_a_reply_that_is_lost_after_an_acknowledgement_is_no_reason_to_be_silent(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault(CALLBACK, error(40060))
    interaction = await server.command("list", wait=False)
    await paperboy.done()
    assert interaction.response is None
    assert len(server.called(ORIGINAL)) == 1
    server.problems.clear()


async def test_what_discord_calls_wrong_goes_out_as_bare_words(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault(ORIGINAL, error(50035))
    with server.expecting_problems():
        interaction = await server.command("search", query="curriculum")
        told = await interaction.answered()
        await paperboy.done()
    assert "Robot Arms" in words(told)
    assert told.embeds == []
    assert buttons(told) == []


async def test_bare_words_are_no_more_than_discord_takes_however_much_is_escaped(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_with(monkeypatch, Text("* " * 940))
    server.fault(ORIGINAL, error(50035))
    told = await (await server.command("list")).answered()
    await paperboy.done()
    assert (told.embeds, buttons(told)) == ([], [])
    assert 0 < len(told.content) <= 2000


async def test_an_answer_that_may_have_been_shown_is_not_shown_twice(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_with(monkeypatch, *(Text(f"{place} " + "x" * 3500) for place in range(4)))
    server.fault(FOLLOWUP, drop_after())
    with capture_logs() as logs:
        interaction = await server.command("list")
        await paperboy.done()
    assert "answer_not_delivered" in [line["event"] for line in logs]
    assert len(interaction.messages) == 2


async def test_a_bug_is_admitted_to_whoever_asked(paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(desk: Desk, call: Call) -> Answer:
        raise ZeroDivisionError

    monkeypatch.setattr(serving, "answer", broken)
    with capture_logs() as logs:
        interaction = await server.command("subscribe", query="curriculum")
        await paperboy.done()
    assert "Something went wrong here" in words(private(interaction)[0])
    (line,) = [line for line in logs if line["event"] == "listener_failed"]
    assert interaction.token not in str(line)


async def test_without_the_store_an_answer_lacks_its_longest_buttons_only(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreAway("gone fishing")

    rule = " OR ".join(f"curriculum{number}" for number in range(20))
    monkeypatch.setattr(type(paperboy.desk.store.cache), "put", away)
    await server.command("subscribe", query=rule)
    await paperboy.done()
    assert "Ada subscribed" in paperboy.said()[0]
    assert "[Undo]" not in paperboy.said()[0]


async def test_votes_that_cannot_be_noted_are_no_reason_to_doubt_an_answer(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreAway("gone fishing")

    monkeypatch.setattr(type(paperboy.desk.store.votes), "shown", away)
    said = await paperboy.typed("show 2611.00001 here")
    assert "Robot Arms" in said
    assert "cannot reach" not in said


async def test_an_apology_that_nobody_can_hear_is_logged(paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(desk: Desk, call: Call) -> Answer:
        raise ZeroDivisionError

    monkeypatch.setattr(serving, "answer", broken)
    server.fault(ORIGINAL, error(50027))
    with capture_logs() as logs:
        await server.command("list")
        await paperboy.done()
    assert [line["event"] for line in logs] == ["listener_failed", "apology_not_delivered"]


async def test_a_store_that_does_not_answer_in_time_is_as_good_as_away(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(*_: object, **__: object) -> bool:
        raise TimeoutError

    monkeypatch.setattr(type(paperboy.desk.store.cache), "first", late)
    interaction = await server.command("list")
    await paperboy.done()
    assert "cannot reach my store" in words(private(interaction)[0])


async def test_a_promise_that_is_gone_need_not_be_taken_back(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault("DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original", error(10008))
    interaction = await server.command("subscribe", query="(curriculum")
    await paperboy.done()
    assert "Try:" in "".join(map(words, interaction.messages))


async def test_a_refusal_that_says_nothing_about_the_message_is_no_reason_to_say_it_barely(paperboy: Paperboy, server: FakeDiscord) -> None:
    server.fault(ORIGINAL, error(200000))
    with capture_logs() as logs:
        await server.command("list")
        await paperboy.done()
    assert [line["event"] for line in logs] == ["answer_not_delivered"]
    assert len(server.called(ORIGINAL)) == 1


async def test_a_store_that_is_away_is_admitted(paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> bool:
        raise StoreAway("gone fishing")

    monkeypatch.setattr(type(paperboy.desk.store.cache), "first", away)
    interaction = await server.command("list")
    await paperboy.done()
    assert "cannot reach my store" in words(private(interaction)[0])
    form = await server.command("schedule")
    await paperboy.done()
    assert "cannot reach my store" in words(private(form)[0])


# ---------------------------------------------------------------- long answers


def answers_with(monkeypatch: pytest.MonkeyPatch, *blocks: Card | Heading | Text, public: bool = False) -> None:
    async def fixed(desk: Desk, call: Call) -> Answer:
        return Answer(Message(blocks), public=public)

    monkeypatch.setattr(serving, "answer", fixed)


async def test_a_long_answer_comes_in_several_messages(paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    answers_with(monkeypatch, *(Text(f"{place} " + "x" * 3500) for place in range(4)))
    interaction = await server.command("list")
    await paperboy.done()
    assert [words(one)[0] for one in interaction.messages] == ["0", "1", "2", "3"]
    assert all(one.ephemeral for one in interaction.messages)


async def test_an_answer_without_end_is_cut_with_a_word_about_it(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_with(monkeypatch, *(Text(f"{place} " + "x" * 3500) for place in range(30)))
    interaction = await server.command("list")
    outside = await server.command("list", outside=True)
    await paperboy.done()
    assert len(interaction.messages) == 10
    assert "That is not all: 21 more messages" in words(interaction.messages[-1])
    assert len(outside.messages) == 5


async def test_an_empty_answer_takes_its_promise_back(paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    answers_with(monkeypatch)
    interaction = await server.command("list")
    await paperboy.done()
    assert interaction.deleted
    assert interaction.messages == []


async def test_a_promise_that_somebody_removed_is_followed_up(
    paperboy: Paperboy, server: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fault(ORIGINAL, error(10008))
    interaction = await server.command("status")
    await paperboy.done()
    assert "Status" in words(interaction.messages[-1])


async def test_a_file_is_attached(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("save 2611.00001")
    interaction = await server.command("saved", export="export bibtex")
    (told,) = [await interaction.answered()]
    await paperboy.done()
    assert list(told.files) == ["reading-list.bib"]
    assert b"eprint" in told.files["reading-list.bib"]


# ---------------------------------------------------------------- direct messages, and elsewhere


async def test_direct_messages_have_rules_of_their_own_that_anybody_sets(paperboy: Paperboy, server: FakeDiscord) -> None:
    direct = server.dm(server.bob)
    interaction = await server.command("subscribe", query="curriculum", user=server.bob, channel=direct)
    await paperboy.done()
    assert "Bob subscribed our direct messages to curriculum" in paperboy.said(direct)[0]
    assert not interaction.ephemeral
    await server.command("list", user=server.bob, channel=direct)
    await server.command("digest", user=server.bob, channel=direct)
    await paperboy.done()
    await paperboy.desk.hurry()
    assert any("Rules of our direct messages" in said for said in paperboy.said(direct))
    assert any(one.nonce and "Robot Arms" in words(one) for one in direct.messages)
    assert await rules(paperboy) == []


async def test_brought_along_it_looks_papers_up(paperboy: Paperboy, server: FakeDiscord) -> None:
    strange = server.guild("Strange", joined=False)
    channel = strange.text("general")
    strange.member(server.ada)
    found = await server.command("search", query="curriculum", channel=channel, outside=True)
    assert "Robot Arms" in words(await found.answered())
    shown = await server.command("search", query="curriculum", here=True, channel=channel, outside=True)
    await paperboy.done()
    assert [one.ephemeral for one in (*found.messages, *shown.messages)] == [True, False]


async def test_brought_along_it_says_why_it_brings_no_digests(paperboy: Paperboy, server: FakeDiscord) -> None:
    strange = server.guild("Strange", joined=False)
    channel = strange.text("general")
    strange.member(server.ada)
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("subscribe", {"query": "curriculum"}),
        ("subscribe", {}),
        ("pause", {}),
        ("schedule", {"when": "off"}),
    )
    for name, options in asked:
        interaction = await server.command(name, channel=channel, outside=True, **options)
        told = await interaction.answered()
        assert told.ephemeral
        assert "I am no member here" in words(told)
        assert "our own direct messages" in words(told)
    await paperboy.done()
    told = await (await server.command("schedule", channel=channel, outside=True)).answered()
    assert "Digests of our direct messages" in words(told)


async def test_its_people_take_what_they_keep_along(paperboy: Paperboy, server: FakeDiscord) -> None:
    strange = server.guild("Strange", joined=False)
    channel = strange.text("general")
    strange.member(server.ada)
    kept = await server.command("save", paper="2611.00001", channel=channel, outside=True)
    await paperboy.done()
    assert [one.ephemeral for one in kept.messages] == [True], "nobody of that place asked for it"
    interaction = await server.command("saved", channel=server.dm(server.ada))
    assert "Robot Arms" in words(await interaction.answered())
    await paperboy.done()
    assert "Nothing is saved yet" in await paperboy.typed("saved")


# ---------------------------------------------------------------- forums and threads


async def test_what_is_said_in_a_post_is_about_its_forum(paperboy: Paperboy, server: FakeDiscord) -> None:
    forum = server.acme.forum("papers")
    post = server.acme.thread(forum, "a question")
    server.opened(forum)
    server.opened(post)
    await server.command("subscribe", query="curriculum", channel=post)
    await paperboy.done()
    assert "Ada subscribed #papers to curriculum" in paperboy.said(post)[0]
    # That it is a forum the outlet learns when the first post is refused.
    with server.expecting_problems():
        await server.command("digest", channel=post)
        await paperboy.done()
        await paperboy.desk.hurry()
    (digest,) = [thread for thread in forum.threads if thread is not post]
    starter = digest.starter
    assert starter is not None
    why = await server.command("why", paper="2611.00001", channel=digest)
    assert "Posted here" in words(await why.answered())
    await paperboy.done()


async def test_a_thread_that_people_opened_has_rules_of_its_own(paperboy: Paperboy, server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "curricula", owner=server.ada.id)
    await server.command("subscribe", query="curriculum", channel=thread)
    await paperboy.done()
    assert "Ada subscribed #curricula" in paperboy.said(thread)[0]
    assert await rules(paperboy) == []


async def test_a_thread_that_the_bot_opened_is_about_its_channel(paperboy: Paperboy, server: FakeDiscord) -> None:
    thread = server.acme.thread(server.reading, "21 Nov", owner=server.bot.id)
    await server.command("subscribe", query="curriculum", channel=thread)
    await paperboy.done()
    assert "Ada subscribed #ml-reading" in paperboy.said(thread)[0]
    assert await rules(paperboy) == ["curriculum"]
