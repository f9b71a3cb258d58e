from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.discord.reactions import meaning

if TYPE_CHECKING:
    from tests.discord.fake import FakeDiscord
    from tests.discord.fake.record import Message
    from tests.discord.listening import Paperboy


async def digest(paperboy: Paperboy) -> Message:
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("digest")
    await paperboy.desk.hurry()
    return next(one for one in paperboy.server.reading.messages if one.nonce)


async def test_a_numbered_reaction_to_a_digest_is_a_vote_on_that_paper(paperboy: Paperboy, server: FakeDiscord) -> None:
    shown = await digest(paperboy)
    server.react(shown, "1️⃣", user=server.bob)
    await paperboy.done()
    assert sum(["Votes here: 1 in favour." in await paperboy.typed(f"why 2611.0000{place}") for place in (1, 2, 4)]) == 1
    server.react(shown, "1️⃣", user=server.bob, removed=True)
    await paperboy.done()
    assert not any(["Votes here" in await paperboy.typed(f"why 2611.0000{place}") for place in (1, 2, 4)])


async def test_a_reaction_to_a_public_answer_is_a_vote(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("subscribe curriculum")
    await paperboy.typed("show 2611.00001 here")
    server.react(server.reading.messages[-1], "👎")
    await paperboy.done()
    assert "Votes here: 1 against." in await paperboy.typed("why 2611.00001")


async def test_in_direct_messages_too(paperboy: Paperboy, server: FakeDiscord) -> None:
    direct = server.dm(server.ada)
    await server.command("subscribe", query="curriculum", channel=direct)
    await server.command("show", paper="2611.00001", channel=direct)
    await paperboy.done()
    server.react(direct.messages[-1], "❤️")
    await paperboy.done()
    interaction = await server.command("why", paper="2611.00001", channel=direct)
    assert "Votes here: 1 in favour." in (await interaction.answered()).text
    await paperboy.done()


async def test_in_a_forum_the_post_is_known_by_its_thread(paperboy: Paperboy, server: FakeDiscord) -> None:
    forum = server.acme.forum("papers")
    post = server.acme.thread(forum, "a question", owner=server.ada.id)
    server.opened(forum)
    server.opened(post)
    await server.command("subscribe", query="syllabus", channel=post)
    await paperboy.done()
    with server.expecting_problems():
        await server.command("digest", channel=post)
        await paperboy.done()
        await paperboy.desk.hurry()
    (thread,) = [one for one in forum.threads if one is not post]
    server.opened(thread)
    server.react(thread.messages[0], "👍")
    await paperboy.done()
    interaction = await server.command("why", paper="2611.00002", channel=post)
    assert "Votes here: 1 in favour." in (await interaction.answered()).text
    await paperboy.done()


async def test_the_bots_own_reactions_and_those_to_others_messages_count_for_nothing(paperboy: Paperboy, server: FakeDiscord) -> None:
    shown = await digest(paperboy)
    server.react(shown, "1️⃣", user=server.bot)
    server.react(server.say(server.reading, server.bob, "2611.00001"), "👍")
    server.react(shown, "🦆")
    await paperboy.done()
    assert not any(["Votes here" in await paperboy.typed(f"why 2611.0000{place}") for place in (1, 2, 4)])


@pytest.mark.parametrize(
    ("emoji", "value", "place"),
    [
        ("👍", 1, None),
        ("👍🏽", 1, None),
        ("❤️", 1, None),
        ("👎🏿", -1, None),
        ("✅", 1, None),
        ("3️⃣", 1, 3),
        ("3⃣", 1, 3),
        ("🔟", 1, 10),
        ("➖", -1, None),
    ],
)
def test_what_an_emoji_means(emoji: str, value: int, place: int | None) -> None:
    found = meaning(emoji)
    assert found is not None
    assert (found.value, found.place) == (value, place)


@pytest.mark.parametrize("emoji", ["🦆", "", "0️⃣", "custom", "🏳️‍🌈"])
def test_what_says_nothing_about_a_paper(emoji: str) -> None:
    assert meaning(emoji) is None


def test_an_emoji_in_another_skin_is_the_same_sign() -> None:
    assert meaning("👍") == meaning("👍🏽")
