from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord.http import handle_message_parameters

from tests.discord.fake.permissions import ALL, EMBED_LINKS, SEND_MESSAGES, VIEW_CHANNEL
from tests.discord.talking import NONE, bare, real

if TYPE_CHECKING:
    from tests.clock import Clock
    from tests.discord.fake import FakeDiscord

QUIET = discord.AllowedMentions.none()


async def test_a_message_of_the_real_client_stands_in_the_channel(server: FakeDiscord) -> None:
    embed = discord.Embed(title="Attention", url="https://arxiv.org/abs/1706.03762", description="Is all you need", colour=0x3366FF)
    embed.add_field(name="Why", value="attention").set_footer(text="arXiv").set_author(name="Vaswani")
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Save", custom_id="t:save 1"))
    view.add_item(discord.ui.Select(custom_id="t:more", options=[discord.SelectOption(label="One", value="1")]))
    async with real(server) as http:
        with handle_message_parameters(content="Papers", embed=embed, view=view, nonce="n" * 25, allowed_mentions=QUIET) as params:
            answer = await http.send_message(server.reading.id, params=params)
        history = await http.logs_from(server.reading.id, 10)
    (message,) = server.reading.messages
    assert answer["id"] == message.id == history[0]["id"]
    assert message.text == "Papers\nVaswani\nAttention\nIs all you need\nWhy\nattention\narXiv"
    assert (message.nonce, message.enforce_nonce, message.allowed_mentions) == ("n" * 25, True, NONE)
    assert [[one["custom_id"] for one in row["components"]] for row in message.components] == [["t:save 1"], ["t:more"]]
    assert server.called("POST /channels/{channel_id}/messages")[0].status == 200


async def test_the_same_nonce_gives_the_same_message_for_a_few_minutes(server: FakeDiscord, clock: Clock) -> None:
    async with bare(server) as call:
        sent: dict[str, Any] = {"nonce": "key", "enforce_nonce": True}
        first, second = [(await call.post(server.reading.id, **sent)).body["id"] for _ in range(2)]
        clock.advance(timedelta(minutes=6))
        third = (await call.post(server.reading.id, **sent)).body["id"]
        unenforced = (await call.post(server.reading.id, nonce="key")).body["id"]
    assert first == second
    assert len({first, third, unenforced}) == 3
    assert len(server.reading.messages) == 3


async def test_a_repeat_of_a_message_that_was_deleted_is_an_unknown_message(server: FakeDiscord) -> None:
    async with bare(server) as call:
        sent: dict[str, Any] = {"nonce": "key", "enforce_nonce": True}
        id = (await call.post(server.reading.id, **sent)).body["id"]
        assert (await call("DELETE", f"/channels/{server.reading.id}/messages/{id}")).status == 204
        assert (await call.post(server.reading.id, **sent)).code == 10008
    assert not server.reading.messages


async def test_a_message_with_a_file_keeps_its_bytes(server: FakeDiscord) -> None:
    server.permissions(server.reading, ALL)
    async with real(server) as http:
        file = discord.File(fp=BytesIO(b"@article{}"), filename="papers.bib")
        with handle_message_parameters(file=file, allowed_mentions=QUIET) as params:
            await http.send_message(server.reading.id, params=params)
    assert server.reading.messages[0].files == {"papers.bib": b"@article{}"}


async def test_a_file_needs_the_right_to_attach(server: FakeDiscord) -> None:
    async with real(server) as http:
        with (
            handle_message_parameters(file=discord.File(BytesIO(b"x"), filename="x.bib"), allowed_mentions=QUIET) as params,
            pytest.raises(discord.Forbidden),
        ):
            await http.send_message(server.reading.id, params=params)
    assert not server.reading.messages


async def test_a_message_is_changed_and_read_back(server: FakeDiscord) -> None:
    async with real(server) as http:
        with handle_message_parameters("one", allowed_mentions=QUIET) as params:
            sent = await http.send_message(server.reading.id, params=params)
        with handle_message_parameters("two", allowed_mentions=QUIET) as params:
            await http.edit_message(server.reading.id, sent["id"], params=params)
        assert (await http.get_message(server.reading.id, sent["id"]))["content"] == "two"
    assert server.reading.messages[0].edited


async def test_only_ones_own_messages_are_changed(server: FakeDiscord) -> None:
    theirs = server.say(server.reading, server.bob, "hello")
    async with bare(server) as call:
        path = f"/channels/{server.reading.id}/messages/{theirs.id}"
        assert (await call("PATCH", path, {"content": "mine", "allowed_mentions": NONE})).code == 50005
        assert (await call("DELETE", path)).code == 50013
    assert theirs.content == "hello"


async def test_history_is_read_newest_first_and_in_pages(server: FakeDiscord) -> None:
    ids = [server.say(server.reading, server.bob, str(n)).id for n in range(5)]
    async with real(server) as http:
        newest = await http.logs_from(server.reading.id, 2)
        older = await http.logs_from(server.reading.id, 2, before=ids[3])
        after = await http.logs_from(server.reading.id, 2, after=ids[0])
    assert [[one["content"] for one in page] for page in (newest, older, after)] == [["4", "3"], ["2", "1"], ["2", "1"]]


