"""What the operator says about the sources, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import OperatorMistake
from bot.ports import Health
from bot.sources import config as configuration
from bot.sources.config import DEMO, Config, Rhythm, load, next_reading, read
from bot.sources.http import user_agent
from bot.sources.table import Outside, charts, lookups, sources

if TYPE_CHECKING:
    from pathlib import Path

    from bot.sources.http import Web
    from tests.fakes import FakeCache

NOW = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
GOOD = Health(last_good=NOW)
CONFIG = Config(
    rhythms={"huggingface": Rhythm(every=timedelta(hours=2)), "arxiv": Rhythm(at=(time(4, 30), time(8), time(14)))}, categories=("cs.CL",)
)


def test_the_default_reads_hugging_face_and_five_categories() -> None:
    default = load()
    assert default.categories == ("cs.AI", "cs.CL", "cs.CV", "cs.LG", "stat.ML")
    assert default.rhythms == CONFIG.rhythms
    assert not default.replacements


def test_an_installed_program_finds_the_default_in_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[sample]\nevery = "1h"')
    monkeypatch.setattr(configuration, "__file__", str(tmp_path / "site-packages" / "bot" / "sources" / "config.py"))
    monkeypatch.setattr(configuration, "files", lambda _: tmp_path)
    assert load().rhythms == {"sample": Rhythm(every=timedelta(hours=1))}


def test_another_file_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[arxiv]\ncategories = ["hep-th", "hep-th"]\nat = ["8:00", "04:30", "08:00"]\nreplacements = true', "utf-8")
    assert load(path) == Config(rhythms={"arxiv": Rhythm(at=(time(4, 30), time(8)))}, categories=("hep-th",), replacements=True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, r"cannot be read \(No such file or directory\); correct it"),
        (b"\xff\xfe", r"cannot be read \(it is no UTF-8\); correct it"),
        (b"x =", "this is no TOML"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_setting(tmp_path: Path, body: bytes | None, why: str) -> None:
    path = tmp_path / "mine.toml"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(OperatorMistake, match=rf"\ASOURCES_FILE: \S+mine\.toml:? {why}"):
        load(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[arxiv", "no TOML"),
        ("[arxive]\nenabled = true", "arxive"),
        ('[arxiv]\ncategory = "cs.CL"', "unknown field `category` in arxiv"),
        ("[arxiv]\nenabled = 1", "Expected `bool`, got `int` in arxiv.enabled"),
        ('[arxiv]\nat = ["08:00", 9]\ncategories = ["cs.CL"]', "arxiv.at"),
        ('[arxiv]\nat = ["24:00"]\ncategories = ["cs.CL"]', "'24:00' is no time of day"),
        ('[arxiv]\nat = ["08:00"]\ncategories = ["cs CL"]', "'cs CL' is no arXiv category"),
        ('[arxiv]\nat = ["08:00"]', "arxiv.categories is empty"),
        ('[huggingface]\nevery = "2 days"', "'2 days' is no interval"),
        ('[huggingface]\nevery = "1m"', "between 15 minutes"),
        ('[huggingface]\nevery = "9999h"', "between 15 minutes"),
        ("[huggingface]\nenabled = true", "either"),
        ('[huggingface]\nevery = "2h"\nat = ["08:00"]', "either"),
        ("[huggingface]\nenabled = false", "no source is enabled"),
        ("", "no source is enabled"),
    ],
)
def test_a_mistake_is_one_clear_line(text: str, complaint: str) -> None:
    with pytest.raises(OperatorMistake) as caught:
        read(text, where="sources.toml")
    said = str(caught.value)
    assert complaint in said
    assert said.startswith("sources.toml: ")
    assert "\n" not in said


@given(st.text(max_size=200))
def test_no_text_fails_in_another_way(text: str) -> None:
    with pytest.raises(OperatorMistake):
        read(f"[arxiv]\n{text}", where="x")


def test_after_a_good_reading_the_rhythm_says_when() -> None:
    assert next_reading(CONFIG, "huggingface", NOW, GOOD) == NOW + timedelta(hours=2)
    assert next_reading(CONFIG, "arxiv:cs.CL", NOW, GOOD) == datetime(2025, 11, 21, 14, tzinfo=UTC)
    late = datetime(2025, 12, 31, 14, tzinfo=UTC)
    assert next_reading(CONFIG, "arxiv:cs.CL", late, GOOD) == datetime(2026, 1, 1, 4, 30, tzinfo=UTC)


def test_failures_are_given_more_and_more_time() -> None:
    pauses = [next_reading(CONFIG, "arxiv:cs.CL", NOW, Health(failures=n)) - NOW for n in (1, 2, 3, 7, 8, 1000)]
    assert pauses == [timedelta(minutes=m) for m in (5, 10, 20, 320, 360, 360)]


def test_a_source_that_asks_for_more_patience_gets_it() -> None:
    assert next_reading(CONFIG, "huggingface", NOW, Health(failures=1), timedelta(hours=24)) == NOW + timedelta(hours=24)
    assert next_reading(CONFIG, "huggingface", NOW, Health(failures=3), timedelta(minutes=1)) == NOW + timedelta(minutes=20)


def test_a_source_that_is_no_longer_configured_rests() -> None:
    assert next_reading(CONFIG, "sample", NOW, GOOD) == NOW + timedelta(hours=6)


@given(
    st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001  # st.datetimes wants them naive
    st.sampled_from(["huggingface", "arxiv:cs.CL", "gone"]),
    st.builds(Health, failures=st.integers(0, 10**6)),
)
def test_the_next_reading_always_lies_ahead_and_within_a_day(now: datetime, name: str, health: Health) -> None:
    again = next_reading(CONFIG, name, now, health)
    assert now < again <= now + timedelta(days=1)


async def test_every_enabled_source_is_built_from_the_table(web: Web, cache: FakeCache) -> None:
    config = Config(rhythms={**CONFIG.rhythms, "sample": Rhythm(every=timedelta(hours=1))}, categories=("cs.CL", "cs.LG"))
    outside = Outside(config=config, web=web, cache=cache)
    assert [source.name for source in sources(outside)] == ["huggingface", "arxiv:cs.CL", "arxiv:cs.LG", "sample"]
    assert [lookup.name for lookup in lookups(outside)] == ["Hugging Face", "arXiv", "sample"]
    assert type(charts(outside)).__name__ == "HuggingFacePapers"


async def test_the_demo_has_the_bundled_papers_alone(web: Web, cache: FakeCache) -> None:
    outside = Outside(config=DEMO, web=web, cache=cache)
    assert [source.name for source in sources(outside)] == ["sample"]
    assert [lookup.name for lookup in lookups(outside)] == ["sample"]
    chart = charts(outside)
    assert chart is not None
    assert await chart.today()


async def test_without_such_a_source_there_are_no_charts(web: Web, cache: FakeCache) -> None:
    config = Config(rhythms={"arxiv": Rhythm(at=(time(8),))}, categories=("cs.CL",))
    assert charts(Outside(config=config, web=web, cache=cache)) is None


def test_the_version_is_in_the_user_agent() -> None:
    assert user_agent("0.1.0", project="", contact="") == "Paperboy/0.1.0"
