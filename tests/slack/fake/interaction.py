"""One delivery to the app, and everything that came back for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.slack.fake.record import Json
    from tests.slack.fake.state import State

Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """A command, a press, a submission or an event.

    Attributes:
        ack: What the acknowledgement carried, {} for nothing.
        status: Of the HTTP answer; 200 on a socket; 0 before there was one.
        answers: Bodies posted to its response_url and accepted, in order.
    """

    slack: State
    kind: Kind
    payload: Json
    trigger_id: str = ""
    response_url: str = ""
    ack: Json = field(default_factory=dict)
    status: int = 0
    answers: list[Json] = field(default_factory=list)

    async def answered(self, n: int = 1) -> Json:
        """Wait, bounded, for the n-th answer and return it."""
        await self.slack.until(lambda: len(self.answers) >= n)
        return self.answers[n - 1]
