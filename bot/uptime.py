"""A clock that nobody can set, to tell how long something took."""

from __future__ import annotations

import time


def uptime() -> float:
    """Seconds since some moment; they go on while the process is frozen and, on Linux and macOS, while the machine sleeps."""
    if not hasattr(time, "clock_gettime"):
        return time.monotonic()
    # macOS counts sleep as monotonic, Linux does not and has a clock of its own for it (clock_gettime(2)).
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
