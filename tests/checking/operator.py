"""What an operator does, and sees."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.checking import check
from bot.settings import Settings, read_settings

if TYPE_CHECKING:
    import pytest

    from tests.discord.fake import FakeDiscord
    from tests.program import Place
    from tests.slack.fake import FakeSlack

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"
KEY = "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMjEyMzQ="
OTHER_KEY = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMTI="
SAMPLES = '[sample]\nevery = "24h"\n'
"""Sources that need no network."""


def on_slack(slack: FakeSlack) -> dict[str, str]:
    return {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_APP_TOKEN": "xapp-acme"}


def by_oauth(slack: FakeSlack, keys: str = KEY) -> dict[str, str]:
    return {
        "SLACK_API_URL": slack.api_url,
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
        "SLACK_APP_TOKEN": "xapp-acme",
        "SECRET_KEYS": keys,
        "PUBLIC_URL": "https://127.0.0.1:9",
    }


def on_discord(server: FakeDiscord) -> dict[str, str]:
    return {"DISCORD_API_URL": server.rest_url, "DISCORD_TOKEN": TOKEN}


@dataclass(frozen=True, slots=True)
class Checked:
    status: int
    said: str

    @property
    def wrong(self) -> list[str]:
        """What is wrong, by name."""
        return re.findall(r"^WRONG ([\w :.-]+?): ", self.said, re.MULTILINE)

    @property
    def fine(self) -> list[str]:
        return re.findall(r"^ok    ([\w :.-]+?): ", self.said, re.MULTILINE)

    def line(self, about: str) -> str:
        """What was said of it."""
        [line] = re.findall(rf"^(?:ok   |WRONG) {re.escape(about)}: (.+)$", self.said, re.MULTILINE)
        return str(line)


class Operator:
    """Checks what is configured, in this process; on a Redis unless told otherwise (REDIS_URL="" is the embedded one)."""

    def __init__(self, place: Place, server_url: str, patch: pytest.MonkeyPatch) -> None:
        self._place = place
        self._server_url = server_url
        self._patch = patch

    async def checks(self, sources: str = SAMPLES, **environment: str) -> Checked:
        lines: list[str] = []
        status = await check(self._settings(sources, environment), lines.append)
        return Checked(status, "".join(lines))

    async def checks_as_json(self, sources: str = SAMPLES, **environment: str) -> dict[str, Any]:
        lines: list[str] = []
        status = await check(self._settings(sources, environment), lines.append, as_json=True)
        [document] = lines
        said: dict[str, Any] = json.loads(document)
        assert status == int(not said["fine"])
        return said

    def _settings(self, sources: str, environment: dict[str, str]) -> Settings:
        for name in Settings.model_fields:
            self._patch.delenv(name.upper(), raising=False)
        made = {"REDIS_URL": self._server_url, **self._place.environment(**environment)}
        (self._place.directory / "sources.toml").write_text(sources)
        for name, value in made.items():
            self._patch.setenv(name, value)
        return read_settings()
