"""The promises the core needs kept by the outside: the store, the sources, the outlets.

Moments are aware UTC `datetime`, durations `timedelta`. What the store does goes by the store's own time, never by a worker's.
Every call may raise `StoreTrouble` (store), `SourceTrouble` (sources) or `PostTrouble` (outlets) and nothing else of the outside
world.
"""

from bot.ports.channels import Channels, Due, Overdue, RuleChanges, Saved
from bot.ports.deliveries import (
    Attempt,
    Backlog,
    Dead,
    DeadLetter,
    Deliveries,
    Delivery,
    Doubtful,
    Later,
    Lease,
    Outcome,
    Planned,
    Sent,
    Settled,
    State,
)
from bot.ports.fetches import Fetches, Health, Turn
from bot.ports.figures import MISSED, Figures, Pulse, Series
from bot.ports.installations import Installations
from bot.ports.locks import Locks
from bot.ports.outlets import Limits, Outlet
from bot.ports.papers import Filed, Filing, History, Papers
from bot.ports.sources import Charts, Harvest, Lookup, Source, Span
from bot.ports.store import Cache, Gate, Store
from bot.ports.votes import Votes

__all__ = [
    "MISSED",
    "Attempt",
    "Backlog",
    "Cache",
    "Channels",
    "Charts",
    "Dead",
    "DeadLetter",
    "Deliveries",
    "Delivery",
    "Doubtful",
    "Due",
    "Fetches",
    "Figures",
    "Filed",
    "Filing",
    "Gate",
    "Harvest",
    "Health",
    "History",
    "Installations",
    "Later",
    "Lease",
    "Limits",
    "Locks",
    "Lookup",
    "Outcome",
    "Outlet",
    "Overdue",
    "Papers",
    "Planned",
    "Pulse",
    "RuleChanges",
    "Saved",
    "Sent",
    "Series",
    "Settled",
    "Source",
    "Span",
    "State",
    "Store",
    "Turn",
    "Votes",
]
