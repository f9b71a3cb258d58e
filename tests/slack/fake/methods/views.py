"""Modals and home tabs: views.open, views.push, views.update, views.publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError
from tests.slack.fake.limits import view_problems
from tests.slack.fake.methods.posting import compact
from tests.slack.fake.record import View, identified

if TYPE_CHECKING:
    from tests.slack.fake.call import Call
    from tests.slack.fake.record import Json
    from tests.slack.fake.state import State
    from tests.slack.fake.world import Team

VIEW_MOST = 250_000
"""Bytes of JSON of a view."""


def furnish(state: State, team: Team, given: Json, *, id: str = "", root: str = "", previous: str | None = None) -> Json:
    """A view as Slack keeps it: what was given, with id, a new hash and everything a payload shows."""
    id = id or state.id("V")
    return {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        **given,
        "id": id,
        "team_id": team.id,
        "blocks": identified(given["blocks"]),
        "state": {"values": {}},
        "hash": state.id("hash."),
        "previous_view_id": previous,
        "root_view_id": root or id,
        "app_id": team.app_id,
        "app_installed_team_id": team.id,
        "bot_id": team.bot_id,
    }


def _given(call: Call, *types: str) -> Json:
    view = call.need("view")
    problems = view_problems(view, types)
    if problems:
        raise ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]})
    if len(compact(view).encode()) > VIEW_MOST:
        raise ApiError("view_too_large")
    return dict(view)


def _external(call: Call, team: Team, view: Json, but: View | None = None) -> None:
    id = view.get("external_id")
    if id and any(
        other.view["external_id"] == id and other.team is team and other is not but and not other.closed for other in call.state.views
    ):
        raise ApiError("duplicate_external_id")


def _show(call: Call, *, push: bool) -> Json:
    state = call.state
    given = _given(call, "modal")
    trigger = state.pull(str(call.need("trigger_id")), call.install.teams)
    _external(call, trigger.team, given)
    below = next(
        (view for view in reversed(state.views) if view.user == trigger.user and view.team is trigger.team and not view.closed), None
    )
    if push and below is None:
        raise ApiError("not_found")
    root, previous = (below.view["root_view_id"], below.id) if push and below is not None else ("", None)
    view = View(
        team=trigger.team,
        user=trigger.user,
        view=furnish(state, trigger.team, given, root=root, previous=previous),
        trigger_id=str(call.get("trigger_id")),
        channel=trigger.channel,
    )
    return {"view": state.open_view(view)}


def open_(call: Call) -> Json:
    return _show(call, push=False)


def push(call: Call) -> Json:
    return _show(call, push=True)


def update(call: Call) -> Json:
    id, external = call.get("view_id"), call.get("external_id")
    here = [view for view in call.state.views if view.team in call.install.teams and not view.closed]
    found = next((view for view in here if (id and view.id == id) or (external and view.view["external_id"] == external)), None)
    if found is None:
        raise ApiError("not_found")
    given = _given(call, "modal")
    if call.get("hash") not in ("", found.hash):
        raise ApiError("hash_conflict")
    _external(call, found.team, given, found)
    replace(call.state, found, given)
    return {"view": found.view}


def replace(state: State, view: View, given: Json) -> None:
    """Show something else in the same window: the id stays, the hash is new."""
    shown = view.view
    view.view = furnish(state, view.team, given, id=view.id, root=shown["root_view_id"], previous=shown["previous_view_id"])


def publish(call: Call) -> Json:
    given, user = _given(call, "home"), str(call.need("user_id"))
    team = next((team for team in call.install.teams if user in team.users), None)
    if team is None:
        raise ApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] invalid `user_id`"]})
    home = team.homes.get(user)
    if call.get("hash") not in ("", home.hash if home is not None else ""):
        raise ApiError("hash_conflict")
    if home is None:
        home = team.homes[user] = View(team=team, user=user, view=furnish(call.state, team, given))
    else:
        replace(call.state, home, given)
    return {"view": home.view}


METHODS = {"views.open": open_, "views.push": push, "views.update": update, "views.publish": publish}
