"""Sources are down for days: the others' papers come, an empty day is silent, and what was missed comes in one digest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import SourceGarbled
from bot.paper import Paper, PaperId
from tests.feed import Feed
from tests.outages.scene import desk_of, said, time_passes, wants, worker_of
from tests.outlet import KeepingOutlet
from tests.plain import words
from tests.test_jobs import HERE

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock

DAY = timedelta(days=1)
MONDAY = datetime(2025, 11, 24, 6, 0, tzinfo=UTC)


def paper(source: str, number: int) -> Paper:
    return Paper(
        id=PaperId(f"2511.{number:05}"),
        title=f"Curriculum number {number}",
        abstract="About curricula.",
        upvotes=number,
        listed_on=date(2025, 11, 24),
        sources=(source,),
    )


async def test_sources_that_are_down_for_days_delay_only_their_own_papers(store: RedisStore, clock: Clock) -> None:
    clock.now = MONDAY
    outlet = KeepingOutlet()
    one, other = Feed("huggingface", paper("huggingface", 1)), Feed("arxiv")
    desk = desk_of(store, outlet, sources=[one, other])
    worker = worker_of(desk, clock)
    await wants(desk, HERE, "curriculum")

    async def day() -> list[str]:
        """What is posted on the next day."""
        before = len(outlet.posts)
        await time_passes(worker, clock, DAY, every=timedelta(hours=1), sources=desk.sources)
        return [words(message) for _, message, _ in outlet.posts[before:]]

    assert len(await day()) == 1

    # Tuesday, Wednesday: arXiv is down, Hugging Face goes on.
    other.trouble = SourceGarbled("a page instead of a feed")
    one.papers = (paper("huggingface", 1), paper("huggingface", 2))
    [tuesday] = await day()
    assert "Curriculum number 2" in tuesday
    status = await said(desk, HERE, "status")
    assert "trouble since yesterday 07:00: a page instead of a feed" in status

    # All are down: nothing is posted, and no empty digest.
    one.trouble = SourceGarbled("nobody answers")
    assert await day() == []
    assert await day() == []
    status = await said(desk, HERE, "status")
    assert "huggingface" in status
    assert "trouble since Wed 26 Nov 07:00: nobody answers" in status
    assert "trouble since Tue 25 Nov 07:00: a page instead of a feed" in status
    assert "last new paper" in status

    # Friday: both are back, and tell what they still have.
    one.trouble = other.trouble = None
    one.papers = tuple(paper("huggingface", number) for number in range(1, 5))
    other.papers = tuple(paper("arxiv", number) for number in (4, 5, 6, 7, 8, 9))
    [friday] = await day()
    assert "7 papers" in outlet.posts[-1][1].gist
    assert "2 more" in friday
    assert [f"Curriculum number {number}" in friday for number in range(1, 10)] == [False] * 4 + [True] * 5, "the best, none posted before"
    assert "trouble" not in await said(desk, HERE, "status")
    assert await day() == []
