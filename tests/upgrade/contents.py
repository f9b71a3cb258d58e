"""What stands in every stored file: the values that `write_store` wrote and that the tests expect to read. All of them invented.

They belong to files that exist already, so they are never changed: what a later release can store besides goes under new names.
"""

from __future__ import annotations

import base64
import dataclasses
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from bot.channel import FOREVER, Address, Channel, Format, Managers, QueryText, Schedule, Settings, Subscription
from bot.installation import Installation
from bot.message import Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.paper import Paper, PaperId
from bot.ports import Delivery, Health
from bot.votes import Vote

WRITTEN = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
"""The moment at which a file was taken, by the store's clock: a Wednesday morning."""
SECRET_KEY = base64.urlsafe_b64encode(b"known to everybody: tests only!!").decode()
"""What the installations are sealed with."""
LEASE = timedelta(seconds=60)

# ---------------------------------------------------------------- papers

ROBOT = Paper(
    id=PaperId("2611.01001"),
    title=r"Curriculum Learning for Robot Arms & $\beta$-Cups",
    abstract="We teach a robot arm to stack cups, from easy to hard. It needs no demonstrations.",
    authors=("Ada Example", "Émilie d'Exemple"),
    categories=("cs.RO", "cs.LG"),
    keywords=("curriculum", "cups"),
    summary="A curriculum teaches a robot arm to stack cups.",
    organisation="Example Engines",
    doi="10.1000/cups.1",
    code_url="https://code.example/cups",
    project_url="https://cups.example",
    thumbnail_url="https://cups.example/one.png",
    comment="12 pages",
    journal="Journal of Examples 1",
    models=2,
    upvotes=42,
    stars=1234,
    version=2,
    published=datetime(2026, 11, 16, tzinfo=UTC),
    listed_on=date(2026, 11, 17),
    first_seen=datetime(2026, 11, 17, 8, 30, tzinfo=UTC),
    refreshed=datetime(2026, 11, 18, 8, 30, tzinfo=UTC),
    sources=("arxiv", "huggingface"),
)
SYLLABUS = Paper(id=PaperId("2611.01002"), title="A Syllabus of Tasks", abstract="A curriculum orders examples.", upvotes=0)
DOI_ONLY = Paper(id=PaperId("10.1000/forgetting"), title="Forgetting Less", doi="10.1000/forgetting", sources=("arxiv",))
UNWANTED = Paper(id=PaperId("hep-th/9901001"), title="Something Else Entirely", authors=("Nobody Asked",))
PAPERS = (ROBOT, SYLLABUS, DOI_ONLY, UNWANTED)
MARK = ("arxiv", b"\x00newest 2611.01002\xff")

# ---------------------------------------------------------------- channels


def _rule(query: str, by: str, maker: str = "") -> Subscription:
    return Subscription(QueryText(query), by, datetime(2026, 10, 1, 12, 0, tzinfo=UTC), maker)


READING = Channel(
    address=Address("slack", "T1", "C1"),
    name="#ml-reading",
    subscriptions=(_rule("curriculum", "Ada", "U1"), _rule('"lifelong learning" OR title:forgetting', "Émile")),
    schedule=Schedule(days=(0, 3), hour=18, minute=30, zone="Europe/Berlin"),
    settings=Settings(limit=7, format=Format.FULL, thread=True, managers=Managers.ADMINS, links=False),
    version=2,
)
"""Saved twice; on the agenda in the future; papers in its inbox, posted, counted, on its reading list; votes."""
ANYONE = Channel(
    address=Address("slack", "T1", "C2"),
    name="#anyone",
    subscriptions=(_rule("forgetting", "Grace", "U2"),),
    settings=Settings(managers=Managers.ANYONE),
    version=1,
)
"""Overdue since an hour, with a paper in its inbox."""
PAUSED = Channel(
    address=Address("discord", "G1", "77:1"),
    subscriptions=(_rule("curriculum", "Mary"),),
    settings=Settings(format=Format.COMPACT),
    paused_until=WRITTEN + timedelta(days=14),
    version=1,
)
TROUBLED = Channel(
    address=Address("slack", "T2", "C9"),
    subscriptions=(_rule("robot -cups", "Emmy"),),
    paused_until=FOREVER,
    trouble="the channel is archived",
    version=1,
)
QUIET = Channel(address=Address("terminal", "local", "terminal"), name="terminal", schedule=Schedule(days=()), version=1)
CHANNELS = (READING, ANYONE, PAUSED, TROUBLED, QUIET)
FORGOTTEN = Address("slack", "T1", "C404")

AGENDA = {
    READING.address: WRITTEN + timedelta(days=1, hours=7, minutes=30, seconds=17),
    ANYONE.address: WRITTEN - timedelta(hours=1),
    PAUSED.address: WRITTEN + timedelta(days=15),
}
VOTES = (
    Vote(paper=ROBOT.id, voter="U1", sign="+1", value=1),
    Vote(paper=ROBOT.id, voter="U2", sign="heart", value=1),
    Vote(paper=SYLLABUS.id, voter="U2", sign="button", value=-1),
)
SHOWN_BY = ("m-shown", (ROBOT.id, PaperId(""), SYLLABUS.id))

