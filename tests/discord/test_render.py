"""Renderings are compared with `golden/`; `UPDATE_GOLDEN=1 pytest tests/discord` writes them anew, for reading over."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord.actions import long_commands, pressed
from adapters.discord.escape import literal, size
from adapters.discord.render import LIMITS, Rendered, bare, measure, render, rendered
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
from tests.discord.looks import checked, objects, read, sound
from tests.discord.test_escape import NASTY
from tests.discord.ugly import LONG_QUERY, PAPERS, SIGNS, UGLY
from tests.library import NOW, ROBOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.store import RedisStore

GUILD, CHANNEL = "1284913347002101760", "1284913348503662592"
HERE = Address("discord", GUILD, CHANNEL)


def drawn(message: Message) -> list[Rendered]:
    """All that is posted of a message, each part checked, every long command with a token."""
    shown = [render(part, dict.fromkeys(long_commands(part), "a" * 24)) for part in split(message, LIMITS, measure=measure)]
    for one in shown:
        sound(one)
    return shown


def parts(message: Message) -> list[dict[str, object]]:
    return [asdict(one) for one in drawn(message)]


# ---------------------------------------------------------------- digests


def digest(settings: Settings) -> list[Message]:
    query = parse("curriculum OR diffusion")
    matched = [Matched(paper, (query,), hits(query, document(paper))) for paper in PAPERS]
    channel = Channel(address=HERE, name="#ml-reading", settings=settings)
    composed = compose(channel, matched, rarity=lambda _: 1.0, now=NOW, delivery_id=f"{HERE}/2026-11-18T09:00", threads=True)
    assert composed is not None
    return [composed.message, *composed.replies]


@pytest.mark.parametrize("format", Format)
def test_a_digest_looks_as_it_should(format: Format) -> None:
    (message,) = digest(Settings(format=format, limit=8))
    checked(f"digest-{format}", parts(message))


def test_a_threaded_digest_is_a_list_of_titles_with_a_reply_for_each_paper() -> None:
    checked("digest-thread", [parts(message) for message in digest(Settings(thread=True, limit=8))])


def test_eight_ordinary_papers_and_the_rest_are_one_message() -> None:
    (message,) = digest(Settings(limit=8))
    (shown,) = drawn(message)
    assert shown.content == "### 10 papers for #ml-reading · Wed 18 Nov"
    assert len(shown.embeds) == 8
    assert [[one["type"] for one in row["components"]] for row in shown.components] == [[3], [3], [2]]
    assert shown.components[-1]["components"][0]["label"] == "2 more"


# ---------------------------------------------------------------- answers


@pytest.fixture
async def desk(store: RedisStore) -> Desk:
    """A desk with all papers, ugly ones among them, taken in."""
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={})
    await take_in(desk, "library", Harvest(papers=PAPERS), await store.now())
    return desk


async def said(desk: Desk, *texts: str) -> Message:
    """The answer to the last of these."""
    ada = Asker(id="@7", name="Ada @everyone *Lovelace*")
    answers = [(await answer(desk, Call(address=HERE, channel_name="#ml-reading", asker=ada, text=text))).message for text in texts]
    return answers[-1]


async def test_a_search_page_looks_as_it_should(desk: Desk) -> None:
    checked("search", parts(await said(desk, "search curriculum")))


async def test_papers_shown_alone_look_as_they_should(desk: Desk) -> None:
    checked("show", [parts(await said(desk, f"show {paper.id}")) for paper in (ROBOT, *UGLY) if not paper.id.startswith("title-")])


async def test_a_list_looks_as_it_should(desk: Desk) -> None:
    rules = ("curriculum", "diffusion -robot upvotes>=10", " OR ".join(f'"phrase number {n}"' for n in range(20)), "robot OR @everyone")
    checked("list", parts(await said(desk, *(f"subscribe {rule}" for rule in rules), "list")))


async def test_a_new_rule_looks_as_it_should(desk: Desk) -> None:
    checked("subscribe", parts(await said(desk, "subscribe curriculum")))


async def test_a_query_of_3000_characters_is_answered(desk: Desk) -> None:
    checked("long-query", parts(await said(desk, f"search {LONG_QUERY}")))


async def test_help_is_few_messages(desk: Desk) -> None:
    assert len(drawn(await said(desk, "help"))) <= 2


async def test_an_export_is_a_file(desk: Desk) -> None:
    (shown,) = drawn(await said(desk, "subscribe curriculum", "export"))
    (file,) = shown.files
    assert "subscribe curriculum" in file.content


# ---------------------------------------------------------------- words


def test_the_words_before_the_first_paper_are_the_content() -> None:
    shown = render(Message((Heading("H"), Text("a"), Text("b"), Hint("c\nd"), Card(title="T", url="", byline="e"), Text("f"), Hint("g"))))
    sound(shown)
    assert shown.content == "### H\na\n\nb\n-# c\n-# d"
    assert [embed["description"] for embed in shown.embeds] == ["e", "f\n-# g"]


def test_the_gist_is_the_content_where_nothing_else_can_be_read() -> None:
    more = Buttons((Button("2 more", "more x"),))
    assert render(Message((more,), gist="2 *more*")).content == r"2 \*more\*"
    assert render(Message((Text("x"), more), gist="gist")).content == "x"
    assert render(Message((Card(title="T", url=""),), gist="gist")).content == ""


def test_words_too_long_for_the_content_stand_in_an_embed_below_the_heading() -> None:
    (shown,) = drawn(Message((Heading("H"), *(Text("word " * 200) for _ in range(5)))))
    assert shown.content == "### H"
    assert [len(embed["description"]) for embed in shown.embeds] == [4002, 999]
    (shown,) = drawn(Message(tuple(Text("word " * 200) for _ in range(5))))
    assert (shown.content, len(shown.embeds)) == ("", 2)


@pytest.mark.parametrize("text", ["word " * 500, "*" * 1990, "👩" * 1500])
def test_bare_words_are_nothing_but_content_however_much_is_escaped(text: str) -> None:
    shown = bare(Message((Heading("H"), Text(text), Buttons((Button("Go", "go"),)), File("a", "b"))))
    sound(shown)
    assert (shown.embeds, shown.components, shown.files) == ([], [], [])
    assert size(shown.content) > 1900
    assert bare(Message(())).content == "Paperboy"
    assert "Curriculum Learning for Robot Arms" in bare(digest(Settings(limit=8))[0]).content


def test_a_paper_of_which_only_the_title_is_shown_is_a_line() -> None:
    papers = [Card(title=f"Title [{n}]", url=f"https://a.example/{n}", number=n, facts=("▲ 4",)) for n in range(1, 26)]
    (shown,) = drawn(Message((Heading("H"), *papers)))
    (embed,) = shown.embeds
    assert (
        embed["description"].split("\n")[0]
        == "**1.** [**Title \N{FULLWIDTH LEFT SQUARE BRACKET}1\N{FULLWIDTH RIGHT SQUARE BRACKET}**](https://a.example/1) · ▲ 4"
    )
    assert len(embed["description"].split("\n")) == 25


def test_a_title_without_an_address_is_no_link() -> None:
    shown = render(Message((Card(title="A *title*", url="javascript:alert(1)", byline="x"), Card(title="B", url="https://x"))))
    assert shown.embeds[0]["title"] == r"A \*title\*"
    assert "url" not in shown.embeds[0]
    assert shown.embeds[1]["description"] == "**B**"


def test_facts_and_the_reason_are_the_footer_where_nothing_is_parsed() -> None:
    (embed,) = render(Message((Card(title="T", url="", facts=("▲ 4", "\n", "cs.*"), why="a* in title"),))).embeds
    assert embed["footer"]["text"] == "▲ 4 · cs.*\nWhy: a* in title"


def test_a_paper_without_a_title_is_its_address() -> None:
    (embed,) = render(Message((Card(title="\x00", url="https://arxiv.org/abs/1", byline="x"),))).embeds
    assert embed["title"] == r"https\://arxiv\.org/abs/1"


def test_a_title_of_signs_is_cut_between_them() -> None:
    (embed,) = render(Message((Card(title="*" * 300, url="", byline="x", number=12),))).embeds
    assert embed["title"] == "12. " + r"\*" * 125 + "…"


def test_a_thumbnail_is_shown_if_wanted_and_sound() -> None:
    def pictures(card: Card, *, pictures: bool = True) -> list[Any]:
        return [embed.get("thumbnail") for embed in render(Message((card,)), pictures=pictures).embeds]

    card = Card(title="T", url="", thumbnail_url="https://cdn.example.org/1.png")
    assert pictures(card) == [{"url": "https://cdn.example.org/1.png"}]
    assert pictures(card, pictures=False) == [None]
    assert pictures(replace(card, thumbnail_url="ftp://x")) == [None]


def test_columns_are_kept_in_a_block_of_code_that_nothing_ends() -> None:
    shown = render(Message((Text("No such field:"), Excerpt("titel:x ```@everyone```\n^^^^^\n"), Hint("Try title:x"))))
    sound(shown)
    query = "titel:x `\u2060`\u2060`@\u2060everyone`\u2060`\u2060`"
    assert shown.content == f"No such field:\n```\n{query}\n^^^^^\n```\n-# Try title:x"


def test_a_rule_and_its_note_are_two_lines() -> None:
    assert (
        render(Message((Item("a -b", "3 papers", 1), Item("c", number=2), Item("d", "e")))).content
        == "**1.** a -b\n-# 3 papers\n**2.** c\nd\n-# e"
    )


def test_a_file_is_attached_under_a_safe_name_of_its_own() -> None:
    files = (File("../papers rules\u202e.txt", "a\n"), File("..-papers-rules.txt", "b\ud800"), File("...", ""))
    shown = render(Message(files))
    assert [(file.name, file.content) for file in shown.files] == [
        ("papers-rules.txt", "a\n"),
        ("more-papers-rules.txt", "b?"),
        ("file.txt", ""),
    ]


def test_what_shows_nothing_is_nothing() -> None:
    nothing = (Heading("\x00"), Text(" \n"), Hint("\u202e"), Excerpt(""), Item(""), Buttons(()), Card(title="", url=""))
    assert render(Message(nothing)) == Rendered()
    assert render(Message(nothing)).empty
    assert render(Message(nothing), pictures=False).empty


# ---------------------------------------------------------------- what can be pressed


def pressable(shown: Rendered) -> list[tuple[str, str]]:
    """What can be pressed, as (label, command or address); a menu's placeholder stands before its options, without either."""
    found = []
    for one in objects(shown.components):
        if one.get("type") == 3:
            found.append((one["placeholder"], ""))
        elif "value" in one:
            found.append((one["label"], pressed("menu:0", [one["value"]]).command))
        elif one.get("type") == 2:
            found.append((one["label"], one.get("url") or pressed(one["custom_id"]).command))
    return found


