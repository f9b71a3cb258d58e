"""What the manifests of the platforms say, read out of their several formats."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def app_json() -> dict[str, Any]:
    return dict(json.loads(text("app.json")))


def dokku() -> dict[str, Any]:
    return dict(json.loads(text("config/dokku.json")))


def railway() -> dict[str, Any]:
    return dict(json.loads(text("railway.json")))


def render() -> dict[str, Any]:
    return dict(yaml.safe_load(text("render.yaml")))


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(text("compose.yaml")))


def fly() -> dict[str, Any]:
    return tomllib.loads(text("fly.toml"))


def pyproject() -> dict[str, Any]:
    return tomllib.loads(text("pyproject.toml"))


def procfile(path: str) -> dict[str, list[str]]:
    """By process type, the words of its command. Every line must be one, as not every platform knows comments."""
    commands = {}
    for line in text(path).splitlines():
        found = re.fullmatch(r"([A-Za-z0-9_]+): (.+)", line)
        assert found is not None, f"{path} has a line that is no process: {line}"
        commands[found[1]] = shlex.split(found[2])
    return commands


def dockerfile() -> list[tuple[str, str]]:
    """Its instructions with what follows them, in order; the last one of a kind holds for the image."""
    whole = re.sub(r"\\\n", " ", text("Dockerfile"))
    lines = (line.strip() for line in whole.splitlines())
    parted = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(instruction.upper(), rest.strip()) for instruction, _, rest in parted]


def text(path: str) -> str:
    return (ROOT / path).read_text("utf-8")
