"""Views are compared with `golden/`; `UPDATE_GOLDEN=1 pytest tests/slack` writes them anew, for reading over."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.slack.actions import ZONE, pressed
from adapters.slack.views import FORM, MOST_BLOCKS, errors, home, modal, options, shown, values
from bot.cards import card, paper_buttons
from bot.channel import Address, Format
from bot.commands import Asker, Call, Section, answer, filled, form
from bot.desk import Desk
from bot.form import Choice, Field, FieldKind, Form, Mistake
from bot.memory import Memory
from bot.message import Button, Buttons, Card, Heading, Hint, Item, Message, Text
from tests.library import NOW, ROBOT
from tests.slack.blocks import checked, objects, read, sound_view
from tests.slack.fake.pressing import default_state
from tests.slack.test_escape import NASTY
from tests.slack.test_render import messages
from tests.slack.ugly import LONG_QUERY, SIGNS, UGLY

if TYPE_CHECKING:
    from bot.store.store import RedisStore

HERE = Address("slack", "T1", "C1")
ADA = Asker(id="U1", name="Ada", zone="Europe/Berlin")


def submitted(view: dict[str, Any], **typed: Any) -> dict[str, Any]:
    """The view as Slack gives it back: inputs as they were shown, but for those `typed` (by field name)."""
    state = default_state(view["blocks"])
    for name, held in typed.items():
        (element,) = state[f"field:{name}"].values()
        element.update(held)
    return {**json.loads(json.dumps(view)), "state": {"values": state}}


# ---------------------------------------------------------------- modals


@pytest.fixture
def desk(store: RedisStore) -> Desk:
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={})


@pytest.mark.parametrize("command", ["schedule", "settings", "subscribe", "edit 1", "import"])
async def test_a_form_looks_as_it_should_and_says_what_it_shows(command: str, desk: Desk) -> None:
    def call(text: str) -> Call:
        return Call(address=HERE, channel_name="#ml-reading", asker=ADA, text=text)

    await answer(desk, call('subscribe curriculum "lifelong learning" -robot upvotes>=10 OR title:<!channel>'))
    asked = await form(desk, call(command))
    assert asked is not None
    view = modal(asked, channel="C1", thread="1700000000.000100")
    sound_view(view)
    checked(f"modal-{command.partition(' ')[0]}", view)

    said = values(submitted(view))
    assert (said.channel, said.command, said.thread) == ("C1", asked.command, "1700000000.000100")
    assert said.values == {field.name: field.values for field in asked.fields}
    assert filled(said.command, said.values) == filled(asked.command, {field.name: field.values for field in asked.fields})


def test_what_is_filled_in_is_read_back_and_what_is_emptied_is_nothing() -> None:
    weekdays = tuple(Choice(day, day.title()) for day in ("mon", "tue", "wed"))
    asked = Form(
        command="schedule",
        title="When digests come",
        fields=(
            Field(name="days", label="Days", kind=FieldKind.SOME_OF, choices=weekdays, values=("mon", "wed"), required=False),
            Field(name="time", label="Time", kind=FieldKind.TIME, values=("09:00",)),
            Field(name="zone", label="Zone", kind=FieldKind.ZONE, values=("UTC",)),
            Field(name="query", label="Query", kind=FieldKind.LINE, values=("a > b",)),
        ),
    )
    view = modal(asked, channel="")
    berlin = options(["Europe/Berlin"])[0]
    said = values(
        submitted(
            view, days={"selected_options": []}, time={"selected_time": "17:30"}, zone={"selected_option": berlin}, query={"value": None}
        )
    )
    assert said.channel == said.thread == ""
    assert said.values == {"days": (), "time": ("17:30",), "zone": ("Europe/Berlin",), "query": ()}


ELEVEN = tuple(Choice(letter, letter) for letter in "abcdefghijk")


@pytest.mark.parametrize(
    ("field", "element"),
    [
        (Field(name="x", label="X", kind=FieldKind.LINE, longest=512), {"type": "plain_text_input", "multiline": False, "max_length": 512}),
        (Field(name="x", label="X", kind=FieldKind.LINES), {"type": "plain_text_input", "multiline": True, "max_length": 3000}),
        (Field(name="x", label="X", kind=FieldKind.TIME, values=("25:00",)), {"type": "timepicker", "initial_time": None}),
        (Field(name="x", label="X", kind=FieldKind.ZONE), {"type": "external_select", "action_id": ZONE, "min_query_length": 1}),
        (Field(name="x", label="X", kind=FieldKind.ONE_OF, choices=tuple(Choice(c, c) for c in "ab")), {"type": "radio_buttons"}),
        (Field(name="x", label="X", kind=FieldKind.ONE_OF, choices=(Choice("a", "A"),), required=False), {"type": "static_select"}),
        (Field(name="x", label="X", kind=FieldKind.ONE_OF, choices=tuple(Choice(c, c) for c in "abcdef")), {"type": "static_select"}),
        (Field(name="x", label="X", kind=FieldKind.SOME_OF, choices=tuple(Choice(c, c) for c in "abcdefg")), {"type": "checkboxes"}),
        (Field(name="x", label="X", kind=FieldKind.SOME_OF, choices=ELEVEN), {"type": "multi_static_select"}),
        (Field(name="x", label="X", kind=FieldKind.ONE_OF, choices=(Choice("a", "A"),), values=("gone",)), {"initial_option": None}),
    ],
)  # fmt: skip
def test_each_kind_of_field_is_a_native_input(field: Field, element: dict[str, Any]) -> None:
    view = modal(Form(command="x", title="X", fields=(field,)), channel="C1")
    sound_view(view)
    (block,) = view["blocks"]
    assert block["optional"] is not field.required
    assert {name: block["element"].get(name) for name in element} == element


def test_what_is_filled_in_already_is_never_longer_than_the_field_takes() -> None:
    field = Field(name="x", label="X", kind=FieldKind.LINE, values=(LONG_QUERY,), longest=512)
    (block,) = modal(Form(command="edit 1", title="X", fields=(field,)), channel="C1")["blocks"]
    assert block["element"]["initial_value"] == LONG_QUERY[:512]


texts = st.text(NASTY, max_size=100) | st.just(SIGNS) | st.just(LONG_QUERY)
choices = st.lists(
    st.builds(Choice, st.text("ab&<>%", min_size=1, max_size=20), texts), min_size=1, max_size=120, unique_by=lambda one: one.value
)
fields = st.builds(
    Field, name=st.text("abc", min_size=1, max_size=9), label=texts, kind=st.sampled_from(FieldKind),
    values=st.lists(texts | st.text("ab&<>%", max_size=20), max_size=3).map(tuple), choices=choices.map(tuple), hint=texts,
    required=st.booleans(), longest=st.integers(1, 5000),
)  # fmt: skip
forms = st.builds(
    Form, command=st.text(NASTY, max_size=200), title=texts, explanation=texts, submit=texts,
    fields=st.lists(fields, max_size=6, unique_by=lambda one: one.name).map(tuple),
)  # fmt: skip


@given(forms)
def test_any_form_is_one_that_slack_takes_and_gives_its_command_back(form: Form) -> None:
    view = modal(form, channel="C1")
    sound_view(view)
    assert values(submitted(view)).command == form.command
    # Whatever Slack writes as entities.
    assert html.escape(view["private_metadata"], quote=False) == view["private_metadata"]
    for field in form.fields:
        if field.kind is FieldKind.SOME_OF and len(field.choices) <= 10:
            chosen = [choice.value for choice in field.choices if choice.value in field.values]
            assert list(values(submitted(view)).values[field.name]) == chosen


@pytest.mark.parametrize("view", [{}, {"callback_id": FORM, "private_metadata": ""}, {"callback_id": "other", "private_metadata": "{}"}])
def test_what_is_no_form_of_ours_is_refused(view: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no form of ours"):
        values(view)


def test_mistakes_are_said_at_their_fields_and_others_at_the_first() -> None:
    asked = Form(
        command="x", title="X", explanation="y", fields=tuple(Field(name=name, label=name, kind=FieldKind.LINE) for name in ("one", "two"))
    )
    view = submitted(modal(asked, channel="C1"))
    mistakes = [Mistake("two", "Too long."), Mistake("gone", "Unknown."), Mistake("two", "\u202eOdd.")]
    assert errors(mistakes, view) == {"field:two": "Too long. Odd.", "field:one": "Unknown."}
    assert errors(mistakes[1:2], {"state": view["state"]}) == {"field:one": "Unknown."}
    assert errors(mistakes[:1], {}) == {"field:two": "Too long."}
    assert errors([], view) == {}


def test_zones_are_offered_as_options_and_at_most_a_hundred() -> None:
    offered = options(f"Area/City{n}" for n in range(150))
    assert len(offered) == 100
    assert offered[0] == {"text": {"type": "plain_text", "text": "Area/City0", "emoji": False}, "value": "Area/City0"}


# ---------------------------------------------------------------- App Home


def channel_section(number: int, rules: int) -> Section:
    row = (Button("Edit", "edit 1"), Button("Remove", "unsubscribe 1"))
    return Section(
        Address("slack", "T1", f"C{number}"),
        (
            Heading(f"#channel-{number} {SIGNS if number == 2 else ''}"),
            *(Item(f"curriculum {n} {SIGNS}", "3 papers in 7 days; added by Ada", n, row) for n in range(1, rules + 1)),
            Hint("Next digest: Thu 19 Nov 09:00"),
            Buttons((Button("Add a rule", "subscribe"), Button("Schedule", "schedule"), Button("Settings", "settings"))),
        ),
    )


FIRST_VISIT = (
    Section(
        None,
        (
            Heading("Paperboy"),
            Text("Your channel's papers, by your channel's rule, each working morning."),
            Item(
                "Try it here: papers on curriculum learning",
                "What a digest would bring",
                buttons=(Button("Preview", "preview curriculum"),),
            ),
            Hint("In a channel: /papers subscribe curriculum"),
        ),
    ),
)
SAVED = Section(
    None,
    (
        Heading("Saved papers"),
        *(card(paper, Format.COMPACT, now=NOW, buttons=paper_buttons(paper)[2:]) for paper in (ROBOT, *UGLY)),
        Buttons((Button("Next", "home page:2", turns=True),)),
    ),
)


def test_the_first_visit_looks_as_it_should() -> None:
    view = home(FIRST_VISIT)
    sound_view(view)
    checked("home-first", view)


def test_a_home_of_three_channels_looks_as_it_should() -> None:
    view = home((channel_section(1, 2), channel_section(2, 3), channel_section(3, 0), SAVED))
    sound_view(view)
    checked("home-three", view)


def test_a_button_of_home_types_in_its_sections_channel() -> None:
    view = home((channel_section(1, 1), channel_section(1, 1), SAVED))
    sound_view(view)
    found = [(block["block_id"], one) for block in view["blocks"] if "block_id" in block for one in objects(block) if "action_id" in one]
    channels = [pressed(element, block_id).channel for block_id, element in found]
    assert set(channels[:4]) == {"C1"}
    assert set(channels[-7:]) == {""}
    assert pressed(found[-1][1], found[-1][0]).command == "home page:2"


def test_whole_channels_are_left_out_where_a_view_is_full() -> None:
    sections = (*(channel_section(number, 20) for number in range(1, 9)), SAVED)
    view = home(sections)
    sound_view(view)
    words = read(view)
    assert "#channel-1\n" in words
    assert "#channel-8\n" not in words
    assert "Saved papers" in words
    left_out = sum(f"#channel-{number}\n" not in words for number in (1, *range(3, 9)))
    assert f"{left_out} more channels do not fit on this page" in words


def test_one_channel_left_out_is_one() -> None:
    assert "1 more channel does not fit" in read(home((channel_section(1, 25), channel_section(2, 90))))


def test_a_section_too_long_by_itself_is_cut_with_a_hint() -> None:
    view = home((Section(None, tuple(Hint(f"{n} {'x' * 1900}") for n in range(300))),))
    sound_view(view)
    assert len(view["blocks"]) == MOST_BLOCKS
    assert read(view).endswith("There is more than fits here.")
    wide = home((Section(None, tuple(Hint("學" * 2000) for n in range(60))),))
    sound_view(wide)
    assert len(wide["blocks"]) < 60


def test_an_empty_home_is_still_a_view() -> None:
    assert home(()) == {"type": "home", "blocks": []}


# ---------------------------------------------------------------- an answer as a modal


def test_an_answer_is_shown_with_nothing_but_close() -> None:
    view = shown(Message((card(UGLY[0], Format.FULL, now=NOW, buttons=paper_buttons(UGLY[0])),)), "A" * 40, channel="C7")
    sound_view(view)
    assert "submit" not in view
    assert view["title"]["text"] == "A" * 23 + "…"
    (row,) = [block for block in view["blocks"] if block["type"] == "actions"]
    assert pressed(row["elements"][0], row["block_id"]).channel == "C7"


def test_an_answer_without_words_says_so() -> None:
    assert "Nothing to show." in read(shown(Message(()), "Papers"))


@given(messages, texts)
@example(Message(tuple(Card(title="T", url="", summary="x") for _ in range(150))), "")
def test_any_answer_is_one_that_a_modal_takes(message: Message, title: str) -> None:
    sound_view(shown(message, title))
    sound_view(home((Section(HERE, message.blocks), Section(None, message.blocks))))
