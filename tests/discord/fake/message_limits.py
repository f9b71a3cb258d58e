"""What Discord refuses in a message, whoever sends it: the documented lengths, counts and totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord.fake.component_limits import component_problems
from tests.discord.fake.record import COMPONENTS_V2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.discord.fake.record import Json

CONTENT, EMBEDS, TOTAL = 2_000, 10, 6_000
LENGTHS = {"title": 256, "description": 4_096}
INNER = {("author", "name"): 256, ("footer", "text"): 2_048}
FIELDS, FIELD = 25, {"name": 256, "value": 1_024}
NONCE = 25


def length(text: Any) -> int:
    """As Discord counts: without the blanks around. Code points; Discord may count UTF-16, so stay well below."""
    return len(str(text or "").strip())


def refusals(body: Json) -> list[str]:
    """What is wrong with a message, as "/pointer: reason"; [] for nothing."""
    return list(_refusals(body))


def _refusals(body: Json) -> Iterator[str]:
    v2 = int(body.get("flags") or 0) & COMPONENTS_V2
    if length(body.get("content")) > CONTENT:
        yield f"/content: Must be {CONTENT} or fewer in length."
    nonce = body.get("nonce")
    if isinstance(nonce, str) and len(nonce) > NONCE:
        yield f"/nonce: Must be {NONCE} or fewer in length."
    embeds = body.get("embeds") or []
    if v2 and (body.get("content") or embeds):
        yield "/content: The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2"
    if len(embeds) > EMBEDS:
        yield f"/embeds: Must be {EMBEDS} or fewer in length."
    for index, embed in enumerate(embeds):
        yield from _embed(embed, f"/embeds/{index}")
    if (total := sum(embed_length(embed) for embed in embeds)) > TOTAL:
        yield f"/embeds: {total} characters, embed size exceeds maximum size of {TOTAL}"
    yield from component_problems(body.get("components") or [], v2=bool(v2))


def embed_length(embed: Json) -> int:
    """What counts towards the 6,000: title, description, fields, footer and author."""
    plain = sum(length(embed.get(name)) for name in LENGTHS)
    inner = sum(length((embed.get(outer) or {}).get(name)) for outer, name in INNER)
    return plain + inner + sum(length(field.get(name)) for field in embed.get("fields") or [] for name in FIELD)


def _embed(embed: Json, at: str) -> Iterator[str]:
    for name, most in LENGTHS.items():
        if length(embed.get(name)) > most:
            yield f"{at}/{name}: Must be {most} or fewer in length."
    for (outer, name), most in INNER.items():
        inner = embed.get(outer)
        if inner is not None and not 1 <= length(inner.get(name)) <= most:
            yield f"{at}/{outer}/{name}: Must be between 1 and {most} in length."
    yield from _fields(embed.get("fields") or [], at)
    for where, url in _urls(embed):
        if not url.startswith(("http://", "https://", "attachment://")):
            yield f"{at}/{where}: Scheme must be one of ('http', 'https')."


def _fields(fields: list[Json], at: str) -> Iterator[str]:
    if len(fields) > FIELDS:
        yield f"{at}/fields: Must be {FIELDS} or fewer in length."
    for index, field in enumerate(fields):
        for name, most in FIELD.items():
            if not 1 <= length(field.get(name)) <= most:
                yield f"{at}/fields/{index}/{name}: Must be between 1 and {most} in length."


def _urls(embed: Json) -> Iterator[tuple[str, str]]:
    if embed.get("url"):
        yield "url", str(embed["url"])
    for outer in ("author", "footer", "image", "thumbnail"):
        for name in ("url", "icon_url"):
            if (embed.get(outer) or {}).get(name):
                yield f"{outer}/{name}", str(embed[outer][name])


def is_empty(body: Json, files: Mapping[str, bytes]) -> bool:
    """Whether there is nothing in it to be seen."""
    shown = [embed for embed in body.get("embeds") or [] if embed_length(embed) or embed.get("image") or embed.get("thumbnail")]
    return not (length(body.get("content")) or shown or body.get("components") or files or body.get("poll") or body.get("sticker_ids"))