@pytest.mark.parametrize(
    ("bits", "sent", "code"),
    [
        (0, {}, 50001),
        (VIEW_CHANNEL, {}, 50013),
        (VIEW_CHANNEL | SEND_MESSAGES, {"embeds": [{"title": "x"}]}, 50013),
        (VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS, {"embeds": [{"title": "x"}]}, None),
    ],
)
async def test_permissions_decide(server: FakeDiscord, bits: int, sent: dict[str, Any], code: int | None) -> None:
    server.permissions(server.reading, bits)
    async with bare(server) as call:
        answer = await call.post(server.reading.id, **sent)
    assert (answer.status, answer.body.get("code")) == ((403, code) if code else (200, None))
    assert bool(server.reading.messages) is (code is None)


async def test_without_the_right_to_read_history_it_is_empty(server: FakeDiscord) -> None:
    said = server.say(server.reading, server.bob, "hello")
    server.permissions(server.reading, VIEW_CHANNEL | SEND_MESSAGES)
    async with bare(server) as call:
        assert (await call("GET", f"/channels/{server.reading.id}/messages")).body == []
        assert (await call("GET", f"/channels/{server.reading.id}/messages/{said.id}")).code == 50013


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "x" * 2001},
        {"embeds": [{"title": "x"}] * 11},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4096}, {"description": "x" * 1905}]},
        {"embeds": [{"fields": [{"name": "", "value": "x"}]}]},
        {"embeds": [{"title": "x", "url": "ftp://example.org"}]},
        {"nonce": "x" * 26},
        {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": str(n), "custom_id": str(n)}]} for n in range(6)]},
        {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "same"}]}] * 2},
        {"components": [{"type": 1, "components": [{"type": 2, "style": 5, "label": "x", "url": "javascript:1"}]}]},
        {"components": [{"type": 2, "style": 1, "label": "x", "custom_id": "x"}]},
        {"components": [{"type": 1, "components": [{"type": 3, "custom_id": "x", "options": []}]}]},
        {"flags": 1 << 15},
    ],
)
async def test_what_discord_refuses_is_refused_and_a_problem(server: FakeDiscord, wrong: dict[str, Any]) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            answer = await call.post(server.reading.id, **wrong)
    assert (answer.status, answer.code) == (400, 50035)
    assert any("answered 50035" in problem for problem in found)
    assert "_errors" in str(answer.body["errors"])


async def test_an_empty_message_is_refused(server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await call.post(server.reading.id, " \n")).code == 50006
    assert found


@pytest.mark.parametrize("allowed", [None, {}, {"parse": ["everyone"]}, {"parse": [], "users": ["1"]}])
async def test_a_message_that_could_ping_is_a_problem(server: FakeDiscord, allowed: dict[str, Any] | None) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            assert (await call.post(server.reading.id, allowed_mentions=allowed)).status == 200
    assert [problem for problem in found if "allowed_mentions" in problem]


async def test_direct_messages_open_once_and_can_be_closed(server: FakeDiscord) -> None:
    stranger = server.user("eve")
    async with real(server) as http:
        first, second = [(await http.start_private_message(int(server.ada.id)))["id"] for _ in range(2)]
    assert first == second == server.dm(server.ada).id
    async with bare(server) as call:
        assert (await call.post(first)).status == 200
        server.ada.closed_dms = True
        assert (await call.post(first)).code == 50007
        assert (await call.post(server.dm(stranger).id)).code == 50278
        assert (await call("POST", "/users/@me/channels", {"recipient_id": "1"})).code == 10013


async def test_reactions_are_given_once_and_taken_back(server: FakeDiscord) -> None:
    said = server.say(server.reading, server.bob, "hello")
    said.reactions["👍"] = [server.bob.id]
    async with real(server) as http:
        for _ in range(2):
            await http.add_reaction(server.reading.id, said.id, "👍")
        assert said.reactions == {"👍": [server.bob.id, server.bot.id]}
        shown = await http.get_message(server.reading.id, said.id)
        await http.remove_own_reaction(server.reading.id, said.id, "👍")
        with pytest.raises(discord.Forbidden):
            await http.add_reaction(server.reading.id, said.id, "👎")
    async with bare(server) as call:
        assert (await call("PUT", f"/channels/{server.reading.id}/messages/{said.id}/reactions/x/@me")).code == 50013
        server.permissions(server.reading, ALL)
        assert (await call("PUT", f"/channels/{server.reading.id}/messages/{said.id}/reactions/x/@me")).code == 10014
    assert shown["reactions"][0]["count"] == 2
    assert said.reactions == {"👍": [server.bob.id]}


async def test_an_edit_keeps_the_files_it_names(server: FakeDiscord) -> None:
    server.permissions(server.reading, ALL)
    async with real(server) as http:
        files = [discord.File(BytesIO(name.encode()), filename=name) for name in ("a.txt", "b.txt")]
        with handle_message_parameters(files=files, allowed_mentions=QUIET) as params:
            sent = await http.send_message(server.reading.id, params=params)
    async with bare(server) as call:
        kept = [{"id": sent["attachments"][1]["id"]}]
        path = f"/channels/{server.reading.id}/messages/{sent['id']}"
        assert (await call("PATCH", path, {"attachments": kept, "allowed_mentions": NONE})).status == 200
    assert server.reading.messages[0].files == {"b.txt": b"b.txt"}
