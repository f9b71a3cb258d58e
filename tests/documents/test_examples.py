"""The examples of what can be added: each diff fits, and what it adds is clean and works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.examples import EXAMPLES, copied, diff_of, files
from tests.documents.marks import ROOT, between

BIN = Path(sys.executable).parent


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The program with everything added that the pages show."""
    made = copied(ROOT, tmp_path / "tree")
    for name in EXAMPLES:
        run("git", "apply", "--whitespace=nowarn", str(diff_of(ROOT, name)), tree=made)
    return made


def changed(*, ending: str = ".py") -> list[str]:
    return [path for name in EXAMPLES for path in files(diff_of(ROOT, name).read_text("utf-8")) if path.endswith(ending)]


def run(*command: str, tree: Path) -> None:
    """Fail with what it says if it does not end well. It is another program than ours: neither measured nor told of our servers."""
    ours = ("COV", "PYTEST", "PAPERBOY")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    ran = subprocess.run(command, cwd=tree, env=environment, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_diff_fits(name: str) -> None:
    run("git", "apply", "--check", "--whitespace=nowarn", str(diff_of(ROOT, name)), tree=ROOT)


@pytest.mark.parametrize(("name", "page"), EXAMPLES.items())
def test_a_page_shows_the_whole_diff(name: str, page: str) -> None:
    shown = (ROOT / page).read_text("utf-8")
    for path, part in files(diff_of(ROOT, name).read_text("utf-8")).items():
        if part.strip():
            assert between(shown, f"diff {path}") == f"```diff\n{part.rstrip()}\n```", "it is out of date: make written"


def test_what_is_added_works(tree: Path) -> None:
    tests = [path for path in changed() if "/test_" in path]
    assert len(tests) >= len(EXAMPLES)
    run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, tree=tree)


def test_what_is_added_is_in_its_room(tree: Path) -> None:
    run(str(BIN / "lint-imports"), "--no-cache", tree=tree)


def test_what_is_added_is_clean(tree: Path) -> None:
    run(str(BIN / "ruff"), "check", "--no-cache", *changed(), tree=tree)
    run(str(BIN / "ruff"), "format", "--no-cache", "--check", *changed(), tree=tree)


def test_the_types_of_what_is_added_are_right(tree: Path) -> None:
    if not (ROOT / ".mypy_cache").is_dir():
        assert "CI" not in os.environ
        pytest.skip("without mypy's cache this takes a minute: make check fills it")
    shutil.copytree(ROOT / ".mypy_cache", tree / ".mypy_cache")
    run(str(BIN / "mypy"), *changed(), tree=tree)
