"""The manifests of the platforms: they can be read, name only what there is, and hold to what each platform is known to need."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from adapters.web import server
from bot.__main__ import main
from bot.settings import Settings
from bot.settings.files import is_secret
from tests.deploy import manifests
from tests.deploy.manifests import ROOT

DRAINED_S = 20
"""How long a process may take to end; see `bot.serving.serve`."""
BIN = Path(sys.executable).parent
SETTINGS = {name.upper() for name in Settings.model_fields} | {
    f"{name.upper()}_FILE" for name, field in Settings.model_fields.items() if is_secret(field)
}


@pytest.fixture(scope="module")
def subcommands() -> set[str]:
    """What `python -m bot` may be told."""
    told = subprocess.run([sys.executable, "-m", "bot", "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = set(re.findall(r"^    ([a-z-]+)\b", told, flags=re.MULTILINE))
    assert {"run", "web", "worker", "gateway", "healthcheck"} <= found
    return found


def served(path: str) -> bool:
    """Whether the web server answers there."""
    return f'web.get("{path}"' in Path(server.__file__).read_text("utf-8")


def last(instruction: str) -> str:
    return next(rest for name, rest in reversed(manifests.dockerfile()) if name == instruction)


def words(instruction: str) -> list[str]:
    """Of one in exec form."""
    rest = last(instruction)
    assert rest.startswith("["), f"{instruction} is not in exec form: as a shell's child we would not hear SIGTERM"
    return [str(word) for word in json.loads(rest)]


# ---------------------------------------------------------------- Procfile


@pytest.mark.parametrize("path", ["Procfile", "config/Procfile.single"])
def test_every_line_of_a_procfile_becomes_one_of_our_commands(path: str, subcommands: set[str]) -> None:
    for command in manifests.procfile(path).values():
        assert command[:4] == ["exec", "python", "-m", "bot"], "without exec a shell stands between the platform's signals and us"
        assert set(command[4:]) <= subcommands
        assert len(command) == 5


def test_the_procfile_of_the_image_is_that_without_what_the_image_adds() -> None:
    whole = manifests.procfile("Procfile")
    assert manifests.procfile("config/Procfile.image") == {kind: command[4:] for kind, command in whole.items()}
    assert whole.keys() == {"web", "worker", "gateway"}, "no release: there is nothing to migrate"


# ---------------------------------------------------------------- Dockerfile


def test_hadolint_finds_nothing() -> None:
    found = subprocess.run([BIN / "hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_the_image_runs_our_commands_by_itself_and_not_as_root(subcommands: set[str]) -> None:
    assert words("ENTRYPOINT") == ["python", "-m", "bot"]
    assert words("CMD") == ["run"]
    assert last("USER") == "10001"
    assert last("STOPSIGNAL") == "SIGTERM"
    kind, _, probe = last("HEALTHCHECK").partition("CMD ")
    assert "--start-period" in kind
    assert json.loads(probe) == ["python", "-m", "bot", "healthcheck"]
    assert "healthcheck" in subcommands


def test_the_image_serves_where_it_says() -> None:
    assert int(last("EXPOSE")) == Settings.model_fields["port"].default


def test_the_image_names_no_volume() -> None:
    """Railway refuses the word; and a nameless volume would pass for one that lasts, where rules would be lost with the container."""
    assert "VOLUME" not in dict(manifests.dockerfile())
    assert "DATA_DIR=/data" in last("ENV")


def test_the_uv_of_the_image_is_the_one_that_wrote_the_lock() -> None:
    pinned = re.search(r"^UV_VERSION := (\S+)$", manifests.text("Makefile"), flags=re.MULTILINE)
    assert pinned is not None
    assert ("ARG", f"UV=ghcr.io/astral-sh/uv:{pinned[1]}") in manifests.dockerfile()
    synced = [rest for name, rest in manifests.dockerfile() if name == "RUN" and "uv sync" in rest]
    assert len(synced) == 2
    for one in synced:
        assert "--locked --no-default-groups" in one
    assert "--no-editable" in synced[-1]


def is_let_through(path: str) -> bool:
    """What .dockerignore says of a path: the last pattern that fits it, or one of the folders above it."""
    through = True
    above = [path, *(str(folder) for folder in Path(path).parents if folder != Path())]
    for line in manifests.text(".dockerignore").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        # `**/` fits at any depth.
        if line and not line.startswith("#") and any(fnmatch(Path(one).name if "**/" in line else one, pattern) for one in above):
            through = line.startswith("!")
    return through


def test_the_builder_is_given_all_that_the_dockerfile_copies_and_the_wheel_takes_in() -> None:
    copied = [word for name, rest in manifests.dockerfile() if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]]
    wheel = manifests.pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = manifests.pyproject()["project"]
    for path in [*copied, *wheel["packages"], *wheel["force-include"], project["readme"], *project["license-files"]]:
        assert (ROOT / path).exists(), path
        assert is_let_through(path), path
        assert any(path == one or path.startswith(f"{one}/") for one in copied), f"{path} is not copied"


@pytest.mark.parametrize(
    "path", [".env", ".git/config", ".venv/bin/python", "data/valkey.sock", "bot/__pycache__/x.pyc", ".python-version"]
)
def test_the_builder_is_given_nothing_else(path: str) -> None:
    """A secret in .env would stay in a layer; .python-version is for platforms without the image, which brings a Python of its own."""
    assert not is_let_through(path)


# ---------------------------------------------------------------- what platforms build without the Dockerfile


def test_there_is_one_lock_and_a_python_version() -> None:
    """Heroku refuses a second lock file, and wants .python-version beside uv.lock; a patch version would miss security updates."""
    others = ("requirements.txt", "Pipfile", "Pipfile.lock", "poetry.lock", "pdm.lock", "setup.py", "runtime.txt")
    assert (ROOT / "uv.lock").exists()
    assert [name for name in others if (ROOT / name).exists()] == []
    version = manifests.text(".python-version").strip()
    assert re.fullmatch(r"3\.\d+", version)
    assert manifests.pyproject()["project"]["requires-python"] == f">={version}", "the oldest that we promise, and test on"


# ---------------------------------------------------------------- settings and commands


def named_variables() -> dict[str, set[str]]:
    """Manifest -> the variables it sets or asks for."""
    blueprint = manifests.render()["services"]
    containers = manifests.compose()["services"]
    return {
        "app.json": {*manifests.app_json()["env"], *(f"{addon['as']}_URL" for addon in manifests.app_json()["addons"])},
        "render.yaml": {variable["key"] for service in blueprint for variable in service.get("envVars", [])},
        "fly.toml": {*manifests.fly()["env"]},
        "compose.yaml": {*containers["bot"]["environment"]},
    }


@pytest.mark.parametrize("manifest", sorted(named_variables()))
def test_every_variable_that_a_manifest_names_is_a_setting(manifest: str) -> None:
    assert named_variables()[manifest] - SETTINGS == set()


@pytest.mark.parametrize(
    "made", ["0f" * 32, "q1b+/wE0aJH3m5Zc7uYxN2sVtKpRgLdQeWiUoPaSdFg="], ids=["Heroku's generator", "Render's generateValue"]
)
def test_a_secret_that_a_platform_makes_is_an_operator_token(made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(operator_token=made)  # type: ignore[arg-type]  # as the environment gives it
    assert settings.operator_token is not None


def test_no_manifest_starts_something_that_there_is_not(subcommands: set[str]) -> None:
    """Behind the ENTRYPOINT stand only subcommands; whoever replaces it has to call Python."""
    assert set(manifests.fly()["processes"].values()) <= subcommands
    assert set(manifests.compose()["services"]["bot"]["command"]) <= subcommands
    others = [manifests.railway()["deploy"].get("startCommand"), *(one.get("dockerCommand") for one in manifests.render()["services"])]
    for command in filter(None, others):
        assert command.startswith("python -m bot ")
        assert command.split()[3] in subcommands


def test_what_is_asked_for_health_answers() -> None:
    asked = [
        manifests.dokku()["healthchecks"]["web"][0]["path"],
        *(service["healthCheckPath"] for service in manifests.render()["services"] if service["type"] == "web"),
        manifests.railway()["deploy"]["healthcheckPath"],
        *(check["path"] for check in manifests.fly()["http_service"]["checks"]),
    ]
    assert len(asked) == 4
    for path in asked:
        assert served(path)
    assert not served("/nothing")


# ---------------------------------------------------------------- each platform


def test_heroku_brings_a_store_that_lasts_and_is_reached_in_spite_of_its_certificate() -> None:
    manifest = manifests.app_json()
    [addon] = manifest["addons"]
    assert addon["plan"] == "heroku-redis:premium-0", "mini does not persist, and allows 20 connections"
    assert manifest["env"]["REDIS_TLS_VERIFY"]["value"] == "false"
    assert manifest["formation"].keys() == manifests.procfile("Procfile").keys()
    assert all(dyno["size"] != "eco" for dyno in manifest["formation"].values()), "eco dynos sleep, and no digest is sent"
    for variable in manifest["env"].values():
        assert "value" in variable or "generator" in variable or variable["required"] is False, (
            "the deploy button asks for nothing it need not"
        )


def test_dokku_is_left_to_scale_by_itself() -> None:
    """A quantity in the file that it reads would forbid `dokku ps:scale`, and with Heroku's buildpacks it might not take the Dockerfile."""
    assert manifests.dokku().keys() == {"healthchecks"}
    assert manifests.dokku()["healthchecks"].keys() == {"web"}, "nobody else is sent traffic"
    assert "config/dokku.json" in manifests.text("docs/deploy/dokku.md")


