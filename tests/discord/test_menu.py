from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.discord.menu import papers_in
from adapters.discord.tree import SIMILAR
from tests.discord.listening import buttons, private, words

if TYPE_CHECKING:
    from tests.discord.fake import FakeDiscord
    from tests.discord.listening import Paperboy


async def test_papers_like_the_one_in_a_message_are_found(paperboy: Paperboy, server: FakeDiscord) -> None:
    message = server.say(server.reading, server.bob, "did you see https://arxiv.org/abs/2611.00002v1 ?")
    interaction = await server.on_message(SIMILAR, message)
    await paperboy.done()
    assert interaction.ephemeral
    assert "Like “A Syllabus" in words(private(interaction)[0])


async def test_of_several_papers_one_is_chosen(paperboy: Paperboy, server: FakeDiscord) -> None:
    message = server.say(server.reading, server.bob, "2611.00001 or https://huggingface.co/papers/2611.00002 or 2611.00001, 2611.77777?")
    interaction = await server.on_message(SIMILAR, message)
    await paperboy.done()
    (told,) = private(interaction)
    assert "1. Curriculum Learning for Robot Arms" in words(told)
    assert "3. 2611.77777" in words(told)
    chosen = await server.press(told, next(label for label in buttons(told) if label.startswith("2")))
    await paperboy.done()
    assert "Like “A Syllabus" in words(private(chosen)[0])


async def test_a_digest_names_its_papers_in_its_embeds(paperboy: Paperboy, server: FakeDiscord) -> None:
    await paperboy.typed("settings limit 1")
    await paperboy.typed("subscribe syllabus")
    await paperboy.typed("digest")
    await paperboy.desk.hurry()
    digest = next(one for one in server.reading.messages if one.nonce)
    interaction = await server.on_message(SIMILAR, digest)
    await paperboy.done()
    assert "Like “A Syllabus" in words(private(interaction)[0])


async def test_a_message_without_a_paper_is_told_what_is_looked_for(paperboy: Paperboy, server: FakeDiscord) -> None:
    interaction = await server.on_message(SIMILAR, server.say(server.reading, server.bob, "good morning"))
    await paperboy.done()
    assert "no paper in that message" in words(private(interaction)[0])


@pytest.mark.parametrize(
    "data",
    [{}, {"resolved": None}, {"resolved": {"messages": []}}, {"target_id": "1", "resolved": {"messages": {"1": {"embeds": [7, None]}}}}],
)
def test_a_message_that_is_not_there_names_no_paper(data: dict[str, Any]) -> None:
    assert papers_in(data) == ()
