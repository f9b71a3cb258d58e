"""An installation: who the bot is in a workspace, with the token that lets it act there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a platform handed over when somebody installed the app. Its secrets are in no `repr`."""

    platform: str
    """As in `Address.platform`."""
    workspace: str
    """As in `Address.workspace`: for Slack the enterprise where the app was installed into all of it, else the team."""
    name: str = ""
    """What people call the workspace."""
    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    """What a new token is had for; "" where tokens do not rotate."""
    expires_at: datetime | None = None
    """When `token` ends, aware UTC; None if it does not."""
    scopes: frozenset[str] = frozenset()
    """What it may do, in the platform's words."""
    bot_user: str = ""
    """The id the bot goes by among people: mentions, memberships."""
    bot: str = ""
    """The id its messages carry, where that is another."""
    app: str = ""
    installed_by: str = ""
    """The person's id."""
    installed_at: datetime | None = None
    """Aware UTC."""
    version: int = 0
    """Goes up by one with every change; 0 means that nothing was ever stored. Only the store sets it."""
