"""Installations: tokens that only the operator's keys open, and workspaces that leave and come back."""

from __future__ import annotations

import asyncio
import dataclasses
import traceback
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bot.errors import CorruptRecord, OperatorMistake
from bot.installation import Installation
from bot.ports import Installations, Saved
from bot.store import installations as module
from bot.store import keys
from bot.store.codec import pack_installation
from bot.store.connection import Connection
from bot.store.installations import StoredInstallations
from bot.store.seal import Seal
from bot.store.store import open_store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from bot.store.connection import Sendable
    from bot.store.scripts import Script
    from bot.store.store import RedisStore
    from tests.clock import Clock

TOKEN, REFRESH = "xoxe.xoxb-1-the-token-itself", "xoxe-1-what-renews-it"
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
NIGHT = timedelta(hours=20)

ACME = Installation(
    platform="slack",
    workspace="T1",
    name="Acme",
    token=TOKEN,
    refresh_token=REFRESH,
    expires_at=datetime(2025, 11, 21, 21, tzinfo=UTC),
    scopes=frozenset({"commands", "chat:write"}),
    bot_user="U1",
    bot="B1",
    app="A1",
    installed_by="U2",
    installed_at=datetime(2025, 11, 21, 9, tzinfo=UTC),
)


def book(connection: Connection, *secret_keys: str) -> StoredInstallations:
    """The installations as a process with these keys has them."""
    return StoredInstallations(connection, Seal(secret_keys))


async def save(installations: Installations, installation: Installation = ACME) -> Installation:
    assert await installations.save(installation) is Saved.SAVED
    stored = await installations.get(installation.platform, installation.workspace)
    assert stored is not None
    return stored


async def stored_bytes(connection: Connection, name: str = "slack:T1") -> bytes | None:
    found: bytes | None = await connection.read("HGET", keys.INSTALLATIONS, name)
    return found


# ---------------------------------------------------------------- get, save, all


async def test_nothing_is_known_of_a_workspace_that_never_installed_the_app(store: RedisStore) -> None:
    port: Installations = store.installations
    assert await port.get("slack", "T1") is None
    assert await port.all("slack") == []
    assert await port.leaving(datetime.max.replace(tzinfo=UTC)) == []
    assert await port.rotate() == 0


async def test_an_installation_comes_back_whole_with_the_next_version(store: RedisStore) -> None:
    assert await save(store.installations) == dataclasses.replace(ACME, version=1)


async def test_of_two_who_change_the_same_version_the_second_is_told_to_read_again(store: RedisStore) -> None:
    read = await save(store.installations)
    outcomes = await asyncio.gather(*(store.installations.save(dataclasses.replace(read, token=token)) for token in "ab"))
    assert sorted(outcome.name for outcome in outcomes) == ["CONFLICT", "SAVED"]
    stored = await store.installations.get("slack", "T1")
    assert stored is not None
    assert stored.version == 2


@pytest.mark.parametrize("version", [1, 7])
async def test_what_was_never_stored_or_is_gone_cannot_be_changed(store: RedisStore, version: int) -> None:
    assert await store.installations.save(dataclasses.replace(ACME, version=version)) is Saved.CONFLICT
    assert await store.installations.get("slack", "T1") is None


async def test_saving_again_after_a_lost_answer_is_no_conflict_and_no_second_change(store: RedisStore) -> None:
    await save(store.installations)
    assert await store.installations.save(ACME) is Saved.SAVED
    stored = await store.installations.get("slack", "T1")
    assert stored is not None
    assert stored.version == 1


