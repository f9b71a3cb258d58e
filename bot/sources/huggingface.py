"""Hugging Face's daily papers as a source: a dated list that a community fills and votes on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from bot.errors import SourceRefused
from bot.paper import HUGGING_FACE
from bot.ports import Harvest
from bot.sources.huggingface_entry import list_day, read_list
from bot.sources.manners import Kind, Manners, Validators

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.paper import Paper
    from bot.sources.http import Web

URL: Final = "https://huggingface.co"
MANNERS: Final = Manners(door="huggingface.co", gap=timedelta(milliseconds=250), wait=timedelta(seconds=2))
"""Its free limit is 500 calls in 5 minutes and address."""
PAGE: Final = 100
"""Entries; the most it gives."""
_PAGES: Final = 3
"""Most pages of one list; two hold the newest two days at several times today's numbers."""
_VOTES_MOVE: Final = timedelta(days=7)
_SATURDAY: Final = 5

log = structlog.get_logger()


class _Mark(msgspec.Struct, frozen=True):
    """The watermark."""

    read: dict[date, date] = msgspec.field(default_factory=dict)
    """List day -> the list day on which it was last read whole."""
    etag: str = ""
    """Of the first page."""


class _Reading:
    """What one reading has gathered so far."""

    def __init__(self) -> None:
        self.papers: list[Paper] = []
        self.refused: list[str] = []
        self.whole: set[date] = set()
        """List days of which nothing is missing."""
        self.etag = ""

    @property
    def days(self) -> list[date]:
        return sorted({paper.listed_on for paper in self.papers if paper.listed_on is not None}, reverse=True)


class HuggingFaceDaily:
    """The daily list. A `Source`.

    A reading takes the list without a date, newest day first, until the newest two list days are whole; mostly that is one page, and what
    it holds of older days comes along with fresh votes. Votes move for about a week, so each list day of the last 7 is read whole once a
    day: those that the page did not reach, one in a reading; in the very first reading all of them. With a reading every two hours
    that makes about 16 calls a day.
    """

    def __init__(self, web: Web, *, url: str = URL, token: str = "") -> None:
        self._web = web
        self._url = f"{url.rstrip('/')}/api/daily_papers"
        self._token = token

    @property
    def name(self) -> str:
        """`huggingface`."""
        return HUGGING_FACE

    async def fetch(self, mark: bytes, now: datetime) -> Harvest:
        """The newest list days, then older ones whose votes are due again.

        Raises:
            SourceTrouble: A list could not be read.
        """
        before, today = _read_mark(mark), list_day(now)
        reading = _Reading()
        await self._newest(reading, before.etag)
        recent = _weekdays(today - _VOTES_MOVE, today)
        done = {day: today if day in reading.whole else before.read[day] for day in recent if day in reading.whole or day in before.read}
        newest = max(reading.whole, default=today)
        due = sorted((day for day in recent if day < newest and done.get(day) != today), key=lambda day: (done.get(day, date.min), day))
        for day in due if not before.read else due[:1]:
            await self._day(reading, day)
            done[day] = today
        if reading.refused:
            log.warning("entries_refused", source=self.name, count=len(reading.refused), reason=reading.refused[0])
        by_id: dict[str, Paper] = {}
        for paper in reading.papers:
            by_id.setdefault(paper.id, paper)
        return Harvest(
            papers=tuple(by_id.values()),
            mark=msgspec.json.encode(_Mark(read=done, etag=reading.etag)),
            refused=len(reading.refused),
            note=f"the newest list is of {newest}" if newest < today else "",
        )

    async def _newest(self, reading: _Reading, etag: str) -> None:
        more, page = True, 0
        # The newest day and the one before are whole once a third begins.
        while more and page < _PAGES and len(reading.days) <= 2:  # noqa: PLR2004  # see above
            more = await self._page(reading, {}, page, known=Validators(etag=etag if page == 0 else ""))
            page += 1
        # The last day may go on beyond the page; days between two listed ones are holidays.
        if whole := reading.days[:-1] if more else reading.days:
            reading.whole.update(whole, _weekdays(whole[-1], whole[0]))

    async def _day(self, reading: _Reading, day: date) -> None:
        try:
            for page in range(_PAGES):
                if not await self._page(reading, {"date": day.isoformat()}, page, day=day):
                    break
        except SourceRefused:
            # 400: the list of that day is not open. Not worth a failure of what else was read.
            log.info("list_not_open", source=self.name, day=day.isoformat())

    async def _page(
        self, reading: _Reading, params: dict[str, str], page: int, *, day: date | None = None, known: Validators | None = None
    ) -> bool:
        """Read a page; whether there is another."""
        asked: dict[str, str | int] = {**params, "limit": PAGE, **({"p": page} if page else {})}
        answer = await self._web.get(self._url, MANNERS, kind=Kind.JSON, params=asked, known=known, token=self._token)
        if page == 0 and day is None:
            reading.etag = answer.validators.etag
        if answer.unchanged:
            return False
        papers, refused = read_list(answer.body, day=day)
        reading.papers += papers
        reading.refused += refused
        return answer.more and len(papers) + len(refused) >= PAGE


def _read_mark(mark: bytes) -> _Mark:
    try:
        return msgspec.json.decode(mark, type=_Mark)
    except (msgspec.DecodeError, UnicodeDecodeError):  # the first reading, or another version's mark
        return _Mark()


def _weekdays(first: date, last: date) -> list[date]:
    """Days with a list, oldest first: nothing is listed on weekends."""
    days: Iterable[date] = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < _SATURDAY]
