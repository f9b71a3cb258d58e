"""Forums: channels in which nothing stands but posts, each a thread with tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.discord.errors import LACKING, ChannelClosed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.discord.client import Rest

_TYPES = frozenset({15, 16})
"""Forum and media channels."""
_TAGS = 5
"""On one post."""
_ARCHIVED = 50
"""Posts looked through that were archived meanwhile, the last first."""


def is_forum(channel: Mapping[str, Any]) -> bool:
    """Whether the channel, as Discord describes it, is one."""
    return channel.get("type") in _TYPES


def applied(forum: Mapping[str, Any], rules: Sequence[str]) -> list[str]:
    """The ids of the forum's tags that the rules match, at most five, in the order of the rules.

    A tag matches a rule that is the same words, or has the tag among its words. Where the forum demands a tag and none matches, it is
    the first that everybody may set. Tags that only moderators may set are left alone.

    Args:
        forum: As Discord describes it.
        rules: As typed.
    """
    free = [tag for tag in forum.get("available_tags") or () if not tag.get("moderated")]
    found = dict.fromkeys(str(tag["id"]) for rule in rules for tag in free if _is_about(_words(rule), _words(tag.get("name") or "")))
    demanded = int(forum.get("flags") or 0) & 1 << 4  # REQUIRE_TAG
    if demanded and not found and free:
        return [str(free[0]["id"])]
    return list(found)[:_TAGS]


async def posts(rest: Rest, guild: str, forum: str, *, owner: str, after: str) -> list[str]:
    """The ids of the posts in a forum that `owner` made and that were written in after the snowflake `after`, the newest first.

    Raises:
        As `Rest.call` does.
    """
    active = await rest.call("GET", "/guilds/{guild_id}/threads/active", guild_id=guild)
    path = "/channels/{channel_id}/threads/archived/public"
    try:
        archived = await rest.call("GET", path, channel_id=forum, params={"limit": _ARCHIVED})
    except ChannelClosed as error:
        if error.code != LACKING:
            raise
        archived = {"threads": []}  # without Read Message History; the messages of the others come back empty too
    found = {
        str(thread["id"])
        for thread in (*active["threads"], *archived["threads"])
        if (str(thread.get("parent_id")), str(thread.get("owner_id"))) == (forum, owner)
        and int(thread.get("last_message_id") or thread["id"]) >= int(after)
    }
    return sorted(found, key=int, reverse=True)


def _words(text: str) -> list[str]:
    return "".join(one if one.isalnum() else " " for one in text.casefold()).split()


def _is_about(rule: Sequence[str], tag: Sequence[str]) -> bool:
    """Whether the tag's words stand in the rule's, one after the other."""
    return bool(tag) and any(list(rule[at : at + len(tag)]) == list(tag) for at in range(len(rule) - len(tag) + 1))
