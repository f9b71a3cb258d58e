from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, TextIO

import pytest

from adapters.terminal.look import Look, look

if TYPE_CHECKING:
    from collections.abc import Iterator

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this system")


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        yield stream
    os.close(ours)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"COLUMNS": "100"}, Look(width=100, colour=True, links=True)),
        ({"COLUMNS": "100", "NO_COLOR": "1"}, Look(width=100, links=True)),
        ({"COLUMNS": "100", "NO_COLOR": ""}, Look(width=100, colour=True, links=True)),
        ({"COLUMNS": "100", "NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, Look(width=100, links=True)),
        ({"COLUMNS": "100", "CLICOLOR": "0"}, Look(width=100, links=True)),
        ({"COLUMNS": "100", "CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, Look(width=100, colour=True, links=True)),
        ({"COLUMNS": "100", "TERM": "dumb"}, Look(width=100)),
        ({"COLUMNS": "100", "TERM": "linux"}, Look(width=100, colour=True)),
        ({"COLUMNS": "7"}, Look(width=40, colour=True, links=True)),
        ({"COLUMNS": "100000"}, Look(width=80, colour=True, links=True)),
        ({"COLUMNS": "900"}, Look(width=200, colour=True, links=True)),
        ({"COLUMNS": "wide"}, Look(width=80, colour=True, links=True)),
        ({}, Look(width=80, colour=True, links=True)),
    ],
)
def test_a_terminal_shows_what_it_is_allowed_to(terminal: TextIO, environ: dict[str, str], expected: Look) -> None:
    assert look(terminal, environ) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, Look()), ({"COLUMNS": "100"}, Look(width=100)), ({"CLICOLOR_FORCE": "1"}, Look(colour=True)), ({"CLICOLOR_FORCE": "0"}, Look())],
)
def test_a_pipe_shows_plain_text_unless_forced(environ: dict[str, str], expected: Look) -> None:
    assert look(io.StringIO(), environ) == expected
