"""Who acts in a workspace: read anew each time, renewed by one process at a time, gone everywhere at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from adapters.slack.tokens import EARLY, ONE_AT_A_TIME
from adapters.slack.workspaces import Workspaces
from bot.errors import NotSent, OperatorMistake, OutcomeUnknown, StoreAway, StoreTrouble, WorkspaceGone
from bot.installation import Installation
from tests.slack.fake import ALL_SCOPES, Fault, drop_before, error, hang

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from bot.ports import Installations, Saved
    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.slack.fake import FakeSlack, Team

TWELVE_HOURS = timedelta(hours=12)


class Forgetful:
    """Installations whose next saves fail, after they were done or before."""

    def __init__(self, real: Installations, *, fail: Sequence[str] = ()) -> None:
        self._real = real
        self.fail = list(fail)
        """"before" or "after" for each save to come."""

    async def get(self, platform: str, workspace: str) -> Installation | None:
        return await self._real.get(platform, workspace)

    async def save(self, installation: Installation) -> Saved:
        when = self.fail.pop(0) if self.fail else ""
        if when == "before":
            raise StoreAway("save: no connection")
        saved = await self._real.save(installation)
        if when == "after":
            raise StoreAway("save: no reply")
        return saved

    async def remove(self, platform: str, workspace: str, *, erase_at: datetime) -> bool:
        return await self._real.remove(platform, workspace, erase_at=erase_at)

    async def leaving(self, by: datetime) -> Sequence[tuple[str, str]]:
        return await self._real.leaving(by)

    async def erased(self, platform: str, workspace: str) -> None:
        await self._real.erased(platform, workspace)

    async def all(self, platform: str) -> Sequence[Installation]:
        return await self._real.all(platform)

    async def rotate(self) -> int:
        return await self._real.rotate()


@pytest.fixture
async def process(slack: FakeSlack, store: RedisStore, clock: Clock) -> AsyncIterator[Callable[..., Workspaces]]:
    """Makes the Workspaces of one more process on the same store."""
    made: list[Workspaces] = []

    def make(installations: Installations | None = store.installations) -> Workspaces:
        made.append(
            Workspaces(
                installations=installations,
                cache=store.cache,
                api_url=slack.api_url,
                client_id=slack.client_id,
                client_secret=slack.client_secret,
                clock=clock,
            )
        )
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def workspaces(process: Callable[..., Workspaces]) -> Workspaces:
    return process()


async def installed(store: RedisStore, team: Team, *, until: datetime | None = None) -> Installation:
    """The team's installation, stored."""
    installation = Installation(
        platform="slack",
        workspace=team.id,
        token=team.token,
        refresh_token=team.refresh_token,
        expires_at=until,
        scopes=frozenset(team.scopes),
        bot_user=team.bot_user_id,
        bot=team.bot_id,
    )
    await store.installations.save(installation)
    return replace(installation, version=1)


async def rotating(slack: FakeSlack, store: RedisStore) -> Installation:
    """Acme's installation with a token for twelve hours from now."""
    slack.safe.renew(slack.acme.install, rotating=True)
    return await installed(store, slack.acme, until=slack.clock() + TWELVE_HOURS)


# ---------------------------------------------------------------- from the store


async def test_each_workspace_is_spoken_to_with_its_own_token(workspaces: Workspaces, slack: FakeSlack, store: RedisStore) -> None:
    other = slack.team("T0OTHER", name="Other", token="xoxb-other", app_token="xapp-other")
    await installed(store, slack.acme)
    await installed(store, other)

    for team in (slack.acme, other):
        api = await workspaces.api(team.id)
        assert (await api.call("auth.test"))["team_id"] == team.id
        assert api.installation.workspace == team.id


async def test_a_workspace_without_installation_is_gone_and_slack_is_not_asked(workspaces: Workspaces, slack: FakeSlack) -> None:
    with pytest.raises(WorkspaceGone, match="not installed"):
        await workspaces.api("T0TEAM")

    assert not slack.calls


async def test_a_removed_installation_stops_in_every_process_at_once(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore
) -> None:
    await installed(store, slack.acme)
    here, there = process(), process()
    await here.api("T0TEAM")
    await there.api("T0TEAM")

    await store.installations.remove("slack", "T0TEAM", erase_at=slack.clock())

    for one in (here, there):
        with pytest.raises(WorkspaceGone):
            await one.api("T0TEAM")
    assert not slack.calls


