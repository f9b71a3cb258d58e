"""What the fake refuses, and what it minds although Slack would not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    from tests.slack.fake import FakeSlack

Block = dict[str, Any]
shared = pytest.mark.skipif(not os.environ.get("PAPERBOY_SHARED"), reason="PAPERBOY_SHARED names the folder with Slack's schemas")


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str = "x", **more: Any) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def option(text: str = "x", value: str = "v") -> Block:
    return {"text": plain(text), "value": value}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def menu(type: str, count: int) -> Block:
    return actions({"type": type, "action_id": "m", "options": [option(str(n), str(n)) for n in range(count)]})


def menu_of(*options: Block) -> Block:
    return {"type": "overflow", "action_id": "o", "options": list(options)}


BAD: list[tuple[str, list[Block]]] = [
    ("/blocks", [{"type": "divider"}] * 51),
    ("/blocks", [section(block_id="a"), section(block_id="a")]),
    ("/blocks", [{"type": "markdown", "text": "x" * 6_001}] * 2),
    ("/blocks/0/text/text", [{"type": "header", "text": plain("x" * 151)}]),
    ("/blocks/0/text/type", [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]),
    ("/blocks/0/text/text", [section("x" * 3_001)]),
    ("/blocks/0/text/text", [section(" ")]),
    ("/blocks/0/text", [{"type": "section"}]),
    ("/blocks/0/fields", [{"type": "section", "fields": [plain("x")] * 11}]),
    ("/blocks/0/fields/1/text", [{"type": "section", "fields": [plain("x"), plain("x" * 2_001)]}]),
    ("/blocks/0/elements", [{"type": "context", "elements": [plain("x")] * 11}]),
    ("/blocks/0/elements", [actions()]),
    ("/blocks/0/elements", [actions(*(button(action_id=str(n)) for n in range(26)))]),
    ("/blocks/0", [actions(button(), button())]),
    ("/blocks/0/block_id", [section(block_id="x" * 256)]),
    ("/blocks/0/elements/0/action_id", [actions(button(action_id="x" * 256))]),
    ("/blocks/0/elements/0/text/text", [actions(button(text=plain("x" * 76)))]),
    ("/blocks/0/elements/0/value", [actions(button(value="x" * 2_001))]),
    ("/blocks/0/elements/0/url", [actions(button(url="https://" + "x" * 3_000))]),
    ("/blocks/0/elements/0/confirm/title/text", [actions(button(confirm={"title": plain("x" * 101), "text": plain("x")}))]),
    (
        "/blocks/0/elements/0/confirm/deny/text",
        [actions(button(confirm={"title": plain("x"), "text": plain("x"), "deny": plain("x" * 31)}))],
    ),
    ("/blocks/0/elements/0/options", [menu("overflow", 6)]),
    ("/blocks/0/elements/0/options", [menu("checkboxes", 11)]),
    ("/blocks/0/elements/0/options", [menu("radio_buttons", 11)]),
    ("/blocks/0/elements/0/options", [menu("static_select", 101)]),
    ("/blocks/0/accessory/options/0/text/text", [section(accessory=menu_of(option("x" * 76)))]),
    (
        "/blocks/0/accessory/options/0/value",
        [section(accessory=menu_of(option(value="v" * 76)))],
    ),
    ("/blocks/0/accessory/alt_text", [section(accessory={"type": "image", "image_url": "https://x.org/x.png"})]),
    (
        "/blocks/0/accessory",
        [section(accessory={"type": "static_select", "action_id": "s", "options": [option()], "initial_option": option("y")})],
    ),
    (
        "/blocks/0/accessory/option_groups/0/label/text",
        [
            section(
                accessory={"type": "static_select", "action_id": "s", "option_groups": [{"label": plain("x" * 76), "options": [option()]}]}
            )
        ],
    ),
    ("/blocks/0/rows", [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101}]),
    ("/blocks/0/label/text", [{"type": "input", "label": plain("x" * 2_001), "element": {"type": "plain_text_input", "action_id": "i"}}]),
    (
        "/blocks/0/element/placeholder/text",
        [
            {
                "type": "input",
                "label": plain("x"),
                "element": {"type": "plain_text_input", "action_id": "i", "placeholder": plain("x" * 151)},
            }
        ],
    ),
    ("/blocks/0", [{"type": "nonsense"}]),
    ("/blocks/0/text", [{"type": "section", "text": "bare"}]),
    ("/blocks/0/elements/0", [{"type": "actions", "elements": ["bare"]}]),
    ("/blocks/0/elements/0/confirm", [actions(button(confirm="sure?"))]),
    (
        "/blocks/0/hint/text",
        [{"type": "input", "label": plain("x"), "hint": plain(""), "element": {"type": "plain_text_input", "action_id": "i"}}],
    ),
    ("/blocks/0/accessory/options/0/description/text", [section(accessory=menu_of(option() | {"description": plain("x" * 76)}))]),
    ("/blocks/0/accessory/option_groups", [section(accessory={"type": "static_select", "action_id": "s", "option_groups": []})]),
    ("/blocks", [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}] * 2),
]


@pytest.fixture
def web(slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient("xoxb-acme", base_url=slack.api_url, retry_handlers=[])


async def post(web: AsyncWebClient, **more: Any) -> str:
    """The error of a post, "" when it went through."""
    try:
        # Not chat_postMessage, which warns of some of this by itself.
        await web.api_call("chat.postMessage", json={"channel": "C0READING", "text": "hi", "unfurl_links": False, **more})
    except SlackApiError as exc:
        return str(exc.response["error"])
    return ""


@pytest.mark.parametrize(("pointer", "blocks"), BAD, ids=[f"{n}{pointer}" for n, (pointer, _) in enumerate(BAD)])
async def test_blocks_beyond_a_limit_are_refused_with_a_pointer(
    slack: FakeSlack, web: AsyncWebClient, pointer: str, blocks: list[Block]
) -> None:
    with slack.expecting_problems() as found:
        assert await post(web, blocks=blocks) == "invalid_blocks"
    assert any(problem.startswith(f"chat.postMessage: {pointer}:") for problem in found), found
    assert slack.acme["C0READING"].messages == []


async def test_blocks_at_every_limit_pass(slack: FakeSlack, web: AsyncWebClient) -> None:
    grouped = {"type": "static_select", "action_id": "s", "option_groups": [{"label": plain("g"), "options": [option()]}]}
    assert not await post(
        web,
        blocks=[
            {"type": "header", "text": plain("x" * 150)},
            section("x" * 3_000, accessory={"type": "overflow", "action_id": "o", "options": [option("x" * 75, str(n)) for n in range(5)]}),
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 10},
            section(accessory=grouped),
            actions(button(text=plain("x" * 75), value="v" * 2_000)),
            *[{"type": "divider"}] * 45,
        ],
    )


async def test_a_message_has_limits_as_a_whole(slack: FakeSlack, web: AsyncWebClient) -> None:
    with slack.expecting_problems() as found:
        assert await post(web, text="") == "no_text"
        assert await post(web, blocks=[section("x" * 2_700)] * 5) == "msg_blocks_too_long"
        assert await post(web, metadata={"event_type": "d", "event_payload": {"x": "y" * 16_000}}) == "metadata_too_large"
        assert await post(web, metadata={"event_type": "d"}) == "invalid_metadata_format"
        assert await post(web, blocks=["bare"]) == "invalid_blocks"
        assert await post(web, blocks="[nonsense") == "invalid_blocks_format"
        assert await post(web, text="x", markdown_text="x") == "markdown_text_conflict"
        assert await post(web, attachments=[{"text": "x"}] * 101) == "too_many_attachments"
        assert await post(web, text="x" * 40_001) == ""
        with pytest.raises(SlackApiError, match="msg_too_long"):
            await web.chat_update(channel="C0READING", ts=slack.acme["C0READING"].messages[0].ts, text="x" * 4_001)
    assert len(slack.acme["C0READING"].messages[0].text) == 40_000
    assert len(found) >= 9


@pytest.mark.parametrize(
    ("pointer", "args"),
    [
        ("/text", {"text": "", "blocks": [section()]}),
        ("/text", {"text": "x" * 4_001}),
        ("/text", {"text": "<!channel> papers"}),
        ("/blocks/0/text/text", {"blocks": [section("a <!here|here> b")]}),
        (
            "/blocks/0/elements/0/elements/0",
            {
                "blocks": [
                    {
                        "type": "rich_text",
                        "elements": [{"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "channel"}]}],
                    },
                ],
            },
        ),
        ("/unfurl_links", {"unfurl_links": None}),
        ("/unfurl_links", {"unfurl_links": True}),
    ],
)
async def test_what_slack_would_take_and_we_would_not_is_a_problem(
    slack: FakeSlack, web: AsyncWebClient, pointer: str, args: Block
) -> None:
    with slack.expecting_problems() as found:
        assert await post(web, **args) == ""
    assert [problem.split(": ")[1] for problem in found] == [pointer]


async def test_escaped_or_plain_pings_are_no_problem(slack: FakeSlack, web: AsyncWebClient) -> None:
    assert await post(web, text="&lt;!channel&gt;", blocks=[actions(button(text=plain("<!channel>"))), section("&lt;!here&gt;")]) == ""


@shared
async def test_slacks_own_schemas_find_unknown_keys_and_arguments(slack: FakeSlack, web: AsyncWebClient) -> None:
    with slack.expecting_problems() as found:
        await post(
            web,
            blocks=[{"type": "divider"}, section(colour="red")],
            shade="dark",
            metadata={"event_type": "d", "event_payload": {"x": None}},
        )
    assert {problem.split(": ")[1] for problem in found} == {"/blocks/1", "/shade", "/metadata/event_payload/x"}
