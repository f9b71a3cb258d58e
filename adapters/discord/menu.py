"""The command in the menu of a message: papers like the one it links to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.commands import Answer
from bot.identity import mentioned
from bot.message import Button, Hint, Item, Message, Text
from bot.summary import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.desk import Desk
    from bot.paper import PaperId

_MOST = 10
"""Papers to choose from."""
_LONGEST_TITLE = 150
_READ = ("content", "url", "title", "description")
"""The fields of messages and embeds that are looked into."""

_NONE = Message(
    (
        Text("I find no paper in that message. I look for arXiv, Hugging Face and DOI links and for arXiv ids."),
        Hint("With an id at hand: /papers similar"),
    )
)


def papers_in(data: Mapping[str, Any]) -> Sequence[PaperId]:
    """The papers that the message names which the command was used on, each once, in their order: in its text and in its embeds."""
    resolved = data.get("resolved")
    messages = resolved.get("messages") if isinstance(resolved, dict) else None
    message = messages.get(data.get("target_id")) if isinstance(messages, dict) else None
    return tuple(dict.fromkeys(mentioned("\n".join(_texts(message)))))


async def choice(desk: Desk, papers: Sequence[PaperId]) -> Answer:
    """What is said to a message that names no paper, or several: which of them is meant?"""
    if not papers:
        return Answer(_NONE)
    known = await desk.store.papers.get(papers)
    titles = [(id, shorten(known[id].title, _LONGEST_TITLE) if id in known else str(id)) for id in papers[:_MOST]]
    rows = [Item(title, number=number, buttons=(Button("Similar", f"similar {id}"),)) for number, (id, title) in enumerate(titles, start=1)]
    return Answer(Message((Text("That message names several papers. Like which of them?"), *rows)))


def _texts(message: object) -> Sequence[str]:
    """What people read in a message, and where its links lead."""
    match message:
        case dict():
            embeds = message.get("embeds")
            parts = [message, *(embeds if isinstance(embeds, list) else [])]
            return [str(one[name]) for one in parts if isinstance(one, dict) for name in _READ if one.get(name)]
        case _:
            return []