TWO = (Button("Abstract", "show 1"), Button("PDF", url="https://arxiv.org/pdf/1"))
ALONE = Card(title="T", url="", byline="x", number=1, buttons=TWO)
OTHER = Card(title="Another\ntitle", url="", byline="x", number=2, buttons=(Button("Abstract", "show 2"), Button("Save", "save 2")))


def test_a_paper_alone_has_buttons() -> None:
    shown = render(Message((ALONE, Text("x"))))
    assert pressable(shown) == [("Abstract", "show 1"), ("PDF", "https://arxiv.org/pdf/1")]
    assert shown.embeds[0]["description"] == "x"
    assert render(Message((replace(ALONE, byline=""),))).embeds[0]["description"] == "**1.** **T**"


def test_a_few_buttons_of_several_papers_are_a_row_with_their_numbers_and_pages_are_links() -> None:
    shown = render(Message((ALONE, OTHER)))
    assert pressable(shown) == [("1. Abstract", "show 1"), ("2. Abstract", "show 2"), ("2. Save", "save 2")]
    assert shown.embeds[0]["description"] == "x\n[PDF](https://arxiv.org/pdf/1)"
    both = Button("Both", "show 3", "https://a.example")
    shown = render(Message((replace(ALONE, byline="", buttons=(*TWO[1:], both)), OTHER)))
    assert shown.embeds[0]["description"] == "**1.** **T**\n[PDF](https://arxiv.org/pdf/1)"


