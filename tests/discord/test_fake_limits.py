from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.discord.fake.command_limits import command_problems, size
from tests.discord.fake.component_limits import component_problems, modal_problems
from tests.discord.fake.message_limits import embed_length, refusals
from tests.discord.fake.routes import ROUTES
from tests.discord.fake.schemas import UNCHECKED, answer_problems, answered, knows, request_problems
from tests.discord.talking import NONE, bare

if TYPE_CHECKING:
    from tests.discord.fake import FakeDiscord

POST = "POST /channels/{channel_id}/messages"
described = pytest.mark.skipif(not os.environ.get("PAPERBOY_SHARED"), reason="PAPERBOY_SHARED names no folder with Discord's description")


def button(id: str = "x", **more: object) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Save", "custom_id": id, **more}


def select(**more: object) -> dict[str, Any]:
    return {"type": 3, "custom_id": "x", "options": [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}], **more}


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def field(component: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": 18, "label": "Zone", "component": component, **more}


def text(**more: object) -> dict[str, Any]:
    return {"type": 4, "custom_id": "zone", "style": 1, **more}


def modal(*components: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"title": "Settings", "custom_id": "form", "components": list(components), **more}


GOOD = [row(button(), button("y"), {"type": 2, "style": 5, "label": "Open", "url": "https://arxiv.org"}), row(select(custom_id="z"))]


def test_components_within_the_limits_are_good() -> None:
    assert list(component_problems(GOOD, v2=False)) == []
    assert list(component_problems([{"type": 10, "content": "x" * 4000}, *GOOD], v2=True)) == []
    assert list(modal_problems(modal(field(text()), field(select())))) == []


@pytest.mark.parametrize(
    "components",
    [
        [row()],
        [row(*(button(str(n)) for n in range(6)))],
        [row(select(), button("y"))],
        [row(button(label="x" * 81))],
        [row(button(label=" "))],
        [row(button("x" * 101))],
        [row(button(""))],
        [row({"type": 2, "style": 5, "label": "x", "url": "https://arxiv.org", "custom_id": "x"})],
        [row({"type": 2, "style": 5, "label": "x", "url": "https://" + "x" * 505})],
        [row(select(placeholder="x" * 151))],
        [row(select(options=[{"label": "x", "value": "1"}] * 2))],
        [row(select(options=[{"label": "x" * 101, "value": "1"}]))],
        [row(select(options=[{"label": "x", "value": "1", "description": "x" * 101}]))],
        [row(select(options=[{"label": str(n), "value": str(n)} for n in range(26)]))],
        [row(select(max_values=3))],
        [row(select(min_values=2))],
        [row(select(options=[{"label": str(n), "value": str(n), "default": True} for n in range(2)]))],
    ],
)
def test_components_beyond_the_limits_are_named(components: list[dict[str, Any]]) -> None:
    assert list(component_problems(components, v2=False))


@pytest.mark.parametrize("components", [[{"type": 10, "content": "x"}] * 41, [{"type": 10, "content": "x" * 2001}] * 2])
def test_free_components_have_totals(components: list[dict[str, Any]]) -> None:
    assert list(component_problems(components, v2=True))


@pytest.mark.parametrize(
    "form",
    [
        modal(),
        modal(*(field(text(custom_id=str(n))) for n in range(6))),
        modal(field(text()), field(text())),
        modal(field(text()), title="x" * 46),
        modal(field(text()), title=""),
        modal(field(text()), custom_id="x" * 101),
        modal(field(text(), label="x" * 46)),
        modal(field(text(), description="x" * 101)),
        modal(field(text(value="x" * 4001))),
        modal(field(text(value="xx", max_length=1))),
        modal(field(text(max_length=4001))),
        modal(field(text(min_length=3, max_length=2))),
        modal(field(text(placeholder="x" * 101))),
        modal(field(select(options=[]))),
    ],
)
def test_forms_beyond_the_limits_are_named(form: dict[str, Any]) -> None:
    assert list(modal_problems(form))


def test_an_embed_counts_what_discord_counts() -> None:
    embed = {
        "title": " 12 ",
        "description": "345",
        "url": "https://arxiv.org",
        "author": {"name": "6"},
        "footer": {"text": "78"},
        "fields": [{"name": "9", "value": "0"}],
    }
    assert embed_length(embed) == 10
    assert refusals({"embeds": [embed]}) == []


@pytest.mark.parametrize(
    "embed",
    [
        {"author": {"name": ""}},
        {"author": {"name": "x" * 257}},
        {"footer": {"text": "x" * 2049}},
        {"fields": [{"name": "x", "value": "x" * 1025}]},
        {"fields": [{"name": "x", "value": "x"}] * 26},
        {"title": "x", "thumbnail": {"url": "data:image/png"}},
    ],
)
def test_an_embed_beyond_the_limits_is_named(embed: dict[str, Any]) -> None:
    assert refusals({"embeds": [embed]})


def test_with_free_components_there_is_no_content() -> None:
    assert refusals({"flags": 1 << 15, "content": "x", "components": [{"type": 10, "content": "x"}]})


def test_a_command_counts_its_longest_translations() -> None:
    command = {
        "name": "papers",
        "description": "1234",
        "description_localizations": {"de": "12345678"},
        "options": [{"name": "by", "description": "12", "type": 3, "choices": [{"name": "One", "value": "1"}]}],
    }
    assert size(command) == 6 + 8 + 2 + 2 + 3 + 1
    assert list(command_problems([command])) == []


def test_groups_are_nested_twice_and_no_deeper() -> None:
    leaf = {"name": "leaf", "description": "x", "type": 1}
    group = {"name": "group", "description": "x", "type": 2, "options": [leaf]}
    command = {"name": "papers", "description": "x"}
    assert list(command_problems([{**command, "options": [group]}])) == []
    assert list(command_problems([{**command, "options": [{**group, "options": [group]}]}]))
    assert list(command_problems([{**command, "options": [{**leaf, "type": 5, "choices": [{"name": "x", "value": "x"}]}]}]))


@described
def test_every_route_is_one_of_discords() -> None:
    assert [route for route in ROUTES if not knows(route) and route not in UNCHECKED] == []
    assert set(ROUTES) >= UNCHECKED


@described
@pytest.mark.parametrize(
    ("route", "body", "at"),
    [
        (POST, {"content": 1}, "/content"),
        (POST, {"contents": "x"}, "contents"),
        (POST, {"content": "x", "embeds": [{"name": "x"}]}, "name"),
        ("POST /channels/{channel_id}/threads", {"name": "x", "message": {"flags": "x"}}, "/message/flags"),
        ("GET /users/@me", {"x": 1}, "takes no body"),
    ],
)
def test_a_request_discord_does_not_describe_is_named(route: str, body: object, at: str) -> None:
    assert at in "".join(request_problems(route, body))


@described
def test_an_answer_discord_does_not_describe_is_named() -> None:
    assert "'type' is a required property" in "".join(answer_problems(POST, 200, {"id": "1"}))
    assert answer_problems(POST, 403, {"message": "x"})
    assert answer_problems(POST, 403, {"message": "x", "code": 1}) == []
    assert answered(POST, 404)
    assert not answered(POST, 201)


@described
async def test_what_is_null_may_be_sent_and_does_not_come_back(server: FakeDiscord) -> None:
    async with bare(server) as call:
        components = [row(button(emoji={"id": None, "name": "📄"}, url=None, disabled=None)), row(select(custom_id="y", placeholder=None))]
        answer = await call.post(server.reading.id, components=components, embeds=[{"title": "x", "footer": None}])
    shown = answer.body["components"]
    assert shown[0]["components"][0]["emoji"] == {"name": "📄"}
    assert (shown[1]["components"][0]["min_values"], shown[1]["id"]) == (1, 3)
    assert answer.body["embeds"] == [{"type": "rich", "title": "x"}]


async def test_a_benchmark_may_do_without_checks(server: FakeDiscord) -> None:
    server.checking = False
    async with bare(server) as call:
        assert (await call("POST", f"/channels/{server.reading.id}/messages", {"content": "@everyone"})).status == 200
    assert server.problems == []


async def test_a_body_that_is_no_json_is_refused(server: FakeDiscord) -> None:
    with server.expecting_problems() as found:
        async with bare(server) as call:
            answer = await call("POST", f"/channels/{server.reading.id}/messages", data=b"{", headers={"Content-Type": "application/json"})
    assert answer.code == 50109
    assert found


async def test_an_answer_to_a_message_names_one_that_is_there(server: FakeDiscord) -> None:
    said = server.say(server.reading, server.bob, "hello")
    async with bare(server) as call:
        answer = await call.post(server.reading.id, message_reference={"message_id": said.id})
        with server.expecting_problems():
            assert (await call.post(server.reading.id, message_reference={"message_id": "1"})).code == 50035
    assert answer.body["message_reference"]["message_id"] == said.id == server.reading.messages[-1].reference


async def test_an_edit_keeps_what_it_does_not_name(server: FakeDiscord) -> None:
    async with bare(server) as call:
        sent = await call.post(server.reading.id, components=GOOD)
        path = f"/channels/{server.reading.id}/messages/{sent.body['id']}"
        assert (await call("PATCH", path, {"components": [], "allowed_mentions": NONE})).body["content"] == "hello"
        with server.expecting_problems():
            assert (await call("PATCH", path, {"content": "", "allowed_mentions": NONE})).code == 50006
            assert (await call("PATCH", path, {"content": "x" * 2001, "allowed_mentions": NONE})).code == 50035
    assert (server.reading.messages[0].content, server.reading.messages[0].components) == ("hello", [])
