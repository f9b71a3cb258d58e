"""What the platforms' own record says: which slots stand in their channels, which stand there twice, in which order, how late."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from adapters.discord.mark import nonce
from bot.delivery import slot_id
from tests.soak.world import SLACK, Group, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.channel import Address
    from tests.discord.fake import FakeDiscord
    from tests.discord.fake import Message as DiscordMessage
    from tests.slack.fake import FakeSlack
    from tests.slack.fake import Message as SlackMessage
    from tests.soak.world import Slot

_TOKEN = re.compile(r"Soak\d{7}")
MOST_PARTS = 12


@dataclass(frozen=True, slots=True)
class Post:
    """A message of ours in a channel, or in a thread under it."""

    at: float
    """Seconds since 1970 UTC."""
    order: int
    """Later ones have greater numbers."""
    papers: tuple[str, ...]
    """By their tokens, in the order in which they stand there."""
    name: str
    """What our outlet marked it with: the same for the same part."""


@dataclass(slots=True)
class Findings:
    """Of the slots of one platform."""

    slots: int = 0
    posts: int = 0
    lost: list[Slot] = field(default_factory=list)
    """Of which something stands nowhere."""
    doubled: list[tuple[Slot, int]] = field(default_factory=list)
    """With how many messages too many, where the channel's history may be read."""
    doubled_blind: list[tuple[Slot, int]] = field(default_factory=list)
    """The same, where it may not."""
    disordered: list[Slot] = field(default_factory=list)
    """Whose part n+1 stands before part n."""
    strange: list[Slot] = field(default_factory=list)
    """With papers of another slot."""
    lateness: list[float] = field(default_factory=list)
    """Seconds from due to the first message."""

    @property
    def duplicates(self) -> int:
        """Messages too many."""
        return sum(many for _, many in self.doubled)

    @property
    def blind_duplicates(self) -> int:
        """Messages too many where nobody could find out."""
        return sum(many for _, many in self.doubled_blind)

    def late(self, share: float) -> float:
        """How late the slot is that this share of all is not later than."""
        ordered = sorted(self.lateness)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def posts_of(slot: Slot, slack: FakeSlack, discord: FakeDiscord) -> list[Post]:
    """Every message of ours that stands in the channel of a slot, oldest first."""
    if slot.address.platform == SLACK:
        stand = slack.teams[slot.address.workspace][slot.address.channel].visible
        return [_on_slack(message) for message in stand if message.bot]
    channel = discord.channels[slot.address.channel]
    # Not `guild.threads`, which is of all channels of a server.
    threads = [message.thread for message in channel.messages if message.thread is not None]
    stand_there = [*channel.messages, *(message for thread in threads for message in thread.messages)]
    return sorted((_on_discord(message) for message in stand_there if message.author is discord.bot), key=lambda post: post.order)


def _on_slack(message: SlackMessage) -> Post:
    key = str((message.metadata or {}).get("event_payload", {}).get("key", ""))
    return Post(float(message.ts), round(float(message.ts) * 1_000_000), _papers(message.blocks), key)


def _on_discord(message: DiscordMessage) -> Post:
    return Post(message.at.timestamp(), int(message.id), _papers([message.content, message.embeds]), str(message.nonce or ""))


def _papers(shown: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_TOKEN.findall(json.dumps(shown))))


def is_whole(slot: Slot, posts: Sequence[Post]) -> bool:
    """Whether all its papers stand there; in a thread each in a message of its own too."""
    shown = {post.papers for post in posts}
    if not slot.tokens <= {one for papers in shown for one in papers}:
        return False
    return slot.kind is not Kind.THREAD or (all((one,) in shown for one in slot.tokens) and any(len(papers) > 1 for papers in shown))


def judge(slots: Sequence[Slot], dues: Mapping[Address, datetime], slack: FakeSlack, discord: FakeDiscord) -> Findings:
    """Look at what stands in the channels of these slots, all of one platform."""
    found = Findings()
    for slot in slots:
        posts = posts_of(slot, slack, discord)
        found.slots += 1
        found.posts += len(posts)
        if not is_whole(slot, posts):
            found.lost.append(slot)
        if any(not slot.tokens.issuperset(post.papers) for post in posts):
            found.strange.append(slot)
        # No two parts of a digest show the same papers, so whatever shows the same again is the same again.
        if many := len(posts) - len({post.papers for post in posts}):
            (found.doubled_blind if slot.group is Group.BLIND else found.doubled).append((slot, many))
        if not _is_in_order(slot, posts, dues[slot.address]):
            found.disordered.append(slot)
        if posts:
            found.lateness.append(min(post.at for post in posts) - dues[slot.address].timestamp())
    return found


def _is_in_order(slot: Slot, posts: Sequence[Post], due: datetime) -> bool:
    """Whether the first messages of part 0, 1, ... follow each other, none missing, none unknown."""
    id = slot_id(slot.address, due)
    keys = [sha256(f"{id}/{part}".encode()).hexdigest() for part in range(MOST_PARTS)]
    names = keys if slot.address.platform == SLACK else [nonce(key) for key in keys]
    part_of = {name: part for part, name in enumerate(names)}
    firsts: dict[int, int] = {}
    for post in posts:
        firsts.setdefault(part_of.get(post.name, -1), post.order)
    return [*firsts] == [*range(len(firsts))] and sorted(firsts.values()) == [*firsts.values()]


def told(slot: Slot, due: datetime, slack: FakeSlack, discord: FakeDiscord) -> str:
    """One slot for whoever looks into it: where, when, and what stands there."""
    posts = [
        f"{datetime.fromtimestamp(post.at, UTC):%H:%M:%S.%f} {'+'.join(post.papers)} {post.name[:10]}"
        for post in posts_of(slot, slack, discord)
    ]
    return f"{slot.address} ({slot.kind}, {slot.group or 'any'}), due {due:%H:%M:%S}, slot {slot_id(slot.address, due)[:10]}: {posts}"


def counted(slots: Sequence[Slot]) -> Counter[str]:
    """How many there are of each kind."""
    return Counter(slot.kind.value for slot in slots)
