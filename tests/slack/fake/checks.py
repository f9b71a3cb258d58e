"""What is wrong with a request, whatever the fake answers: every line found here fails the test.

Blocks and views are held to our own list of limits, to slack_sdk's validation and, where PAPERBOY_SHARED is set, to Slack's
published types; arguments to the documented names. Beyond what Slack refuses: blocks without `text` (nothing to read aloud), a
chat.postMessage that would unfurl its links, a text above 4,000 characters, and a ping of everybody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.slack.fake.limits import block_problems, view_problems
from tests.slack.fake.schemas import argument_problems, block_schema_problems, schema_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.slack.fake.record import Json

PING = re.compile(r"<!(channel|here|everyone|subteam)\b")
TEXT_KEPT = 4_000
"""Characters of text Slack shows unfolded and chat.update accepts; all we ever send."""
STATEFUL = frozenset(
    {"invalid_auth", "invalid_client_id", "invalid_code", "invalid_refresh_token", "invalid_trigger_id", "invalid_unfurl_id"}
)
"""Refusals that speak of the world's state; the request was well-formed."""
OURS = frozenset(
    {
        "bad_client_secret",
        "bad_redirect_uri",
        "markdown_text_conflict",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
        "unknown_method",
        "view_too_large",
    },
)
"""Refusals of a request nobody should have made."""


def is_ours(error: str) -> bool:
    """Whether an error means that the request itself was wrong."""
    return error in OURS or (error.startswith(("invalid_", "missing_")) and error not in STATEFUL | {"missing_scope"})


def request_problems(method: str, args: Json) -> Iterator[str]:
    """Everything wrong with the arguments of a Web API call, each as "pointer: reason"."""
    yield from argument_problems(method, args)
    for name in ("blocks", "metadata", "view", "unfurls", "attachments", "files"):
        if isinstance(args.get(name), str):
            yield f"/{name}: is no JSON"
    yield from body_problems(args)
    if args.get("view") is not None:
        yield from shown_view_problems(args["view"], "home" if method == "views.publish" else "modal")
    if args.get("metadata") is not None:
        yield from schema_problems("root.metadata", args["metadata"], "/metadata")
    if isinstance(args.get("unfurls"), dict):
        for url, card in args["unfurls"].items():
            yield from _card(card, f"/unfurls/{url}")
    if method == "chat.postMessage" and args.get("unfurl_links") is not False:
        yield "/unfurl_links: must be false, our messages preview nothing"


def body_problems(body: Json) -> Iterator[str]:
    """Everything wrong with the text and blocks of a message, here or at a response_url."""
    blocks, text = body.get("blocks"), body.get("text")
    if blocks:
        yield from block_problems(blocks)
        yield from block_schema_problems(blocks, "/blocks")
        if not text:
            yield "/text: missing beside blocks; it is the notification and what a screen reader says"
        yield from _pings(blocks, "/blocks")
    if text:
        if len(text) > TEXT_KEPT:
            yield f"/text: {len(text)} characters, at most {TEXT_KEPT}"
        if PING.search(text):
            yield "/text: pings everybody"


def shown_view_problems(view: Any, type: str) -> Iterator[str]:
    """Everything wrong with a view, in a call or in the answer to a submission."""
    yield from view_problems(view, (type,))
    if isinstance(view, dict):
        yield from schema_problems(f"root.{type}", {**view, "blocks": []}, "/view")
        yield from block_schema_problems(view.get("blocks"), "/view/blocks")
        yield from _pings(view.get("blocks"), "/view/blocks")


def _card(card: Any, at: str) -> Iterator[str]:
    if not isinstance(card, dict):
        yield f"{at}: is no object"
        return
    yield from schema_problems("root.attachment", {**card, "blocks": []}, at)
    blocks = card.get("blocks")
    if blocks is not None:
        yield from block_problems(blocks, at=f"{at}/blocks")
        yield from block_schema_problems(blocks, f"{at}/blocks")
        yield from _pings(blocks, f"{at}/blocks")
        # invalid_blocks, although nothing documents it (slackapi/java-slack-sdk#948).
        if any(isinstance(block, dict) and block.get("type") == "rich_text" for block in blocks):
            yield f"{at}/blocks: chat.unfurl takes no rich_text"


def _pings(value: Any, at: str) -> Iterator[str]:
    """Markup that pings everybody: in mrkdwn only, plain text shows it as it is."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _pings(item, f"{at}/{index}")
    elif isinstance(value, dict):
        if value.get("type") == "mrkdwn" and PING.search(str(value.get("text"))):
            yield f"{at}/text: pings everybody"
        if value.get("type") in ("broadcast", "usergroup"):
            yield f"{at}: pings everybody"
        for name, item in value.items():
            yield from _pings(item, f"{at}/{name}")
