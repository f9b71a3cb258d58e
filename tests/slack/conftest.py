"""What the Slack tests share: a fake Slack that fails a test whose requests had problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.slack.fake import FakeSlack
from tests.slack.listening import running, stocked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.slack.listening import Paperboy


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[FakeSlack]:
    """A fake Slack that goes by `clock`. Afterwards no request may have had a problem."""
    async with FakeSlack(clock) as slack:
        yield slack
        problems = list(slack.problems)
    assert not problems, "\n".join(problems)


@pytest.fixture
async def paperboy(slack: FakeSlack, store: RedisStore) -> AsyncIterator[Paperboy]:
    """The app, connected to the fake, knowing the papers of `tests.library`."""
    async with running(slack, await stocked(store)) as paperboy:
        yield paperboy
