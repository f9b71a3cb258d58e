"""Hypothesis strategies for everything that is stored."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from bot.channel import Address, Channel, Format, Managers, QueryText, Schedule, Settings, Subscription
from bot.installation import Installation
from bot.message import Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.paper import Paper, PaperId
from bot.ports import Attempt, Delivery, Health
from bot.votes import Vote

moments = st.datetimes(timezones=st.just(UTC))
counts = st.integers(0, 2**40)
texts = st.text(max_size=40)
tuples_of_texts = st.lists(texts, max_size=4).map(tuple)
ids = st.from_regex(r"[0-9]{4}\.[0-9]{5}", fullmatch=True).map(PaperId)

papers = st.builds(
    Paper,
    id=ids,
    title=texts,
    abstract=texts,
    authors=tuples_of_texts,
    categories=tuples_of_texts,
    keywords=tuples_of_texts,
    summary=texts,
    organisation=texts,
    doi=st.just("") | st.just("10.1000/xyz"),
    code_url=texts,
    project_url=texts,
    thumbnail_url=texts,
    comment=texts,
    journal=texts,
    models=st.none() | counts,
    upvotes=st.none() | counts,
    stars=st.none() | counts,
    version=st.none() | counts,
    published=st.none() | moments,
    listed_on=st.none() | st.dates(),
    first_seen=st.none() | moments,
    refreshed=st.none() | moments,
    sources=tuples_of_texts,
)

addresses = st.builds(Address, st.sampled_from(["slack", "discord", "terminal"]), st.sampled_from(["T1", "local"]), texts)
subscriptions = st.builds(Subscription, texts.map(QueryText), texts, moments, texts)
schedules = st.builds(
    Schedule,
    days=st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=texts,
)
settings = st.builds(
    Settings,
    limit=st.integers(1, 25),
    format=st.sampled_from(Format),
    thread=st.booleans(),
    managers=st.none() | st.sampled_from(Managers),
    links=st.booleans(),
)
channels = st.builds(
    Channel,
    address=addresses,
    name=texts,
    subscriptions=st.lists(subscriptions, max_size=4).map(tuple),
    schedule=schedules,
    settings=settings,
    paused_until=st.none() | moments,
    trouble=texts,
    version=st.integers(1, 2**32 - 1),
)

buttons = st.lists(st.builds(Button, texts, texts, texts, st.booleans()), max_size=3).map(tuple)
numbers = st.none() | st.integers(1, 100)
cards = st.builds(
    Card,
    title=texts,
    url=texts,
    byline=texts,
    summary=texts,
    facts=tuples_of_texts,
    why=texts,
    thumbnail_url=texts,
    number=numbers,
    buttons=buttons,
    paper=texts,
)
blocks = st.one_of(
    st.builds(Heading, texts),
    st.builds(Text, texts),
    st.builds(Hint, texts),
    st.builds(Excerpt, texts),
    cards,
    st.builds(Item, texts, texts, numbers, buttons),
    st.builds(Buttons, buttons),
    st.builds(File, texts, texts),
)
messages = st.builds(Message, st.lists(blocks, max_size=4).map(tuple), texts)
deliveries = st.builds(
    Delivery,
    id=texts,
    address=addresses,
    due=moments,
    parts=st.lists(messages, max_size=3).map(tuple),
    papers=st.lists(ids, max_size=3).map(tuple),
    remainder=st.lists(ids, max_size=3).map(tuple),
    threaded=st.booleans(),
    tags=tuples_of_texts,
)
attempts = st.builds(Attempt, at=moments, delivery=texts, part=counts, outcome=texts, detail=texts)
healths = st.builds(
    Health,
    last_good=st.none() | moments,
    last_new=st.none() | moments,
    failures=counts,
    failing_since=st.none() | moments,
    trouble=texts,
    note=texts,
    seen=counts,
    new=counts,
    refused=counts,
)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
installations = st.builds(
    Installation,
    platform=st.sampled_from(["slack", "discord"]),
    workspace=names,
    name=texts,
    token=texts,
    refresh_token=texts,
    expires_at=st.none() | moments,
    scopes=st.frozensets(texts, max_size=4),
    bot_user=texts,
    bot=texts,
    app=texts,
    installed_by=texts,
    installed_at=st.none() | moments,
    version=st.integers(0, 2**31),
)
votes = st.builds(Vote, paper=ids, voter=names, sign=st.sampled_from(["+1", "heart", "❤️", "button"]), value=st.sampled_from([1, -1]))
