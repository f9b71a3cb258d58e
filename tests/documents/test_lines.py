"""The drawing of the two straight lines is true: each step exists where it says, and is called by whom it says."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.documents.lines import DIGEST, PAPERS, Step
from tests.documents.marks import ROOT

STEPS = [*PAPERS, *DIGEST]


@cache
def defined(file: str) -> dict[str, ast.AST]:
    """Functions, methods (also as Class.method) and classes of a file."""
    found: dict[str, ast.AST] = {}
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}": one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    return found


def calls(file: str, function: str) -> set[str]:
    """The names that a function calls, itself or through functions of the same file."""
    found: set[str] = set()
    left = [function]
    while left:
        node = defined(file).get(left.pop())
        for one in ast.walk(node) if node else ():
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute | ast.Name):
                name = one.func.attr if isinstance(one.func, ast.Attribute) else one.func.id
                left += [] if name in found else [name]
                found.add(name)
    return found


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_is_where_the_page_says(step: Step) -> None:
    assert step.name in defined(step.file)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_is_called_by_the_one_before(step: Step) -> None:
    file, function = step.caller.split(":")
    assert function in defined(file)
    assert step.name.rpartition(".")[2] in calls(file, function)


def test_who_calls_nothing_is_seen() -> None:
    assert "post" not in calls("bot/digest.py", "compose")
