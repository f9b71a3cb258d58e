from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.soak.report import table
from tests.soak.short import short
from tests.soak.world import DISCORD, SLACK

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20251121


@pytest.mark.timeout(240)  # a loaded machine starts processes slowly
async def test_nothing_is_lost_or_doubled_while_workers_are_killed_the_store_falters_and_platforms_have_bad_days(tmp_path: Path) -> None:
    outcome = await short(SEED, tmp_path)

    (phase,) = outcome.phases
    assert not outcome.wrong, table(outcome)
    assert phase.crew["SIGKILL"], table(outcome)
    assert all(phase.tally.ambiguous[platform, True] for platform in (SLACK, DISCORD)), table(outcome)
    assert sum(many for fate, many in phase.proxy.items() if fate != "forwarded"), table(outcome)
