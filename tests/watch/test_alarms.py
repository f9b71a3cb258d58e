"""The alert rules and the dashboard: they ring when they should, and know every figure that we tell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.counts import FAMILIES, Counts
from bot.metrics import Reading, exposition
from bot.ports import Backlog, Health, Overdue, Pulse
from bot.standing import PLATFORMS, Standing
from tests.store.outbox import DUE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "config" / "alerts.yaml"
DASHBOARD = ROOT / "config" / "grafana-dashboard.json"
CASES = Path(__file__).parent / "alerts_test.yaml"


def told() -> set[str]:
    """The names of all samples that a page with every figure on it holds."""
    counts = Counts()
    counts.slot_due("slack")
    counts.began("slack", timedelta(seconds=1))
    counts.sent("slack")
    counts.died("slack")
    counts.unknown("slack")
    counts.lease_lost("slack")
    counts.throttled("slack")
    counts.read("huggingface", well=True, new=1)
    counts.answered("slack", "list", timedelta(seconds=1), well=True)
    counts.matched(timedelta(seconds=1))
    counts.ticked("plan", times=1, failed=0)
    pulse = Pulse(process="p", role="run", host="den", pid=1, version="1", started=DUE, at=DUE, ticks={"plan": DUE})
    stands = Standing(at=DUE, backlogs=dict.fromkeys(PLATFORMS, Backlog(waiting=1, oldest=DUE)), overdue=Overdue(1, DUE), dead=1)
    read = Reading(stands=stands, totals=counts.batch()[1], pulses=[pulse], health={"huggingface": Health(last_good=DUE)}, memory=1)
    families = text_string_to_metric_families(exposition(read).decode())
    return {sample.name for family in families for sample in family.samples}


def named(text: str) -> set[str]:
    return set(re.findall(r"\bpaperboy_\w+", text))


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def panels() -> Iterator[dict[str, Any]]:
    yield from json.loads(DASHBOARD.read_text())["panels"]


def shown() -> set[str]:
    return {name for panel in panels() for target in panel.get("targets", ()) for name in named(target["expr"])}


def test_every_family_has_samples_on_the_page() -> None:
    assert all(any(name.startswith(family.name) for name in told()) for family in FAMILIES)


def test_alarms_and_dashboard_name_only_figures_that_there_are() -> None:
    assert named(" ".join(rule["expr"] for rule in rules())) <= told()
    assert shown() <= told()


def test_the_dashboard_shows_every_figure() -> None:
    sums = re.compile(r"_(?:sum|count)$")
    assert {name for name in told() if not sums.search(name)} == shown()


def test_no_two_panels_overlap_or_share_an_id() -> None:
    places = [(one["id"], one["gridPos"]) for one in panels()]
    assert len({id for id, _ in places}) == len(places)
    for (_, a), (_, b) in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or above
    assert all(place["x"] + place["w"] <= 24 for _, place in places)


def test_the_dashboard_asks_which_prometheus_to_use() -> None:
    [variable] = json.loads(DASHBOARD.read_text())["templating"]["list"]
    assert variable["type"] == "datasource"
    assert all(target["datasource"]["uid"] == "${datasource}" for panel in panels() for target in panel.get("targets", ()))


def test_every_alarm_says_what_it_is_and_is_explained() -> None:
    explained = (ROOT / "docs" / "operations.md").read_text()
    for rule in rules():
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
        page, _, heading = rule["annotations"]["runbook_url"].rpartition("#")
        assert page.endswith("/docs/operations.md")
        assert f"\n### {heading.replace('-', ' ').capitalize()}\n" in explained
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert f"`{rule['alert']}`" in explained, rule["alert"]


def test_every_alarm_was_seen_to_ring_and_to_be_silent() -> None:
    tried = [case for test in yaml.safe_load(CASES.read_text())["tests"] for case in test["alert_rule_test"]]
    rang = {case["alertname"] for case in tried if case["exp_alerts"]}
    silent = {case["alertname"] for case in tried if not case["exp_alerts"]}
    assert rang == silent == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("arguments", [("check", "rules", str(ALERTS)), ("test", "rules", str(CASES))])
def test_promtool_finds_nothing_wrong(arguments: tuple[str, ...]) -> None:
    if (promtool := shutil.which("promtool")) is None:
        assert "CI" not in os.environ, "CI installs it"
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    ended = subprocess.run((promtool, *arguments), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
