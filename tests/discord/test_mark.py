"""Posts are known again by a nonce, and by a mark that is small to look at and always there where it has room."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.mark import bears, mark, marked, nonce
from adapters.discord.render import Rendered

TEXT = st.text(st.characters(codec="utf-8"), max_size=300)
EMBEDS = st.lists(
    st.fixed_dictionaries(
        {"description": TEXT},
        optional={"url": st.just("https://arxiv.org/abs/2511.00001"), "footer": st.fixed_dictionaries({"text": TEXT.filter(bool)})},
    ),
    max_size=3,
)


@given(key=st.text(), other=st.text())
def test_a_nonce_fits_is_always_the_same_and_another_for_another_key(key: str, other: str) -> None:
    assert len(nonce(key)) <= 25
    assert nonce(key).isascii()
    assert (nonce(key) == nonce(other)) == (key == other) == (mark(key) == mark(other))


@given(content=TEXT, embeds=EMBEDS, key=st.text(min_size=1), other=st.text(min_size=1))
def test_a_message_bears_the_mark_of_its_key_and_no_other(content: str, embeds: list[dict[str, Any]], key: str, other: str) -> None:
    shown = marked(Rendered(content=content, embeds=embeds), key)

    said = {"content": shown.content.strip(), "embeds": shown.embeds}
    assert bears(said, key)
    assert bears(said, other) == (key == other)
    assert bears({"nonce": nonce(key)}, key)


def test_the_end_of_a_papers_link_is_where_nobody_sees_it() -> None:
    paper = {"title": "A paper", "url": "https://arxiv.org/abs/1", "footer": {"text": "cs.CL"}}
    listed = {"description": "more"}

    shown = marked(Rendered(content="Two papers", embeds=[paper, listed]), "key")

    assert shown == Rendered(content="Two papers", embeds=[{**paper, "url": f"https://arxiv.org/abs/1#{mark('key')}"}, listed])


def test_without_links_it_is_small_print() -> None:
    assert marked(Rendered(content="Hello"), "key").content == f"Hello\n-# {mark('key')}"
    assert marked(Rendered(embeds=[{"description": "Hello"}]), "key").embeds == [{"description": "Hello", "footer": {"text": mark("key")}}]


def test_a_link_with_an_end_of_its_own_keeps_it() -> None:
    [embed] = marked(Rendered(embeds=[{"title": "A paper", "url": "https://example.org/#2", "footer": {"text": "cs.CL"}}]), "key").embeds

    assert embed == {"title": "A paper", "url": "https://example.org/#2", "footer": {"text": f"cs.CL · {mark('key')}"}}


def test_where_there_is_no_room_the_message_goes_without() -> None:
    full = Rendered(content="x" * 1995)
    fuller = Rendered(embeds=[{"description": "x" * 4000}, {"description": "x" * 1995}])

    assert marked(full, "key") == full
    assert marked(fuller, "key") == fuller
