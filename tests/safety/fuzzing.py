"""What the fuzzing tests share: how long they search, what hostile input looks like, and how work is counted.

`make fuzz` searches long; among the other tests each of them is short. The number of examples is the environment's PAPERBOY_EXAMPLES.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import hypothesis
from hypothesis import HealthCheck
from hypothesis import strategies as st

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    Json = Any
    Path_ = tuple[str | int, ...]

ROOT = Path(__file__).parents[2]
_OURS = (str(ROOT / "bot"), str(ROOT / "adapters"))


def effort(short: int) -> hypothesis.settings:
    """So many examples among the other tests, as many as the environment says in the long form."""
    return hypothesis.settings(
        max_examples=int(os.environ.get("PAPERBOY_EXAMPLES", short)),
        deadline=None,
        # Every example begins with what the fixture gave, and leaves nothing that another would stumble over.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


# ---------------------------------------------------------------- hostile input

_PIECES = (
    *("\x00", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "\U000e0041", "\r\n", "\n" * 50, "\t", " ", "\u2028"),
    *(
        "@everyone",
        "<!channel>",
        "<@U0ADA>",
        "<https://evil.example|arxiv.org>",
        "[x](javascript:alert(1))",
        "||",
        "```",
        "~~",
        "&amp;",
        "&#x3c;",
    ),
    *("<script>", "</style>", "'", '"', "\\", "`", "$(id)", "{{7*7}}", "%s%n", "../../etc/passwd", "${jndi:ldap://x}", "\\u0000", "%00"),
    *(
        "arXiv:2505.23885v3",
        "https://arxiv.org/abs/",
        "10.1000/",
        "hep-th/9901001",
        "title:",
        "cat:cs.",
        "upvotes>=",
        "-",
        "(",
        ")",
        "OR",
        "*",
    ),
    *("9" * 25, "٣٤", "½", "İ", "ß", "ﬁ", "e\u0301", "한국", "🤗", "a" * 300, "x" * 5_000, "here", "all", "rule:", "everything"),
)
"""What has broken somebody's program before."""

texts = st.lists(st.sampled_from(_PIECES) | st.text(max_size=12), max_size=12).map("".join)
"""Text as nobody means it, halves of surrogate pairs among it: JSON may hold them."""

_numbers = st.sampled_from([0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**30, 1e308, -0.0, 0.5])


def _deep(depth: int) -> Json:
    value: Json = "bottom"
    for _ in range(depth):
        value = [value]
    return value


values: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    _numbers,
    texts,
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just({"": None}),
    st.dictionaries(texts, texts, max_size=2),
    st.just(_deep(60)),
)
"""Any JSON in the place of any other."""


def places(value: Json, path: Path_ = ()) -> list[Path_]:
    """Every place inside, from the outside in, the whole itself left out."""
    inner: list[tuple[str | int, Json]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [found for name, part in inner for found in ((*path, name), *places(part, (*path, name)))]


LEFT_OUT: Json = object()
"""In the place of a value: there is none."""


def changed(value: Json, path: Path_, new: Json) -> Json:
    """A copy with something else at one place, or nothing. As it is where there is no such place any more."""
    name, *rest = path
    if not (isinstance(value, dict) and name in value) and not (isinstance(value, list) and isinstance(name, int) and name < len(value)):
        return value
    copy: Json = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[name] = changed(copy[name], tuple(rest), new)
    elif new is LEFT_OUT:
        del copy[name]
    else:
        copy[name] = new
    return copy


@st.composite
def mutated(draw: st.DrawFn, sample: Json, *, but: frozenset[str] = frozenset(), most: int = 4) -> Json:
    """A sample with up to `most` changes: something else in its place, something left out, text made longer, or a part put elsewhere.

    Args:
        but: Names whose values stay, that the rest may be reached at all.
    """
    for _ in range(draw(st.integers(0, most))):
        there = [path for path in places(sample) if not but.intersection(str(name) for name in path[-1:])]
        if not there:
            break
        path = draw(st.sampled_from(there))
        match draw(st.integers(0, 3)):
            case 0:
                new = LEFT_OUT
            case 1:
                old = _at(sample, path)
                new = f"{old}{draw(texts)}" if isinstance(old, str) else draw(texts)
            case 2:
                new = _at(sample, draw(st.sampled_from(there)))
            case _:
                new = draw(values)
        sample = changed(sample, path, new)
    return sample


def _at(value: Json, path: Path_) -> Json:
    for name in path:
        value = value[name]
    return value


@st.composite
def garbled(draw: st.DrawFn, sample: bytes, alphabet: tuple[bytes, ...] = ()) -> bytes:
    """Bytes with up to four wounds: cut off, doubled, overwritten, or something of the alphabet put in."""
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(sample)))
        to = min(len(sample), at + draw(st.integers(0, 60)))
        piece = draw(st.sampled_from(alphabet)) if len(alphabet) > 0 and draw(st.booleans()) else draw(st.binary(max_size=8))
        sample = draw(
            st.sampled_from([sample[:at], sample[:to] + sample[at:], sample[:at] + sample[to:], sample[:at] + piece + sample[to:]])
        )
    return sample


# ---------------------------------------------------------------- work, counted

PER_CHARACTER = 400
"""Lines of our code that a character of input may cost; what is harmless costs some dozens."""
AT_LEAST = 20_000
"""Lines that any input may cost."""


class TooMuchWork(AssertionError):
    """Whoever sends this keeps us busy."""


def within(size: int, work: Callable[[], T]) -> T:
    """Do the work, and count the lines of our own code that it runs: counted, not timed, it is the same on every machine.

    Raises:
        TooMuchWork: More than an input of that size may cost.
    """
    left = AT_LEAST + PER_CHARACTER * size

    def line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left < 0:
                raise TooMuchWork(f"more than {AT_LEAST + PER_CHARACTER * size} lines for {size} characters, at {frame.f_code.co_name}")
        return line

    def called(frame: FrameType, event: str, arg: object) -> Any:  # every trace function is called alike
        return line if frame.f_code.co_filename.startswith(_OURS) else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        return work()
    finally:
        sys.settrace(before)


# ---------------------------------------------------------------- what must not be said

UNHANDLED = frozenset({"listener_failed", "dispatch_failed", "form_not_read", "slack_envelope_failed", "part_failed", "offers_failed"})
"""What the log calls an exception that nobody expected."""


def unhandled(logs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines of the log that tell of such an exception."""
    return [line for line in logs if line["event"] in UNHANDLED or line.get("exc_info")]
