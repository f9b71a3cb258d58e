"""Modals are compared with `golden/`; `UPDATE_GOLDEN=1 pytest tests/discord` writes them anew, for reading over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.actions import command_of
from adapters.discord.escape import literal
from adapters.discord.modals import PREFIXES, Filled, mistakes, modal, opened, values
from bot.channel import Address
from bot.commands import Asker, Call, answer, filled, form
from bot.desk import Desk
from bot.form import Choice, Field, FieldKind, Form, Mistake
from bot.memory import Memory
from bot.message import Button, Buttons, Text
from tests.discord.looks import checked, objects, sound_modal
from tests.discord.test_escape import NASTY
from tests.discord.ugly import LONG_QUERY, SIGNS

if TYPE_CHECKING:
    from bot.store.store import RedisStore

HERE = Address("discord", "1284913347002101760", "1284913348503662592")
ADA = Asker(id="@7", name="Ada", zone="Europe/Berlin")


def submitted(modal: dict[str, Any], **typed: Any) -> dict[str, Any]:
    """The data of the modal's submission: fields as they were shown, but for those `typed` (by field name)."""

    def held(component: dict[str, Any]) -> dict[str, Any]:
        name = component["custom_id"].removeprefix("field:")
        if component["type"] == 3:
            chosen = [option["value"] for option in component["options"] if option.get("default")]
            return {"type": 3, "custom_id": component["custom_id"], "values": typed.get(name, chosen)}
        return {"type": 4, "custom_id": component["custom_id"], "value": typed.get(name, component.get("value", ""))}

    parts = modal["components"]
    return {
        "custom_id": modal["custom_id"],
        "components": [
            {"type": 18, "id": place, "component": held(part["component"])} if part["type"] == 18 else {"type": 10, "id": place}
            for place, part in enumerate(parts, start=1)
        ],
    }


@pytest.fixture
def desk(store: RedisStore) -> Desk:
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={})


@pytest.mark.parametrize("command", ["schedule", "settings", "subscribe", "edit 1", "import"])
async def test_a_form_looks_as_it_should_and_says_what_it_shows(command: str, desk: Desk) -> None:
    def call(text: str) -> Call:
        return Call(address=HERE, channel_name="#ml-reading", asker=ADA, text=text)

    await answer(desk, call('subscribe curriculum "lifelong learning" -robot upvotes>=10 OR title:@everyone'))
    asked = await form(desk, call(command))
    assert asked is not None
    shown = await opened(desk.store.cache, HERE, asked)
    sound_modal(shown)
    checked(f"modal-{command.partition(' ')[0]}", shown)

    said = values(submitted(shown))
    opener = said.command or await command_of(desk.store.cache, HERE, said.token)
    assert opener == asked.command
    assert said.values == {field.name: field.values for field in asked.fields}
    assert filled(opener, said.values) == filled(asked.command, {field.name: field.values for field in asked.fields})


async def test_a_form_of_a_long_command_is_kept_by_its_token(store: RedisStore) -> None:
    command = "edit " + "x" * 300
    asked = Form(command=command, title="Edit a rule", fields=(Field(name="query", label="Which papers", kind=FieldKind.LINE),))
    shown = await opened(store.cache, HERE, asked)
    sound_modal(shown)
    said = values(submitted(shown, query="y"))
    assert said == Filled(token=said.token, values={"query": ("y",)})
    assert await command_of(store.cache, HERE, said.token) == command
    with pytest.raises(KeyError):
        modal(asked)
    assert modal(replace(asked, command="x" * 95))["custom_id"] == "form:" + "x" * 95
    assert modal(replace(asked, command="x" * 96), {"x" * 96: "token"})["custom_id"] == "kept:token"


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
    said = values(submitted(modal(asked), days=[], time="17:30", zone="Europe/Berlin", query=""))
    assert said == Filled("schedule", values={"days": (), "time": ("17:30",), "zone": ("Europe/Berlin",), "query": ()})
    assert values(submitted(modal(asked), query=None)).values["query"] == ()


SEVEN = tuple(Choice(letter, letter.upper()) for letter in "abcdefg")


@pytest.mark.parametrize(
    ("field", "component"),
    [
        (Field(name="x", label="X", kind=FieldKind.LINE, longest=512), {"type": 4, "style": 1, "max_length": 512, "required": True}),
        (Field(name="x", label="X", kind=FieldKind.LINES, required=False), {"type": 4, "style": 2, "max_length": 3000, "required": False}),
        (Field(name="x", label="X", kind=FieldKind.LINES, longest=9000), {"type": 4, "style": 2, "max_length": 4000}),
        (Field(name="x", label="X", kind=FieldKind.TIME), {"type": 4, "style": 1, "max_length": 5, "placeholder": "09:00", "value": None}),
        (Field(name="x", label="X", kind=FieldKind.ZONE, values=("UTC",)), {"type": 4, "placeholder": "Europe/Berlin", "value": "UTC"}),
        (Field(name="x", label="X", kind=FieldKind.ONE_OF, choices=SEVEN), {"type": 3, "min_values": 1, "max_values": 1, "required": True}),
        (Field(name="x", label="X", kind=FieldKind.SOME_OF, choices=SEVEN, required=False), {"type": 3, "min_values": 0, "max_values": 7}),
    ],
)  # fmt: skip
def test_each_kind_of_field_is_an_input_or_a_menu(field: Field, component: dict[str, Any]) -> None:
    shown = modal(Form(command="x", title="X", fields=(field,)))
    sound_modal(shown)
    (labelled,) = shown["components"]
    assert {name: labelled["component"].get(name) for name in component} == component


