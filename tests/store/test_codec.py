from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.channel import FOREVER, Address, Channel, Managers, QueryText, Settings, Subscription
from bot.errors import CorruptRecord, NewerRecord
from bot.message import Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.paper import Paper, PaperId
from bot.ports import Delivery
from bot.store import codec, wire
from bot.store.codec import Form
from tests.store import values

if TYPE_CHECKING:
    from bot.installation import Installation
    from bot.ports import Attempt, Health

FIRST_RELEASE = (
    "01351030630026646f693a31302e313030302f78797a0a7469746c653a65323039666538623439356265653732bbc320becac8d4c054cfc8d8c2c274"
    "b17fb8cf82896b1c5312157c40b5676272ea84090b16ac3634d033343030d0afa8ac5a000207980f1cb8f63fc37c71c32a230323535d03535d638303"
    "07260000"
)
"""WHOLE, as the first release stored it."""

EVERY_BLOCK = Delivery(
    id="1",
    address=Address("slack", "T1", "C1"),
    due=datetime(2025, 11, 21, 9, tzinfo=UTC),
    parts=(
        Message(
            (Heading("a"), Text("b"), Hint("c"), Excerpt("d"), Card(title="e", url="f"), Item("g"), Buttons(()), File("h", "i")), "gist"
        ),
    ),
    papers=(),
)

few = settings(max_examples=60)


@few
@given(values.papers)
def test_a_paper_comes_back_as_it_was(paper: Paper) -> None:
    assert codec.unpack_paper(codec.pack_paper(paper), key="k") == paper


@few
@given(values.channels)
def test_a_channel_comes_back_with_the_version_it_was_stored_with(channel: Channel) -> None:
    stored = codec.pack_channel(channel, version=channel.version)
    assert codec.unpack_channel(stored, address=channel.address, key="k") == channel


@few
@given(values.deliveries)
@example(EVERY_BLOCK)
def test_a_delivery_comes_back_with_every_block_of_its_messages(delivery: Delivery) -> None:
    assert codec.unpack_delivery(codec.pack_delivery(delivery), address=delivery.address, key="k") == delivery


@few
@given(values.healths)
def test_the_health_of_a_source_comes_back(health: Health) -> None:
    assert codec.unpack_health(codec.pack_health(health), key="k") == health


@few
@given(values.attempts)
def test_an_attempt_comes_back(attempt: Attempt) -> None:
    assert codec.unpack_attempt(codec.pack_attempt(attempt), key="k") == attempt


@few
@given(values.installations)
def test_an_installation_comes_back_with_the_version_it_stood_at(installation: Installation) -> None:
    packed = codec.pack_installation(installation)
    assert codec.unpack_installation(packed, version=installation.version, key="k") == installation


def test_a_maker_nobody_knows_costs_a_byte() -> None:
    at = datetime(2025, 11, 21, 9, tzinfo=UTC)

    def size(*rules: Subscription) -> int:
        return len(codec.pack_channel(Channel(address=Address("slack", "T1", "C1"), subscriptions=rules), version=1))

    one, two = (Subscription(QueryText(word), "Ada", at) for word in ("owl", "eel"))
    query, name, moment, array = 4, 4, 10, 1
    assert size(one, two) - size(one) <= query + name + moment + array + 1


def test_rules_and_settings_from_before_makers_and_links_are_read_with_their_defaults() -> None:
    class Before(msgspec.Struct, array_like=True):
        name: str
        subscriptions: tuple[tuple[str, str, datetime], ...]
        schedule: tuple[tuple[int, ...], int, int, str]
        settings: tuple[int, str, bool, str]

    at = datetime(2025, 11, 21, 9, tzinfo=UTC)
    stored = Before("#reading", (("owl", "Ada", at),), ((0,), 9, 0, "UTC"), (5, "normal", False, "anyone"))
    address = Address("slack", "T1", "C1")
    channel = codec.unpack_channel(Form(Before).pack(stored, before=b"\0\0\0\1"), address=address, key="k")
    assert channel.subscriptions == (Subscription(QueryText("owl"), "Ada", at),)
    assert channel.settings == Settings()


class SettingsBefore(msgspec.Struct, array_like=True):
    limit: int
    format: str
    thread: bool
    managers: str


class ChannelBefore(msgspec.Struct, array_like=True):
    name: str
    subscriptions: tuple[str, ...]
    schedule: tuple[tuple[int, ...], int, int, str]
    settings: SettingsBefore


