"""Forms: what stands in them, and the commands that they make."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Address, Channel, Format, Managers, Schedule, Settings
from bot.commands import Asker, Call, answer, filled, form
from bot.commands.serving import with_settings, written_settings
from bot.form import Field, FieldKind, Form, Mistake
from bot.query import parse
from bot.timewords import parse_schedule
from bot.zones import available
from tests.plain import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.desk import Desk

ADA = Asker(id="U1", name="Ada", zone="Asia/Tokyo")
_CHANNEL = Channel(address=Address("terminal", "local", "nowhere"))
BOB = Asker(id="U2", name="Bob", may_manage=False)


async def opened(desk: Desk, here: Address, text: str, *, asker: Asker = ADA) -> Form | None:
    return await form(desk, Call(address=here, channel_name="#ml-reading", asker=asker, text=text))


async def said(desk: Desk, here: Address, text: str, *, asker: Asker = ADA) -> str:
    return words((await answer(desk, Call(address=here, channel_name="#ml-reading", asker=asker, text=text))).message)


def present(shown: Form | None) -> dict[str, tuple[str, ...]]:
    """What is filled in already, by field."""
    assert shown is not None
    return {field.name: field.values for field in shown.fields}


def field(shown: Form | None, name: str) -> Field:
    assert shown is not None
    return next(one for one in shown.fields if one.name == name)


# ---------------------------------------------------------------- which commands open one


@pytest.mark.parametrize("text", ["schedule", "settings", "subscribe", "import", "/papers Schedule ", "edit 1", "edit curriculum"])
async def test_a_command_without_its_arguments_opens_a_form(text: str, desk: Desk, here: Address) -> None:
    await said(desk, here, "subscribe curriculum")
    shown = await opened(desk, here, text)
    assert shown is not None
    assert len(shown.title) <= 24
    assert len(shown.submit) <= 24
    for one in shown.fields:
        assert len(one.label) <= 45
        assert all(len(choice.label) <= 75 for choice in one.choices)
        assert set(one.values) <= {choice.value for choice in one.choices} or not one.choices


@pytest.mark.parametrize(
    "text", ["", "help", "schedule daily", "subscribe curriculum", "edit", "edit 9", "edit all", "edit 1 => x", "pause"]
)
async def test_other_commands_open_none(text: str, desk: Desk, here: Address) -> None:
    for query in ("curriculum", "diffusion"):
        await said(desk, here, f"subscribe {query}")
    assert await opened(desk, here, text) is None


async def test_who_may_not_change_the_channel_gets_no_form_and_is_told_who_may(desk: Desk, here: Address) -> None:
    await said(desk, here, "settings manage admins")
    assert await opened(desk, here, "settings") is not None
    for asker in (BOB, Asker(id="U3", name="Eve", is_guest=True)):
        for text in ("settings", "subscribe", "schedule", "import"):
            assert await opened(desk, here, text, asker=asker) is None
    assert "Only those who run this channel" in await said(desk, here, "subscribe", asker=BOB)


async def test_where_admins_manage_by_default_only_they_get_forms_that_say_so(desk: Desk, here: Address) -> None:
    call = Call(address=here, channel_name="", asker=ADA, text="settings", managers=Managers.ADMINS)
    assert present(await form(desk, call))["manage"] == ("admins",)
    assert await form(desk, dataclasses.replace(call, asker=BOB)) is None


# ---------------------------------------------------------------- schedule


async def test_the_schedule_form_holds_the_channels_own(desk: Desk, here: Address) -> None:
    await said(desk, here, "schedule mon,thu 8:05 Europe/Berlin")
    assert present(await opened(desk, here, "schedule")) == {"days": ("mon", "thu"), "time": ("08:05",), "zone": ("Europe/Berlin",)}


async def test_the_first_schedule_is_offered_in_the_askers_zone(desk: Desk, here: Address) -> None:
    assert present(await opened(desk, here, "schedule"))["zone"] == ("Asia/Tokyo",)
    stranger = Asker(id="U2", name="Bob", untold="I cannot see anybody's time zone.")
    shown = field(await opened(desk, here, "schedule", asker=stranger), "zone")
    assert (shown.values, shown.hint) == (("UTC",), "I cannot see anybody's time zone.")


schedules = st.builds(
    Schedule,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from(sorted(available())),
)


@given(schedules, schedules)
def test_a_filled_schedule_is_the_schedule_that_was_meant(wanted: Schedule, current: Schedule) -> None:
    days = [("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day] for day in reversed(wanted.days)]
    command = filled("schedule", {"days": days, "time": [f"{wanted.hour:02}:{wanted.minute:02}"], "zone": [wanted.zone]})
    assert isinstance(command, str)
    made = parse_schedule(command.removeprefix("schedule "), "", current)
    assert dataclasses.replace(made, zone="") == dataclasses.replace(wanted, zone="")
    assert made.zone in {wanted.zone, "UTC"}
    assert made.zone == wanted.zone or wanted.zone.upper() in {"UTC", "GMT", "ZULU", "Z"}


@pytest.mark.parametrize("days", [{}, {"days": []}])
def test_no_day_switches_the_digest_off(days: Mapping[str, list[str]]) -> None:
    assert filled("schedule", {**days, "time": ["09:00"], "zone": ["Europe/Berlin"]}) == "schedule off"


def test_everything_wrong_with_a_schedule_is_told_where_it_is_wrong() -> None:
    mistakes = filled("schedule", {"days": ["someday"], "time": ["25:00"], "zone": ["CEST"]})
    assert isinstance(mistakes, tuple)
    assert {mistake.field: mistake.reason for mistake in mistakes} == {
        "days": "There is no 'someday' among the choices.",
        "time": "'25:00' is no time of day. Try: 09:00",
        "zone": "“CEST” leaves open what happens in summer, or which place is meant; name a city. Try: Europe/Berlin",
    }
    assert filled("schedule", {"days": ["mon"], "time": ["09:00"]}) == (Mistake("zone", "Fill this in, please."),)


# ---------------------------------------------------------------- settings


async def test_the_settings_form_changes_what_is_changed_in_it(desk: Desk, here: Address) -> None:
    await said(desk, here, "settings limit 8 format full links off")
    shown = await opened(desk, here, "settings")
    values = present(shown)
    assert values == {"limit": ("8",), "format": ("full",), "thread": ("off",), "links": ("off",), "manage": ("anyone",)}
    assert shown is not None
    command = filled(shown.command, {**values, "thread": ("on",)})
    assert isinstance(command, str)
    assert "limit 8, format full, thread on, links off, manage anyone" in await said(desk, here, command)


async def test_a_form_sent_unchanged_announces_nothing(desk: Desk, here: Address) -> None:
    for name in ("settings", "schedule"):
        await said(desk, here, "subscribe curriculum")
        shown = await opened(desk, here, name)
        assert shown is not None
        command = filled(shown.command, present(shown))
        assert isinstance(command, str)
        answered = await answer(desk, Call(address=here, channel_name="#ml-reading", asker=ADA, text=command))
        assert "stay as they were" in words(answered.message)
        assert not answered.public


@given(
    st.builds(
        Settings,
        limit=st.integers(1, 25),
        format=st.sampled_from(Format),
        thread=st.booleans(),
        links=st.booleans(),
        managers=st.sampled_from(Managers),
    )
)
def test_any_settings_can_be_filled_in(wanted: Settings) -> None:
    command = filled("settings", {name: [value] for name, value in written_settings(wanted)})
    assert isinstance(command, str)
    assert with_settings(_CHANNEL, command.removeprefix("settings ")).settings == wanted


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("limit", "0", "1 to 25"),
        ("limit", "many", "1 to 25"),
        ("format", "huge", "compact, normal, full"),
        ("thread", "maybe", "off, on"),
        ("links", "", "Fill this in"),
        ("manage", "me", "anyone, admins"),
    ],
)
def test_a_setting_that_there_is_not_is_refused_at_its_field(name: str, value: str, reason: str) -> None:
    sound = {key: [text] for key, text in written_settings(Settings(), Managers.ANYONE)}
    mistakes = filled("settings", {**sound, name: [value]})
    assert isinstance(mistakes, tuple)
    [mistake] = mistakes
    assert mistake.field == name
    assert reason in mistake.reason


# ---------------------------------------------------------------- rules


async def test_a_rule_is_edited_in_a_form_that_holds_it(desk: Desk, here: Address) -> None:
    for query in ("curriculum", "rule:2024"):
        await said(desk, here, f"subscribe {query}")
    shown = await opened(desk, here, "edit 2")
    assert shown is not None
    assert present(shown) == {"query": ("2024",)}
    assert shown.fields[0].kind is FieldKind.LINE
    command = filled(shown.command, {"query": ["2025 here"]})
    assert isinstance(command, str)
    assert "from 2024 to 2025 here" in await said(desk, here, command)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("curriculum  learning", "subscribe curriculum learning"),
        ("all", "subscribe rule:all"),
        ("robots from here", "subscribe rule:robots from here"),
        ("rule:2024", "subscribe rule:2024"),
    ],
)
def test_a_query_is_taken_for_a_query_whatever_it_looks_like(typed: str, command: str) -> None:
    assert filled("subscribe", {"query": [typed]}) == command


def test_a_bad_query_is_shown_with_its_place_and_what_to_write() -> None:
    mistakes = filled("subscribe", {"query": ["curriculum (robot"]})
    assert isinstance(mistakes, tuple)
    [mistake] = mistakes
    assert mistake.field == "query"
    assert mistake.reason == "This bracket is never closed. Here: curriculum →(←robot Try: curriculum (robot)"


@given(st.text(max_size=40))
def test_any_text_is_a_query_or_a_mistake(text: str) -> None:
    command = filled("subscribe", {"query": [text]})
    if isinstance(command, str):
        assert str(parse(command.removeprefix("subscribe ").removeprefix("rule:")))
    else:
        assert command[0].field == "query"


async def test_an_import_is_checked_line_by_line_before_it_is_tried(desk: Desk, here: Address) -> None:
    mistakes = filled("import", {"lines": ["subscribe curriculum\ndance"]})
    assert isinstance(mistakes, tuple)
    assert "Line 2, `dance`" in mistakes[0].reason
    command = filled("import", {"lines": ["# rules\nsubscribe curriculum; settings limit 3\nsubscribe made here"]})
    assert isinstance(command, str)
    assert "imported 2 rules" in await said(desk, here, command)
    assert [one.query for one in (await desk.store.channels.load(here)).subscriptions] == ["curriculum", "made here"]


def test_a_form_of_another_version_types_its_command() -> None:
    assert filled("list", {}) == "list"
