from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis.strategies import text
from structlog.testing import capture_logs

from adapters.slack.answers import deliver, tell
from adapters.slack.files import delivered
from adapters.slack.origin import DIRECT, Origin, Place, metadata, plain, remembering
from adapters.slack.ways import UrlSpent, say
from bot.commands import Answer, Asker, Call
from bot.errors import NotSent, OutcomeUnknown, PostTrouble, StoreAway, WorkspaceGone
from bot.message import Button, Buttons, Card, File, Heading, Message, Text
from tests.slack.fake import drop_after, error, rate_limited, server_error
from tests.slack.listening import READING
from tests.slack.words import words

if TYPE_CHECKING:
    from adapters.slack.api import Api
    from tests.slack.fake.response_urls import ResponseUrl
    from tests.slack.listening import Paperboy

HI = Message((Text("Hi."),))
CALL = Call(address=READING, channel_name="#ml-reading", asker=Asker(id="U0ADA", name="Ada"), text="list")


def long(parts: int) -> Message:
    """A message of so many parts."""
    return Message(tuple(Text(f"{n} {'word ' * 900}") for n in range(parts * 2)))


def asked(paperboy: Paperboy, **how: Any) -> tuple[Origin, ResponseUrl]:
    """A request with a response url, and what comes by it."""
    url = paperboy.slack.response_url(paperboy.slack.acme["C0READING"], "U0ADA")
    known = {"workspace": "T0TEAM", "channel": "C0READING", "channel_name": "#ml-reading", "user": "U0ADA", "response_url": url.url}
    return Origin(**{**known, **how}), url


async def api_of(paperboy: Paperboy) -> Api:
    return await paperboy.workspaces.api("T0TEAM")


# ---------------------------------------------------------------- long ones


async def test_a_long_private_answer_comes_in_four_messages_and_the_rest_is_counted(paperboy: Paperboy) -> None:
    origin, url = asked(paperboy)
    await tell(await api_of(paperboy), origin, long(7))
    assert len(url.answers) == 5
    assert "3 more messages do not go at once" in words(url.answers[-1]["blocks"])


async def test_a_private_answer_of_four_messages_comes_whole(paperboy: Paperboy) -> None:
    origin, url = asked(paperboy)
    await tell(await api_of(paperboy), origin, long(4))
    assert len(url.answers) == 4
    assert "not all" not in words(url.answers[-1]["blocks"])


async def test_a_long_public_answer_comes_whole(paperboy: Paperboy) -> None:
    origin, url = asked(paperboy)
    await deliver(paperboy.desk, await api_of(paperboy), origin, CALL, Answer(long(6), public=True))
    assert len(paperboy.said()) == 6
    assert url.answers == []


async def test_a_long_public_answer_where_the_bot_is_no_member_ends_with_the_invitation(paperboy: Paperboy) -> None:
    paperboy.slack.acme["C0READING"].member = False
    paperboy.slack.acme.scopes.discard("chat:write.public")
    origin, url = asked(paperboy)
    await deliver(paperboy.desk, await api_of(paperboy), origin, CALL, Answer(long(6), public=True))
    assert [answer["response_type"] for answer in url.answers] == ["in_channel"] * 4 + ["ephemeral"]
    # What is left has no way but the person's own messages.
    direct = paperboy.said(paperboy.slack.acme.im("U0ADA").id)
    assert "/invite @Paperboy" in "\n".join([words(url.answers[-1]["blocks"]), *direct])


async def test_a_replaced_page_of_several_messages_replaces_once(paperboy: Paperboy) -> None:
    origin, url = asked(paperboy, is_ephemeral=True, message="1763715600.000100")
    await tell(await api_of(paperboy), origin, long(2), turns=True)
    assert [answer["replace_original"] for answer in url.answers] == [True, False]


async def test_an_empty_answer_is_not_said(paperboy: Paperboy) -> None:
    origin, url = asked(paperboy)
    await deliver(paperboy.desk, await api_of(paperboy), origin, CALL, Answer(Message(())))
    assert url.answers == []
    assert paperboy.slack.calls == []


# ---------------------------------------------------------------- refusals


async def test_a_message_that_slack_refuses_goes_without_its_pictures(paperboy: Paperboy) -> None:
    card = Card(title="A paper", url="https://arxiv.org/abs/2611.00001", summary="One.", thumbnail_url="https://example.org/a.png")
    paperboy.slack.fault("chat.postMessage", error("invalid_blocks"))
    with capture_logs() as logs:
        await say(await api_of(paperboy), "C0READING", Message((card,)))
    [posted] = paperboy.slack.acme["C0READING"].visible
    assert posted.blocks
    assert "example.org" not in repr(posted.blocks)
    assert [line["event"] for line in logs] == ["message_refused"]


