"""How long somebody waits for the first answer of the demo, and what an idle bot weighs: whole processes, from outside.

python -m tests.benchmarks.startup [DIRECTORY]     weighs the idle bot on the store there, else on an empty one
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 7
IDLE_S = 20
"""Seconds after the start at which an idle bot is weighed: sources were tried, ticks ran some times."""
NOWHERE = "http://127.0.0.1:9"
"""Nobody answers there: the bot is idle and asks no real service."""


def main() -> None:
    """Print all figures."""
    first_answers = [_first_answer() for _ in range(ROUNDS + 1)][1:]
    bare = [_bare() for _ in range(ROUNDS + 1)][1:]
    answer, python = statistics.median(first_answers), statistics.median(bare)
    print(f"demo, start to first answer: median {answer:.2f} s (min {min(first_answers):.2f}, max {max(first_answers):.2f}, {ROUNDS} runs)")
    print(f"  against an empty Python process ({python:.3f} s): {answer / python:.0f} times")
    with tempfile.TemporaryDirectory() as empty:
        for directory, name in ((empty, "an empty store"), *((one, one) for one in sys.argv[1:])):
            bot, store = _idle(directory)
            print(f"idle `python -m bot worker` on {name}, {IDLE_S} s after its start: {bot:.0f} MB resident, its server {store:.0f} MB")


def _first_answer() -> float:
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("subscribe curriculum\n")
        process.stdin.flush()
        assert process.stdout.readline()
        took = time.perf_counter() - began
        process.stdin.close()
        process.stdout.read()
    return took


def _bare() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - began


def _idle(directory: str) -> tuple[float, float]:
    environment = {**os.environ, "DATA_DIR": directory, "HUGGINGFACE_URL": NOWHERE, "ARXIV_API_URL": NOWHERE, "ARXIV_RSS_URL": NOWHERE}
    environment.pop("REDIS_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "worker"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(IDLE_S)
        assert process.poll() is None, "the worker ended by itself"
        [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return _resident_mb(process.pid), _resident_mb(int(child))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _resident_mb(pid: int) -> float:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