def test_an_older_program_reads_who_may_change_a_channel_that_never_chose() -> None:
    channel = Channel(address=Address("slack", "T1", "C1"))
    for managers, read in ((None, "anyone"), (Managers.ANYONE, "anyone"), (Managers.ADMINS, "admins")):
        stored = codec.pack_channel(replace(channel, settings=Settings(managers=managers)), version=1)
        assert Form(ChannelBefore).unpack(stored, key="k", after=4).settings.managers == read


def test_a_delivery_from_before_tags_has_none() -> None:
    class Before(msgspec.Struct, array_like=True):
        id: str
        due: datetime
        parts: tuple[str, ...] = ()
        papers: tuple[str, ...] = ()
        remainder: tuple[str, ...] = ()
        threaded: bool = False

    at = datetime(2025, 11, 21, 9, tzinfo=UTC)
    read = codec.unpack_delivery(Form(Before).pack(Before("1", at)), address=Address("slack", "T1", "C1"), key="k")
    assert read.tags == ()


def test_a_channel_paused_for_ever_comes_back_so() -> None:
    channel = Channel(address=Address("slack", "T1", "C1"), paused_until=FOREVER, version=1)
    assert codec.unpack_channel(codec.pack_channel(channel, version=1), address=channel.address, key="k") == channel


def test_equal_papers_give_equal_bytes_so_that_nothing_is_written_for_no_change() -> None:
    assert codec.pack_paper(Paper(id=PaperId("1"), title="A")) == codec.pack_paper(Paper(id=PaperId("1"), title="A"))


WHOLE = Paper(
    id=PaperId("2505.23885"),
    title="OWL",
    authors=("Ada Lovelace",),
    doi="10.1000/xyz",
    upvotes=3,
    published=datetime(2025, 5, 29, tzinfo=UTC),
    listed_on=date(2025, 5, 30),
)


@given(st.data())
def test_one_damaged_byte_never_gives_another_paper(data: st.DataObject) -> None:
    stored = bytearray(codec.pack_paper(WHOLE))
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CorruptRecord):
        codec.unpack_paper(bytes(stored), key="k")


@given(st.integers(0, 10_000))
def test_a_record_cut_short_is_corrupt(length: int) -> None:
    stored = codec.pack_paper(WHOLE)
    with pytest.raises(CorruptRecord):
        codec.unpack_paper(stored[: length % len(stored)], key="k")


@few
@given(st.binary(max_size=80))
def test_garbage_is_corrupt_and_says_where_it_lies(garbage: bytes) -> None:
    address = Address("slack", "T1", "C1")
    readers = (
        codec.unpack_paper,
        codec.unpack_health,
        codec.unpack_attempt,
        partial(codec.unpack_channel, address=address),
        partial(codec.unpack_delivery, address=address),
        partial(codec.unpack_installation, version=1),
    )
    for unpack in readers:
        with pytest.raises(CorruptRecord) as caught:
            unpack(garbage, key="pb:somewhere")
        assert caught.value.key == "pb:somewhere"


def test_a_record_of_a_newer_version_is_told_apart_for_it_is_whole() -> None:
    with pytest.raises(NewerRecord, match="newer version of Paperboy: upgrade"):
        codec.unpack_paper(b"\x02" + codec.pack_paper(WHOLE)[1:], key="k")


def test_a_paper_stored_by_the_first_release_is_read_for_ever() -> None:
    stored = bytes.fromhex(FIRST_RELEASE)
    assert codec.unpack_paper(stored, key="k") == WHOLE


def test_fields_added_later_are_ignored_and_missing_ones_get_their_defaults() -> None:
    class Later(msgspec.Struct, array_like=True):
        id: str
        title: str
        added: int

    class Now(msgspec.Struct, array_like=True):
        id: str
        title: str = "none"

    class Before(msgspec.Struct, array_like=True):
        id: str

    now = Form(Now)
    assert now.unpack(Form(Later).pack(Later("1", "A", 7)), key="k") == Now("1", "A")
    assert now.unpack(Form(Before).pack(Before("1")), key="k") == Now("1", "none")


def test_a_whole_record_that_means_nothing_is_corrupt() -> None:
    address = Address("slack", "T1", "C1")
    strange = wire.ChannelWire("", (), ((), 9, 0, "UTC"), wire.SettingsWire(limit=5, format="sideways", thread=False, managers="anyone"))
    with pytest.raises(CorruptRecord, match="a setting that is none"):
        codec.unpack_channel(Form(wire.ChannelWire).pack(strange, before=b"\0\0\0\1"), address=address, key="k")
    other = wire.DeliveryWire("1", datetime(2025, 5, 29, tzinfo=UTC), (), ())
    with pytest.raises(CorruptRecord, match="cannot be read"):
        codec.unpack_health(Form(wire.DeliveryWire).pack(other), key="k")