async def test_no_cookie_of_one_workspace_is_sent_for_another(slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    await installed(store, slack.acme)
    named = slack.api_url.replace("127.0.0.1", "localhost")  # no browser keeps cookies of a bare address
    workspaces = Workspaces(installations=store.installations, cache=store.cache, api_url=named, clock=clock)
    slack.fault("auth.test", Fault(headers={"Set-Cookie": "b=acme; Path=/"}, body={"ok": True}))

    for _ in range(2):
        await (await workspaces.api("T0TEAM")).call("auth.test")

    assert ["Cookie" in call.headers for call in slack.calls] == [False, False]
    await workspaces.close()


async def test_closing_twice_is_as_good_as_once_and_a_later_call_opens_anew(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore
) -> None:
    await installed(store, slack.acme)
    await workspaces.close()
    await (await workspaces.api("T0TEAM")).call("auth.test")
    await workspaces.close()
    await workspaces.close()

    await (await workspaces.api("T0TEAM")).call("auth.test")


async def test_who_acts_is_known_without_asking_slack_whatever_the_token_is_worth(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    with pytest.raises(WorkspaceGone):
        await workspaces.installation("T0TEAM")
    stored = await rotating(slack, store)
    clock.advance(TWELVE_HOURS)

    assert await workspaces.installation("T0TEAM") == stored
    assert not slack.calls


# ---------------------------------------------------------------- the lone one


async def test_slack_tells_whose_the_lone_token_is(process: Callable[..., Workspaces], slack: FakeSlack) -> None:
    workspaces = process(None)

    installation = await workspaces.lone("xoxb-acme")

    assert workspaces.alone is installation
    assert await workspaces.installation("T0TEAM") is installation
    assert (installation.workspace, installation.name) == ("T0TEAM", "Acme")
    assert (installation.bot_user, installation.bot) == ("U0PAPERBOY", "B0PAPERBOY")
    assert installation.scopes == ALL_SCOPES
    await (await workspaces.api("T0TEAM")).call("chat.postMessage", channel="C0READING", text="Hello", unfurl_links=False)
    assert len(slack.acme["C0READING"].messages) == 1
    with pytest.raises(WorkspaceGone):
        await workspaces.api("T0OTHER")


async def test_a_token_of_a_whole_organisation_is_the_organisations(process: Callable[..., Workspaces], slack: FakeSlack) -> None:
    slack.fault(
        "auth.test", error("", ok=True, team_id="T0TEAM", enterprise_id="E0GRID", is_enterprise_install=True, user_id="U1", bot_id="B1")
    )

    installation = await process(None).lone("xoxb-acme")

    assert installation.workspace == "E0GRID"


async def test_a_workspace_in_an_organisation_is_itself(process: Callable[..., Workspaces], slack: FakeSlack) -> None:
    slack.team("T0PART", token="xoxb-part", app_token="xapp-part", enterprise="E0GRID")

    assert (await process(None).lone("xoxb-part")).workspace == "T0PART"


async def test_a_lone_token_that_slack_refuses_is_the_operators_mistake(process: Callable[..., Workspaces]) -> None:
    with pytest.raises(OperatorMistake, match="SLACK_BOT_TOKEN"):
        await process(None).lone("xoxb-nobody")


async def test_that_slack_cannot_be_reached_is_nobodys_mistake(process: Callable[..., Workspaces], slack: FakeSlack) -> None:
    slack.fault("auth.test", drop_before())

    with pytest.raises(OutcomeUnknown):
        await process(None).lone("xoxb-acme")


async def test_a_retired_lone_installation_stops_in_every_process_until_it_starts_again(
    process: Callable[..., Workspaces], slack: FakeSlack
) -> None:
    here, there = process(None), process(None)
    await here.lone("xoxb-acme")
    await there.lone("xoxb-acme")

    await there.retire("T0OTHER")
    await here.api("T0TEAM")
    await there.retire("T0TEAM")

    for one in (here, there):
        with pytest.raises(WorkspaceGone):
            await one.api("T0TEAM")
    await here.lone("xoxb-acme")
    await here.api("T0TEAM")
    await there.api("T0TEAM")


async def test_a_removal_from_before_the_lone_token_was_found_good_is_over(
    process: Callable[..., Workspaces], slack: FakeSlack, clock: Clock
) -> None:
    workspaces = process(None)
    before = clock()
    clock.advance(timedelta(hours=1))
    await workspaces.lone("xoxb-acme")

    await workspaces.retire("T0TEAM", at=before)
    await workspaces.api("T0TEAM")

    await workspaces.retire("T0TEAM", at=clock())
    with pytest.raises(WorkspaceGone):
        await workspaces.api("T0TEAM")


async def test_nothing_is_retired_where_nobody_is_alone(workspaces: Workspaces, slack: FakeSlack, store: RedisStore) -> None:
    await installed(store, slack.acme)

    await workspaces.retire("T0TEAM")

    await workspaces.api("T0TEAM")


async def test_the_lone_installation_comes_before_a_stored_one_and_leaves_it_the_place(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore
) -> None:
    stored = await installed(store, slack.acme)
    alone = await workspaces.lone("xoxb-acme")
    assert (await workspaces.api("T0TEAM")).installation == alone

    await workspaces.retire("T0TEAM")

    assert (await workspaces.api("T0TEAM")).installation == stored


# ---------------------------------------------------------------- tokens that rotate


async def test_a_token_is_renewed_before_it_ends_and_stored(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    old = await rotating(slack, store)
    clock.advance(TWELVE_HOURS - EARLY - timedelta(seconds=1))
    assert (await workspaces.api("T0TEAM")).installation == old
    assert not slack.calls
    slack.acme.scopes.discard("links:write")
    clock.advance(timedelta(seconds=1))

    new = (await workspaces.api("T0TEAM")).installation

    assert new.token == slack.acme.token != old.token
    assert new.refresh_token == slack.acme.refresh_token != old.refresh_token
    assert new.expires_at == clock() + TWELVE_HOURS
    assert new.scopes == slack.acme.scopes
    assert new == await store.installations.get("slack", "T0TEAM")
    assert [(call.method, call.args["grant_type"], call.token) for call in slack.calls] == [("oauth.v2.access", "refresh_token", "")]


async def test_of_two_processes_one_renews_and_the_other_goes_on_with_the_old_token(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    old = await rotating(slack, store)
    clock.advance(TWELVE_HOURS - EARLY)
    slack.fault("oauth.v2.access", hang(done=True))
    here, there = process(), process()

    async with asyncio.TaskGroup() as group:
        renewing = group.create_task(here.api("T0TEAM"))
        await slack.until(lambda: len(slack.calls) == 1)
        meanwhile = await there.api("T0TEAM")
        await meanwhile.call("chat.postMessage", channel="C0READING", text="Hello", unfurl_links=False)
        slack.release()

    assert meanwhile.installation == old
    assert renewing.result().installation.token == slack.acme.token
    assert (await there.api("T0TEAM")).installation == renewing.result().installation
    assert len(slack.called("oauth.v2.access")) == 1


async def test_many_calls_at_once_in_two_processes_renew_once(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS - EARLY)
    both = process(), process()

    apis = await asyncio.gather(*(one.api("T0TEAM") for one in both * 10))

    assert len(slack.called("oauth.v2.access")) == 1
    for api in apis:
        await api.call("auth.test")


async def test_while_another_process_renews_a_token_that_has_ended_nothing_is_sent(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    slack.fault("oauth.v2.access", hang(done=True))
    here, there = process(), process()

    async with asyncio.TaskGroup() as group:
        renewing = group.create_task(here.api("T0TEAM"))
        await slack.until(lambda: len(slack.calls) == 1)
        with pytest.raises(NotSent, match="being renewed"):
            await there.api("T0TEAM")
        slack.release()

    assert renewing.result().installation.token == slack.acme.token


async def test_a_token_that_slack_calls_expired_too_early_is_renewed(workspaces: Workspaces, slack: FakeSlack, store: RedisStore) -> None:
    old = await rotating(slack, store)
    api = await workspaces.api("T0TEAM")
    slack.acme.expire_token()

    await api.call("chat.postMessage", channel="C0READING", text="Hello", unfurl_links=False)

    assert len(slack.acme["C0READING"].messages) == 1
    assert api.installation.token != old.token


async def test_who_comes_with_a_token_renewed_elsewhere_takes_the_new_one(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await rotating(slack, store)
    here, there = await process().api("T0TEAM"), await process().api("T0TEAM")
    clock.advance(TWELVE_HOURS)

    for api in (here, there):
        await api.call("auth.test")

    assert len(slack.called("oauth.v2.access")) == 1
    assert here.installation == there.installation


async def test_trouble_with_renewing_does_not_disturb_while_the_token_is_good(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    old = await rotating(slack, store)
    clock.advance(TWELVE_HOURS - EARLY)
    slack.fault("oauth.v2.access", error("internal_error"))

    with capture_logs() as logs:
        assert (await workspaces.api("T0TEAM")).installation == old
    assert [log["event"] for log in logs] == ["token_not_renewed"]

    await workspaces.api("T0TEAM")
    assert len(slack.called("oauth.v2.access")) == 1, "not again within the minute"
    clock.advance(ONE_AT_A_TIME)
    assert (await workspaces.api("T0TEAM")).installation.token == slack.acme.token != old.token


@pytest.mark.parametrize("name", ["internal_error", "bad_client_secret", "ratelimited"])
async def test_trouble_with_renewing_a_token_that_has_ended_means_later(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock, name: str
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    slack.fault("oauth.v2.access", error(name))

    with pytest.raises(NotSent, match=name):
        await workspaces.api("T0TEAM")


async def test_an_answer_without_a_token_is_none(workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    slack.fault("oauth.v2.access", error("", ok=True))

    with pytest.raises(NotSent, match="without a token"):
        await workspaces.api("T0TEAM")


async def test_a_used_up_refresh_token_ends_the_workspace_with_its_last_token(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    old = await rotating(slack, store)
    slack.safe.redeem(old.refresh_token)
    clock.advance(TWELVE_HOURS - EARLY)
    assert (await workspaces.api("T0TEAM")).installation == old
    clock.advance(EARLY)

    with pytest.raises(WorkspaceGone, match="install the app again"):
        await workspaces.api("T0TEAM")


async def test_an_installation_that_stops_rotating_is_taken_as_it_is(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    slack.fault("oauth.v2.access", error("", ok=True, access_token="xoxb-acme"))

    installation = (await workspaces.api("T0TEAM")).installation

    assert (installation.token, installation.refresh_token, installation.expires_at) == ("xoxb-acme", "", None)
    assert installation.scopes == ALL_SCOPES
    clock.advance(TWELVE_HOURS * 9)
    assert (await workspaces.api("T0TEAM")).installation == installation


STUMBLES = (["before"], ["after"], ["before", "after"], ["before", "before"], ["after", "after", "after"])


@pytest.mark.parametrize("fail", STUMBLES, ids="-".join)
async def test_a_renewed_token_survives_a_store_that_stumbles(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore, clock: Clock, fail: list[str]
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS)

    new = (await process(Forgetful(store.installations, fail=fail)).api("T0TEAM")).installation

    assert new.token == slack.acme.token
    assert new == await store.installations.get("slack", "T0TEAM")


async def test_a_renewed_token_that_could_not_be_saved_is_saved_by_the_next_call(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    workspaces = process(Forgetful(store.installations, fail=["before"] * 5))

    with pytest.raises(NotSent, match="could not be stored") as caught:
        await workspaces.api("T0TEAM")
    assert isinstance(caught.value.__cause__, NotSent)
    assert isinstance(caught.value.__cause__.__cause__, StoreTrouble)

    new = (await workspaces.api("T0TEAM")).installation
    assert new.token == slack.acme.token
    assert new == await store.installations.get("slack", "T0TEAM")
    assert len(slack.called("oauth.v2.access")) == 1


async def test_a_call_torn_off_in_the_middle_loses_no_renewed_token(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    slack.fault("oauth.v2.access", hang(done=True))
    call = asyncio.ensure_future(workspaces.api("T0TEAM"))
    await slack.until(lambda: len(slack.calls) == 1)

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    slack.release()
    await workspaces.close()

    stored = await store.installations.get("slack", "T0TEAM")
    assert stored is not None
    assert stored.token == slack.acme.token


async def test_other_changes_meanwhile_stay_beside_the_renewed_token(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    old = await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    slack.fault("oauth.v2.access", hang(done=True))

    async with asyncio.TaskGroup() as group:
        renewing = group.create_task(process().api("T0TEAM"))
        await slack.until(lambda: len(slack.calls) == 1)
        await store.installations.save(replace(old, name="Acme & Sons"))
        slack.release()

    assert renewing.result().installation.name == "Acme & Sons"
    assert renewing.result().installation.token == slack.acme.token


async def test_a_workspace_that_leaves_while_its_token_is_renewed_is_gone(
    workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS - EARLY)
    slack.fault("oauth.v2.access", hang(done=True))

    call = asyncio.ensure_future(workspaces.api("T0TEAM"))
    await slack.until(lambda: len(slack.calls) == 1)
    await store.installations.remove("slack", "T0TEAM", erase_at=clock())
    slack.release()

    with pytest.raises(WorkspaceGone):
        await call
    assert await store.installations.get("slack", "T0TEAM") is None


async def test_forgetting_drops_a_token_that_waits_to_be_saved(
    process: Callable[..., Workspaces], slack: FakeSlack, store: RedisStore, clock: Clock
) -> None:
    await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    workspaces = process(Forgetful(store.installations, fail=["before"] * 4))
    with pytest.raises(NotSent):
        await workspaces.api("T0TEAM")

    workspaces.forget("T0TEAM")
    workspaces.forget("T0TEAM")

    with pytest.raises(NotSent, match="being renewed"):
        await workspaces.api("T0TEAM")


async def test_neither_tokens_nor_secrets_are_told(workspaces: Workspaces, slack: FakeSlack, store: RedisStore, clock: Clock) -> None:
    old = await rotating(slack, store)
    clock.advance(TWELVE_HOURS)
    slack.fault("oauth.v2.access", error("internal_error"))

    with capture_logs() as logs, pytest.raises(NotSent) as caught:
        await workspaces.api("T0TEAM")

    told = f"{logs} {caught.value!r} {caught.value.__cause__!r} {caught.value.__cause__ and caught.value.__cause__.__cause__!r}"
    for secret in (old.token, old.refresh_token, slack.client_secret):
        assert secret not in told