def test_many_are_a_menu_paper_by_paper() -> None:
    papers = [replace(card(ROBOT, Format.NORMAL, now=NOW, buttons=paper_buttons(ROBOT)), number=n) for n in (1, 2)]
    shown = render(Message((*papers, Buttons((Button("2 more", "more x"),)))))
    sound(shown)
    assert pressable(shown) == [
        ("Abstract, Save, Similar, Not for us …", ""),
        *((f"{n}. {button.label}", button.command) for n in (1, 2) for button in paper_buttons(ROBOT) if button.command),
        ("2 more", "more x"),
    ]
    assert shown.components[0]["components"][0]["options"][0]["description"] == "Curriculum Learning for Robot Arms"


def test_menus_too_many_for_one_say_which_papers_they_are_for() -> None:
    papers = [replace(card(ROBOT, Format.NORMAL, now=NOW, buttons=paper_buttons(ROBOT)), number=n) for n in range(1, 9)]
    (shown,) = drawn(Message(tuple(papers)))
    menus = [row["components"][0] for row in shown.components]
    assert [menu["placeholder"][:13] for menu in menus] == ["1-7: Abstract", "7-8: Save, Si"]
    assert [len(menu["options"]) for menu in menus] == [25, 7]


def test_few_buttons_without_numbers_are_a_menu_that_says_of_what() -> None:
    shown = render(Message((Item("a", buttons=(Button("Preview", "preview a"),)), Item("b", buttons=(Button("Preview", "preview b"),)))))
    (row,) = shown.components
    assert [option["description"] for option in row["components"][0]["options"]] == ["a", "b"]
    assert pressable(shown)[1:] == [("Preview", "preview a"), ("Preview", "preview b")]


