"""The Web API, method by method: `METHODS` maps a name to what carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.methods import chat, conversations, files, oauth, posting, team, unfurling, views

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.slack.fake.call import Call
    from tests.slack.fake.record import Json

METHODS: dict[str, Callable[[Call], Json]] = {
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **oauth.METHODS,
    **posting.METHODS,
    **team.METHODS,
    **unfurling.METHODS,
    **views.METHODS,
}

UNGUARDED = frozenset({"api.test", "apps.connections.open", "oauth.v2.access", "oauth.v2.exchange"})
"""Methods that judge the token themselves, or want none."""
