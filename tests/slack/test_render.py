"""Renderings are compared with `golden/`; `UPDATE_GOLDEN=1 pytest tests/slack` writes them anew, for reading over."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.slack.actions import pressed
from adapters.slack.escape import literal
from adapters.slack.render import FILE, LIMITS, measure, render, unfurled
from bot.cards import card, paper_buttons
from bot.channel import Address, Channel, Format, Settings
from bot.commands import Asker, Call, answer
from bot.desk import Desk
from bot.digest import compose
from bot.document import document
from bot.jobs import take_in
from bot.memory import Memory
from bot.message import Block, Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.paging import split
from bot.ports import Harvest
from bot.query import hits, parse
from bot.ranking import Matched
from tests.library import NOW, ROBOT
from tests.slack.blocks import checked, objects, read, sound
from tests.slack.fake.checks import request_problems
from tests.slack.test_escape import NASTY, PAIRS
from tests.slack.ugly import LONG_QUERY, PAPERS, SIGNS, UGLY

if TYPE_CHECKING:
    from bot.store.store import RedisStore

HERE = Address("slack", "T1", "C1")


def parts(message: Message) -> list[dict[str, object]]:
    """All that is posted of a message, each part checked."""
    rendered = [render(part) for part in split(message, LIMITS, measure=measure)]
    for one in rendered:
        sound(one)
    return [asdict(one) for one in rendered]


# ---------------------------------------------------------------- digests


def digest(settings: Settings) -> list[Message]:
    query = parse("curriculum OR diffusion")
    matched = [Matched(paper, (query,), hits(query, document(paper))) for paper in PAPERS]
    channel = Channel(address=HERE, name="#ml-reading", settings=settings)
    composed = compose(channel, matched, rarity=lambda _: 1.0, now=NOW, delivery_id="slack:T1:C1/2026-11-18", threads=True)
    assert composed is not None
    return [composed.message, *composed.replies]


@pytest.mark.parametrize("format", Format)
def test_a_digest_looks_as_it_should(format: Format) -> None:
    (message,) = digest(Settings(format=format, limit=8))
    checked(f"digest-{format}", parts(message))


def test_a_threaded_digest_is_a_list_of_titles_with_a_reply_for_each_paper() -> None:
    checked("digest-thread", [parts(message) for message in digest(Settings(thread=True, limit=8))])


def test_five_ordinary_papers_are_one_message_with_one_menu_each() -> None:
    (message,) = digest(Settings(limit=5))
    (part,) = split(message, LIMITS, measure=measure)
    blocks = render(part).blocks
    menus = [one for one in objects(blocks) if one.get("type") == "overflow"]
    assert len(menus) == 5
    assert [option["text"]["text"] for option in menus[0]["options"]] == [button.label for button in paper_buttons(ROBOT)]
    assert [block["type"] for block in blocks[:4]] == ["header", "rich_text", "section", "context"]


# ---------------------------------------------------------------- answers


@pytest.fixture
async def desk(store: RedisStore) -> Desk:
    """A desk with all papers, ugly ones among them, taken in."""
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={})
    await take_in(desk, "library", Harvest(papers=PAPERS), await store.now())
    return desk


async def said(desk: Desk, *texts: str) -> Message:
    """The answer to the last of these."""
    ada = Asker(id="U1", name="Ada <!here> *Lovelace*")
    answers = [(await answer(desk, Call(address=HERE, channel_name="#ml-reading", asker=ada, text=text))).message for text in texts]
    return answers[-1]


async def test_a_search_page_looks_as_it_should(desk: Desk) -> None:
    checked("search", parts(await said(desk, "search curriculum")))


async def test_papers_shown_alone_look_as_they_should(desk: Desk) -> None:
    checked("show", [parts(await said(desk, f"show {paper.id}")) for paper in (ROBOT, *UGLY) if not paper.id.startswith("title-")])


async def test_a_list_looks_as_it_should(desk: Desk) -> None:
    rules = ("curriculum", "diffusion -robot upvotes>=10", " OR ".join(f'"phrase number {n}"' for n in range(20)))
    checked("list", parts(await said(desk, *(f"subscribe {rule}" for rule in rules), "list")))


async def test_a_new_rule_looks_as_it_should(desk: Desk) -> None:
    checked("subscribe", parts(await said(desk, "subscribe curriculum")))


async def test_a_query_of_3000_characters_is_answered(desk: Desk) -> None:
    checked("long-query", parts(await said(desk, f"search {LONG_QUERY}")))


# ---------------------------------------------------------------- blocks


def test_the_words_of_a_notification_are_the_gist_or_else_the_message() -> None:
    assert render(Message((Heading("H"), Text("a & b")), gist="Two <papers>")).text == "Two &lt;papers&gt;"
    assert render(Message((Heading("H"), Text("a & b")))).text == "H\n\na &amp; b"
    assert render(Message((Buttons((Button("Go", "go"),)),))).text == "Paperboy"
    assert render(Message((Text("x"),), gist=" \u202e\n")).text == "x"


def test_the_words_of_a_digest_name_every_paper_once_for_those_who_hear_it() -> None:
    papers = tuple(Card(title=f"A Paper on {what}", url="", number=n) for n, what in enumerate(("Robots", "Cups", "Words"), start=1))
    shown = render(Message((Heading("H"), *papers), gist="3 papers for you: A Paper on Robots"))
    assert shown.text == "3 papers for you: A Paper on Robots\n2. A Paper on Cups\n3. A Paper on Words"
    assert render(Message(papers[1:], gist="3 papers for you: A Paper on Robots (2/2)")).text.endswith(
        "(2/2)\n2. A Paper on Cups\n3. A Paper on Words"
    )
    assert render(Message(papers[1:2], gist="2. A Paper on Cups")).text == "2. A Paper on Cups"


@given(st.text(NASTY, max_size=30).map(lambda text: text * 200))
@example("<" * 4000)
def test_a_notification_is_never_too_long(text: str) -> None:
    shown = render(Message((Text("x"),), gist=text)).text
    assert 1 <= len(shown) <= 3000
    assert not re.search("[<>]", shown)
    assert not PAIRS.search(shown)


def test_a_title_without_an_address_is_bold() -> None:
    (block,) = render(Message((Card(title="A *title*", url="javascript:alert(1)"),))).blocks
    (section,) = block["elements"]
    assert section["elements"] == [{"type": "text", "text": "A *title*", "style": {"bold": True}}]


def buttons_of(blocks: list[dict[str, object]]) -> list[tuple[str, str]]:
    """What can be pressed, as (kind of element, command)."""
    found = [one for one in objects(blocks) if "action_id" in one]
    return [(one["type"], pressed({**one, "selected_option": option}).command) for one in found for option in one.get("options", [None])]


TWO = (Button("Abstract", "show 1"), Button("PDF", url="https://arxiv.org/pdf/1"))
OTHER = Card(title="Another", url="")


def test_papers_among_others_have_a_menu_and_a_paper_alone_has_buttons() -> None:
    card = Card(title="T", url="", summary="We do.", buttons=TWO)
    assert buttons_of(render(Message((card, OTHER))).blocks) == [("overflow", "show 1"), ("overflow", "")]
    assert buttons_of(render(Message((card,))).blocks) == [("button", "show 1"), ("button", "")]


@pytest.mark.parametrize(
    "buttons",
    [
        tuple(Button(str(n), f"show {n}") for n in range(6)),
        (Button("Search", "search " + "x" * 70),),
        (Button("Turn", "search page:2 x", turns=True), Button("Show", "show 1")),
    ],
)
def test_what_a_menu_cannot_hold_becomes_buttons(buttons: tuple[Button, ...]) -> None:
    card = Card(title="T", url="", summary="We do.", buttons=buttons)
    assert buttons_of(render(Message((card, OTHER))).blocks) == [("button", button.command) for button in buttons]


@pytest.mark.parametrize(
    ("card", "beside"),
    [
        (Card(title="T", url="", byline="Ada", summary="We do.", facts=("42",), buttons=TWO), "We do."),
        (Card(title="T", url="", byline="Ada", facts=("42",), buttons=TWO), "Ada"),
        (Card(title="T", url="", facts=("42", "cs.CL"), why="x in title", buttons=TWO), "42 · cs.CL\nWhy: x in title"),
    ],
)
def test_a_menu_stands_beside_the_words_there_are(card: Card, beside: str) -> None:
    blocks = render(Message((card, OTHER))).blocks
    (section,) = [block for block in blocks if block["type"] == "section"]
    assert section["text"]["text"] == beside
    assert read(blocks).count(beside) == 1


def test_a_menu_without_any_words_becomes_buttons() -> None:
    blocks = render(Message((Card(title="T", url="", buttons=TWO), OTHER))).blocks
    assert [kind for kind, _ in buttons_of(blocks)] == ["button", "button"]


def test_a_thumbnail_stands_where_no_menu_does_and_only_if_wanted() -> None:
    card = Card(title="T\nT", url="", summary="We do.", thumbnail_url="https://cdn.example.org/1.png", buttons=TWO)

    def pictures(message: Message, *, pictures: bool = True) -> list[object]:
        rendered = render(message, pictures=pictures)
        sound(rendered)
        return [one["alt_text"] for one in objects(rendered.blocks) if one.get("type") == "image"]

    assert pictures(Message((card,))) == ["Picture of T T"]
    assert pictures(Message((replace(card, buttons=()), OTHER))) == ["Picture of T T"]
    assert pictures(Message((card, OTHER))) == []
    assert pictures(Message((card,)), pictures=False) == []
    assert pictures(Message((replace(card, thumbnail_url="ftp://x"),))) == []
    assert pictures(Message((replace(card, summary=""),))) == []


def test_the_button_of_an_item_stands_beside_it_and_tells_a_screen_reader_which() -> None:
    (block,) = render(Message((Item("curriculum", "3 papers", 1, (Button("Remove", "unsubscribe 1"),)),))).blocks
    assert block["text"]["text"] == "1. curriculum\n3 papers"
    assert block["accessory"]["accessibility_label"] == "Remove: curriculum"
    assert pressed(block["accessory"]).command == "unsubscribe 1"


def test_an_item_with_more_than_a_menu_holds_has_rows_and_one_without_has_none() -> None:
    six = tuple(Button(str(n), f"show {n}") for n in range(6))
    assert [len(block["elements"]) for block in render(Message((Item("x", buttons=six),))).blocks[1:]] == [5, 1]
    assert [block["type"] for block in render(Message((Item("x", "note"),))).blocks] == ["rich_text"]


def test_a_row_of_buttons_is_parted_and_useless_ones_are_left_out() -> None:
    many = (Button("No", url="javascript:x"), Button("Much", "x" * 2001), *(Button("\n", f"show {n}") for n in range(12)))
    blocks = render(Message((Text("x"), Buttons(many)))).blocks[1:]
    assert [len(block["elements"]) for block in blocks] == [5, 5, 2]
    assert len({(block["block_id"], element["action_id"]) for block in blocks for element in block["elements"]}) == 12
    assert {element["text"]["text"] for block in blocks for element in block["elements"]} == {"…"}


def test_a_row_of_monstrous_buttons_keeps_its_first() -> None:
    rendered = render(Message((Buttons(tuple(Button(str(n), f"x{n}", "https://example.org/" + "y" * 2000) for n in range(7))),)))
    sound(rendered)
    assert [command for _, command in buttons_of(rendered.blocks)] == ["x0", "x1", "x2"]


def test_buttons_say_what_pressing_does() -> None:
    both = (Button("Next", "search page:2 x", turns=True), Button("Open", url="https://arxiv.org"), Button("Both", "x", "https://a.b"))
    (block,) = render(Message((Buttons(both),))).blocks
    assert [element["action_id"] for element in block["elements"]] == ["turn:0", "open:1", "type:2"]
    assert [element.get("url") for element in block["elements"]] == [None, "https://arxiv.org", "https://a.b"]


def test_a_file_too_long_is_cut_at_a_line_and_says_so() -> None:
    blocks = render(Message((File("rules.txt", "subscribe curriculum\n" * 300),))).blocks
    assert read(blocks[0]) == "rules.txt"
    shown = read(blocks[1])
    assert len(shown) <= FILE
    assert set(shown.split("\n")) == {"subscribe curriculum"}
    assert read(blocks[2]) == f"{300 - shown.count(chr(10)) - 1} more lines do not fit here."
    assert read(render(Message((File("x", "y" * 4000),))).blocks[2]) == "The rest does not fit here."
    assert len(render(Message((File("x", "y\n" * 10),))).blocks) == 2


def test_long_small_print_is_kept_whole() -> None:
    (block,) = render(Message((Hint("word " * 900),))).blocks
    assert len(block["elements"]) == 3
    assert " ".join(element["text"] for element in block["elements"]).split() == ["word"] * 900
    assert len(render(Message((Hint("x" * 4001),))).blocks[0]["elements"]) == 3


def test_what_shows_nothing_is_no_block() -> None:
    nothing = (Heading("\x00"), Text(" \n"), Hint("\u202e"), Excerpt(""), Item(""), Buttons(()), File("", ""), Card(title="", url=""))
    assert render(Message(nothing)).blocks == []


def test_a_paper_without_a_title_is_its_address() -> None:
    assert read(render(Message((Card(title="\x00", url="https://arxiv.org/abs/1"),))).blocks) == ""
    assert read(render(Message((Card(title="", url="https://arxiv.org/abs/1"),))).blocks) == "https://arxiv.org/abs/1"


# ---------------------------------------------------------------- unfurled links


def test_unfurled_links_look_as_they_should() -> None:
    shown = {
        f"https://arxiv.org/abs/{paper.id}": unfurled(card(paper, Format.NORMAL, now=NOW, buttons=paper_buttons(paper))) for paper in UGLY
    }
    assert list(request_problems("chat.unfurl", {"unfurls": shown, "channel": "C1", "ts": "1.2"})) == []
    checked("unfurl", shown)


texts = st.text(NASTY, max_size=80) | st.text(max_size=30) | st.just(SIGNS)


@given(texts, st.just("https://example.org/a?b=1&c=<|>2") | texts)
def test_an_unfurled_title_is_one_link_and_no_markup(title: str, url: str) -> None:
    shown = unfurled(Card(title=title, url=url, byline=title, summary=title))
    assert list(request_problems("chat.unfurl", {"unfurls": {"https://x.y": shown}, "channel": "C1", "ts": "1.2"})) == []
    (parsed,) = [one for one in objects(shown) if one.get("type") == "mrkdwn"]
    assert parsed["verbatim"] is True
    inside = re.fullmatch(r"(?:<https?://[^<>|&]*(?:&amp;[^<>|&]*)*\|)?\*([^*]+)\*>?", parsed["text"])
    assert inside
    assert not PAIRS.search(inside[1])
    assert not re.search("[<>]", inside[1])


# ---------------------------------------------------------------- any message

links = st.just("https://example.org/a") | texts | st.just("https://example.org/" + "x" * 2000)
commands = texts | st.just("search " + "x" * 512)
buttons = st.lists(st.builds(Button, texts, commands, st.just("") | links, st.booleans()), max_size=7).map(tuple)
longer = texts | st.builds(lambda text, times: text * times, texts, st.integers(1, 120))
numbers = st.none() | st.integers(1, 25)
blocks = st.one_of(
    longer.map(Heading), longer.map(Text), longer.map(Hint), longer.map(Excerpt), buttons.map(Buttons), st.builds(File, texts, longer),
    st.builds(Item, longer, texts, numbers, st.lists(buttons.filter(bool).map(lambda row: row[0]), max_size=2).map(tuple)),
    st.builds(
        Card, title=texts, url=links, byline=texts, summary=longer, facts=st.lists(texts, max_size=4).map(tuple), why=texts,
        thumbnail_url=st.just("") | links, number=numbers, buttons=st.lists(st.builds(Button, texts, texts), max_size=6).map(tuple),
    ),
)  # fmt: skip
messages = st.builds(Message, st.lists(blocks, max_size=8).map(tuple), texts)


@given(messages)
def test_every_part_of_any_message_is_one_that_slack_takes(message: Message) -> None:
    for part in split(message, LIMITS, measure=measure):
        rendered = render(part)
        if rendered.blocks:
            sound(rendered)
        assert sum(map(measure, part.blocks)) >= len(json.dumps(rendered.blocks, ensure_ascii=False)) - 2


@given(st.lists(st.just(Card(title="T", url="", buttons=TWO)) | st.just(Hint("x")), min_size=1, max_size=120))
def test_many_small_blocks_never_become_more_than_slack_holds(several: list[Block]) -> None:
    for part in split(Message(tuple(several)), LIMITS, measure=measure):
        assert len(render(part).blocks) <= 50


def letters(text: str) -> str:
    return "".join(one for one in literal(text) if one.isalnum())


@given(st.lists(st.one_of(texts.map(Heading), texts.map(Text), texts.map(Hint), texts.map(Excerpt)), max_size=6), texts, texts)
def test_a_person_reads_every_letter(several: list[Heading | Text | Hint | Excerpt], title: str, words: str) -> None:
    whole = Message((*several, Card(title=title, url="", byline=words, summary=words, why=words), Item(words, words)))
    shown = letters(read(render(whole).blocks))
    for block in several:
        assert letters(block.text) in shown
    for text in (title, words):
        assert letters(text) in shown


def test_measuring_grows_with_the_text_and_counts_blocks() -> None:
    assert measure(Hint("")) == 0
    assert measure(Hint("x")) == LIMITS.characters // 50
    assert measure(Hint("x" * 500)) < measure(Hint("x" * 501))
    assert measure(card(ROBOT, Format.NORMAL, now=NOW, buttons=paper_buttons(ROBOT))) >= 3 * LIMITS.characters // 50


def test_an_abstract_of_arxiv_is_never_cut() -> None:
    paper = replace(ROBOT, abstract=("We propose " + "abstract words " * 140)[:1920])
    whole = card(paper, Format.FULL, now=NOW, number=1, why="words in abstract", buttons=paper_buttons(paper))
    (part,) = split(Message((whole, OTHER)), LIMITS, measure=measure)
    assert whole.summary in read(render(part).blocks)
