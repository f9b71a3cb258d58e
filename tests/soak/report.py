"""What a soak came to, in figures and in sentences."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.soak.proxy import Troubles
from tests.soak.verdict import Findings, told
from tests.soak.weather import Climate, Tally
from tests.soak.world import DISCORD, SLACK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address
    from tests.discord.fake import FakeDiscord
    from tests.slack.fake import FakeSlack
    from tests.soak.crew import Heard
    from tests.soak.world import Slot

ALLOWED_ON_SLACK = 200
"""With workers frozen past their lease one post of so many ambiguous ones may stand there twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a soak is to be."""

    slots: int
    """On each platform, over all phases."""
    workers: int
    minutes: float
    """Of storm, over all phases; in most of it slots fall due. Each phase then takes as long as its last repetitions need."""
    seed: int
    phases: Sequence[str] = ("kills", "freezes")
    troubles: Troubles = field(default_factory=Troubles)
    climate: Climate = field(default_factory=Climate)


@dataclass(slots=True)
class Phase:
    """What came of one."""

    name: str
    slots: list[Slot]
    dues: dict[Address, datetime]
    tally: Tally = field(default_factory=Tally.empty)
    crew: Counter[str] = field(default_factory=Counter)
    proxy: Counter[str] = field(default_factory=Counter)
    found: dict[str, Findings] = field(default_factory=dict)
    took_s: float = 0.0
    drained_s: float = 0.0
    """After the last slot was due and the weather was fair again."""


@dataclass(slots=True)
class Outcome:
    """What came of it all."""

    plan: Plan
    phases: list[Phase]
    logs: Heard
    wrong: list[str]
    """A sentence for each broken promise."""
    notes: list[str]


def broken(phase: Phase, platform: str, slack: FakeSlack, discord: FakeDiscord) -> list[str]:
    """A sentence for each promise that the phase broke on this platform, with the first slots it was broken to."""
    found, ambiguous = phase.found[platform], phase.tally.ambiguous[platform, True]
    kinds: list[tuple[str, list[Slot]]] = []
    if found.lost:
        kinds.append((f"{len(found.lost)} slots are lost", found.lost))
    allowed = ambiguous // ALLOWED_ON_SLACK if platform == SLACK and phase.name == "freezes" else 0
    if found.duplicates > allowed:
        kinds.append((f"{found.duplicates} messages are there twice ({allowed} allowed)", [slot for slot, _ in found.doubled]))
    if found.disordered:
        kinds.append((f"{len(found.disordered)} slots have parts out of order", found.disordered))
    if found.strange:
        kinds.append((f"{len(found.strange)} channels have papers of others", found.strange))
    return [
        "\n    ".join([f"{phase.name}, {platform}: {what}", *(told(slot, phase.dues[slot.address], slack, discord) for slot in slots[:8])])
        for what, slots in kinds
    ]


def untried(phase: Phase) -> list[str]:
    """A sentence for each thing that the phase was to try and did not: then it proves nothing."""
    tormented = {"kills": "SIGKILL", "freezes": "frozen past its lease"}[phase.name]
    missing = [] if phase.crew[tormented] else [f"{phase.name}: no worker met {tormented}"]
    return missing + [
        f"{phase.name}: no post on {platform} was ambiguous" for platform in (SLACK, DISCORD) if not phase.tally.ambiguous[platform, True]
    ]


def table(outcome: Outcome) -> str:
    """What there is to be told, to be read by people."""
    plan, python = outcome.plan, sys.version.split()[0]
    lines = [f"{sys.platform}, Python {python}; {plan.slots} slots on each platform, {plan.workers} workers, seed {plan.seed}"]
    for phase in outcome.phases:
        lines += ["", f"Phase {phase.name}: {phase.took_s:.0f} s, drained {phase.drained_s:.0f} s after the last storm"]
        lines.append(f"  {'':<44}{'Slack':>12}{'Discord':>12}")
        slack, discord = phase.found[SLACK], phase.found[DISCORD]
        tally = phase.tally
        rows: list[tuple[str, object, object]] = [
            ("slots", slack.slots, discord.slots),
            ("messages in the channels", slack.posts, discord.posts),
            ("lost slots", len(slack.lost), len(discord.lost)),
            ("messages there twice", slack.duplicates, discord.duplicates),
            ("  where history may not be read", slack.blind_duplicates, "-"),
            ("slots with parts out of order", len(slack.disordered), len(discord.disordered)),
            ("ambiguous posts", tally.ambiguous[SLACK, True], tally.ambiguous[DISCORD, True]),
            ("  where history may not be read", tally.ambiguous[SLACK, False], "-"),
            ("due to posted, p50, s", f"{slack.late(0.5):.1f}", f"{discord.late(0.5):.1f}"),
            ("due to posted, p99, s", f"{slack.late(0.99):.1f}", f"{discord.late(0.99):.1f}"),
            ("due to posted, at most, s", f"{slack.late(1):.1f}", f"{discord.late(1):.1f}"),
        ]
        rows += [(f"requests: {what}", tally.requests[SLACK, what], tally.requests[DISCORD, what]) for what in ("post", "read", "other")]
        kinds = dict.fromkeys((what, name) for _, what, name in sorted(tally.bad))
        rows += [(f"{what}: {name}", tally.bad[SLACK, what, name], tally.bad[DISCORD, what, name]) for what, name in kinds]
        lines += [f"  {what:<44}{one:>12}{other:>12}" for what, one, other in rows]
        lines.append("  workers: " + ", ".join(f"{what} {many}" for what, many in phase.crew.items()))
        lines.append("  store: " + ", ".join(f"{what} {many}" for what, many in phase.proxy.items()))
    lines += ["", *outcome.notes, f"{outcome.logs.lines} lines of logs; of these:"]
    lines += [f"  {many:>6}  {event}" for event, many in outcome.logs.events.most_common(25)]
    lines += ["", *(f"BROKEN: {sentence}" for sentence in outcome.wrong)]
    lines.append(f"{len(outcome.wrong)} broken promises")
    return "\n".join(lines) + "\n"
