"""The product's two straight lines as a drawing and as a table, from steps that a test looks up in the code."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from tests.documents.marks import put

if TYPE_CHECKING:
    from pathlib import Path

PAGE, DRAWING = "docs/architecture.md", "docs/pictures/lines.svg"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a line."""

    says: str
    """In words, as one would read the line aloud."""
    name: str
    """What does it: a function, or a method with its class."""
    file: str
    """Where that is defined."""
    caller: str
    """Who calls it, as "file:function"; what the function calls in its own file counts as well."""
    dies: str
    """What it is like if the process dies right after."""


PAPERS = (
    Step(
        "its time has come", "read_source", "bot/fetching.py", "bot/worker.py:_fetching", "nothing; the turn is free again after 15 minutes"
    ),
    Step(
        "new papers from a source",
        "Source.fetch",
        "bot/ports/sources.py",
        "bot/fetching.py:read_source",
        "read again from the same watermark",
    ),
    Step("merged with what is known", "merge", "bot/paper.py", "bot/jobs.py:take_in", "read again from the same watermark"),
    Step(
        "which channels want them",
        "Percolator.match",
        "bot/matching/percolator.py",
        "bot/jobs.py:take_in",
        "read again from the same watermark",
    ),
    Step("file them once", "Papers.file", "bot/ports/papers.py", "bot/jobs.py:take_in", "done: papers, inboxes and watermark in one step"),
)
DIGEST = (
    Step(
        "a channel's hour has come", "plan_slot", "bot/jobs.py", "bot/worker.py:plan_due", "the slot is still due; another worker plans it"
    ),
    Step("take its inbox", "waiting", "bot/jobs.py", "bot/jobs.py:plan_slot", "the slot is still due"),
    Step("compose", "compose", "bot/digest.py", "bot/jobs.py:plan_slot", "the slot is still due"),
    Step("plan", "Deliveries.plan", "bot/ports/deliveries.py", "bot/jobs.py:plan_slot", "done: message, papers and next slot in one step"),
    Step(
        "post",
        "Outlet.post",
        "bot/ports/outlets.py",
        "bot/delivery.py:deliver",
        "unknown: the platform is asked before anything is posted again",
    ),
    Step("settle", "Deliveries.settle", "bot/ports/deliveries.py", "bot/delivery.py:deliver", "done"),
)

_WIDE, _HIGH, _GAP, _TOP = 312, 82, 22, 52
_COLUMNS = ((PAPERS, 16), (DIGEST, 392))
_SIZE = (720, _TOP + len(DIGEST) * (_HIGH + _GAP) - _GAP + 16)
_STYLE = """
  text { font-family: system-ui, sans-serif; fill: #1a1a2e }
  .ground { fill: #fbfbfe }
  .box { fill: #fff; stroke: #3f51b5; stroke-width: 1.5 }
  .line { stroke: #3f51b5; stroke-width: 1.5; fill: none }
  .head { fill: #3f51b5 }
  .title { font-size: 18px; font-weight: 600 }
  .says { font-size: 16px }
  .name { font: 600 13.5px ui-monospace, monospace; fill: #303f9f }
  .file { font: 13px ui-monospace, monospace; fill: #55556d }
  @media (prefers-color-scheme: dark) {
    text { fill: #ececf4 }
    .ground { fill: #1e2029 }
    .box { fill: #282a36; stroke: #8c9eff }
    .line { stroke: #8c9eff }
    .head { fill: #8c9eff }
    .name { fill: #b3bfff }
    .file { fill: #a9abbd }
  }
"""
_ARROW = """<defs>
  <marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
    <path class="head" d="M0 0 8 4 0 8z"/>
  </marker>
</defs>"""


def drawing() -> str:
    """Both lines as an SVG, downwards beside each other, that reads in the light and in the dark."""
    spoken = "; then ".join(" → ".join(step.says for step in line) for line, _ in _COLUMNS)
    wide, high = _SIZE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" role="img" aria-labelledby="name">',
        f'<title id="name">{escape(spoken)}</title>',
        f"<style>{_STYLE}</style>",
        _ARROW,
        f'<rect class="ground" width="{wide}" height="{high}" rx="10"/>',
    ]
    for (line, left), title in zip(_COLUMNS, ("New papers", "A digest"), strict=True):
        parts.append(f'<text class="title" x="{left}" y="34">{title}</text>')
        for place, step in enumerate(line):
            top = _top(place)
            parts.append(f'<rect class="box" x="{left}" y="{top}" width="{_WIDE}" height="{_HIGH}" rx="8"/>')
            for css, text, down in (("says", step.says, 26), ("name", step.name, 48), ("file", step.file, 68)):
                parts.append(f'<text class="{css}" x="{left + 14}" y="{top + down}">{escape(text)}</text>')
            if place:
                parts.append(f'<path class="line" d="M{left + _WIDE // 2} {top - _GAP}v{_GAP - 2}" marker-end="url(#to)"/>')
    # From "file them once" to "take its inbox": there the two lines meet.
    (papers, left), (_, right) = _COLUMNS
    filed, taken, edge = _top(len(papers) - 1) + _HIGH // 2, _top(1) + _HIGH // 2, left + _WIDE
    parts.append(
        f'<path class="line" stroke-dasharray="5 4" d="M{edge} {filed}h{(right - edge) // 2}V{taken}H{right - 2}" marker-end="url(#to)"/>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _top(place: int) -> int:
    return _TOP + place * (_HIGH + _GAP)


def table(line: tuple[Step, ...]) -> str:
    """A row for each step."""
    rows = ["| step | what does it | if we die right after it |", "|---|---|---|"]
    rows += [f"| {step.says} | `{step.name}`, [`{step.file}`](../{step.file}) | {step.dies} |" for step in line]
    return "\n".join(rows)


def write(root: Path) -> None:
    """Bring drawing and tables up to date."""
    (root / DRAWING).parent.mkdir(exist_ok=True)
    (root / DRAWING).write_text(drawing(), "utf-8")
    put(root / PAGE, "papers", table(PAPERS))
    put(root / PAGE, "digest", table(DIGEST))
