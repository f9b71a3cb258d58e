"""Values to stored bytes and back.

A record is one byte with the version of its form, four bytes with the crc32 of the rest, and the rest: MessagePack of an array whose
places `bot.store.wire` names, for papers compressed. Raw deflate and MessagePack alone would read some damaged bytes as another paper.

To add a record type: a Struct in `wire`, a `Form` of it here, and a pair of functions `pack_x`, `unpack_x`.
"""

from __future__ import annotations

import dataclasses
import struct
import zlib
from typing import Generic, NoReturn, TypeVar

import msgspec

from bot.channel import Address, Channel, Format, Managers, QueryText, Schedule, Settings, Subscription
from bot.errors import CorruptRecord, NewerRecord
from bot.identity import names
from bot.installation import Installation
from bot.paper import Paper, PaperId
from bot.ports import Attempt, Delivery, Health, Pulse
from bot.store import wire
from bot.store.blocks import message_in, message_out
from bot.store.dictionary import DICTIONARIES
from bot.store.scripts import NAMES_AT

_VERSION = 1
_HEAD = NAMES_AT
"""Bytes before the rest: version, crc32."""
_SIZE = struct.Struct(">H")

W = TypeVar("W", bound=msgspec.Struct)


class Form(Generic[W]):
    """How one kind of record is written."""

    def __init__(self, shape: type[W], *, compressed: bool = False) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(shape)
        self._compressed = compressed

    def pack(self, record: W, *, before: bytes = b"") -> bytes:
        """The bytes to store; `before` stands uncompressed in front of the record, where scripts can read it."""
        body = self._encoder.encode(record)
        if self._compressed:
            body = _deflated(body)
        body = before + body
        return struct.pack(">BI", _VERSION, zlib.crc32(body)) + body

    def unpack(self, data: bytes, *, key: str, after: int = 0) -> W:
        """The record; the first `after` bytes of the rest are not part of it.

        Raises:
            NewerRecord: A newer version wrote it.
            CorruptRecord: It is not what was once written there; `key` says where it lies.
        """
        if data and data[0] > _VERSION:
            raise NewerRecord(f"the record at {key} was written by a newer version of Paperboy: upgrade this one", key=key)
        body = data[_HEAD:]
        if len(data) < _HEAD + after or data[0] != _VERSION or zlib.crc32(body) != int.from_bytes(data[1:_HEAD], "big"):
            _corrupt(key)
        body = body[after:]
        try:
            return self._decoder.decode(_inflated(body) if self._compressed else body)
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CorruptRecord(f"the record at {key} cannot be read: {error}", key=key) from error


def _corrupt(key: str) -> NoReturn:
    raise CorruptRecord(f"the record at {key} is damaged", key=key)


def _deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=DICTIONARIES[_VERSION])
    return packer.compress(body) + packer.flush()


def _inflated(body: bytes) -> bytes:
    opener = zlib.decompressobj(-zlib.MAX_WBITS, zdict=DICTIONARIES[_VERSION])
    return opener.decompress(body) + opener.flush()


_PAPER = Form(wire.PaperWire, compressed=True)
_CHANNEL = Form(wire.ChannelWire)
_DELIVERY = Form(wire.DeliveryWire)
_HEALTH = Form(wire.HealthWire)
_PULSE = Form(wire.PulseWire)
_ATTEMPT = Form(wire.AttemptWire)
_INSTALLATION = Form(wire.InstallationWire)

_PAPER_FIELDS = tuple(field.name for field in dataclasses.fields(Paper))
_INSTALLATION_FIELDS = wire.InstallationWire.__struct_fields__
_CHANNEL_VERSION = struct.Struct(">I")

# ---------------------------------------------------------------- papers


def pack_paper(paper: Paper) -> bytes:
    """The record; before it stand, for the scripts, two bytes with the length of its other names and these, a newline between.

    Equal papers give equal bytes.
    """
    also = "\n".join(names(paper)).encode()
    record = wire.PaperWire(**{name: getattr(paper, name) for name in _PAPER_FIELDS})
    return _PAPER.pack(record, before=_SIZE.pack(len(also)) + also)


def unpack_paper(data: bytes, *, key: str) -> Paper:
    """Raises CorruptRecord."""
    record = _PAPER.unpack(data, key=key, after=_SIZE.size + int.from_bytes(data[_HEAD : _HEAD + _SIZE.size], "big"))
    return Paper(**{name: getattr(record, name) for name in _PAPER_FIELDS})


# ---------------------------------------------------------------- channels


def pack_channel(channel: Channel, *, version: int) -> bytes:
    """The record with this version, which stands as a big-endian 32-bit number at the sixth byte. The address is not in it."""
    record = wire.ChannelWire(
        name=channel.name,
        subscriptions=tuple(wire.SubscriptionWire(one.query, one.added_by, one.added_at, one.maker) for one in channel.subscriptions),
        schedule=(channel.schedule.days, channel.schedule.hour, channel.schedule.minute, channel.schedule.zone),
        settings=_settings_out(channel.settings),
        paused_until=channel.paused_until,
        trouble=channel.trouble,
    )
    return _CHANNEL.pack(record, before=_CHANNEL_VERSION.pack(version))


