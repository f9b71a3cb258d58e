"""What the renderer's tests ask of a message: no problem, no markup of a stranger's, and what a person reads."""

from __future__ import annotations

import json
import os
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from adapters.discord.escape import size
from tests.discord.fake.component_limits import modal_problems
from tests.discord.fake.message_limits import refusals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.discord.render import Rendered

GOLDEN = Path(__file__).parent / "golden"

ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
"""As Discord's own grammar has it: any sign that is no letter, digit or blank."""
_CODE = re.compile(r"```\n(?!\n)((?:(?!```)[\s\S])+)\n```")
_OURS = (
    (re.compile(r"\[([^\[\]]+)\]\(https?://[^\s()<>\[\]\\]+\)"), r"\1"),
    (re.compile(r"^(?:### |-# )", re.MULTILINE), ""),
    (re.compile(r"^\*\*(\d+)\.\*\*", re.MULTILINE), "\\1\U000f002e"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"\1"),
)
"""The markup that the renderer itself writes: links, headings, small print, numbers, bold. Each is read as what is in it."""
MARKUP = re.compile(
    r"[\\*_~`|<>\[\]]"
    r"|^\s*(?:[#+-]|\d+[.)])"
    r"|:(?=//|[^\s:]*:)"
    r"|@(?=[^\s\u2060])"
    r"|\w\.[^\W\d_]{2}",
    re.MULTILINE,
)
"""What Discord, its servers or its apps might make something of where it stands unescaped."""


def acting(markdown: str) -> list[str]:
    """What in the text would be markup, a mention, a link or an emoji of a stranger's making."""
    return [found[0] for found in MARKUP.finditer(_without_ours(markdown))]


def read_markdown(markdown: str) -> str:
    """What a person sees of it."""
    return "".join(chr(ord(one) - SHIFT) if SHIFT < ord(one) < SHIFT + 128 else one for one in _without_ours(markdown))


SHIFT = 0xF0000
"""Where escaped signs are put aside: the private use area."""


def _without_ours(markdown: str) -> str:
    # What is code is no markup, whatever stands in it.
    markdown = _CODE.sub(lambda found: re.sub("[!-~]", lambda sign: chr(SHIFT + ord(sign[0])), found[1]), markdown)
    markdown = ESCAPED.sub(lambda found: chr(SHIFT + ord(found[1])), markdown)
    for pattern, inside in _OURS:
        markdown = pattern.sub(inside, markdown)
    return markdown


def checked(name: str, rendered: Any) -> None:
    """Compare with the saved file; `UPDATE_GOLDEN=1 pytest tests/discord` writes it anew, for reading over."""
    file = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(json.dumps(rendered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    assert rendered == json.loads(file.read_text(encoding="utf-8"))


def body(rendered: Rendered) -> dict[str, Any]:
    """As it is posted, but for its files."""
    return {"content": rendered.content, "embeds": rendered.embeds, "components": rendered.components}


def sound(rendered: Rendered) -> None:
    """One message that Discord would take, counted as strictly as it might count, and in which nothing of a stranger's is parsed."""
    assert not rendered.empty
    assert refusals(body(rendered)) == []
    assert schema_problems("MessageCreateRequest", body(rendered)) == []
    assert size(rendered.content) <= 2000
    assert sum(size(text) for embed in rendered.embeds for text in _counted(embed)) <= 6000
    assert len(rendered.files) <= 10
    assert all(embed.get("title") or embed.get("description") or embed.get("footer") or embed.get("thumbnail") for embed in rendered.embeds)
    for text in parsed(rendered):
        assert acting(text) == []
        assert text == text.strip()
    json.dumps(body(rendered), ensure_ascii=False).encode()


def sound_modal(modal: dict[str, Any]) -> None:
    """One modal that Discord would take."""
    assert list(modal_problems(modal)) == []
    assert schema_problems("ModalInteractionCallbackRequestData", modal) == []
    assert all(acting(part["content"]) == [] for part in modal["components"] if part["type"] == 10)
    json.dumps(modal, ensure_ascii=False).encode()


def parsed(rendered: Rendered) -> list[str]:
    """Every text in which Discord looks for markup."""
    # In a title it looks for none that begins a line: the number of a paper makes no list.
    titles = [re.sub(r"^(\d+)\.", r"\1\.", embed.get("title", "")) for embed in rendered.embeds]
    return [text for text in (rendered.content, *titles, *(embed.get("description", "") for embed in rendered.embeds)) if text]


def read(rendered: Rendered) -> str:
    """What a person reads, in order, a line for each text; without what can be pressed."""
    lines = [read_markdown(rendered.content)]
    for embed in rendered.embeds:
        lines += [
            read_markdown(embed.get("title", "")),
            read_markdown(embed.get("description", "")),
            embed.get("footer", {}).get("text", ""),
        ]
    return "\n".join(line for line in lines if line)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, outer ones first."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(one)


def _counted(embed: dict[str, Any]) -> tuple[str, ...]:
    return embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")


# ---------------------------------------------------------------- Discord's own description


def schema_problems(name: str, value: Any) -> list[str]:
    """What the named schema of Discord's own description finds wrong; [] where PAPERBOY_SHARED does not name its folder."""
    return list(_problems(name, json.dumps(value))) if os.environ.get("PAPERBOY_SHARED") else []


@cache
def _validator(name: str) -> Draft202012Validator:
    file = Path(os.environ["PAPERBOY_SHARED"]) / "specs" / "discord" / "openapi.json"
    components = json.loads(file.read_text(encoding="utf-8"))["components"]
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})


@lru_cache(maxsize=1000)
def _problems(name: str, written: str) -> tuple[str, ...]:
    errors = _validator(name).iter_errors(json.loads(written))
    return tuple(f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}" for error in errors)
