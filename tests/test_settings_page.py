"""The page of settings says what the settings say."""

from __future__ import annotations

import re

from bot.settings import listed
from tests.documents.settings import markdown


def test_every_setting_has_its_entry_once_under_its_section() -> None:
    page = markdown()
    assert re.findall(r"^### `([A-Z_]+)`$", page, re.MULTILINE) == [one.name for one in listed()]
    titles = list(dict.fromkeys(one.section.partition("; ")[0] for one in listed()))
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == titles


def test_an_entry_tells_what_is_secret_and_what_is_taken_if_nothing_is_set() -> None:
    page = markdown()
    assert "### `PORT`" in page
    assert "*Default `3000`.*" in page
    assert "*Secret; for example `redis://:password@host:6379/0`.*" in page
    assert page.count("*Secret") == sum(one.secret for one in listed())


def test_pages_are_linked_and_not_only_named() -> None:
    assert "[Slack](slack.md) leads through it." in markdown()
    assert "docs/" not in markdown()
