"""Whether DATA_DIR would outlast the next start: on most platforms a disk is as short-lived as its process, unless it is a volume."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.errors import OperatorMistake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.settings.settings import Settings

_MOUNTS = Path("/proc/self/mountinfo")
_SHORT_LIVED = frozenset({"overlay", "tmpfs", "ramfs", "devtmpfs", "squashfs", "rootfs"})
"""Kinds of file systems that end with the container, or are in memory."""


@dataclass(frozen=True, slots=True)
class Host:
    """A platform that we know by the variables that it sets."""

    name: str
    signs: tuple[str, ...]
    """Any of them tells it."""
    volume: str
    """How to get a disk that lasts; "" if there is none to be had."""
    store: str
    """How to get a Redis."""


HOSTS = (
    # Before Heroku: it sets DYNO too, as buildpacks expect.
    Host(
        "Dokku",
        ("DOKKU_APP_NAME", "DOKKU_APP_TYPE", "DOKKU_PROCESS_TYPE"),
        "mount one (dokku storage:ensure-directory paperboy, dokku storage:mount APP /var/lib/dokku/data/storage/paperboy:/data) and set "
        "DATA_DIR=/data",
        "dokku redis:create paperboy, dokku redis:link paperboy APP",
    ),
    Host("Heroku", ("DYNO",), "", "heroku addons:create heroku-redis:premium-0, and set REDIS_TLS_VERIFY=false"),
    Host(
        "Render",
        ("RENDER", "RENDER_SERVICE_ID"),
        "add a Disk with mount path /data to the service and set DATA_DIR=/data",
        "add a Key Value instance of a paid plan with the policy noeviction",
    ),
    Host(
        "Railway",
        ("RAILWAY_ENVIRONMENT", "RAILWAY_ENVIRONMENT_ID", "RAILWAY_ENVIRONMENT_NAME", "RAILWAY_PROJECT_ID", "RAILWAY_SERVICE_ID"),
        "attach a Volume with mount path /data to the service and set DATA_DIR=/data and RAILWAY_RUN_UID=0",
        "add a Redis to the project and refer to it (REDIS_URL=${{Redis.REDIS_URL}})",
    ),
    Host(
        "Fly.io",
        ("FLY_APP_NAME", "FLY_MACHINE_ID"),
        "make one (fly volumes create data), name it under [mounts] of fly.toml with destination /data, and set DATA_DIR=/data",
        "fly redis create, without eviction",
    ),
)


class Lost(NamedTuple):
    """That and why a store would be lost."""

    what: str
    remedy: str


def refuse_lost_disk(settings: Settings) -> None:
    """Raise where the embedded store would be lost with the next start. For what serves: all else may as well be lost.

    Raises:
        OperatorMistake: In one line, with the remedies for this platform.
    """
    if (lost := would_be_lost(settings)) is not None:
        raise OperatorMistake(f"{lost.what}: {lost.remedy}.")


def would_be_lost(settings: Settings) -> Lost | None:
    """Whether the embedded store, where it is used, would be lost with the next start."""
    return lost_disk(settings.data_dir, os.environ, _mounts()) if settings.redis_url is None else None


def lost_disk(directory: Path, environ: Mapping[str, str], mounts: str) -> Lost | None:
    """What is wrong with keeping the store in this directory, and what to do; None if nothing is.

    Args:
        directory: DATA_DIR; it need not be there yet.
        environ: What tells the platform.
        mounts: /proc/self/mountinfo, see proc(5).
    """
    host = next((host for host in HOSTS if any(environ.get(sign) for sign in host.signs)), None)
    if host is None or (host.volume and _is_on_volume(directory.resolve(), mounts)):
        return None
    or_volume = f"; or keep the embedded store, for one process alone, on a volume: {host.volume}" if host.volume else ""
    what = f"the disk of DATA_DIR {directory} does not last on {host.name}, with the next start every rule would be lost"
    return Lost(what, f"set REDIS_URL ({host.store}){or_volume}")


def _is_on_volume(directory: Path, mounts: str) -> bool:
    """Whether the file system that the directory is on was mounted there or above, but not as the container's own."""
    fields = [line.partition(" - ") for line in mounts.splitlines()]
    # A later line covers an earlier one at the same place.
    kinds = {_unescaped(left.split(" ")[4]): right.split(" ")[0] for left, dash, right in fields if dash and left.count(" ") > 4}  # noqa: PLR2004  # the fifth field is the place
    place = next((path for path in (directory, *directory.parents) if path in kinds), None)
    return place is not None and place != Path("/") and kinds[place] not in _SHORT_LIVED


def _unescaped(place: str) -> Path:
    # Blanks and the like are written as \040.
    return Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place))


def _mounts() -> str:
    try:
        return _MOUNTS.read_text("utf-8", errors="surrogateescape")
    except OSError:  # no Linux, and so none of these platforms
        return ""
