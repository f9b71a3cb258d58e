"""Modals and App Home: forms as dialogs, answers as a window, and everything a person looks after on one page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.slack.actions import home_block_id
from adapters.slack.elements import Json, context, label, plain_text, rich_text, text
from adapters.slack.fields import block_id, field_block, filled_in, name_of, options
from adapters.slack.render import drawn, pressable
from bot.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.commands import Section
    from bot.form import Form, Mistake

__all__ = ["FORM", "SHOWN", "Submission", "errors", "home", "modal", "options", "shown", "values"]

FORM = "form"
"""The callback id of a form's modal, for `AsyncApp.view`."""
SHOWN = "shown"
"""The callback id of a modal that only shows something; Slack sends no submission of it."""
MOST_BLOCKS = 100
MOST_BYTES = 240_000
"""Of a view's JSON; Slack refuses 250 kB as `view_too_large`."""

_TITLE = 24


@dataclass(frozen=True, slots=True)
class Submission:
    """A form as it was submitted."""

    channel: str
    """Where it was opened from, as given to `modal`."""
    command: str
    """`Form.command`, for `bot.commands.filled`."""
    values: Mapping[str, Sequence[str]]
    """By field name, for every field that was shown; () for what was left empty."""
    thread: str = ""


def modal(form: Form, *, channel: str, thread: str = "") -> Json:
    """The view for `views.open` or `views.push`. Submitting it types a command in `channel`, under `thread` if there is one."""
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": label(form.title, _TITLE),
        "submit": label(form.submit, _TITLE),
        "close": label("Cancel"),
        "private_metadata": _kept(channel=channel, command=form.command, thread=thread),
        "blocks": [*rich_text(*text(form.explanation.strip())), *map(field_block, form.fields)][:MOST_BLOCKS],
    }


def values(view: Mapping[str, Any]) -> Submission:
    """What stands in the view of a `view_submission`.

    Raises:
        ValueError: It is no form of ours.
    """
    kept = json.loads(view.get("private_metadata") or "null")
    if view.get("callback_id") != FORM or not isinstance(kept, dict):
        raise ValueError(f"no form of ours: {view.get('callback_id')!r}")
    inputs = view.get("state", {}).get("values", {})
    return Submission(
        channel=str(kept.get("channel", "")),
        command=str(kept.get("command", "")),
        values={name: filled_in(state) for place, states in inputs.items() if (name := name_of(place)) for state in states.values()},
        thread=str(kept.get("thread", "")),
    )


def errors(mistakes: Iterable[Mistake], view: Mapping[str, Any]) -> dict[str, str]:
    """For `response_action: errors`: block id to reason; what belongs to no field of the view is said at its first input.

    Several mistakes of one field are said one after the other; {} only without mistakes.
    """
    inputs = [str(block["block_id"]) for block in view.get("blocks", ()) if block.get("type") == "input"]
    inputs = inputs or list(view.get("state", {}).get("values", {}))
    reasons: dict[str, list[str]] = {}
    for mistake in mistakes:
        place = block_id(mistake.field)
        reasons.setdefault(place if place in inputs or not inputs else inputs[0], []).append(str(plain_text(mistake.reason)["text"]))
    return {place: " ".join(said) for place, said in reasons.items()}


def home(sections: Sequence[Section]) -> Json:
    """The view for `views.publish`, sections in their order, a line between two; buttons carry their section's channel.

    Where Slack cannot hold them all, whole channels are left out, the last first, and a hint says how many.
    """
    parts = [_section(section) for section in sections]
    channels = [place for place, section in enumerate(sections) if section.address is not None]
    left_out: list[int] = []
    while not _fits(blocks := _joined(parts, left_out)) and channels:
        left_out.append(channels.pop())
    return {"type": "home", "blocks": _cut(blocks)}


def shown(message: Message, title: str, *, channel: str | None = None) -> Json:
    """An answer as a modal with nothing but Close; cut with a hint where Slack cannot hold it.

    Args:
        channel: Where its buttons type: a modal stands in no channel that a press would name.
    """
    blocks = drawn(message, pictures=False) or [*context("Nothing to show.")]
    return {
        "type": "modal",
        "callback_id": SHOWN,
        "title": label(title, _TITLE),
        "close": label("Close"),
        "blocks": _cut(_placed(blocks, channel) if channel is not None else blocks),
    }


def _section(section: Section) -> list[Json]:
    # Without pictures: one that Slack cannot load would cost the whole page.
    return _placed(drawn(Message(section.blocks), pictures=False), section.address.channel if section.address else "")


def _placed(blocks: Iterable[Json], channel: str) -> list[Json]:
    return [{**block, "block_id": home_block_id(channel, place)} if pressable(block) else block for place, block in enumerate(blocks)]


def _joined(parts: Sequence[list[Json]], left_out: Sequence[int]) -> list[Json]:
    blocks: list[Json] = []
    for place, part in enumerate(parts):
        if place not in left_out and part:
            blocks += [{"type": "divider"}, *part] if blocks else part
    if left_out:
        more = "1 more channel does" if len(left_out) == 1 else f"{len(left_out)} more channels do"
        blocks += context(f"{more} not fit on this page; type /papers list there.")
    return _numbered(blocks)


def _numbered(blocks: Iterable[Json]) -> list[Json]:
    """Each block id with the block's place in the view: unique even where two sections are of one channel."""
    return [
        {**block, "block_id": f"{block['block_id'].rpartition(':')[0]}:{place}"} if "block_id" in block else block
        for place, block in enumerate(blocks)
    ]


def _cut(blocks: list[Json]) -> list[Json]:
    """The first of the blocks with a hint, if they are too many."""
    if _fits(blocks):
        return blocks
    kept = blocks[: MOST_BLOCKS - 1]
    while not _fits(kept):
        kept = kept[:-1]
    return [*kept, *context("There is more than fits here.")]


def _fits(blocks: Sequence[Json]) -> bool:
    return len(blocks) <= MOST_BLOCKS and len(json.dumps(blocks)) <= MOST_BYTES


def _kept(**facts: str) -> str:
    """JSON for `private_metadata`, without signs that Slack may give back as entities."""
    text = json.dumps({name: fact for name, fact in facts.items() if fact}, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
