"""What goes wrong: an error the Web API answers with, and an app that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.slack.fake.interaction import Interaction


class ApiError(Exception):
    """A Web API method refuses; `more` joins the answer beside `ok` and `error`."""

    def __init__(self, name: str, **more: Any) -> None:
        super().__init__(name)
        self.name = name
        self.more = more


class NotAcknowledged(Exception):
    """The app did not acknowledge: no answer in time, connection lost, or an HTTP status that is not 2xx."""

    def __init__(self, interaction: Interaction, reason: str) -> None:
        super().__init__(reason)
        self.interaction = interaction
