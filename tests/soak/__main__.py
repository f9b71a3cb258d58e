"""The long form: `python -m tests.soak --slots 20000 --workers 4 --minutes 25 --seed N [--phase kills|freezes|both] [--keep DIR]`."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.report import Plan, table
from tests.soak.soak import PHASES, soak


def main() -> int:
    """Returns 0 if every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Nothing is lost and nothing doubled, whatever fails.")
    parser.add_argument("--slots", type=int, default=20_000, help="on each platform, over all phases")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=25, help="of storm, over all phases")
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    parser.add_argument("--phase", choices=[*PHASES, "both"], default="both")
    parser.add_argument("--keep", type=Path, help="an empty directory to leave logs and store in")
    options = parser.parse_args()
    started = time.monotonic()

    def tell(line: str) -> None:
        sys.stdout.write(f"{time.monotonic() - started:6.0f} s  {line}\n")
        sys.stdout.flush()

    tell(f"seed {options.seed}")
    phases = tuple(PHASES) if options.phase == "both" else (options.phase,)
    plan = Plan(slots=options.slots, workers=options.workers, minutes=options.minutes, seed=options.seed, phases=phases)
    with tempfile.TemporaryDirectory(prefix="paperboy-soak-") as temporary:
        directory = (options.keep or Path(temporary)).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(soak(plan, directory, tell))
    sys.stdout.write(table(outcome))
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
