"""Block Kit's hard limits, written down once more: what Slack refuses although each library lets it pass."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.slack.fake.elements import element_problems, list_problems, text_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tests.slack.fake.record import Json

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ID_MOST = 255
MARKDOWN_MOST = 12_000


def block_problems(blocks: Any, *, most: int = MESSAGE_BLOCKS, at: str = "/blocks") -> list[str]:
    """What is wrong with these blocks, each as "pointer: reason"; [] for nothing."""
    if not isinstance(blocks, list):
        return [f"{at}: is no list"]
    if not all(isinstance(block, dict) for block in blocks):
        return [f"{at}: a block is no object"]
    found = [f"{at}: {len(blocks)} blocks, at most {most}"] if len(blocks) > most else []
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    found += [f"{at}: block_id {id!r} twice" for id in sorted({id for id in ids if ids.count(id) > 1})]
    if sum(block.get("type") == "table" for block in blocks) > 1:
        found.append(f"{at}: more than one table")
    if sum(len(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown") > MARKDOWN_MOST:
        found.append(f"{at}: markdown is longer than {MARKDOWN_MOST} together")
    for index, block in enumerate(blocks):
        found += [f"{at}/{index}{problem}" for problem in _block(json.dumps(block))]
    return found


def view_problems(view: Any, types: Collection[str]) -> list[str]:
    """What is wrong with a view that has to be of one of these types."""
    if not isinstance(view, dict) or view.get("type") not in types:
        return [f"/view/type: must be {' or '.join(types)}"]
    found = block_problems(view.get("blocks"), most=VIEW_BLOCKS, at="/view/blocks")
    if len(str(view.get("private_metadata", ""))) > 3_000:
        found.append("/view/private_metadata: longer than 3000")
    found += [f"/view/{name}: longer than {ID_MOST}" for name in ("callback_id", "external_id") if len(str(view.get(name, ""))) > ID_MOST]
    if view["type"] == "modal":
        if "title" not in view:
            found.append("/view/title: missing")
        for name in ("title", "submit", "close"):
            if name in view:
                found += text_problems(view[name], f"/view/{name}", 24, plain=True)
        inputs = any(isinstance(block, dict) and block.get("type") == "input" for block in view.get("blocks") or [])
        if inputs and "submit" not in view:
            found.append("/view/submit: missing, and there are inputs")
    return found


@lru_cache(maxsize=10_000)
def _block(written: str) -> tuple[str, ...]:
    block = json.loads(written)
    return (*_own(block), *_sdk(block))


def _sdk(block: Json) -> Iterator[str]:
    try:
        parsed: Block | None = Block.parse(block)
        if parsed is None:
            yield f": slack_sdk knows no block of type {block.get('type')!r}"
        else:
            parsed.validate_json()
            # Only this looks at the objects inside.
            parsed.to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError, ValueError, KeyError) as exc:
        yield f": slack_sdk: {exc}"


def _own(block: Json) -> Iterator[str]:
    if len(str(block.get("block_id", ""))) > ID_MOST:
        yield f"/block_id: longer than {ID_MOST}"
    ids = [
        element["action_id"]
        for element in (*(block.get("elements") or ()), block.get("accessory"), block.get("element"))
        if isinstance(element, dict) and "action_id" in element
    ]
    if len(ids) != len(set(ids)):
        yield ": an action_id twice"
    own = _OWN.get(str(block.get("type")))
    if own is not None:
        yield from own(block)


def _header(block: Json) -> Iterator[str]:
    yield from text_problems(block.get("text"), "/text", 150, plain=True)


def _section(block: Json) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "/text: missing, and no fields"
    if "text" in block:
        yield from text_problems(block["text"], "/text", 3_000)
    if "fields" in block:
        yield from list_problems(block["fields"], "/fields", 10)
        for index, field in enumerate(block["fields"]):
            yield from text_problems(field, f"/fields/{index}", 2_000)
    if "accessory" in block:
        yield from element_problems(block["accessory"], "/accessory")


def _elements(block: Json, most: int) -> Iterator[str]:
    elements = block.get("elements")
    yield from list_problems(elements, "/elements", most)
    for index, element in enumerate(elements or []):
        yield from element_problems(element, f"/elements/{index}")


def _input(block: Json) -> Iterator[str]:
    yield from text_problems(block.get("label"), "/label", 2_000, plain=True)
    if "hint" in block:
        yield from text_problems(block["hint"], "/hint", 2_000, plain=True)
    yield from element_problems(block.get("element"), "/element")


def _table(block: Json) -> Iterator[str]:
    rows = block.get("rows", [])
    yield from list_problems(rows, "/rows", 100)
    yield from (f"/rows/{index}: {len(row)} cells, at most 20" for index, row in enumerate(rows) if len(row) > 20)


_OWN: dict[str, Callable[[Json], Iterator[str]]] = {
    "actions": lambda block: _elements(block, 25),
    "context": lambda block: _elements(block, 10),
    "header": _header,
    "image": lambda block: element_problems(block, ""),
    "input": _input,
    "section": _section,
    "table": _table,
}
