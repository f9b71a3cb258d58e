"""What must hold whatever happens: watched at every call the store takes, at every post, and looked up in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bot.channel import FOREVER, Address, Channel
from bot.message import Card
from bot.paper import PaperId
from bot.plain import plain
from bot.ports import Sent
from bot.store import keys
from bot.store.codec import unpack_channel, unpack_delivery
from bot.timetable import next_due
from tests.delivery_model.process import Beginning, Planning, Settling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.ports import Delivery
    from tests.clock import Clock
    from tests.delivery_model.platform import Platform, Post, Request
    from tests.delivery_model.process import About, Life
    from tests.delivery_model.world import Server

TEXT = 200
"""The longest text of the platform, by which the fallback in plain words is cut."""


class Broken(AssertionError):
    """A promise was broken."""


class Ledger:
    """Reads the real store directly, and the platform's record.

    Args:
        server: Of the ledger alone.
    """

    def __init__(self, server: Server, clock: Clock, platform: Platform, addresses: Sequence[Address]) -> None:
        self.broken = False
        self._stale = True
        self.lives: list[Life] = []
        self.addresses = addresses
        self.seen: set[str] = set()
        """What happened at least once, for events."""
        self._server = server
        self._clock = clock
        self._platform = platform
        self._planned: dict[str, Delivery] = {}
        self._keys: dict[str, tuple[str, int]] = {}
        self._done: dict[Address, set[PaperId]] = {address: set() for address in addresses}
        platform.ledger = self

    # ------------------------------------------------------------ while it happens

    def witness(self, about: About, command: Sequence[Any]) -> object:
        """Let the store take one call, and look at what it did."""
        self._stale |= command[0] == "EVALSHA"
        match about:
            case Planning():
                return self._plan(about, command)
            case Beginning():
                return self._begin(about, command)
            case Settling():
                return self._settle(about, command)
            case None:
                return self.see(*command)

    def _plan(self, about: Planning, command: Sequence[Any]) -> object:
        id, address = about.delivery.id, about.delivery.address
        before = self._fields(id)
        reply = self.see(*command)
        if before or not self._fields(id):
            return reply
        if about.slot is not None:
            self.must(about.slot <= self._clock.now, f"slot {about.slot} is planned before it is due")
            channel = self.channel(address)
            self.must(not channel.is_paused(self._clock.now), f"a slot of {address} is planned while the channel is paused")
        known = self._planned.get(id)
        if known is not None:
            keys_of = [key_of(id, part) for part in range(len(known.parts))]
            self.must(not any(map(self._platform.posts, keys_of)), f"slot {about.slot} of {address} is planned again though posted")
            self.seen.add("a slot was planned again after a recall")
        self._planned[id] = about.delivery
        self._keys |= {key_of(id, part): (id, part) for part in range(len(about.delivery.parts))}
        self.seen.add("planned")
        return reply

    def _begin(self, about: Beginning, command: Sequence[Any]) -> object:
        reply = self.see(*command)
        if reply:
            about.at = self._clock.now
            about.frozen_since = about.life.frozen
            about.life.rights.append(about)
        return reply

    def _settle(self, about: Settling, command: Sequence[Any]) -> object:
        id, part = about.lease.delivery.id, about.lease.part
        before = self._fields(id)
        reply = self.see(*command)
        after = self._fields(id)
        if isinstance(about.outcome, Sent):
            if before:
                noted = after.get(f"message:{part}", b"")
                self.must(bool(noted), f"{id[:6]}/{part} was sent under fence {about.lease.fence}, and that does not count")
            if before and int(before["fence"]) > about.lease.fence:
                self.seen.add("an older lease said sent")
        elif before and (int(before["fence"]) != about.lease.fence or int(before["part"]) != part):
            self.seen.add("an older lease said something else")
            self.must(before == after, f"an older lease ({about.lease.fence}) said {about.outcome} of {id[:6]}/{part}, and that counts")
        return reply

    def sending(self, request: Request, life: Life) -> None:
        """A request goes out this moment."""
        right = request.right
        self.must(right is not None and right.at is not None, "a request goes out that nobody had begun")
        assert right is not None
        fields = self._fields(right.lease.delivery.id)
        newer = bool(fields) and int(fields["fence"]) > right.lease.fence
        if not right.frozen_since:
            self.must(not newer, f"a request goes out under fence {right.lease.fence}, and somebody has a newer lease")
        for other in self.lives:
            for asked in other.asked:
                if asked.key == request.key and asked.got_there and not asked.answer.done():
                    both = not (other.frozen or right.frozen_since or any(one.frozen_since for one in other.rights))
                    self.must(not both, "two requests of the same key are under way")

    def posted(self, post: Post) -> None:
        """A post stands in the channel this moment."""
        request = post.request
        id, part = self._keys[request.key]
        stand = self._platform.posts(request.key)
        self.must(
            len(stand) == 1,
            f"part {part} of {id[:6]} stands {len(stand)} times in {request.address}, at {[f'{one.at:%H:%M:%S}' for one in stand]}",
        )
        for earlier in range(part):
            self.must(bool(self._platform.posts(key_of(id, earlier))), f"part {part} of {id[:6]} stands before part {earlier}")
        if part:
            self.seen.add("a further part was posted")
        self._papers_once(request.address)

    def _papers_once(self, address: Address) -> None:
        where: dict[PaperId, set[str]] = {}
        for post in self._platform.record:
            if post.request.address == address:
                id, _ = self._keys[post.request.key]
                for paper in _shown(post):
                    where.setdefault(paper, set()).add(id)
        for paper, ids in where.items():
            self.must(len(ids) == 1, f"paper {paper} stands in {len(ids)} digests of {address}: {sorted(id[:6] for id in ids)}")

    # ------------------------------------------------------------ in between

    def check(self) -> None:
        """What must hold whenever one looks."""
        if not self._stale:
            return
        self._stale = False
        for address in self.addresses:
            self._check_agenda(address)
            self._check_papers(address)

    def _check_agenda(self, address: Address) -> None:
        channel, score = self.channel(address), self.see("ZSCORE", keys.AGENDA, str(address))
        off = not channel.subscriptions or channel.schedule.is_off or channel.paused_until == FOREVER
        if off:
            self.must(score is None, f"{address} is off, and on the agenda")
            return
        self.must(score is not None, f"{address} is active, and on no agenda")
        due = datetime.fromtimestamp(int(score), UTC)
        self.must(next_due(channel.schedule, address, due - timedelta(seconds=1)) == due, f"{due} is no slot of {address}")
        if channel.paused_until is not None and channel.is_paused(self._clock.now):
            self.must(due > channel.paused_until, f"{address} is due at {due}, and paused until {channel.paused_until}")

    def _check_papers(self, address: Address) -> None:
        filed = {PaperId(id.decode()) for id in self.see("ZRANGE", keys.filed(address), 0, -1)}
        inbox = self.inbox(address)
        kept = inbox | self._done[address]
        for delivery, state, fields in self.deliveries(address):
            papers = {*delivery.papers, *delivery.remainder}
            self.must(not papers & inbox, f"a paper of {delivery.id[:6]} is in the inbox of {address} as well")
            kept |= papers
            for part in range(len(delivery.parts)):
                if f"message:{part}" in fields:
                    self.must(bool(self._platform.posts(key_of(delivery.id, part))), f"part {part} of {delivery.id[:6]} is sent, and lost")
            if state == "sent":
                for part, message in enumerate(delivery.parts):
                    stand = [post.request.message for post in self._platform.posts(key_of(delivery.id, part))]
                    said = any(one in (message, plain(message, TEXT)) for one in stand)
                    self.must(said, f"part {part} of {delivery.id[:6]} is sent, and does not stand so in {address}")
                self._done[address] |= papers
        self.must(filed <= kept, f"papers of {address} disappeared: {sorted(filed - kept)}")

    def check_end(self) -> None:
        """What must hold when everybody has had the time to do their work."""
        self.check()
        for address in self.addresses:
            self.must(not self.inbox(address), f"papers wait in the inbox of {address} for ever: {sorted(self.inbox(address))}")
            for delivery, state, _ in self.deliveries(address):
                self.must(state == "sent", f"{delivery.id[:6]} of {address} is {state} for ever")

    # ------------------------------------------------------------ reading

    def see(self, *command: Any) -> Any:
        """What the server says to a command, as it says it."""
        return self._server.tell(*command)

    def channel(self, address: Address) -> Channel:
        """The channel as stored."""
        record = self.see("HGET", keys.bucket_of(address), str(address))
        return Channel(address=address) if record is None else unpack_channel(record, address=address, key="")

    def inbox(self, address: Address) -> set[PaperId]:
        """What waits for the next digest."""
        return {PaperId(id.decode()) for id in self.see("ZRANGE", keys.inbox(address), 0, -1)}

    def deliveries(self, address: Address) -> list[tuple[Delivery, str, dict[str, bytes]]]:
        """All of a channel, with their states and fields."""
        found = []
        for name in self.see("ZRANGE", keys.deliveries_of(address), 0, -1):
            fields = self._fields(name.decode())
            if fields:
                delivery = unpack_delivery(fields["record"], address=address, key=keys.delivery(name.decode()))
                found.append((delivery, fields["state"].decode(), fields))
        return found

    def due(self, address: Address) -> datetime | None:
        """When its next digest is due, by the agenda."""
        score = self.see("ZSCORE", keys.AGENDA, str(address))
        return None if score is None else datetime.fromtimestamp(int(score), UTC)

    def is_done(self) -> bool:
        """Whether there is nothing more to post anywhere."""
        return not any(
            self.inbox(address) or any(state != "sent" for _, state, _ in self.deliveries(address)) for address in self.addresses
        )

    def next_moment(self) -> datetime | None:
        """When something is next to be done, by the agenda and the lanes."""
        moments = [float(score) * 1000 for _, score in self._scores(keys.AGENDA)]
        moments += [float(score) for _, score in self._scores(keys.lanes(self.addresses[0].platform))]
        return datetime.fromtimestamp(min(moments) / 1000, UTC) if moments else None

    def must(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition
        """Fail with this sentence."""
        if not holds:
            self.broken = True
            raise Broken(otherwise)

    def _scores(self, key: str) -> list[tuple[bytes, bytes]]:
        flat = self.see("ZRANGE", key, 0, -1, "WITHSCORES")
        return list(zip(flat[::2], flat[1::2], strict=True))

    def _fields(self, id: str) -> dict[str, bytes]:
        flat = self.see("HGETALL", keys.delivery(id))
        return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}


def key_of(id: str, part: int) -> str:
    """The idempotency key of a part, as `Lease.key`."""
    return sha256(f"{id}/{part}".encode()).hexdigest()


def _shown(post: Post) -> set[PaperId]:
    return {PaperId(block.paper) for block in post.request.message.blocks if isinstance(block, Card) and block.paper}