async def test_a_message_that_slack_refuses_still_goes_as_bare_text(paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.postMessage", error("invalid_blocks"))
    message = Message((Heading("Papers & more"), Text("All <!channel> words."), Buttons((Button("Undo", "undo"),))), gist="Papers")
    await say(await api_of(paperboy), "C0READING", message)
    [posted] = paperboy.slack.acme["C0READING"].visible
    assert posted.blocks == []
    assert "Papers &amp; more" in posted.text
    assert "words." in posted.text
    assert "<!channel>" not in posted.text


async def test_a_private_message_that_slack_refuses_still_goes_as_bare_text(paperboy: Paperboy) -> None:
    origin, url = asked(paperboy)
    paperboy.slack.fault("response_url", error("invalid_blocks", status=400))
    await tell(await api_of(paperboy), origin, HI)
    assert paperboy.slack.ephemerals[-1].text == "Hi."
    assert len(url.answers) <= 1


async def test_what_slack_takes_in_no_form_is_an_error(paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.postMessage", error("invalid_blocks"), error("no_text"))
    with pytest.raises(PostTrouble):
        await say(await api_of(paperboy), "C0READING", HI)


async def test_a_thread_that_is_gone_is_left_out(paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.postMessage", error("thread_not_found"))
    await say(await api_of(paperboy), "C0READING", HI, thread="1763715600.000100")
    [posted] = paperboy.slack.acme["C0READING"].visible
    assert posted.thread_ts == ""


# ---------------------------------------------------------------- ways that fail


@pytest.mark.parametrize("fault", [rate_limited(), error("used_url")], ids=["busy", "used"])
async def test_a_response_url_that_takes_nothing_is_passed_over(fault: Any, paperboy: Paperboy) -> None:
    origin, _ = asked(paperboy)
    paperboy.slack.fault("response_url", fault)
    await tell(await api_of(paperboy), origin, HI)
    assert paperboy.slack.called("chat.postEphemeral")


async def test_a_response_url_that_cannot_be_reached_is_passed_over(paperboy: Paperboy) -> None:
    origin, _ = asked(paperboy, response_url="http://127.0.0.1:9/nowhere")
    await tell(await api_of(paperboy), origin, HI)
    assert paperboy.slack.called("chat.postEphemeral")


async def test_what_may_have_been_said_openly_by_a_response_url_is_told_once_more_to_the_asker_alone(paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.postMessage", rate_limited())
    paperboy.slack.fault("response_url", drop_after())
    origin, url = asked(paperboy)
    await deliver(paperboy.desk, await api_of(paperboy), origin, CALL, Answer(HI, public=True))
    assert [answer["response_type"] for answer in url.answers] == ["in_channel", "ephemeral"]
    assert "did not tell me whether" in words(url.answers[-1]["blocks"])


async def test_without_any_way_openly_the_asker_alone_reads_it(paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.postMessage", rate_limited())
    origin, _ = asked(paperboy, response_url="")
    await deliver(paperboy.desk, await api_of(paperboy), origin, CALL, Answer(HI, public=True))
    assert paperboy.said() == []
    assert words(paperboy.slack.ephemerals[-1].blocks) == "Hi."


async def test_a_removed_installation_says_nothing_more(paperboy: Paperboy) -> None:
    paperboy.slack.acme.revoke()
    origin, url = asked(paperboy)
    with pytest.raises(WorkspaceGone):
        await deliver(paperboy.desk, await api_of(paperboy), origin, CALL, Answer(HI, public=True))
    with pytest.raises(WorkspaceGone):
        await tell(await api_of(paperboy), Origin(workspace="T0TEAM", user="U0ADA", place=Place.HOME, trigger="1"), HI)
    assert url.answers == []


async def test_an_unanswered_dialog_is_not_said_again(paperboy: Paperboy) -> None:
    trigger = paperboy.slack.trigger(paperboy.slack.acme, "U0ADA")
    paperboy.slack.fault("views.open", drop_after())
    await tell(await api_of(paperboy), Origin(workspace="T0TEAM", user="U0ADA", place=Place.HOME, trigger=trigger), HI)
    assert len(paperboy.slack.views) == 1
    assert not paperboy.slack.called("chat.postMessage")


async def test_an_answer_whose_papers_cannot_be_noted_stands(paperboy: Paperboy, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StoreAway("no connection")

    monkeypatch.setattr(paperboy.desk.store.votes, "shown", away)
    card = Card(title="A paper", url="https://arxiv.org/abs/2611.00001", paper="2611.00001")
    origin, _ = asked(paperboy)
    with capture_logs() as logs:
        await deliver(paperboy.desk, await api_of(paperboy), origin, CALL, Answer(Message((card,)), public=True))
    assert len(paperboy.said()) == 1
    assert [line["event"] for line in logs] == ["papers_not_noted"]


# ---------------------------------------------------------------- files

EXPORT = Message((Text("Here:"), File("list.bib", "@misc{x}\n" * 1000)))


async def test_a_file_too_long_for_a_message_comes_as_a_file_in_direct_messages(paperboy: Paperboy) -> None:
    origin, _ = asked(paperboy)
    message = await delivered(await api_of(paperboy), origin, EXPORT)
    assert message.blocks == (Text("Here:"), Text("list.bib is in our direct messages; you find me under Apps."))
    [upload] = paperboy.slack.uploads
    assert upload.content == b"@misc{x}\n" * 1000
    assert upload.channel == paperboy.slack.acme.im("U0ADA").id


async def test_a_short_file_is_shown(paperboy: Paperboy) -> None:
    origin, _ = asked(paperboy)
    short = Message((File("list.bib", "@misc{x}"),))
    assert await delivered(await api_of(paperboy), origin, short) == short
    assert paperboy.slack.calls == []


async def test_without_the_scope_the_file_is_cut_and_the_scope_named(paperboy: Paperboy) -> None:
    paperboy.slack.acme.scopes.discard("files:write")
    origin, url = asked(paperboy)
    await deliver(paperboy.desk, await api_of(paperboy), origin, CALL, Answer(EXPORT))
    said = words(url.answers[0]["blocks"])
    assert "@misc{x}" in said
    assert "files:write" in said


@pytest.mark.parametrize(
    ("method", "fault"),
    [("upload", server_error()), ("upload", drop_after()), ("files.completeUploadExternal", error("storage_limit_reached"))],
    ids=["upload", "dropped", "full"],
)
async def test_an_upload_that_fails_leaves_the_file_cut(method: str, fault: Any, paperboy: Paperboy) -> None:
    paperboy.slack.fault(method, fault)
    origin, _ = asked(paperboy)
    message = await delivered(await api_of(paperboy), origin, EXPORT)
    assert message.blocks[1] == EXPORT.blocks[1]
    assert "I could not bring you the whole file" in repr(message.blocks[2])


async def test_an_upload_that_may_have_come_says_so(paperboy: Paperboy) -> None:
    paperboy.slack.fault("files.completeUploadExternal", drop_after())
    origin, _ = asked(paperboy)
    message = await delivered(await api_of(paperboy), origin, EXPORT)
    assert "may be in our direct messages" in repr(message.blocks[2])


async def test_a_removed_installation_uploads_nothing(paperboy: Paperboy) -> None:
    paperboy.slack.acme.revoke()
    origin, _ = asked(paperboy)
    with pytest.raises(WorkspaceGone):
        await delivered(await api_of(paperboy), origin, EXPORT)


# ---------------------------------------------------------------- what a payload says


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("list", "list"),
        ("show <https://arxiv.org/abs/1|arxiv.org>", "show https://arxiv.org/abs/1"),
        ("show <https://arxiv.org/abs/1>", "show https://arxiv.org/abs/1"),
        ("<mailto:a@example.org|a@example.org>", "a@example.org"),
        ("<mailto:a@example.org>", "a@example.org"),
        ("in <#C0READING|ml-reading> by <@U0BOB|bob>", "in ml-reading by bob"),
        ("upvotes&gt;=10 stars&lt;3 R&amp;D", "upvotes>=10 stars<3 R&D"),
        ("upvotes<10 stars>3", "upvotes<10 stars>3"),
        ("&amp;lt;", "&lt;"),
        ("", ""),
    ],
)
def test_slacks_signs_are_taken_off(typed: str, meant: str) -> None:
    assert plain(typed) == meant


@given(text())
def test_whatever_somebody_types_comes_through_slacks_escaping(typed: str) -> None:
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert plain(escaped) == typed


def test_a_dialog_remembers_the_way_back() -> None:
    origin = Origin(workspace="T", channel="C1", channel_name="#a<b>&", response_url="https://x/1", thread="1.2", home_channel="D1", page=3)
    view = remembering({"type": "modal", "private_metadata": '{"command":"edit 1"}'}, origin)
    assert metadata(view) == {
        "command": "edit 1",
        "channel": "C1",
        "name": "#a<b>&",
        "url": "https://x/1",
        "thread": "1.2",
        "direct": "D1",
        "page": "3",
    }
    assert not set("<>&") & set(view["private_metadata"])


@pytest.mark.parametrize("kept", ["", "not json", "[]", "null"])
def test_a_note_that_cannot_be_read_is_no_note(kept: str) -> None:
    assert metadata({"private_metadata": kept}) == {}


def test_direct_messages_are_known_by_their_id() -> None:
    assert Origin(workspace="T", channel="D1").is_direct
    assert Origin(workspace="T", channel="").at("D1").channel_name == DIRECT


def test_a_response_url_that_is_spent_counts_as_not_sent() -> None:
    assert issubclass(UrlSpent, NotSent)
    assert not issubclass(UrlSpent, OutcomeUnknown)
