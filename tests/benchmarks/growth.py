"""What a digest costs when 1,000, 10,000 and 100,000 channels are due at one moment, with two workers.

python -m tests.benchmarks.growth              all three; the last takes some minutes
python -m tests.benchmarks.growth --quick      the first two
"""

from __future__ import annotations

import asyncio
import os
import sys

from tests.benchmarks.delivery import drained

SIZES = (1_000, 10_000, 100_000)
WORKERS = 2


async def main(*sizes: int) -> None:
    """One after the other."""
    print(f"{WORKERS} workers, {os.cpu_count()} cores for workers, server and sink together")
    print("channels  to the last, s   digests/s   ms each    x   ms of a core: workers server    x   round trips each   posted twice")
    first: tuple[float, float] | None = None
    for size in sizes:
        run = await drained(size, WORKERS)
        each, core = 1000 / run.rate.steady, run.cost["workers"] + run.cost["server"]
        first = first or (each, core)
        print(
            f"{size:>8} {run.rate.whole:>15.1f} {run.rate.steady:>11.0f} {each:>9.2f} {each / first[0]:>4.2f} {run.cost['workers']:>23.2f} "
            f"{run.cost['server']:>6.2f} {core / first[1]:>4.2f} {run.trips:>18.1f} {run.rate.twice:>14}",
            flush=True,
        )


if __name__ == "__main__":
    asyncio.run(main(*(SIZES[:2] if "--quick" in sys.argv[1:] else SIZES)))