def test_rows_that_belong_together_stay_so_while_there_is_room() -> None:
    def rows(*lengths: int) -> list[int]:
        blocks = tuple(Buttons(tuple(Button("x", f"show {n}") for n in range(length))) for length in lengths)
        shown = render(Message((Text("x"), *blocks)))
        sound(shown)
        return [len(row["components"]) for row in shown.components]

    assert rows(2, 7, 1) == [2, 5, 2, 1]
    assert rows(2, 2, 2, 2, 2, 2) == [5, 5, 2]
    assert rows(0) == []


def test_a_paper_alone_with_more_buttons_than_there_is_room_for_has_a_menu() -> None:
    many = tuple(Button(str(n), f"show {n}") for n in range(15))
    message = Message((Card(title="T", url="", buttons=many), *(Buttons((Button("x", f"list {n}"),)) for n in range(3))))
    shown = render(message)
    sound(shown)
    assert [row["components"][0]["type"] for row in shown.components] == [3, 2, 2, 2]
    assert [len(row["components"]) for row in render(Message(message.blocks[:3])).components] == [5, 5, 5, 1, 1]


def test_useless_buttons_are_left_out() -> None:
    odd = (
        Button("No", url="javascript:x"),
        Button("Far", url="https://a.example/" + "x" * 500),
        Button("Long", "x" * 200),
        Button("\n", "list"),
        Button("Both", "x" * 200, "https://a.example"),
    )
    assert pressable(render(Message((Buttons(odd),)))) == [("…", "list"), ("Both", "https://a.example")]
    assert pressable(render(Message((ALONE, replace(OTHER, buttons=odd[:3]))))) == [("1. Abstract", "show 1")]


async def test_a_long_command_is_pressed_by_its_token(store: RedisStore) -> None:
    long = "unsubscribe " + "x" * 200
    shown = await rendered(store.cache, HERE, Message((Buttons((Button("Remove", long), Button("Next", long, turns=True))),)))
    (row,) = shown.components
    (first, second) = (pressed(one["custom_id"]) for one in row["components"])
    assert first.token == second.token != ""
    assert (first.turns, second.turns) == (False, True)


# ---------------------------------------------------------------- any message

texts = st.text(NASTY, max_size=80) | st.text(max_size=30) | st.just(SIGNS)
links = st.just("https://example.org/a(b)?c=1&d=<|>2") | texts | st.just("https://example.org/" + "x" * 2000)
commands = texts | st.just("search " + "x" * 512)
buttons = st.lists(st.builds(Button, texts, commands, st.just("") | links, st.booleans()), max_size=7).map(tuple)
longer = texts | st.builds(lambda text, times: text * times, texts, st.integers(1, 120))
numbers = st.none() | st.integers(1, 25)
wordy = (longer.map(Heading), longer.map(Text), longer.map(Hint), longer.map(Excerpt))
blocks = st.one_of(
    *wordy, buttons.map(Buttons), st.builds(File, texts, longer),
    st.builds(Item, longer, texts, numbers, st.lists(buttons.filter(bool).map(lambda row: row[0]), max_size=2).map(tuple)),
    st.builds(
        Card, title=texts, url=links, byline=texts, summary=longer, facts=st.lists(texts, max_size=4).map(tuple), why=texts,
        thumbnail_url=st.just("") | links, number=numbers, buttons=st.lists(st.builds(Button, texts, texts, links), max_size=6).map(tuple),
    ),
    st.builds(Card, title=texts, url=links, number=numbers, buttons=buttons),
)  # fmt: skip
messages = st.builds(Message, st.lists(blocks, max_size=8).map(tuple), texts)


