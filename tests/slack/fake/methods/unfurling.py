"""chat.unfurl: cards for links somebody pasted, and only for those."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError
from tests.slack.fake.record import Unfurl

if TYPE_CHECKING:
    from tests.slack.fake.call import Call
    from tests.slack.fake.record import Json
    from tests.slack.fake.state import Shared


def _shared(call: Call) -> Shared:
    teams = call.install.teams
    if id := call.get("unfurl_id"):
        if not call.get("source"):
            raise ApiError("missing_source")
        found = call.state.shared.get(id)
        if found is None or found.team not in teams:
            raise ApiError("invalid_unfurl_id")
        return found
    channel = call.get("channel")
    if not channel:
        raise ApiError("missing_channel")
    if not call.get("ts"):
        raise ApiError("missing_ts")
    here = [shared for shared in call.state.shared.values() if shared.channel == channel and shared.team in teams]
    if not here:
        raise ApiError("cannot_find_channel")
    match = next((shared for shared in here if shared.ts == call.get("ts")), None)
    if match is None:
        raise ApiError("cannot_find_message")
    return match


def unfurl(call: Call) -> Json:
    shared, unfurls = _shared(call), call.get("unfurls", None)
    if unfurls is None:
        raise ApiError("missing_unfurls")
    if not isinstance(unfurls, dict) or not all(isinstance(card, dict) for card in unfurls.values()):
        raise ApiError("invalid_unfurls_format")
    if not set(unfurls) <= set(shared.urls):
        raise ApiError("cannot_unfurl_url")
    call.state.unfurls.append(
        Unfurl(
            team=shared.team,
            channel=shared.channel,
            ts=shared.ts,
            unfurl_id=str(call.get("unfurl_id")),
            source=str(call.get("source")),
            user=shared.user,
            unfurls=unfurls,
        ),
    )
    return {}


METHODS = {"chat.unfurl": unfurl}
