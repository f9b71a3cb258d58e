"""The fake's Web API, driven by the real SDK: what is recorded, what is refused, who gets in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.fake import ALL_SCOPES, FakeSlack, Team

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tests.clock import Clock

SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "Sparse attention"}}
QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}


def client(slack: FakeSlack, token: str = "xoxb-acme") -> AsyncWebClient:
    return AsyncWebClient(token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
def web(slack: FakeSlack) -> AsyncWebClient:
    return client(slack)


async def refused(call: Awaitable[Any]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await call
    answer: dict[str, Any] = caught.value.response.data
    return answer


async def error(call: Awaitable[Any]) -> str:
    return str((await refused(call))["error"])


async def test_a_posted_message_is_in_the_channel_and_the_call_on_record(slack: FakeSlack, web: AsyncWebClient) -> None:
    mark = {"event_type": "digest", "event_payload": {"id": "d1"}}
    answer = await web.chat_postMessage(channel="C0READING", text="One paper", blocks=[SECTION], metadata=mark, **QUIET)

    [message] = slack.acme["C0READING"].messages
    assert (message.ts, message.text, message.blocks, message.metadata) == (answer["ts"], "One paper", [SECTION], mark)
    [call] = slack.called("chat.postMessage")
    assert (call.verb, call.token, call.team) == ("POST", "xoxb-acme", "T0TEAM")
    assert call.args == {"channel": "C0READING", "text": "One paper", "blocks": [SECTION], "metadata": mark, **QUIET}


async def test_form_query_and_token_argument_are_read_as_well_as_json(slack: FakeSlack) -> None:
    bare = AsyncWebClient(base_url=slack.api_url, retry_handlers=[])
    assert (await bare.api_call("auth.test", http_verb="GET", params={"token": "xoxb-acme"}))["user_id"] == "U0PAPERBOY"
    form = {"channel": "C0READING", "text": "hi", "blocks": '[{"type":"divider"}]', "unfurl_links": "false"}
    await client(slack).api_call("chat.postMessage", data=form)
    assert slack.acme["C0READING"].messages[0].blocks == [{"type": "divider"}]


async def test_a_user_id_opens_the_direct_messages(slack: FakeSlack, web: AsyncWebClient) -> None:
    answer = await web.chat_postMessage(channel="U0BOB", text="hi", **QUIET)
    assert slack.acme.im("U0BOB").id == answer["channel"]
    opened = await web.conversations_open(users="U0BOB")
    assert opened["channel"]["id"] == answer["channel"]
    slack.acme.messages_tab = False
    assert await error(web.chat_postMessage(channel="U0BOB", text="hi", **QUIET)) == "messages_tab_disabled"


async def test_each_closed_door_has_its_own_error(slack: FakeSlack, web: AsyncWebClient) -> None:
    team = slack.acme
    team.scopes.discard("chat:write.public")
    team.channel("C0OUT", "elsewhere", member=False)
    team.channel("C0SECRET", "secret", private=True, member=False)
    team.channel("C0OLD", "old", archived=True)
    team.channel("C0NEWS", "news", read_only=True)

    async def post(channel: str, **more: Any) -> str:
        return await error(web.chat_postMessage(channel=channel, text="hi", **QUIET, **more))

    assert await post("C0OUT") == "not_in_channel"
    assert await post("C0SECRET") == await post("C0NONE") == "channel_not_found"
    assert await post("C0OLD") == "is_archived"
    assert await post("C0NEWS") == "restricted_action_read_only_channel"
    assert await post("C0READING", thread_ts="1.000001") == "thread_not_found"
    team.scopes.add("chat:write.public")
    await web.chat_postMessage(channel="C0OUT", text="hi", **QUIET)


async def test_a_missing_scope_is_named(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.acme.scopes.clear()
    slack.acme.scopes.add("commands")
    answer = await refused(web.users_info(user="U0ADA"))
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "commands")
    assert (await refused(web.conversations_history(channel="C0READING")))["needed"] == "channels:history"
    slack.acme.channel("G0LAB", "lab", private=True)
    assert (await refused(web.conversations_info(channel="G0LAB")))["needed"] == "groups:read"


async def test_a_token_dies_in_three_ways(slack: FakeSlack) -> None:
    for spoil, answer in (
        (Team.revoke, "token_revoked"),
        (Team.uninstall, "account_inactive"),
        (Team.expire_token, "token_expired"),
    ):
        team = slack.team(f"T{answer}", token=f"xoxb-{answer}")
        spoil(team)
        assert await error(client(slack, team.token).auth_test()) == answer
    assert await error(client(slack, "xoxb-stranger").auth_test()) == "invalid_auth"
    assert await error(AsyncWebClient(base_url=slack.api_url, retry_handlers=[]).auth_test()) == "not_authed"


async def test_two_teams_with_the_same_ids_stay_apart(slack: FakeSlack) -> None:
    other = slack.team("T0OTHER", name="Other", token="xoxb-other", scopes=ALL_SCOPES - {"team:read"})
    await client(slack, "xoxb-other").chat_postMessage(channel="C0READING", text="there", **QUIET)
    assert [message.text for message in other["C0READING"].messages] == ["there"]
    assert slack.acme["C0READING"].messages == []
    assert await error(client(slack, "xoxb-other").team_info()) == "missing_scope"


async def test_only_people_in_the_channel_see_an_ephemeral_message(slack: FakeSlack, web: AsyncWebClient) -> None:
    await web.chat_postEphemeral(channel="C0READING", user="U0ADA", text="psst")
    slack.acme["C0READING"].members.discard("U0BOB")
    assert await error(web.chat_postEphemeral(channel="C0READING", user="U0BOB", text="psst")) == "user_not_in_channel"
    slack.acme["C0READING"].member = False
    assert await error(web.chat_postEphemeral(channel="C0READING", user="U0ADA", text="psst")) == "not_in_channel"
    assert [(shown.user, shown.text) for shown in slack.ephemerals] == [("U0ADA", "psst")]


async def test_what_is_not_there_or_not_ours_cannot_be_changed(slack: FakeSlack, web: AsyncWebClient) -> None:
    team = slack.acme
    team.channel("C0OLD", "old", archived=True)
    team.channel("G0LAB", "lab", private=True)
    slack.say(team["C0READING"], "U0ADA", "mine")
    [message] = team["C0READING"].messages
    assert await error(web.chat_update(channel="C0READING", ts=message.ts, text="x")) == "cant_update_message"
    assert await error(web.chat_delete(channel="C0READING", ts=message.ts)) == "cant_delete_message"
    assert await error(web.chat_postEphemeral(channel="C0OLD", user="U0ADA", text="x")) == "is_archived"
    assert await error(web.conversations_join(channel="C0OLD")) == "is_archived"
    slack.acme.scopes.add("channels:join")
    assert await error(web.conversations_join(channel="G0LAB")) == "method_not_supported_for_channel_type"
    assert await error(web.conversations_open(users="U0NOBODY")) == "user_not_found"
    assert await error(web.conversations_open(users="U0ADA,U0BOB")) == "too_many_users"
    assert await error(web.users_conversations(user="U0NOBODY")) == "user_not_found"
    assert await error(web.team_info(team="T0NONE")) == "team_not_found"
    assert await error(web.apps_connections_open(app_token="xoxb-acme")) == "not_allowed_token_type"
    assert await error(web.apps_connections_open(app_token="xapp-stranger")) == "invalid_auth"
    reply = slack.say(team["C0READING"], "U0BOB", "reply", thread_ts=message.ts)
    assert await error(web.chat_postMessage(channel="C0READING", text="x", thread_ts=reply.ts, **QUIET)) == "cannot_reply_to_message"
    assert (await web.auth_revoke(test=True))["revoked"] is False
    with slack.expecting_problems():
        assert await error(web.conversations_history(channel="C0READING", oldest="yesterday")) == "invalid_ts_oldest"
        assert await error(web.api_call("users.info")) == "invalid_arguments"


async def test_messages_are_edited_deleted_linked_and_reacted_to(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = (await web.chat_postMessage(channel="C0READING", text="one", **QUIET))["ts"]
    [message] = slack.acme["C0READING"].messages
    await web.chat_update(channel="C0READING", ts=ts, text="two")
    assert (message.text, message.edited) == ("two", True)
    message.reactions["+1"] = ["U0ADA"]
    got = await web.reactions_get(channel="C0READING", timestamp=ts)
    assert got["message"]["reactions"] == [{"name": "+1", "users": ["U0ADA"], "count": 1}]
    link = await web.chat_getPermalink(channel="C0READING", message_ts=ts)
    assert link["permalink"] == f"https://acme.slack.com/archives/C0READING/p{ts.replace('.', '')}"
    await web.chat_delete(channel="C0READING", ts=ts)
    assert await error(web.chat_update(channel="C0READING", ts=ts, text="three")) == "message_not_found"
    assert slack.acme["C0READING"].visible == []


async def test_history_has_fifteen_a_page_newest_first_and_metadata_only_when_asked(slack: FakeSlack, web: AsyncWebClient) -> None:
    stamps = []
    for n in range(17):
        mark = {"event_type": "digest", "event_payload": {"n": n}}
        stamps.append((await web.chat_postMessage(channel="C0READING", text=str(n), metadata=mark, **QUIET))["ts"])
    first = await web.conversations_history(channel="C0READING", limit=100, include_all_metadata=True)
    assert [message["metadata"]["event_payload"]["n"] for message in first["messages"]] == list(range(16, 1, -1))
    assert first["has_more"]
    rest = await web.conversations_history(channel="C0READING", cursor=first["response_metadata"]["next_cursor"])
    assert [message["text"] for message in rest["messages"]] == ["1", "0"]
    assert "metadata" not in rest["messages"][0]
    since = await web.conversations_history(channel="C0READING", oldest=stamps[14])
    assert [message["text"] for message in since["messages"]] == ["16", "15"]
    with slack.expecting_problems():
        assert await error(web.conversations_history(channel="C0READING", cursor="bogus")) == "invalid_cursor"


async def test_replies_are_in_the_thread_and_not_in_the_history(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = (await web.chat_postMessage(channel="C0READING", text="top", **QUIET))["ts"]
    await web.chat_postMessage(channel="C0READING", text="reply", thread_ts=ts, **QUIET)
    replies = await web.conversations_replies(channel="C0READING", ts=ts)
    assert [message["text"] for message in replies["messages"]] == ["top", "reply"]
    history = await web.conversations_history(channel="C0READING")
    assert [message["text"] for message in history["messages"]] == ["top"]
    assert await error(web.conversations_replies(channel="C0READING", ts="1.000001")) == "thread_not_found"
    slack.acme["C0READING"].member = False
    assert await error(web.conversations_history(channel="C0READING")) == "not_in_channel"


async def test_channels_are_listed_page_by_page_and_by_person(slack: FakeSlack, web: AsyncWebClient) -> None:
    team = slack.acme
    team.channel("C0TWO", "two", member=False, members={"U0BOB"})
    team.channel("C0OLD", "old", archived=True, members=set())
    team.channel("G0LAB", "lab", private=True, members={"U0ADA"})
    team.channel("G0SECRET", "secret", private=True, member=False, members={"U0ADA"})
    first = await web.conversations_list(limit=1, exclude_archived=True)
    rest = await web.conversations_list(limit=9, exclude_archived=True, cursor=first["response_metadata"]["next_cursor"])
    assert [channel["id"] for page in (first, rest) for channel in page["channels"]] == ["C0READING", "C0TWO"]
    both = "public_channel,private_channel"
    assert [c["id"] for c in (await web.users_conversations(types=both))["channels"]] == ["C0READING", "C0OLD", "G0LAB"]
    assert [c["id"] for c in (await web.users_conversations(types=both, user="U0ADA"))["channels"]] == ["C0READING", "G0LAB"]
    assert [c["id"] for c in (await web.users_conversations(user="U0BOB"))["channels"]] == ["C0READING", "C0TWO"]
    assert (await web.conversations_members(channel="G0LAB"))["members"] == ["U0ADA", "U0PAPERBOY"]
    assert (await web.conversations_info(channel="C0READING", include_num_members=True))["channel"]["num_members"] == 4
    assert (await web.conversations_join(channel="C0TWO"))["channel"]["is_member"]
    with slack.expecting_problems():
        assert await error(web.conversations_list(types="rooms")) == "invalid_types"


async def test_people_and_teams_are_described(slack: FakeSlack, web: AsyncWebClient) -> None:
    ada = (await web.users_info(user="U0ADA"))["user"]
    assert (ada["tz"], ada["is_admin"], ada["profile"]["display_name"]) == ("Europe/Berlin", True, "Ada")
    assert (await web.users_info(user="U0GUEST"))["user"]["is_restricted"]
    assert await error(web.users_info(user="U0NOBODY")) == "user_not_found"
    assert (await web.team_info())["team"]["domain"] == "acme"
    assert (await web.auth_test())["bot_id"] == "B0PAPERBOY"
    assert await error(web.api_test(error="not_today")) == "not_today"
    await web.auth_revoke()
    assert await error(web.auth_test()) == "token_revoked"


async def test_a_file_goes_up_in_three_steps(slack: FakeSlack, web: AsyncWebClient) -> None:
    await web.files_upload_v2(channel="C0READING", content="@article{}", filename="papers.bib", initial_comment="Here")
    [upload] = slack.uploads
    assert (upload.content, upload.channel, upload.filename) == (b"@article{}", "C0READING", "papers.bib")
    assert slack.acme["C0READING"].messages[0].text == "Here"
    assert await error(web.files_completeUploadExternal(files=[{"id": "F0", "title": "x"}], channel_id="C0READING")) == "file_not_found"


async def test_a_file_that_is_not_whole_or_has_no_home_is_not_shared(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.acme.scopes.discard("chat:write.public")
    slack.acme.channel("C0OUT", "elsewhere", member=False)
    file = {"id": (await web.files_getUploadURLExternal(filename="a.bib", length=9))["file_id"], "title": "A"}
    assert await error(web.files_completeUploadExternal(files=[file], channel_id="C0OUT")) == "not_in_channel"
    assert await error(web.files_completeUploadExternal(files=[file], channel_id="C0READING")) == "file_update_failed"
    with slack.expecting_problems():
        assert await error(web.files_getUploadURLExternal(filename="a.bib", length=0)) == "invalid_arguments"


async def test_a_problem_is_kept_apart_only_while_it_is_expected(slack: FakeSlack, web: AsyncWebClient) -> None:
    with slack.expecting_problems() as found:
        assert await error(web.api_call("chat.nonsense")) == "unknown_method"
    assert len(found) == 1
    assert slack.problems == []


def test_the_clock_stamps_messages_and_no_stamp_comes_twice(clock: Clock) -> None:
    slack = FakeSlack(clock)
    first, second = slack.stamp(), slack.stamp()
    assert clock().timestamp() < float(first) < float(second)
    clock.advance(timedelta(hours=1))
    assert float(slack.stamp()) - float(first) >= 3600