def characters(shown: Rendered) -> int:
    embeds = (embed.get(place, "") for embed in shown.embeds for place in ("title", "description"))
    return len(shown.content) + sum(map(len, embeds)) + sum(len(embed.get("footer", {}).get("text", "")) for embed in shown.embeds)


@given(messages)
@example(Message((Heading("x"), *(Text("-\n" * 400) for _ in range(8)), *(ALONE for _ in range(8)))))
def test_every_part_of_any_message_is_one_that_discord_takes(message: Message) -> None:
    for part in split(message, LIMITS, measure=measure):
        shown = render(part, dict.fromkeys(long_commands(part), "a" * 24))
        if not shown.empty:
            sound(shown)
        if len(part.blocks) > 1:
            assert sum(map(measure, part.blocks)) >= characters(shown) or not any(measure(block) for block in part.blocks)


RICH = Card(title="T", url="", byline="x", buttons=TWO)
LINE = Card(title="T", url="https://a.example", buttons=TWO)
CROWDED = Card(title="T", url="", buttons=tuple(Button(str(n), f"show {n}") for n in range(5)))


@given(
    st.lists(
        st.sampled_from([RICH, LINE, CROWDED, Hint("x"), Item("x", buttons=TWO[:1]), Buttons(TWO), File("a", "b")]),
        min_size=1,
        max_size=120,
    )
)
@example([RICH, Hint("x")] * 12)
@example([Item("x", buttons=TWO[:1])] * 120)
@example([CROWDED] * 60)
@example([replace(RICH, buttons=CROWDED.buttons * 3)] * 9)
def test_many_small_blocks_never_become_more_than_discord_holds(several: Sequence[Block]) -> None:
    for one in drawn(Message((Heading("H"), *several))):
        assert len(one.components) <= 5


def test_papers_and_words_by_turns_share_embeds_where_they_would_be_too_many() -> None:
    papers = (Card(title=f"T{n}", url="", byline="x", number=n) for n in range(1, 8))
    (shown,) = drawn(Message((Heading("H"), *(block for paper in papers for block in (paper, Text("and"))))))
    assert [embed["description"].count("**") for embed in shown.embeds] == [28]


def letters(text: str) -> str:
    return "".join(one for one in literal(text) if one.isalnum())


@given(
    st.lists(st.one_of(texts.map(lambda text: Heading(text[:60])), texts.map(Text), texts.map(Hint), texts.map(Excerpt)), max_size=6),
    texts,
    texts,
)
def test_a_person_reads_every_letter(several: list[Heading | Text | Hint | Excerpt], title: str, words: str) -> None:
    # A title has 256 characters, signs written as two.
    title = title[:100]
    whole = Message(
        (
            Text("x"),
            *several,
            Card(title=title, url="", byline=words, summary=words, why=words),
            Item(words, words),
            Card(title=title, url=""),
        )
    )
    shown = letters("".join(map(read, drawn(whole))))
    for block in several:
        assert letters(block.text) in shown
    for text in (title, words):
        assert letters(text) in shown


def test_measuring_counts_what_there_can_only_be_few_of() -> None:
    assert measure(Hint("")) == 0
    assert measure(Hint("x")) == len("-# x") + 2
    assert measure(RICH) == LIMITS.characters // 10
    assert measure(LINE) < measure(RICH)
    assert measure(Buttons(TWO)) == LIMITS.characters // 10
    assert measure(File("a", "b")) == LIMITS.characters // 10


def test_an_abstract_of_arxiv_is_never_cut() -> None:
    paper = replace(ROBOT, abstract=("We propose " + "abstract words " * 140)[:1920])
    whole = card(paper, Format.FULL, now=NOW, number=1, why="words in abstract", buttons=paper_buttons(paper))
    (shown,) = drawn(Message((Heading("H"), whole, replace(whole, number=2))))
    assert [whole.summary in embed["description"] for embed in shown.embeds] == [True, True]
