"""Whatever a running bot has may be shipped with a program under MIT."""

from __future__ import annotations

import tomllib

import pytest

from tests.supply.licences import COMPATIBLE, NOT_INSTALLED_HERE, UnknownLicence, is_compatible, licence_of, terms
from tests.supply.lock import ROOT, runtime


@pytest.mark.parametrize("package", runtime())
def test_its_licence_is_known_and_goes_with_ours(package: str) -> None:
    assert is_compatible(licence_of(package)), licence_of(package)


def test_ours_is_mit() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")


@pytest.mark.parametrize("expression", ["GPL-3.0-only", "MIT AND AGPL-3.0-only", "LicenseRef-Proprietary", ""])
def test_what_does_not_go_with_it_is_found(expression: str) -> None:
    assert not is_compatible(expression)


@pytest.mark.parametrize("expression", [*COMPATIBLE, "GPL-2.0-only OR MIT", "Apache-2.0 AND MIT"])
def test_what_does_is_let_through(expression: str) -> None:
    assert is_compatible(expression)


def test_a_choice_within_what_holds_at_once_is_a_choice() -> None:
    assert terms("MIT OR GPL-2.0-only AND ISC") == {frozenset({"MIT", "GPL-2.0-only"}), frozenset({"ISC"})}


def test_a_package_that_nobody_knows_is_told() -> None:
    with pytest.raises(UnknownLicence):
        licence_of("a-package-that-nobody-knows")


def test_what_is_looked_up_by_hand_is_needed() -> None:
    assert NOT_INSTALLED_HERE.keys() <= runtime().keys()