def test_what_is_chosen_already_is_marked_and_what_is_no_choice_any_more_is_not() -> None:
    def chosen(kind: FieldKind, *values: str) -> list[str]:
        field = Field(name="x", label="X", kind=kind, choices=SEVEN, values=values)
        return [one["value"] for one in objects(modal(Form(command="x", title="X", fields=(field,)))) if one.get("default")]

    assert chosen(FieldKind.SOME_OF, "b", "gone", "a") == ["a", "b"]
    assert chosen(FieldKind.ONE_OF, "b", "a") == ["b"]
    assert chosen(FieldKind.ONE_OF) == []


def test_what_explains_the_form_stands_above_it_while_five_parts_leave_room() -> None:
    def texts(count: int, hint: str) -> list[str]:
        fields = tuple(Field(name=str(n), label="X", kind=FieldKind.LINE, hint=hint) for n in range(count))
        shown = modal(Form(command="x", title="X", explanation="Why *this*.", fields=fields))
        sound_modal(shown)
        return [one.get("content") or one.get("description", "") for one in shown["components"]]

    assert texts(1, "Short.") == [r"Why \*this\*.", "Short."]
    assert texts(1, "long " * 30) == [r"Why \*this\*." + "\n" + "long " * 29 + "long", ""]
    assert texts(5, "Short.") == ["Short."] * 5


def test_what_is_filled_in_already_is_never_longer_than_the_field_takes() -> None:
    field = Field(name="x", label="X", kind=FieldKind.LINE, values=(LONG_QUERY,), longest=512)
    (labelled,) = modal(Form(command="edit 1", title="X", fields=(field,)))["components"]
    assert len(labelled["component"]["value"]) <= 512


texts = st.text(NASTY, max_size=100) | st.just(SIGNS) | st.just(LONG_QUERY)
choices = st.lists(
    st.builds(Choice, st.text("ab&<>%", min_size=1, max_size=20), texts), min_size=1, max_size=40, unique_by=lambda one: one.value
)
fields = st.builds(
    Field, name=st.text("abc", min_size=1, max_size=9), label=texts, kind=st.sampled_from(FieldKind),
    values=st.lists(texts | st.text("ab&<>%", max_size=20), max_size=3).map(tuple), choices=choices.map(tuple), hint=texts,
    required=st.booleans(), longest=st.integers(1, 5000),
)  # fmt: skip
forms = st.builds(
    Form, command=st.text(NASTY, min_size=1, max_size=200), title=texts, explanation=texts, submit=texts,
    fields=st.lists(fields, min_size=1, max_size=5, unique_by=lambda one: one.name).map(tuple),
)  # fmt: skip


@given(forms)
def test_any_form_is_one_that_discord_takes_and_gives_its_command_back(form: Form) -> None:
    shown = modal(form, {form.command: "a" * 24})
    sound_modal(shown)
    said = values(submitted(shown))
    assert (said.command or said.token) in (form.command, "a" * 24)
    assert list(said.values) == [field.name for field in form.fields]
    for field in form.fields:
        if field.kind is FieldKind.SOME_OF and len(field.choices) <= 25:
            assert list(said.values[field.name]) == [choice.value for choice in field.choices if choice.value in field.values]
        if field.kind is FieldKind.LINES and field.values and len(field.values[0]) <= field.longest:
            assert "".join(said.values[field.name]) == literal(field.values[0]).strip()


def test_fields_in_rows_of_their_own_are_read_too() -> None:
    rows = [
        {"type": 1, "components": [{"type": 4, "custom_id": "field:query", "value": "x"}, {"type": 4, "custom_id": "other", "value": "y"}]}
    ]
    assert values({"custom_id": "form:subscribe", "components": rows}) == Filled("subscribe", values={"query": ("x",)})
    assert values({"custom_id": "form:subscribe", "components": None}) == Filled("subscribe")


@pytest.mark.parametrize("data", [{}, {"custom_id": "form:"}, {"custom_id": "other:x"}, {"custom_id": "t0:list"}])
def test_what_is_no_form_of_ours_is_refused(data: dict[str, Any]) -> None:
    assert PREFIXES == ("form:", "kept:")
    with pytest.raises(ValueError, match="no form of ours"):
        values(data)


def test_mistakes_are_a_message_with_the_form_to_fill_in_again() -> None:
    asked = Form(command="schedule", title="X", fields=(Field(name="time", label="Time", kind=FieldKind.TIME),))
    found = [Mistake("time", "'9' is no time of day."), Mistake("gone", "Unknown.")]
    again = Buttons((Button("Fill in again", "schedule"),))
    assert mistakes(found, asked, command="schedule").blocks == (Text("Time: '9' is no time of day.\nUnknown."), again)
    assert mistakes(found[:1], None, command="schedule").blocks == (Text("'9' is no time of day."), again)
