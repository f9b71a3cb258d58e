"""Secrets that stand in files: at the path in NAME_FILE, or in /run/secrets/NAME, where Docker and Podman put them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource, PydanticBaseSettingsSource
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

MOUNTED = Path("/run/secrets")
"""Where Docker and Podman put secrets: `discord_token` or `DISCORD_TOKEN` there sets DISCORD_TOKEN."""
LONGEST = 65_536
"""Bytes of a secret. What has more is another file."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Stands for a secret that cannot be had."""

    why: str
    """What is wrong and what to do, without the secret."""


class SecretFiles(PydanticBaseSettingsSource):
    """The secrets in files, for which no variable stands at the same place.

    A variable of the environment goes before NAME_FILE in `.env`, and NAME_FILE in the environment before the variable in `.env`. Both in
    the same place, or one of them and a file in /run/secrets: nobody could tell which is meant.
    """

    def __init__(self, settings: type[BaseSettings], *places: PydanticBaseSettingsSource) -> None:
        super().__init__(settings)
        self._places: list[Mapping[str, str | None]] = [place.env_vars for place in places if isinstance(place, EnvSettingsSource)]

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """See pydantic-settings."""
        return self._found(field_name) if is_secret(field) else None, field_name, False

    @override
    def __call__(self) -> dict[str, Any]:
        """By name, the text of each secret that stands in a file, or `Refused`."""
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _found(self, name: str) -> str | Refused | None:
        variable = name.upper()
        given, path = next(
            ((place.get(name), place.get(f"{name}_file")) for place in self._places if place.get(name) or place.get(f"{name}_file")),
            (None, None),
        )
        if given and path:
            return Refused(f"{variable}_FILE is set too; take one of them out")
        mounted = [at for at in _mounted(name) if not (path and _same(at, Path(path)))]
        if len(mounted) + bool(given or path) > 1:
            also = f"{variable}_FILE" if path else variable if given else mounted.pop()
            return Refused(f"there is a secret in {mounted[0]}, and {also} sets it too; take one of them away")
        if path:
            # Not which: somebody will set it to the secret itself.
            return _read(Path(path), f"{variable}_FILE names a file")
        return _read(mounted[0], f"it stands in a file, {mounted[0]},") if mounted else None


def is_secret(field: FieldInfo) -> bool:
    """Whether its value must not be shown, and may stand in a file."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _mounted(name: str) -> Iterator[Path]:
    # A directory that others own, and that we may not look into, is not meant for us.
    if os.access(MOUNTED, os.R_OK | os.X_OK):
        yield from sorted(entry for entry in MOUNTED.iterdir() if entry.name in {name, name.upper()})


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # reading it will tell
        return False


def _read(path: Path, whence: str) -> str | Refused:
    try:
        with path.open("rb") as file:
            read = file.read(LONGEST + 1)
        if len(read) > LONGEST:
            return Refused(f"{whence} that is too long for a secret; name the file that holds it and nothing else")
        # The end of the line, which every editor puts there, is no part of it.
        text = read.decode().rstrip("\r\n")
    except OSError as error:
        return Refused(f"{whence} that cannot be read ({error.strerror}); let the user that the bot runs as read it")
    except UnicodeDecodeError:
        return Refused(f"{whence} that is no text; name the file that holds it and nothing else")
    return text or Refused(f"{whence} that is empty; write the secret into it")