def _settings_out(settings: Settings) -> wire.SettingsWire:
    return wire.SettingsWire(
        limit=settings.limit,
        format=settings.format,
        thread=settings.thread,
        # An older program must find one of the two that it knows.
        managers=settings.managers or Managers.ANYONE,
        links=settings.links,
        chose_anyone=settings.managers is Managers.ANYONE,
    )


def _managers_in(stored: wire.SettingsWire) -> Managers | None:
    managers = Managers(stored.managers)
    return None if managers is Managers.ANYONE and not stored.chose_anyone else managers


def unpack_channel(data: bytes, *, address: Address, key: str) -> Channel:
    """Raises CorruptRecord."""
    record = _CHANNEL.unpack(data, key=key, after=_CHANNEL_VERSION.size)
    stored = record.settings
    try:
        settings = Settings(
            limit=stored.limit,
            format=Format(stored.format),
            thread=stored.thread,
            managers=_managers_in(stored),
            links=stored.links,
        )
    except ValueError as error:
        raise CorruptRecord(f"the record at {key} holds a setting that is none: {error}", key=key) from error
    return Channel(
        address=address,
        name=record.name,
        subscriptions=tuple([Subscription(QueryText(one.query), one.added_by, one.added_at, one.maker) for one in record.subscriptions]),
        schedule=Schedule(*record.schedule),
        settings=settings,
        paused_until=record.paused_until,
        trouble=record.trouble,
        version=_CHANNEL_VERSION.unpack_from(data, _HEAD)[0],
    )


# ---------------------------------------------------------------- deliveries


def pack_delivery(delivery: Delivery) -> bytes:
    """Equal deliveries give equal bytes. The address is not in them."""
    return _DELIVERY.pack(
        wire.DeliveryWire(
            id=delivery.id,
            due=delivery.due,
            parts=tuple(map(message_out, delivery.parts)),
            papers=delivery.papers,
            remainder=delivery.remainder,
            threaded=delivery.threaded,
            tags=delivery.tags,
        )
    )


def unpack_delivery(data: bytes, *, address: Address, key: str) -> Delivery:
    """Raises CorruptRecord."""
    record = _DELIVERY.unpack(data, key=key)
    return Delivery(
        id=record.id,
        address=address,
        due=record.due,
        parts=tuple(map(message_in, record.parts)),
        papers=tuple(map(PaperId, record.papers)),
        remainder=tuple(map(PaperId, record.remainder)),
        threaded=record.threaded,
        tags=record.tags,
    )


def pack_attempt(attempt: Attempt) -> bytes:
    """One line of a delivery log."""
    return _ATTEMPT.pack(wire.AttemptWire(attempt.at, attempt.delivery, attempt.part, attempt.outcome, attempt.detail))


def unpack_attempt(data: bytes, *, key: str) -> Attempt:
    """Raises CorruptRecord."""
    record = _ATTEMPT.unpack(data, key=key)
    return Attempt(at=record.at, delivery=record.delivery, part=record.part, outcome=record.outcome, detail=record.detail)


# ---------------------------------------------------------------- sources


def pack_pulse(pulse: Pulse) -> bytes:
    """What a process says of itself, as stored."""
    fields = {field.name: getattr(pulse, field.name) for field in dataclasses.fields(Pulse)}
    return _PULSE.pack(wire.PulseWire(**fields | {"not_ready": tuple(pulse.not_ready), "ticks": dict(pulse.ticks)}))


def unpack_pulse(data: bytes, *, key: str) -> Pulse:
    """The inverse of `pack_pulse`; raises as `Form.unpack` does."""
    record = _PULSE.unpack(data, key=key)
    return Pulse(**{field.name: getattr(record, field.name) for field in dataclasses.fields(Pulse)})


def pack_health(health: Health) -> bytes:
    """The books of a source."""
    return _HEALTH.pack(wire.HealthWire(*(getattr(health, field.name) for field in dataclasses.fields(Health))))


def unpack_health(data: bytes, *, key: str) -> Health:
    """Raises CorruptRecord."""
    record = _HEALTH.unpack(data, key=key)
    return Health(**{field.name: getattr(record, field.name) for field in dataclasses.fields(Health)})


# ---------------------------------------------------------------- installations


def pack_installation(installation: Installation) -> bytes:
    """The record without its version, tokens and all: to be sealed before it is stored."""
    fields = {name: getattr(installation, name) for name in _INSTALLATION_FIELDS}
    return _INSTALLATION.pack(wire.InstallationWire(**fields | {"scopes": tuple(sorted(installation.scopes))}))


def unpack_installation(data: bytes, *, version: int, key: str) -> Installation:
    """Raises CorruptRecord, whose text tells nothing of the record."""
    record = _INSTALLATION.unpack(data, key=key)
    fields = {name: getattr(record, name) for name in _INSTALLATION_FIELDS}
    return Installation(**fields | {"scopes": frozenset(record.scopes), "version": version})
