"""On a platform whose disks do not last, the embedded store wants a volume."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import OperatorMistake
from bot.settings import Settings, hosting, read_settings, refuse_lost_disk
from bot.settings.hosting import HOSTS, lost_disk

ROOT = Path(__file__).parents[1]
CONTAINER = """\
611 540 0:55 / / rw,relatime master:255 - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/u,workdir=/w
612 611 0:58 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
613 611 0:59 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
620 611 8:1 /containers/1/hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw
621 611 0:60 / /scratch rw - tmpfs tmpfs rw
"""
VOLUME = "630 611 8:16 / /data rw,relatime shared:1 - ext4 /dev/sdb rw\n"
BLANK = "631 611 8:16 / /my\\040data rw,relatime - ext4 /dev/sdb rw\n"
SIGNS = [(host.name, sign) for host in HOSTS for sign in host.signs]


@pytest.mark.parametrize(("name", "sign"), SIGNS)
def test_without_a_volume_every_platform_is_told_its_own_remedy(name: str, sign: str) -> None:
    lost = lost_disk(Path("/app/data"), {sign: "x"}, CONTAINER)
    assert lost is not None
    assert f"does not last on {name}," in lost.what
    host = next(host for host in HOSTS if host.name == name)
    assert "REDIS_URL" in lost.remedy
    assert host.volume in lost.remedy


@pytest.mark.parametrize(("name", "sign"), [one for one in SIGNS if one[0] != "Heroku"])
def test_with_a_volume_it_is_accepted(name: str, sign: str) -> None:
    assert lost_disk(Path("/data"), {sign: "x"}, CONTAINER + VOLUME) is None
    assert lost_disk(Path("/data/paperboy"), {sign: "x"}, CONTAINER + VOLUME) is None
    assert lost_disk(Path("/database"), {sign: "x"}, CONTAINER + VOLUME) is not None, "a name that begins alike is another directory"


def test_heroku_has_no_volumes_whatever_is_mounted() -> None:
    lost = lost_disk(Path("/data"), {"DYNO": "web.1"}, CONTAINER + VOLUME)
    assert lost is not None
    assert "volume" not in lost.remedy


def test_dokku_is_not_taken_for_heroku_though_it_sets_dyno_too() -> None:
    both = {"DYNO": "web.1", "DOKKU_APP_TYPE": "dockerfile"}
    lost = lost_disk(Path("/app"), both, CONTAINER)
    assert lost is not None
    assert "Dokku" in lost.what
    assert lost_disk(Path("/data"), both, CONTAINER + VOLUME) is None


@pytest.mark.parametrize("directory", ["/scratch", "/scratch/deep", "/etc", "/"])
def test_memory_and_the_containers_own_disk_are_no_volume(directory: str) -> None:
    assert lost_disk(Path(directory), {"RENDER": "true"}, CONTAINER) is not None


def test_what_is_mounted_over_a_volume_counts() -> None:
    covered = CONTAINER + VOLUME + "640 630 0:61 / /data rw - tmpfs tmpfs rw\n"
    assert lost_disk(Path("/data"), {"RENDER": "true"}, covered) is not None


def test_a_place_with_a_blank_in_its_name_is_found() -> None:
    assert lost_disk(Path("/my data"), {"RENDER": "true"}, CONTAINER + BLANK) is None


@pytest.mark.parametrize("mounts", ["", "nonsense\n", "1 2 3 - ext4\n", " - \n"])
def test_mounts_that_cannot_be_read_are_no_volume(mounts: str) -> None:
    assert lost_disk(Path("/data"), {"FLY_APP_NAME": "x"}, mounts) is not None


@pytest.mark.parametrize("environ", [{}, {"RENDER": ""}, {"PORT": "5000"}])
def test_elsewhere_any_disk_will_do(environ: dict[str, str]) -> None:
    assert lost_disk(Path("/app/data"), environ, CONTAINER) is None


def test_with_a_redis_no_disk_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNO", "worker.1")
    monkeypatch.setenv("REDIS_URL", "redis://host")
    refuse_lost_disk(read_settings())
    monkeypatch.delenv("REDIS_URL")
    with pytest.raises(OperatorMistake, match="heroku-redis"):
        refuse_lost_disk(read_settings())


def test_a_system_that_tells_no_mounts_has_no_volume(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("REDIS_URL", *(sign for _, sign in SIGNS)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(hosting, "_MOUNTS", tmp_path / "none")
    refuse_lost_disk(Settings())
    monkeypatch.setenv("RENDER", "true")
    with pytest.raises(OperatorMistake, match="add a Disk"):
        refuse_lost_disk(Settings())


def run(tmp_path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    token = f"{'a' * 24}.{'b' * 6}.{'c' * 38}"
    environ = {"PATH": "", "RAILWAY_ENVIRONMENT": "production", "DATA_DIR": str(tmp_path / "data"), "DISCORD_TOKEN": token, **more}
    slack = {"SLACK_BOT_TOKEN": "xoxb-1-a", "SLACK_APP_TOKEN": "xapp-1-a"}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments], cwd=ROOT, env={**environ, **slack}, input="", capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["run", "web", "worker", "gateway"])
def test_what_would_serve_does_not_start_there(command: str, tmp_path: Path) -> None:
    ended = run(tmp_path, command)
    assert ended.returncode == 2, ended.stderr
    assert "does not last on Railway" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_a_demo_may_be_lost_anywhere(tmp_path: Path) -> None:
    assert run(tmp_path, "demo").returncode == 0
