"""The ground that the examples share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog

from bot.store import keys
from tests.delivery_model.world import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ground(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    # Two channels need no thousand hashes, which every process that starts would read one by one.
    monkeypatch.setattr(keys, "BUCKETS", 8)
    ground = Ground(redis_url)
    yield ground
    ground.clear()
    ground.close()


@pytest.fixture
def quiet() -> Iterator[None]:
    """Logs of thousands of deliveries are kept by nobody, but an outlet's bug is told."""

    def told(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        assert event["event"] != "outlet_bug", event
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[told])
    yield
    structlog.configure(**before)