def test_render_has_a_store_that_keeps_what_it_is_told() -> None:
    store = next(service for service in manifests.render()["services"] if service["type"] == "keyvalue")
    assert store["maxmemoryPolicy"] == "noeviction"
    assert store["plan"] != "free", "it does not persist"
    assert store["ipAllowList"] == []
    for service in manifests.render()["services"]:
        if service["type"] != "keyvalue":
            assert service["runtime"] == "docker"
            assert service["plan"] != "free", "it sleeps"
            assert 30 <= service["maxShutdownDelaySeconds"] <= 300
            [url] = [variable for variable in service["envVars"] if variable["key"] == "REDIS_URL"]
            assert url["fromService"] == {"type": "keyvalue", "name": store["name"], "property": "connectionString"}


def test_railway_waits_for_us_to_end() -> None:
    deploy = manifests.railway()["deploy"]
    assert deploy["drainingSeconds"] >= 30 > DRAINED_S, "its own are about three"
    assert manifests.railway()["build"] == {"builder": "DOCKERFILE", "dockerfilePath": "Dockerfile"}
    assert "$" not in json.dumps(deploy), "nothing expands variables there"


def test_fly_sends_our_signal_and_never_stops_the_only_machine() -> None:
    manifest = manifests.fly()
    assert manifest["kill_signal"] == "SIGTERM"
    assert manifest["kill_timeout"] >= 30 > DRAINED_S
    assert manifest["http_service"]["min_machines_running"] == 1
    assert manifest["http_service"]["auto_stop_machines"] == "off"
    assert str(manifest["http_service"]["internal_port"]) == manifest["env"]["PORT"]
    [mount] = manifest["mounts"]
    assert mount["destination"] == manifest["env"]["DATA_DIR"]
    assert mount["processes"] == [*manifest["processes"]], "the embedded store is for one process alone"
    assert manifest["vm"][0]["memory"] == "512mb"


