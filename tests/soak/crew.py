"""The workers: real processes that are started, killed, frozen and told to stop, and the logs they leave."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
GOODBYE_S = 60
"""A stop waits 20 seconds for requests, and a starved machine some more."""
OWN_BUGS = frozenset({"outlet_bug", "tick_failed", "part_failed", "message_refused", "delivery_dead", "slot_not_planned", "workspace_gone"})
"""What a log must not tell of in a soak: nothing here is to blame for these but ourselves."""
CONFESSION = '''"""Makes every worker of a soak tell where it stands when it is sent SIGUSR2."""

import asyncio, faulthandler, signal, sys


def confess(*_):
    faulthandler.dump_traceback()
    for task in asyncio.all_tasks(asyncio.get_event_loop_policy().get_event_loop()):
        sys.stderr.write(f"{task!r}\\n")
        waits = task.get_coro()
        while waits is not None and (frame := getattr(waits, "cr_frame", None) or getattr(waits, "gi_frame", None)):
            sys.stderr.write(f"  at {frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}\\n")
            waits = getattr(waits, "cr_await", None) or getattr(waits, "gi_yieldfrom", None)
    sys.stderr.flush()


signal.signal(signal.SIGUSR2, confess)
'''
STORE_AWAY = "The store at REDIS_URL failed"
"""What a process says that found no store when it started."""


@dataclass(slots=True)
class Worker:
    """One place in the crew, and the process that fills it at present."""

    number: int
    process: asyncio.subprocess.Process | None = None
    log: Path | None = None
    is_frozen: bool = False
    is_spared: bool = False
    """Something is being done to it."""

    @property
    def is_alive(self) -> bool:
        """Whether there is a process, frozen or not."""
        return self.process is not None and self.process.returncode is None


@dataclass(slots=True)
class Crew:
    """All of them.

    Args:
        environment: Of every worker, whole.
        directory: Where their logs lie.
    """

    environment: Mapping[str, str]
    directory: Path
    workers: list[Worker] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """A sentence for each end that was not as it should be."""
    _lives: int = 0

    async def recruit(self, count: int) -> None:
        """Start so many more."""
        for _ in range(count):
            worker = Worker(len(self.workers))
            self.workers.append(worker)
            await self.start(worker)

    async def start(self, worker: Worker) -> None:
        """Fill the place with a new process."""
        self._lives += 1
        self.counts["started"] += 1
        (self.directory / "sitecustomize.py").write_text(CONFESSION)
        worker.log = self.directory / f"worker-{worker.number}-{self._lives:05}.log"
        with worker.log.open("wb") as log:
            worker.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "worker"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                cwd=self.directory,  # not where somebody's .env may lie
                env={
                    **self.environment,
                    "DATA_DIR": str(self.directory / f"data-{worker.number}"),
                    "PYTHONPATH": f"{self.directory}:{ROOT}",
                },
            )
        worker.is_frozen = False

    def reap(self) -> list[Worker]:
        """The places whose process ended by itself since the last look. One that found no store when it started may."""
        ended = []
        for worker in self.workers:
            if worker.is_spared or worker.process is None or worker.process.returncode is None:
                continue
            assert worker.log is not None
            said = worker.log.read_text(errors="replace")[-2000:]
            if worker.process.returncode == 1 and STORE_AWAY in said:
                self.counts["ended at its start, without a store"] += 1
            else:
                self.wrong.append(f"{worker.log.name} ended by itself with {worker.process.returncode}: …{said[-600:]}")
            worker.process = None
            ended.append(worker)
        return ended

    async def kill(self, worker: Worker) -> None:
        """With no chance to tidy up."""
        if worker.process is not None and worker.process.returncode is None:
            self.counts["SIGKILL"] += 1
            worker.process.kill()
            await worker.process.wait()
        worker.process = None

    def freeze(self, worker: Worker) -> None:
        """It does nothing any more, until `thaw`."""
        if worker.is_alive and worker.process is not None:
            worker.process.send_signal(signal.SIGSTOP)
            worker.is_frozen = True

    def thaw(self, worker: Worker) -> None:
        """It goes on as if nothing had been."""
        if worker.is_alive and worker.process is not None and worker.is_frozen:
            worker.process.send_signal(signal.SIGCONT)
        worker.is_frozen = False

    async def tell_to_stop(self, worker: Worker) -> None:
        """SIGTERM: it must end with 0, and soon."""
        self.thaw(worker)
        process = worker.process
        if process is None or process.returncode is not None:
            return
        self.counts["SIGTERM"] += 1
        process.terminate()
        before = time.monotonic()
        try:
            status = await asyncio.wait_for(process.wait(), GOODBYE_S)
        except TimeoutError:
            self.wrong.append(f"{worker.log} did not stop within {GOODBYE_S} s; it tells there what it was at")
            process.send_signal(signal.SIGUSR2)
            await asyncio.sleep(1)
            process.kill()
            await process.wait()
        else:
            self.counts["longest stop, s"] = max(self.counts["longest stop, s"], round(time.monotonic() - before))
            # One that was told before it had a handler is killed by the signal, as any process is.
            assert worker.log is not None
            if status != 0 and not (status == -signal.SIGTERM and not worker.log.stat().st_size):
                said = worker.log.read_text(errors="replace")
                if not (status == 1 and STORE_AWAY in said):
                    self.wrong.append(f"{worker.log.name} ended with {status} when told to stop: …{said[-600:]}")
        worker.process = None

    async def disband(self) -> None:
        """End every process there is, by its id."""
        for worker in self.workers:
            if worker.is_alive and worker.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    worker.process.kill()
                await worker.process.wait()


@dataclass(slots=True)
class Heard:
    """What all logs tell together."""

    events: Counter[str] = field(default_factory=Counter)
    """Of warnings and errors."""
    lines: int = 0
    wrong: list[str] = field(default_factory=list)
    """The first lines of what must not be, and how many there were."""


def heard(directory: Path) -> Heard:
    """Read all logs in the directory."""
    found, bugs = Heard(), dict[str, list[str]]()
    for path in sorted(directory.glob("worker-*.log")):
        for line in _lines(path):
            found.lines += 1
            event, level = str(line.get("event", "")), line.get("level")
            if level in ("warning", "error", "critical"):
                found.events[f"{level}: {event[:60]}"] += 1
            if event in OWN_BUGS or "Traceback" in event or "exception" in line or level == "critical":
                bugs.setdefault(event[:60], []).append(f"{path.name}: {json.dumps(line)[:3000]}")
    for event, lines in bugs.items():
        found.wrong.append(f"{len(lines)} x {event}, as in {lines[0]}")
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(errors="replace") as log:
        for line in log:
            try:
                said = json.loads(line)
            except ValueError:  # a process that was killed while it wrote, or not a line of the log
                said = {"event": line.strip()}
            yield said if isinstance(said, dict) else {"event": line.strip()}


def clean_environment(without: Sequence[str]) -> dict[str, str]:
    """This process's environment but for the settings of the program."""
    return {name: value for name, value in os.environ.items() if name not in without}
