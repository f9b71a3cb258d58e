from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.slack.fake import error
from tests.slack.listening import READING
from tests.slack.words import words

if TYPE_CHECKING:
    from tests.slack.fake import Message
    from tests.slack.listening import Paperboy


async def mentioned(paperboy: Paperboy, text: str, **how: Any) -> None:
    await paperboy.slack.mention(text, **how)
    await paperboy.done()


async def direct(paperboy: Paperboy, text: str, **how: Any) -> Message:
    """What the bot writes back."""
    channel = paperboy.slack.acme.im(how.get("user", "U0ADA"))
    before = len(channel.visible)
    await paperboy.slack.direct(text, **how)
    await paperboy.done()
    answers: list[Message] = [message for message in channel.visible[before:] if message.bot]
    return answers[0]


async def test_plain_words_in_a_channel_are_answered_like_a_command(paperboy: Paperboy) -> None:
    await mentioned(paperboy, "papers on curriculum learning")
    [whispered] = paperboy.slack.ephemerals
    assert (whispered.user, whispered.thread_ts) == ("U0ADA", "")
    assert "Curriculum Learning for Robot Arms" in words(whispered.blocks)


async def test_in_a_thread_the_answer_stands_in_the_thread(paperboy: Paperboy) -> None:
    await mentioned(paperboy, "hello")
    parent = paperboy.slack.acme["C0READING"].visible[0]
    await mentioned(paperboy, "papers on curriculum learning", thread_ts=parent.ts)
    assert paperboy.slack.ephemerals[-1].thread_ts == parent.ts
    await mentioned(paperboy, "subscribe curriculum", thread_ts=parent.ts)
    said = paperboy.slack.acme["C0READING"].visible[-1]
    assert (said.thread_ts, said.broadcast) == (parent.ts, True)


async def test_a_change_by_mention_is_said_in_the_channel_by_its_name(paperboy: Paperboy) -> None:
    await mentioned(paperboy, "subscribe curriculum")
    assert "Ada subscribed #ml-reading to curriculum" in paperboy.said()[-1]


async def test_direct_words_are_answered_where_they_were_said(paperboy: Paperboy) -> None:
    said = await direct(paperboy, "papers on curriculum learning")
    assert "Curriculum Learning for Robot Arms" in words(said.blocks)
    assert not paperboy.slack.ephemerals


async def test_a_mention_in_direct_messages_is_left_out(paperboy: Paperboy) -> None:
    assert "none yet" in words((await direct(paperboy, "<@U0PAPERBOY> list")).blocks)


async def test_a_rule_of_ones_own_is_made_in_direct_messages(paperboy: Paperboy) -> None:
    assert "Ada subscribed our direct messages to curriculum" in words((await direct(paperboy, "subscribe curriculum")).blocks)


async def test_in_a_thread_of_direct_messages_the_answer_stands_there(paperboy: Paperboy) -> None:
    first = await direct(paperboy, "hello")
    assert (await direct(paperboy, "list", thread_ts=first.ts)).thread_ts == first.ts


@pytest.mark.parametrize(
    "sign",
    [
        {"bot_id": "B0OTHER"},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"edited": {"ts": "1"}},
        {"hidden": True},
        {"user": ""},
    ],
)
async def test_other_bots_edits_and_notices_are_not_answered(sign: dict[str, Any], paperboy: Paperboy) -> None:
    channel = paperboy.slack.acme.im("U0ADA")
    said = {"user": "U0ADA", "ts": paperboy.slack.stamp(), "text": "list", "channel": channel.id, "channel_type": "im"}
    await paperboy.slack.event({"type": "message", **said, **sign})
    await paperboy.slack.event({"type": "app_mention", **said, "channel": "C0READING", **sign})
    await paperboy.done()
    assert channel.visible == []
    assert paperboy.slack.ephemerals == []


@pytest.mark.parametrize("subtype", ["file_share", "me_message", "thread_broadcast"])
async def test_what_a_person_says_in_another_way_is_answered(subtype: str, paperboy: Paperboy) -> None:
    channel = paperboy.slack.acme.im("U0ADA")
    said = {"user": "U0ADA", "ts": paperboy.slack.stamp(), "text": "list", "channel": channel.id, "channel_type": "im", "subtype": subtype}
    await paperboy.slack.event({"type": "message", **said})
    await paperboy.slack.event({"type": "app_mention", **said, "channel": "C0READING"})
    await paperboy.done()
    assert (len(channel.visible), len(paperboy.slack.ephemerals)) == (1, 1)


async def test_a_message_in_a_channel_is_not_read(paperboy: Paperboy) -> None:
    said = {"user": "U0ADA", "ts": paperboy.slack.stamp(), "text": "list", "channel": "C0READING", "channel_type": "channel"}
    await paperboy.slack.event({"type": "message", **said})
    await paperboy.done()
    assert paperboy.slack.calls == []


async def test_slacks_own_signs_are_taken_off(paperboy: Paperboy) -> None:
    said = await direct(paperboy, "show <https://arxiv.org/abs/2611.00001|arxiv.org/abs/2611.00001>")
    assert "Curriculum Learning for Robot Arms" in words(said.blocks)
    assert "upvotes>=10" in words((await direct(paperboy, "subscribe curriculum upvotes&gt;=10")).blocks)


@pytest.mark.parametrize("text", ["", "   ", "!!!", "x" * 4000, "<#C0READING|ml-reading> <!here> <@U0BOB>", "\u202e\u0000"])
async def test_whatever_is_said_is_answered(text: str, paperboy: Paperboy) -> None:
    assert words((await direct(paperboy, text)).blocks)


async def test_a_whisper_that_cannot_be_heard_comes_as_a_direct_message(paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.postEphemeral", error("user_not_in_channel"))
    await mentioned(paperboy, "papers on curriculum learning")
    assert "Robot Arms" in paperboy.said(paperboy.slack.acme.im("U0ADA").id)[-1]


async def test_without_the_scope_for_people_somebody_asked(paperboy: Paperboy) -> None:
    paperboy.slack.acme.scopes.discard("users:read")
    await mentioned(paperboy, "subscribe curriculum")
    assert "Somebody subscribed #ml-reading" in paperboy.said()[-1]


async def test_a_mention_where_the_bot_may_not_post_is_answered_to_the_asker(paperboy: Paperboy) -> None:
    paperboy.slack.acme["C0READING"].read_only = True
    await mentioned(paperboy, "subscribe curriculum")
    assert (await paperboy.desk.store.channels.load(READING)).subscriptions
    assert "Only you can see this" in words(paperboy.slack.ephemerals[-1].blocks)
