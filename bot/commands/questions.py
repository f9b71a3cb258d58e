"""The questions of each form, and the command that the answers to them make."""

from __future__ import annotations

import re
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.channel import MOST_PAPERS_IN_A_DIGEST, Format, Managers
from bot.commands.moving import check_import
from bot.commands.replies import RULE, typed, whole
from bot.commands.serving import written_settings
from bot.errors import BadQuery, UserMistake
from bot.form import Choice, Field, FieldKind, Form, Mistake
from bot.query import LONGEST, parse, pointed
from bot.timewords import FULL_WEEKDAYS
from bot.zones import find_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.channel import Channel
    from bot.commands.call import Call

_QUERY_HINT = 'Words are joined by AND. Also: "exact phrase", OR, -not, prefix*, title: author: cat:cs.CL, upvotes>=10.'


class Filled:
    """What was filled in, read field by field; what cannot be taken is noted and stands in for nothing."""

    def __init__(self, values: Mapping[str, Sequence[str]], mistakes: list[Mistake]) -> None:
        self._values = values
        self._mistakes = mistakes

    def one(self, field: str, check: Callable[[str], str]) -> str:
        """The checked text of a field that has to be filled in; "" after a mistake."""
        text = next(iter(self._values.get(field, ())), "").strip()
        try:
            if not text:
                raise UserMistake("Fill this in, please.")
            return check(text)
        except UserMistake as mistake:
            self._mistakes.append(Mistake(field, _reason(mistake)))
            return ""

    def some(self, field: str, among: Sequence[str]) -> tuple[str, ...]:
        """Those of the choices that are chosen, in their own order."""
        chosen = self._values.get(field, ())
        if unknown := [value for value in chosen if value not in among]:
            self._mistakes.append(Mistake(field, f"There is no {unknown[0][:40]!r} among the choices."))
        return tuple(value for value in among if value in chosen)


def _reason(mistake: UserMistake) -> str:
    where = f" Here: {pointed(mistake)}" if isinstance(mistake, BadQuery) else ""
    instead = f" Try: {mistake.instead.removeprefix('schedule ').removeprefix('settings ')}" if mistake.instead else ""
    return f"{mistake.reason}{where}{instead}"


# ---------------------------------------------------------------- schedule

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DAYS = tuple(name[:3] for name in FULL_WEEKDAYS)


def _schedule_form(channel: Channel, call: Call) -> Form:
    schedule, asker = channel.schedule, call.asker
    zone = asker.zone if asker.zone and not channel.version else schedule.zone
    days = tuple(Choice(day, name.capitalize()) for day, name in zip(_DAYS, FULL_WEEKDAYS, strict=True))
    return Form(
        command="schedule",
        title="When digests come",
        fields=(
            Field(
                name="days",
                label="Days",
                kind=FieldKind.SOME_OF,
                values=tuple(_DAYS[day] for day in schedule.days),
                choices=days,
                hint="No day at all switches the digest off.",
                required=False,
            ),
            Field(name="time", label="Time", kind=FieldKind.TIME, values=(f"{schedule.hour:02}:{schedule.minute:02}",)),
            Field(
                name="zone",
                label="Time zone",
                kind=FieldKind.ZONE,
                values=(zone,),
                hint=asker.untold if zone == "UTC" and not asker.zone else "The nearest large city.",
            ),
        ),
    )


def _schedule_filled(said: Filled, _rest: str) -> str:
    days = said.some("days", _DAYS)
    time = said.one("time", _time)
    zone = said.one("zone", find_zone)
    return f"schedule {','.join(days)} {time} {zone}" if days else "schedule off"


