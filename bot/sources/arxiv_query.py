"""Our queries in the words of arXiv's search: as much as it can say, never less than what is meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.query.nodes import And, Field, HasId, InCategory, Node, Not, Or, Prefix, Words
from bot.sources.arxiv import is_category

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS = {Field.TITLE: ("ti",), Field.ABSTRACT: ("abs",), Field.AUTHOR: ("au",), Field.ORG: (), None: ("ti", "abs")}
_WORD = re.compile(r"[^\W_]+")


def search_query(node: Node) -> str:
    """The `search_query` for a query; "" if arXiv can say nothing of it.

    What arXiv cannot say (votes, code, sources, organisations) is left out, so that it finds more than is meant and the caller can
    choose; an `OR` with such a part is left out whole for the same reason.
    """
    wanted, unwanted = _parted(node)
    return wanted and " ANDNOT ".join((wanted, *unwanted))


def asked_ids(node: Node) -> tuple[str, ...]:
    """The ids that every paper meant must have; mostly none, and more than one only in a query that nothing meets."""
    children = node.children if isinstance(node, And) else (node,)
    return tuple(child.id for child in children if isinstance(child, HasId))


def _parted(node: Node) -> tuple[str, list[str]]:
    """What is said of it, and what is said of it with ANDNOT, which arXiv takes only behind something."""
    children = node.children if isinstance(node, And) else (node,)
    wanted = [text for child in children if not isinstance(child, Not) and (text := _said(child))]
    unwanted = [text for child in children if isinstance(child, Not) and _sayable(child.child) and (text := _said(child.child))]
    return " AND ".join(wanted), unwanted


def _said(node: Node) -> str:
    """Text that can stand as an operand, in brackets where it must; "" if arXiv cannot say it."""
    match node:
        case And():
            text = search_query(node)
            return f"({text})" if text else ""
        case Or(children):
            texts = [_said(child) for child in children]
            return f"({' OR '.join(texts)})" if all(texts) else ""
        case Words(text=text, field=field):
            return _anywhere(field, list(_spellings(text)))
        case Prefix(stem=stem, field=field):
            return _anywhere(field, [f"{stem}*"] if _WORD.fullmatch(stem) else [])
        case InCategory(name=name, whole=whole):
            archive = name.removesuffix(".*").removesuffix(".")
            return f"cat:{archive}{'' if whole else '.*'}" if is_category(archive) else ""
        case _:
            return ""


def _sayable(node: Node) -> bool:
    """Whether all of it can be said: only then may it be excluded, or too much would be."""
    match node:
        case And(children) | Or(children):
            return all(_sayable(child) for child in children)
        case Not():
            return False
        case _:
            return bool(_said(node))


def _anywhere(field: Field | None, texts: list[str]) -> str:
    told = [f"{name}:{text}" for name in _FIELDS[field] for text in texts]
    return told[0] if len(told) == 1 else f"({' OR '.join(told)})" if told else ""


def _spellings(text: str) -> Iterator[str]:
    """`fine-tuning` is written "fine tuning" and finetuning. Only letters and digits: brackets and quotes would be syntax there."""
    compounds = [_WORD.findall(compound) for compound in text.split()]
    apart = tuple(word for words in compounds for word in words)
    joined = tuple("".join(words) for words in compounds if words)
    for spelling in dict.fromkeys((apart, joined)):
        if spelling:
            yield spelling[0] if len(spelling) == 1 else f'"{" ".join(spelling)}"'
