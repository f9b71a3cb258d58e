"""The platforms' bad days, drawn by the channel: the same seed brings the same ones, whoever asks in whatever order."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.discord import fake as on_discord
from tests.slack import fake as on_slack
from tests.soak.world import DISCORD, SLACK, Group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.discord.fake import Fault as DiscordFault
    from tests.discord.fake import Request as DiscordRequest
    from tests.slack.fake import Fault as SlackFault
    from tests.slack.fake import Request as SlackRequest

POST, READ = "post", "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """How bad the days are. Moments are in seconds."""

    posts: float = 0.06
    """How likely a post has a bad day."""
    reads: float = 0.04
    """And whatever else is asked about a channel."""
    slow_posts: float = 0.3
    """And a post in a workspace that hangs often."""
    late_s: tuple[float, float] = (1.0, 19.0)
    """After how long a call lands whose connection was closed at once. Platforms are asked again 40 seconds after an attempt."""
    hang_s: tuple[float, float] | None = (16.0, 35.0)
    """How long a call hangs: our clients give up after 15 seconds. None: none does."""
    pause_s: tuple[float, float] = (1.0, 8.0)
    """Of a Retry-After."""
    answer_s: tuple[float, float] = (0.03, 0.3)
    """How long an answer takes on any day; a worker may be frozen meanwhile."""
    most: int = 3
    """Bad days of one channel: after three failures a post waits five minutes, after four half an hour."""

    def late(self, chance: random.Random) -> float:
        """Until a call lands."""
        return chance.uniform(*self.late_s)

    def hang(self, chance: random.Random) -> float:
        """Until a call ends."""
        assert self.hang_s is not None
        return chance.uniform(*self.hang_s)

    def pause(self, chance: random.Random) -> float:
        """Until one may ask again."""
        return chance.uniform(*self.pause_s)


_SLACK_METHODS = {"chat.postMessage": POST, "conversations.history": READ, "conversations.replies": READ}
_DISCORD_ROUTES = {
    "POST /channels/{channel_id}/messages": POST,
    "POST /channels/{channel_id}/messages/{message_id}/threads": READ,
    "GET /channels/{channel_id}/messages": READ,
    "GET /channels/{channel_id}": READ,
}


@dataclass(frozen=True, slots=True)
class Bad:
    """A kind of bad day."""

    name: str
    weight: int
    on_slack: Callable[[random.Random, Climate], SlackFault]
    on_discord: Callable[[random.Random, Climate], DiscordFault]
    only: str = ""
    """POST if it makes no sense for a read."""
    hangs: bool = False
    is_clear: bool = False
    """Whether the asker knows what became of the request."""


def _status(chance: random.Random) -> int:
    return chance.choice((500, 502, 503, 504))


def _rate_limited(chance: random.Random, climate: Climate) -> DiscordFault:
    if chance.random() < 0.1:  # a pause for all is rare
        return on_discord.rate_limited(0.5, scope="global")
    return on_discord.rate_limited(climate.pause(chance), scope="shared" if chance.random() < 0.5 else "user")


KINDS = (
    Bad("dropped after accept", 12, lambda *_: on_slack.drop_after(), lambda *_: on_discord.drop_after(), only=POST),
    Bad("reset before", 8, lambda *_: on_slack.drop_before(), lambda *_: on_discord.drop_before()),
    Bad(
        "hangs, done",
        4,
        lambda chance, climate: on_slack.hang(done=True, after=climate.hang(chance)),
        lambda chance, climate: on_discord.hang(done=True, after=climate.hang(chance)),
        hangs=True,
    ),
    Bad(
        "hangs, not done",
        4,
        lambda chance, climate: on_slack.hang(after=climate.hang(chance)),
        lambda chance, climate: on_discord.hang(after=climate.hang(chance)),
        hangs=True,
    ),
    Bad(
        "hangs, done at the end",
        4,
        lambda chance, climate: on_slack.late(hangs=True, after=climate.hang(chance)),
        lambda chance, climate: on_discord.late(hangs=True, after=climate.hang(chance)),
        only=POST,
        hangs=True,
    ),
    Bad(
        "accepted late",
        10,
        lambda chance, climate: on_slack.late(after=climate.late(chance)),
        lambda chance, climate: on_discord.late(after=climate.late(chance)),
        only=POST,
    ),
    Bad(
        "5xx, not done",
        12,
        lambda chance, _: on_slack.server_error(_status(chance)),
        lambda chance, _: on_discord.server_error(_status(chance)),
    ),
    Bad(
        "5xx, done",
        10,
        lambda chance, _: on_slack.server_error(_status(chance), done=True),
        lambda chance, _: on_discord.server_error(_status(chance), done=True),
        only=POST,
    ),
    Bad("answer torn", 10, lambda *_: on_slack.torn(), lambda *_: on_discord.torn()),
    Bad("429", 12, lambda chance, climate: on_slack.rate_limited(round(climate.pause(chance))), _rate_limited, is_clear=True),
)


@dataclass(slots=True)
class Tally:
    """What befell the requests of one phase."""

    requests: Counter[tuple[str, str]]
    """By platform and kind of request."""
    bad: Counter[tuple[str, str, str]]
    """By platform, kind of request and kind of bad day."""
    ambiguous: Counter[tuple[str, bool]]
    """Posts whose answer was withheld or broke, by platform and whether history may be read there."""

    @classmethod
    def empty(cls) -> Tally:
        return cls(Counter(), Counter(), Counter())


class Weather:
    """To be asked by both fakes about every request.

    Args:
        seed: Of all that is drawn.
        groups: What is special about each Slack workspace and Discord channel that has anything special.
    """

    def __init__(self, seed: int, groups: Mapping[str, Group], climate: Climate) -> None:
        self.is_fair = True
        """Nothing goes wrong."""
        self.tally = Tally.empty()
        self._seed = seed
        self._groups = groups
        self._climate = climate
        self._seen: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()

    def on_slack(self, request: SlackRequest) -> SlackFault | None:
        """What befalls this one."""
        channel = str(request.args.get("channel", ""))
        bad, chance = self._drawn(SLACK, _SLACK_METHODS.get(request.method, ""), channel, self._groups.get(request.team, Group.ANY))
        if bad is None:
            return None if self.is_fair else on_slack.hang(done=True, after=chance.uniform(*self._climate.answer_s))
        return bad.on_slack(chance, self._climate)

    def on_discord(self, request: DiscordRequest) -> DiscordFault | None:
        """What befalls this one."""
        channel = request.params.get("channel_id", "")
        bad, chance = self._drawn(DISCORD, _DISCORD_ROUTES.get(request.route, ""), channel, self._groups.get(channel, Group.ANY))
        if bad is None:
            return None if self.is_fair else on_discord.hang(done=True, after=chance.uniform(*self._climate.answer_s))
        return bad.on_discord(chance, self._climate)

    def _drawn(self, platform: str, what: str, channel: str, group: Group) -> tuple[Bad | None, random.Random]:
        self.tally.requests[platform, what or "other"] += 1
        # By how often this channel was asked about, for who comes first among all is never twice the same.
        self._seen[channel] += 1
        chance = random.Random(f"{self._seed} {platform} {channel} {self._seen[channel]}")
        climate = self._climate
        if not what or self.is_fair or self._bad[channel] >= climate.most:
            return None, chance
        kinds = [kind for kind in KINDS if kind.only in ("", what) and (climate.hang_s or not kind.hangs)]
        if group is Group.SLOW and what is POST and climate.hang_s and chance.random() < climate.slow_posts:
            kinds = [kind for kind in kinds if kind.hangs]
        elif chance.random() >= (climate.posts if what is POST else climate.reads):
            return None, chance
        (bad,) = chance.choices(kinds, [kind.weight for kind in kinds])
        self._bad[channel] += 1
        self.tally.bad[platform, what, bad.name] += 1
        if what is POST and not bad.is_clear:
            self.tally.ambiguous[platform, group is not Group.BLIND] += 1
        return bad, chance
