"""The long form: kill a bot many times, and print what it went through and what it kept of its promises."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.ordeal import ordeal

TELL_EVERY = 20


def main() -> int:
    """Returns 0 if every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Nothing acknowledged is ever lost.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    parser.add_argument("--keep", type=Path, help="an empty directory to leave everything in")
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    started = time.monotonic()

    def told(kills: int) -> None:
        if kills % TELL_EVERY == 0:
            sys.stdout.write(f"{kills} kills after {time.monotonic() - started:.0f} seconds\n")
            sys.stdout.flush()

    with tempfile.TemporaryDirectory(prefix="paperboy-crash-") as temporary:
        verdict = ordeal(options.keep or Path(temporary), kills=options.kills, seed=options.seed, told=told)
    for what, count in verdict.counts.items():
        sys.stdout.write(f"{count:8,}  {what}\n")
    for sentence in verdict.wrong:
        sys.stdout.write(f"WRONG: {sentence}\n")
    sys.stdout.write(f"{len(verdict.wrong)} broken promises in {time.monotonic() - started:.0f} seconds\n")
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