def test_compose_keeps_to_its_published_schema() -> None:
    found = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def test_compose_has_a_store_that_persists_and_a_bot_that_may_not_do_much() -> None:
    services = manifests.compose()["services"]
    store, told = services["store"], services["store"]["command"]
    options = dict(zip(told[1::2], told[2::2], strict=True))
    assert options["--maxmemory-policy"] == "noeviction"
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "always"), "as the embedded one: what it acknowledged is kept"
    [kept] = store["volumes"]
    assert kept.partition(":")[0] in manifests.compose()["volumes"]
    program = services["bot"]
    assert program["read_only"] is True
    assert program["cap_drop"] == ["ALL"]
    assert program["depends_on"]["store"]["condition"] == "service_healthy"
    for service in services.values():
        assert seconds(service["stop_grace_period"]) >= 30 > DRAINED_S
        assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("path", sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs/deploy").glob("*.md")))
def test_a_page_names_only_settings_and_commands_that_there_are(path: str, subcommands: set[str]) -> None:
    page = manifests.text(path)
    called = set(re.findall(r"python -m bot ([a-z-]+)", page))
    assert called <= subcommands
    assert "check" in called
    assigned = set(re.findall(r"\b([A-Z][A-Z0-9_]{3,})=", page)) - FOREIGN
    assert assigned <= SETTINGS


FOREIGN = {"DOKKU_TAG", "BASE", "RAILWAY_RUN_UID"}
"""Variables of others on our pages."""


def test_a_whole_command_behind_the_entry_point_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Some platforms put a Procfile's line there; for those the image has a Procfile of its own."""
    assert main(["exec", "python", "-m", "bot", "web"]) == 2
    assert "There is no command 'exec'" in capsys.readouterr().err