# ---------------------------------------------------------------- deliveries

_EVERY_BLOCK = (
    Heading("Papers & <more>"),
    Text("Two lines\nof text"),
    Card(
        title=ROBOT.title,
        url="https://arxiv.org/abs/2611.01001",
        byline="Ada Example and others",
        summary=ROBOT.summary,
        facts=("▲ 42", "cs.RO"),
        why="curriculum in the title",
        thumbnail_url=ROBOT.thumbnail_url,
        number=1,
        buttons=(Button("Save", "save 2611.01001"), Button("PDF", url="https://arxiv.org/pdf/2611.01001")),
        paper=ROBOT.id,
    ),
    Item("curriculum", "14 a week", 1, (Button("Next", "search x page 2", turns=True),)),
    Excerpt("a   b\nc   d"),
    Buttons((Button("Undo", "unsubscribe curriculum"),)),
    File("rules.txt", "curriculum\n"),
    Hint("1 more"),
)


def delivery(name: str, address: Address, *, parts: int = 1, threaded: bool = False) -> Delivery:
    """One of invented messages; of its two papers one is shown and one only counted."""
    said = (Message(_EVERY_BLOCK, gist=f"{name}, part 1"), *(Message((Text(f"{name}, part {part + 1}"),)) for part in range(1, parts)))
    return Delivery(
        id=sha256(name.encode()).hexdigest(),
        address=address,
        due=WRITTEN - timedelta(minutes=5),
        parts=said,
        papers=(ROBOT.id,),
        remainder=(SYLLABUS.id,),
        threaded=threaded,
        tags=("curriculum",),
    )


def _at(place: str) -> Address:
    return Address.parse(place)


UNTOUCHED = delivery("untouched", _at("slack:T1:D1"))
"""Pending; nobody ever claimed it."""
CLAIMED = delivery("claimed", _at("slack:T1:D2"))
"""Pending; leased until WRITTEN + 30 s."""
SENDING = delivery("sending", _at("slack:T2:D3"))
"""A request is out; leased until WRITTEN + 30 s."""
ABANDONED = delivery("abandoned", _at("slack:T1:D4"))
"""A request went out, and the lease is over at WRITTEN."""
ABANDONED_ELSEWHERE = delivery("abandoned elsewhere", _at("discord:G1:77:4"))
"""The same on another platform."""
DOUBTFUL = delivery("doubtful", _at("discord:G1:77:5"))
"""Unknown; to be looked for at WRITTEN + 40 s."""
FAILED = delivery("failed", _at("slack:T2:D6"))
"""Pending again after a failure, at WRITTEN + 5 min."""
THIRD_PART = delivery("third part", _at("slack:T1:D7"), parts=3)
"""Two parts of three are sent."""
THREADED = delivery("threaded", _at("slack:T1:D8"), parts=3, threaded=True)
"""The first part of three is sent as "m-threaded-0", the others go under it."""
REFUSED = delivery("refused", _at("slack:T2:D9"))
"""Dead, for the message's sake."""
MERGING = delivery("merging", READING.address)
"""Dead, and its papers may go to the channel's next digest."""
DEAD_IN_DOUBT = delivery("dead in doubt", _at("discord:G2:77:6"))
"""Dead; it may have been posted."""
SENT = delivery("sent", ANYONE.address)
ON_THE_WAY = (UNTOUCHED, CLAIMED, SENDING, ABANDONED, ABANDONED_ELSEWHERE, DOUBTFUL, FAILED, THIRD_PART, THREADED)
DEAD = {REFUSED.id: "invalid_blocks", MERGING.id: "no connection", DEAD_IN_DOUBT.id: "not answered"}
DELIVERIES = (*ON_THE_WAY, REFUSED, MERGING, DEAD_IN_DOUBT, SENT)

# ---------------------------------------------------------------- sources, doors, installations

HEALTHY = Health(last_good=WRITTEN, last_new=WRITTEN - timedelta(days=1), note="nothing until Monday", seen=40, new=3, refused=1)
AGAIN = WRITTEN + timedelta(minutes=30)
FAILING = Health(last_good=WRITTEN - timedelta(days=2), failures=7, failing_since=WRITTEN - timedelta(days=1), trouble="not answered")
SHUT_UNTIL = WRITTEN + timedelta(hours=6)

INSTALLATION = Installation(
    platform="slack",
    workspace="T1",
    name="Example Institute",
    token="invented-token",
    refresh_token="invented-refresh-token",
    expires_at=WRITTEN + timedelta(hours=12),
    scopes=frozenset({"commands", "chat:write"}),
    bot_user="U9",
    bot="B9",
    app="A9",
    installed_by="U1",
    installed_at=datetime(2026, 10, 1, tzinfo=UTC),
    version=2,
)
SECOND_INSTALLATION = dataclasses.replace(INSTALLATION, workspace="T2", token="another-invented-token", version=1)
LEFT = ("slack", "T3", WRITTEN + timedelta(hours=24))
"""A workspace that removed the app, and when its rest is to be erased."""
