"""Cards for papers whose addresses people paste, quietly: few at once, and none of a paper that was just shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards import card, paper_buttons
from bot.channel import Format
from bot.commands.finding import looked_up, recorded_as
from bot.identity import recognise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.channel import Address
    from bot.desk import Desk
    from bot.message import Card
    from bot.paper import PaperId

MOST_CARDS = 2
"""Of one message."""
QUIET = timedelta(minutes=30)
"""For so long the same paper gets no further card in a channel."""
_ASKED = 5
"""Papers of one message that the live sources are asked about at most."""
_BUTTONS = frozenset({"Abstract", "Save", "Similar"})


async def cards(desk: Desk, address: Address, urls: Sequence[str]) -> Mapping[str, Card]:
    """A card for each address of a paper that is worth one, by the address exactly as given; in their order.

    At most two, each paper once in a message and once in half an hour in a channel, none where the channel switched that off. What is
    no paper's address, or cannot be looked up just now, gets none. Called twice with the same message it gives nothing the second time.

    Raises:
        StoreTrouble: Whether the channel wants cards cannot be told.
    """
    named: dict[PaperId, str] = {}
    for url in urls:
        if (id := recognise(url)) is not None:
            named.setdefault(await recorded_as(desk, id), url)
    if not named or not (await desk.store.channels.load(address)).settings.links:
        return {}
    recorded = await desk.store.papers.get(list(named))
    now = await desk.store.now()
    shown: dict[str, Card] = {}
    asked = 0
    for id, url in named.items():
        if (paper := recorded.get(id)) is None and asked < _ASKED:
            asked += 1
            paper, _ = await looked_up(desk, id)  # nobody asked for a card, so nobody misses it
        if paper is not None and await desk.store.cache.first(f"link:{address}:{id}", keep=QUIET):
            buttons = [button for button in paper_buttons(paper) if button.label in _BUTTONS]
            shown[url] = card(paper, Format.NORMAL, now=now, buttons=buttons)
        if len(shown) == MOST_CARDS:
            break
    return shown