def _time(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise UserMistake(f"{text[:40]!r} is no time of day.", instead="09:00")
    return text


# ---------------------------------------------------------------- settings


def _settings_form(channel: Channel, call: Call) -> Form:
    present = dict(written_settings(channel.settings, call.managers))
    hints = {"manage": call.asker.untold}
    return Form(
        command="settings",
        title="Settings",
        fields=tuple(
            Field(name=name, label=label, kind=FieldKind.ONE_OF, values=(present[name],), choices=choices, hint=hints.get(name, ""))
            for name, (label, choices) in SETTINGS.items()
        ),
    )


def _settings_filled(said: Filled, _rest: str) -> str:
    pairs = [f"{name} {said.one(name, partial(_setting, name))}" for name in SETTINGS]
    return f"settings {' '.join(pairs)}"


def _setting(name: str, text: str) -> str:
    choices = [choice.value for choice in SETTINGS[name][1]]
    if name == "limit" and whole(text, most=MOST_PAPERS_IN_A_DIGEST) is None:
        raise UserMistake(f"A digest holds 1 to {MOST_PAPERS_IN_A_DIGEST} papers.")
    if text not in choices:
        raise UserMistake(f"Choose one of {', '.join(choices)}.")
    return text


SETTINGS: Mapping[str, tuple[str, tuple[Choice, ...]]] = MappingProxyType(
    {
        "limit": (
            "Papers in one digest",
            tuple(Choice(str(n), f"{n} paper{'' if n == 1 else 's'}") for n in range(1, MOST_PAPERS_IN_A_DIGEST + 1)),
        ),
        "format": (
            "How much of each paper",
            (
                Choice(Format.COMPACT, "Compact: titles only"),
                Choice(Format.NORMAL, "Normal: one line of summary, and facts"),
                Choice(Format.FULL, "Full: the abstract, and all facts"),
            ),
        ),
        "thread": (
            "A thread for each paper",
            (Choice("off", "Off: the digest is one message"), Choice("on", "On: each paper with a discussion of its own")),
        ),
        "links": (
            "Cards for pasted links",
            (Choice("on", "On: the address of a paper is shown as a card"), Choice("off", "Off")),
        ),
        "manage": (
            "Who may change rules and settings",
            (Choice(Managers.ANYONE, "Anyone here"), Choice(Managers.ADMINS, "Only those who run this channel")),
        ),
    }
)
"""By name, in the order of `written_settings`: the label and what can be chosen."""


# ---------------------------------------------------------------- rules


def _subscribe_form(_channel: Channel, _call: Call) -> Form:
    return Form(
        command="subscribe",
        title="Add a rule",
        fields=(_query_field(""),),
        explanation="New papers that meet it come with the digest. The answer shows what it would have brought last week.",
        submit="Subscribe",
    )


def _query_field(present: str) -> Field:
    return Field(
        name="query",
        label="Which papers",
        kind=FieldKind.LINE,
        values=(present,) if present else (),
        hint=_QUERY_HINT,
        longest=LONGEST,
    )


def _query(text: str) -> str:
    return typed(parse(text.removeprefix(RULE)))


def edit_form(rule: str) -> Form:
    """The form that puts another rule in the place of this one."""
    return Form(command=f"edit {typed(rule)}", title="Edit a rule", fields=(_query_field(rule),))


def _subscribe_filled(said: Filled, _rest: str) -> str:
    return f"subscribe {said.one('query', _query)}"


def _edit_filled(said: Filled, rest: str) -> str:
    return f"edit {rest} => {said.one('query', _query)}"


def _import_form(_channel: Channel, _call: Call) -> Form:
    return Form(
        command="import",
        title="Import rules",
        fields=(
            Field(
                name="lines",
                label="The lines of an export",
                kind=FieldKind.LINES,
                hint="One rule a line: subscribe curriculum. All are taken over, or none.",
            ),
        ),
        submit="Import",
    )


def _import_filled(said: Filled, _rest: str) -> str:
    # The comment at the end keeps a last word `here` from being taken for the word that makes an answer public.
    return f"import {said.one('lines', _lines)}\n#"


def _lines(text: str) -> str:
    check_import(text)
    return text


FORMS: Mapping[str, Callable[[Channel, Call], Form]] = MappingProxyType(
    {
        "schedule": _schedule_form,
        "settings": _settings_form,
        "subscribe": _subscribe_form,
        "import": _import_form,
    }
)
"""By the name of the command: the form for a channel and who asks there."""
COMMANDS: Mapping[str, Callable[[Filled, str], str]] = MappingProxyType(
    {
        "schedule": _schedule_filled,
        "settings": _settings_filled,
        "subscribe": _subscribe_filled,
        "import": _import_filled,
        "edit": _edit_filled,
    }
)
"""By the name of the command: its text, from what was filled in and what stood behind the name when the form was opened."""
