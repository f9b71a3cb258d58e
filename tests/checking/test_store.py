"""The store is looked at where it is, and whoever is at work there goes on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bot.errors import OperatorMistake, StoreAway, StoreTrouble
from bot.installation import Installation
from bot.store.embedded import EmbeddedServer
from bot.store.inspecting import inspect
from bot.store.store import open_store
from tests.checking.operator import KEY, OTHER_KEY, by_oauth, on_discord

if TYPE_CHECKING:
    from pathlib import Path

    from tests.checking.operator import Operator
    from tests.discord.fake import FakeDiscord
    from tests.program import Place
    from tests.slack.fake import FakeSlack

FACTS = ["store", "store version", "store policy", "store persistence", "store memory"]
GOOD = {"redis_version": "7.2.4", "aof_enabled": "1", "maxmemory_policy": "noeviction", "used_memory": "1000000", "maxmemory": "0"}


async def never(*command: str) -> list[bytes]:
    raise StoreTrouble(f"NOPERM {command[0]}")


def info(**changed: str) -> bytes:
    return "\r\n".join(["# Server", *(f"{name}:{value}" for name, value in {**GOOD, **changed}.items())]).encode()


async def test_a_server_tells_its_version_policy_persistence_and_memory(discord: FakeDiscord, operator: Operator, server_url: str) -> None:
    checked = await operator.checks(REDIS_URL=server_url, **on_discord(discord))
    assert checked.status == 0, checked.said
    assert [name for name in checked.fine if name.startswith("store")] == FACTS
    assert "answers at REDIS_URL" in checked.line("store")


async def test_a_server_that_is_away_is_wrong_and_its_password_is_not_shown(discord: FakeDiscord, operator: Operator) -> None:
    checked = await operator.checks(REDIS_URL="redis://:hunter2@127.0.0.1:9/0", **on_discord(discord))
    assert checked.wrong == ["store"]
    assert "does not answer" in checked.line("store")
    assert "hunter2" not in checked.said
    assert "discord token" in checked.fine


@pytest.mark.parametrize(
    ("changed", "about", "word"),
    [
        ({"redis_version": "6.2.14"}, "version", "upgrade the server"),
        ({"redis_version": "odd"}, "version", "upgrade the server"),
        ({"cluster_enabled": "1"}, "cluster", "without cluster mode"),
        ({"redis_mode": "cluster"}, "cluster", "without cluster mode"),
        ({"maxmemory_policy": "allkeys-lru"}, "policy", "noeviction"),
        ({"aof_enabled": "0", "rdb_saves": "0"}, "persistence", "AOF or RDB"),
        ({"aof_last_write_status": "err"}, "persistence", "free some space"),
        ({"aof_enabled": "0", "rdb_saves": "3", "rdb_last_bgsave_status": "err"}, "persistence", "free some space"),
        ({"used_memory": "810", "maxmemory": "1000"}, "room", "maxmemory"),
    ],
)
async def test_each_flaw_of_a_server_is_named_with_its_remedy_and_no_other(changed: dict[str, str], about: str, word: str) -> None:
    found = await inspect(info(**changed), never)
    flaws = {name: flaw for name in ("cluster", "version", "policy", "persistence", "room") if (flaw := getattr(found, name))}
    assert list(flaws) == [about]
    assert word in flaws[about].remedy


@pytest.mark.parametrize(
    ("changed", "name"),
    [({}, "Redis 7.2.4"), ({"valkey_version": "9.1.0"}, "Valkey 9.1.0"), ({"aof_enabled": "0", "rdb_saves": "2"}, "Redis 7.2.4")],
)
async def test_a_server_without_flaws_has_a_name(changed: dict[str, str], name: str) -> None:
    found = await inspect(info(**changed), never)
    assert (found.name, found.cluster, found.version, found.policy, found.persistence, found.room) == (name, *[None] * 5)


async def test_a_flaw_of_the_configured_server_is_wrong_and_what_can_be_done_is_done(
    operator: Operator, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def old(*_: object) -> object:
        return await inspect(info(redis_version="6.2.14", maxmemory_policy="allkeys-lru", maxmemory="1"), never)

    monkeypatch.setattr("bot.store.connection.Connection.inspect", old)
    checked = await operator.checks(REDIS_URL=server_url)
    assert checked.wrong == ["store version", "store policy", "store memory", "platforms"]
    assert checked.line("clock") == "agrees with itself: nobody else could be asked", "nobody looks into it"


async def test_beside_a_bot_at_work_it_is_looked_at_and_the_bot_goes_on(discord: FakeDiscord, operator: Operator, place: Place) -> None:
    server = await EmbeddedServer.start(place.directory / "data")
    try:
        checked = await operator.checks(REDIS_URL="", **on_discord(discord))
        pid = server.pid
        os.kill(pid, 0)
    finally:
        await server.close()
    assert checked.status == 0, checked.said
    assert checked.line("store").endswith("the bot is at work there")


async def test_the_store_of_a_bot_that_rests_is_looked_at(discord: FakeDiscord, operator: Operator, place: Place) -> None:
    async with open_store(directory=place.directory / "data"):
        pass
    checked = await operator.checks(REDIS_URL="", **on_discord(discord))
    assert checked.line("store").endswith("no bot is at work there")


@pytest.mark.parametrize("kind", ["file", "below a file"])
async def test_a_directory_that_cannot_be_made_is_wrong(kind: str, operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    checked = await operator.checks(REDIS_URL="", DATA_DIR=str(tmp_path / "file" / ("" if kind == "file" else "data")))
    assert checked.wrong == ["store", "platforms"]
    assert "is no directory; name a directory" in checked.line("store")


async def test_a_directory_of_somebody_else_is_wrong(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    checked = await operator.checks(REDIS_URL="")
    assert "belongs to somebody else" in checked.line("store")


async def test_a_server_that_goes_away_in_the_middle_is_wrong(operator: Operator, server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: object) -> object:
        raise StoreAway("it went")

    monkeypatch.setattr("bot.store.connection.Connection.now", gone)
    checked = await operator.checks(REDIS_URL=server_url)
    assert checked.wrong == ["store", "platforms"]
    assert "it went; look at the server's log" in checked.said


async def stored(place: Place, *keys: str) -> None:
    """A workspace for each key, sealed with it; and one that left."""
    for number, key in enumerate(keys):
        async with open_store(directory=place.directory / "data", secret_keys=[key]) as store:
            for name in (f"T{number}", "TGONE"):
                await store.installations.save(Installation(platform="slack", workspace=name, token="xoxb-acme"))
            await store.installations.remove("slack", "TGONE", erase_at=await store.now())


@pytest.mark.parametrize(
    ("sealed", "given", "fine", "word"),
    [
        ((KEY,), KEY, True, "open all 1 stored installations"),
        ((KEY, OTHER_KEY), f"{KEY},{OTHER_KEY}", True, "1 of them with an older key; python -m bot rotate-keys"),
        ((KEY,), f"{KEY},{OTHER_KEY}", True, "the others can go"),
        ((KEY, OTHER_KEY), OTHER_KEY, False, "none of SECRET_KEYS opens 1 of 2 stored installations; add the key"),
        ((), KEY, True, "no installation is stored yet"),
    ],
)
async def test_keys_are_tried_on_every_stored_installation(
    *, sealed: tuple[str, ...], given: str, fine: bool, word: str, slack: FakeSlack, operator: Operator, place: Place
) -> None:
    await stored(place, *sealed)
    checked = await operator.checks(REDIS_URL="", **by_oauth(slack, given))
    assert word in checked.line("encryption keys")
    assert ("encryption keys" in checked.fine) == fine
    assert given not in checked.said


async def test_missing_keys_are_told_where_installations_are_stored(discord: FakeDiscord, operator: Operator, place: Place) -> None:
    await stored(place, KEY)
    checked = await operator.checks(REDIS_URL="", **on_discord(discord))
    assert checked.wrong == ["encryption keys"]


async def test_what_is_looked_at_stays_as_it_is(slack: FakeSlack, operator: Operator, place: Place) -> None:
    await stored(place, KEY, OTHER_KEY)

    async def kept() -> dict[bytes, bytes]:
        async with open_store(directory=place.directory / "data") as store:
            keys = await store.connection.read("KEYS", "*")
            return {key: await store.connection.read("DUMP", key) for key in keys}

    before = await kept()
    await operator.checks(REDIS_URL="", **by_oauth(slack))
    assert await kept() == before


async def test_a_directory_that_cannot_be_read_is_wrong(operator: Operator, tmp_path: Path) -> None:
    checked = await operator.checks(REDIS_URL="", DATA_DIR=str(tmp_path / ("x" * 300)))
    assert checked.wrong == ["store", "platforms"]


async def test_a_server_that_refuses_us_is_wrong_with_its_remedy(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(*_: object) -> object:
        raise OperatorMistake("the Redis server refuses our user or password: correct REDIS_URL")

    monkeypatch.setattr("bot.store.connection.Connection.inspect", refuses)
    checked = await operator.checks()
    assert checked.line("store") == "the Redis server refuses our user or password; correct REDIS_URL"


async def test_installations_that_cannot_be_read_any_more_are_told(
    slack: FakeSlack, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> object:
        raise StoreAway("it went")

    monkeypatch.setattr("bot.store.installations.StoredInstallations.all", gone)
    assert (await operator.checks(**by_oauth(slack))).wrong == ["slack workspaces"]
    away = await operator.checks(**{**by_oauth(slack), "REDIS_URL": "redis://127.0.0.1:9"})
    assert away.wrong == ["store"], "and nothing is said of installations"
