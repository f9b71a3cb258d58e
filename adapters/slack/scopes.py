"""What the app may be allowed in a workspace: the scopes it must have, and what each further one brings.

`config/slack-manifest.yaml` asks for all of them, the optional ones marked as such, so that whoever installs the app may leave them out;
`/slack/install` asks for all, or for those SLACK_SCOPES names. Tests prove from the code that nothing is called or heard without its scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Something the app does where it is allowed to."""

    name: str
    scopes: tuple[str, ...]
    events: tuple[str, ...] = ()
    """What Slack tells us because of them, as a manifest names it."""
    brings: str
    """One sentence for whoever decides about the scopes."""
    without: str
    """What is missing where a scope is; one sentence."""


CORE = Feature(
    name="Commands, digests, App Home",
    scopes=("commands", "chat:write"),
    events=("app_home_opened", "app_uninstalled", "tokens_revoked"),
    brings="`/papers` with all its buttons and forms, digests in channels the bot is in, App Home.",
    without="Nothing works.",
)
"""What the app cannot do without."""

FEATURES = (
    Feature(
        name="Channel life",
        scopes=("channels:read", "groups:read"),
        events=(
            "channel_archive",
            "channel_deleted",
            "channel_id_changed",
            "channel_left",
            "channel_rename",
            "channel_unarchive",
            "group_archive",
            "group_deleted",
            "group_left",
            "group_rename",
            "group_unarchive",
            "member_joined_channel",
            "member_left_channel",
        ),
        brings="App Home shows the rules of all your channels; those of archived, renamed or deleted channels pause, move and come back.",
        without="App Home shows only your direct messages with the bot; rules pause at the first digest that cannot be posted.",
    ),
    Feature(
        name="People",
        scopes=("users:read",),
        brings="Your own time zone for schedules; guests may look but not change; `settings manage admins` knows who is one.",
        without="Schedules begin in UTC, guests cannot be told apart, and with `settings manage admins` nobody is known to be one.",
    ),
    Feature(
        name="Public channels without an invitation",
        scopes=("chat:write.public",),
        brings="Digests in public channels that the bot has not been invited to.",
        without="The bot must be invited (`/invite @Paperboy`) before a channel gets its digest.",
    ),
    Feature(
        name="Exactly once",
        scopes=("channels:history", "groups:history"),
        brings="After a lost connection the bot looks whether its own message stands in the channel, and posts it once.",
        without="After a lost connection a digest may, rarely, stand there twice.",
    ),
    Feature(
        name="Direct messages",
        scopes=("im:history", "im:write"),
        events=("message.im",),
        brings="Plain words to the bot in a direct message are answered, and what it tells a person comes once.",
        without="In direct messages only `/papers` works, and after a lost connection something may, rarely, stand there twice.",
    ),
    Feature(
        name="Mentions",
        scopes=("app_mentions:read",),
        events=("app_mention",),
        brings="`@Paperboy papers on curriculum learning` is answered in the channel.",
        without="Mentions of the bot are not heard.",
    ),
    Feature(
        name="Links",
        scopes=("links:read", "links:write"),
        events=("link_shared",),
        brings="A pasted link to a paper unfolds to a card of the paper.",
        without="Links to papers look as Slack shows them.",
    ),
    Feature(
        name="Reactions",
        scopes=("reactions:read",),
        events=("reaction_added", "reaction_removed"),
        brings="Reactions on a posted paper count as the channel's votes in ranking.",
        without="Only the buttons on a paper count as votes.",
    ),
    Feature(
        name="Files",
        scopes=("files:write",),
        brings="Exports come as files.",
        without="Exports come as text.",
    ),
)
"""Each works by itself, and all else works without it."""

OPTIONAL = tuple(scope for feature in FEATURES for scope in feature.scopes)


def missing(granted: Collection[str]) -> tuple[Feature, ...]:
    """The features that an installation with these scopes goes without, wholly or in part."""
    return tuple(feature for feature in FEATURES if not set(feature.scopes) <= set(granted))


def asked(only: Collection[str] | None = None) -> tuple[str, ...]:
    """The scopes to ask for: the core's, and of the optional ones all, or those named."""
    return (*CORE.scopes, *(scope for scope in OPTIONAL if only is None or scope in only))
