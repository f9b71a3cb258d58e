"""Which settings want others beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def lacking(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Settings that want others beside them, each with what it wants."""
    hears = [name for name in ("slack_app_token", "slack_signing_secret") if given.get(name)]
    oauth = [name for name in ("slack_client_id", "slack_client_secret") if given.get(name)]
    if given.get("slack_bot_token") and not hears:
        yield (
            "slack_bot_token",
            "with it alone Slack cannot reach the bot; set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) too",
        )
    if oauth:
        wanted = ("slack_client_id", "slack_client_secret", "secret_keys", "public_url")
        missing = [name.upper() for name in wanted if not given.get(name)] + ([] if hears else ["SLACK_SIGNING_SECRET"])
        if missing:
            yield oauth[0], f"to be installed by OAuth the app also needs {', '.join(missing)}"
    elif hears and not given.get("slack_bot_token"):
        yield hears[0], "with it alone the bot cannot answer; set SLACK_BOT_TOKEN, or SLACK_CLIENT_ID and what it needs, too"
