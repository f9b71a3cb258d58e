from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.crash.ordeal import ordeal

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 12


@pytest.mark.timeout(180)  # a loaded machine starts processes slowly
def test_nothing_acknowledged_is_lost_and_nothing_is_posted_twice_however_often_the_bot_is_killed(tmp_path: Path) -> None:
    seed = random.getrandbits(32)

    verdict = ordeal(tmp_path, kills=KILLS, seed=seed)

    assert not verdict.wrong, f"seed {seed}"
    assert all(verdict.counts[what] for what in ("subscriptions acknowledged", "papers filed", "papers posted", "posts")), verdict.counts