async def test_all_come_by_workspace_each_platform_for_itself(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ_AT_ONCE", 3)
    for number in (3, 1, 2, *range(10, 40)):
        await save(store.installations, dataclasses.replace(ACME, workspace=f"T{number:02}"))
    await save(store.installations, dataclasses.replace(ACME, platform="discord", workspace="42"))
    await store.installations.remove("slack", "T02", erase_at=datetime(2025, 12, 1, tzinfo=UTC))
    assert [one.workspace for one in await store.installations.all("slack")] == ["T01", "T03", *(f"T{n}" for n in range(10, 40))]
    assert [one.workspace for one in await store.installations.all("discord")] == ["42"]


# ---------------------------------------------------------------- secrets


async def test_no_token_is_in_any_stored_byte(tmp_path: Path) -> None:
    async with open_store(directory=tmp_path, secret_keys=(NEW,)) as store:
        await save(store.installations)
        await store.installations.rotate()
        found = list(await store.connection.read("KEYS", "*"))
        dumps = [await store.connection.read("DUMP", key) for key in found]
        await store.connection.call("BGREWRITEAOF")
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(b"slack:T1" in content for content in files.values())
    assert found == [keys.INSTALLATIONS.encode()]
    for content in (*dumps, *files.values()):
        for secret in (TOKEN, REFRESH, NEW):
            assert secret.encode() not in content


async def test_no_token_and_no_key_is_in_what_is_shown_or_said(connection: Connection) -> None:
    texts = [repr(ACME), repr(Seal([OLD])), str(vars(module))]
    with capture_logs() as logs:
        await save(book(connection, OLD))
        for installations in (book(connection), book(connection, NEW)):
            with pytest.raises(CorruptRecord) as caught:
                await installations.get("slack", "T1")
            assert await installations.all("slack") == []
            texts += traceback.format_exception(caught.value)
        with pytest.raises(OperatorMistake) as refused:
            await book(connection).save(ACME)
        texts += [*traceback.format_exception(refused.value), str(logs)]
    assert [line["event"] for line in logs] == ["installation_not_readable"] * 2
    assert not [text for text in texts for secret in (TOKEN, REFRESH, OLD, NEW) if secret in text]


def test_the_packed_form_does_not_show_its_secrets_either() -> None:
    from bot.store.wire import InstallationWire  # noqa: PLC0415  # the only test that needs the shape

    assert repr(InstallationWire("slack", "T1", "Acme", TOKEN, REFRESH)) == "InstallationWire('slack', 'T1', ...)"


@pytest.mark.parametrize(("given", "says"), [((), "SECRET_KEYS is missing"), ((NEW,), "none of the keys in SECRET_KEYS")])
async def test_without_the_right_key_reading_says_what_is_wrong(connection: Connection, given: tuple[str, ...], says: str) -> None:
    await save(book(connection, OLD))
    before = await stored_bytes(connection)
    with pytest.raises(CorruptRecord, match=says) as caught:
        await book(connection, *given).get("slack", "T1")
    assert caught.value.key == "pb:installations:slack:T1"
    with pytest.raises(CorruptRecord, match=says):
        await book(connection, *given).rotate()
    assert await stored_bytes(connection) == before


async def test_without_keys_nothing_is_saved_and_the_operator_is_told_how_to_make_one(connection: Connection) -> None:
    with pytest.raises(OperatorMistake, match=r"SECRET_KEYS is missing: make a key with python -c .*generate_key"):
        await book(connection).save(ACME)
    assert await connection.read("KEYS", "*") == []


@pytest.mark.parametrize("wrong", ["hush-hush", "ä" * 44, NEW[:-4], NEW + NEW], ids=["word", "umlauts", "short", "long"])
async def test_a_key_that_is_none_stops_the_start_and_is_not_repeated(wrong: str, tmp_path: Path) -> None:
    for given, which in (((wrong,), "SECRET_KEYS is no key"), ((OLD, wrong), "key 2 of 2 in SECRET_KEYS is no key")):
        with pytest.raises(OperatorMistake, match=rf"^{which}: make one with python -c .*generate_key") as caught:
            async with open_store(directory=tmp_path / "data", secret_keys=given):
                pass
        assert "\n" not in str(caught.value)
        assert wrong not in "".join(traceback.format_exception(caught.value))
    assert not (tmp_path / "data").exists()


async def test_blanks_around_and_between_keys_do_no_harm(connection: Connection) -> None:
    await save(book(connection, OLD))
    assert await book(connection, "", f" {NEW} ", f"{OLD}\n").get("slack", "T1") == dataclasses.replace(ACME, version=1)


async def test_a_record_put_in_another_workspaces_place_is_refused(connection: Connection) -> None:
    installations = book(connection, OLD)
    await save(installations)
    await connection.call("HSET", keys.INSTALLATIONS, "slack:T2", await stored_bytes(connection) or b"")
    with pytest.raises(CorruptRecord, match="of another workspace"):
        await installations.get("slack", "T2")


@pytest.mark.parametrize("damage", [lambda stored: stored[:-1], lambda stored: stored[:3], lambda stored: stored[:40], lambda _: b""])
async def test_a_damaged_record_is_told_and_can_be_removed_or_replaced(connection: Connection, damage: Callable[[bytes], bytes]) -> None:
    installations = book(connection, OLD)
    read = await save(installations)
    await connection.call("HSET", keys.INSTALLATIONS, "slack:T1", damage(await stored_bytes(connection) or b""))
    with pytest.raises(CorruptRecord, match="slack:T1"):
        await installations.get("slack", "T1")
    assert await installations.save(dataclasses.replace(read, version=9)) is Saved.CONFLICT
    assert (await save(installations)).token == TOKEN
    assert await installations.remove("slack", "T1", erase_at=datetime(2025, 12, 1, tzinfo=UTC))
    assert await installations.get("slack", "T1") is None


async def test_what_no_key_opens_counts_as_never_stored_for_who_installs_again(connection: Connection) -> None:
    await save(book(connection, OLD))
    assert await book(connection, NEW).save(dataclasses.replace(ACME, version=1, token="stale")) is Saved.SAVED
    await save(book(connection, OLD), dataclasses.replace(ACME, workspace="T2"))
    fresh = await save(book(connection, NEW), dataclasses.replace(ACME, workspace="T2", token="fresh"))
    assert (fresh.token, fresh.version) == ("fresh", 2)


# ---------------------------------------------------------------- rotation


async def test_keys_are_changed_without_anybody_noticing(connection: Connection) -> None:
    for number in range(5):
        await save(book(connection, OLD), dataclasses.replace(ACME, workspace=f"T{number}"))
    both = book(connection, NEW, OLD)
    await save(both, dataclasses.replace(ACME, workspace="T9"))

    assert await both.rotate() == 5
    assert await both.rotate() == 0

    assert [one.version for one in await book(connection, NEW).all("slack")] == [1] * 6
    with capture_logs():
        assert await book(connection, OLD).all("slack") == []


async def test_who_read_before_a_rotation_saves_after_it(connection: Connection) -> None:
    read = await save(book(connection, OLD))
    both = book(connection, NEW, OLD)
    assert await both.rotate() == 1
    assert await both.save(dataclasses.replace(read, token="renewed")) is Saved.SAVED


async def test_one_that_no_key_opens_is_told_and_the_others_are_rotated(connection: Connection) -> None:
    for number in range(9):
        await save(book(connection, OLD), dataclasses.replace(ACME, workspace=f"T{number}"))
    lost = Fernet.generate_key().decode()
    await save(book(connection, lost), dataclasses.replace(ACME, workspace="TX"))

    for _ in range(2):
        with pytest.raises(CorruptRecord, match="slack:TX"):
            await book(connection, NEW, OLD).rotate()

    with capture_logs():
        assert len(await book(connection, NEW).all("slack")) == 9


async def test_what_was_removed_is_not_rotated_nor_brought_back(connection: Connection) -> None:
    installations = book(connection, NEW, OLD)
    await save(book(connection, OLD))
    await installations.remove("slack", "T1", erase_at=datetime(2025, 12, 1, tzinfo=UTC))
    assert await installations.rotate() == 0
    assert await installations.get("slack", "T1") is None


class Interrupted(Connection):
    """Lets others go first, once, just before a rotation writes."""

    go_first: Callable[[], Awaitable[None]] | None = None
    """What they do."""

    async def run(self, script: Script, *, keys: Sequence[str], args: Sequence[Sendable] = ()) -> object:
        if script.name == "reseal_installation" and self.go_first:
            go_first, self.go_first = self.go_first, None
            await go_first()
        return await super().run(script, keys=keys, args=args)


async def test_what_is_saved_during_a_rotation_is_not_overwritten_and_rotated_too(connection: Connection, redis_url: str) -> None:
    others = book(connection, OLD)
    read = await save(others)
    interrupted = Interrupted.to(redis_url)

    async def renew() -> None:
        assert await others.save(dataclasses.replace(read, token="renewed")) is Saved.SAVED

    interrupted.go_first = renew
    assert await book(interrupted, NEW, OLD).rotate() == 1
    await interrupted.close()

    stored = await book(connection, NEW).get("slack", "T1")
    assert stored is not None
    assert (stored.token, stored.version) == ("renewed", 2)


async def test_what_is_removed_during_a_rotation_stays_removed(connection: Connection, redis_url: str, clock: Clock) -> None:
    others = book(connection, OLD)
    await save(others)
    interrupted = Interrupted.to(redis_url)

    async def leave() -> None:
        assert await others.remove("slack", "T1", erase_at=clock.now)

    interrupted.go_first = leave
    assert await book(interrupted, NEW, OLD).rotate() == 0
    await interrupted.close()
    assert await stored_bytes(connection) == b"\0\0\0\1"


# ---------------------------------------------------------------- leaving and coming back


async def test_a_removed_installation_is_gone_at_once_and_the_rest_is_due_later(store: RedisStore, clock: Clock) -> None:
    await save(store.installations)
    assert await store.installations.remove("slack", "T1", erase_at=clock.now + NIGHT)
    assert await store.installations.get("slack", "T1") is None
    assert await store.installations.all("slack") == []
    assert await stored_bytes(store.connection) == b"\0\0\0\1"
    assert await store.installations.leaving(clock.now) == []
    assert await store.installations.leaving(clock.now + NIGHT) == [("slack", "T1")]


async def test_removing_twice_is_as_good_as_once_and_the_earlier_moment_stands(store: RedisStore, clock: Clock) -> None:
    await save(store.installations)
    moments = [clock.now + NIGHT, clock.now + NIGHT, clock.now + 2 * NIGHT, clock.now + NIGHT / 2]
    assert [await store.installations.remove("slack", "T1", erase_at=at) for at in moments] == [True, False, False, True]
    assert await store.installations.leaving(clock.now + NIGHT / 2) == [("slack", "T1")]


async def test_a_workspace_without_a_stored_installation_can_leave_too(connection: Connection, clock: Clock) -> None:
    installations = book(connection)
    assert await installations.remove("slack", "T1", erase_at=clock.now)
    assert await installations.leaving(clock.now) == [("slack", "T1")]
    await installations.erased("slack", "T1")
    assert await connection.read("KEYS", "*") == []


async def test_the_longest_overdue_leave_first(store: RedisStore, clock: Clock) -> None:
    for hours, workspace in enumerate(["T3", "T1", "T2"]):
        await store.installations.remove("slack", workspace, erase_at=clock.now + timedelta(hours=hours))
    assert [workspace for _, workspace in await store.installations.leaving(clock.now + timedelta(hours=2))] == ["T3", "T1", "T2"]
    assert [workspace for _, workspace in await store.installations.leaving(clock.now + timedelta(hours=1))] == ["T3", "T1"]


async def test_nothing_is_left_of_a_workspace_once_it_is_erased(store: RedisStore, clock: Clock) -> None:
    await save(store.installations)
    await store.installations.remove("slack", "T1", erase_at=clock.now)
    for _ in range(2):
        await store.installations.erased("slack", "T1")
    assert await store.connection.read("KEYS", "*") == []


async def test_a_workspace_that_came_back_is_not_erased(store: RedisStore, clock: Clock) -> None:
    await save(store.installations)
    await store.installations.remove("slack", "T1", erase_at=clock.now)
    back = await save(store.installations, dataclasses.replace(ACME, token="another"))
    assert await store.installations.leaving(clock.now) == []
    await store.installations.erased("slack", "T1")
    assert await store.installations.get("slack", "T1") == back


async def test_a_token_renewed_for_an_installation_that_left_does_not_replace_that_of_the_next(store: RedisStore, clock: Clock) -> None:
    read = await save(store.installations)
    await store.installations.remove("slack", "T1", erase_at=clock.now)
    assert await store.installations.save(dataclasses.replace(read, token="renewed")) is Saved.CONFLICT
    assert await store.installations.leaving(clock.now) == [("slack", "T1")]
    await save(store.installations, dataclasses.replace(ACME, token="another"))
    assert await store.installations.save(dataclasses.replace(read, token="renewed")) is Saved.CONFLICT
    stored = await store.installations.get("slack", "T1")
    assert stored is not None
    assert (stored.token, stored.version) == ("another", 2)


def test_what_is_sealed_says_whose_it_is() -> None:
    assert pack_installation(ACME) != pack_installation(dataclasses.replace(ACME, workspace="T2"))
