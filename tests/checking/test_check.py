"""`check` finds what is wrong before people do, and says what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from adapters.discord.checks import invitation
from tests.checking.operator import SAMPLES, TOKEN, on_discord, on_slack
from tests.slack.fake import error as slack_error
from tests.sources.pages import feed, results
from tests.sources.web_server import Reply

if TYPE_CHECKING:
    from tests.checking.operator import Operator
    from tests.discord.fake import FakeDiscord
    from tests.program import Place
    from tests.slack.fake import FakeSlack
    from tests.sources.web_server import WebServer


def answering(server: WebServer) -> None:
    """From now on all sources answer."""
    server.says("/api/daily_papers", Reply(body=b"[]"))
    server.says("/rss/cs.CL", Reply(body=feed()))
    server.says("/api/query", Reply(body=results()))
    server.says("/api/papers/1706.03762", Reply(status=404))


async def test_what_is_right_is_a_line_each_and_status_0(slack: FakeSlack, discord: FakeDiscord, place: Place) -> None:
    answering(place.server)
    ended = await place.run("check", **on_slack(slack), **on_discord(discord))
    assert ended.status == 0, ended.said + ended.told
    assert ended.told == ""
    named = [line.removeprefix("ok    ").partition(": ")[0] for line in ended.said.splitlines()]
    assert named == [
        "store",
        "time zones",
        "contact",
        "source huggingface",
        "source arxiv:cs.CL",
        "look-up Hugging Face",
        "look-up arXiv",
        "clock",
        "slack token",
        "slack optional scopes",
        "slack socket",
        "discord token",
        "discord commands",
        "discord intents",
        "discord permissions",
        "discord gateway",
        "discord installation",
        "discord invitation",
        "discord invitation with the least permissions",
    ]
    assert invitation(discord.app_id) in ended.said
    assert TOKEN not in ended.said
    assert discord.gateway.connections == [], "looking identifies nobody"
    assert not (place.directory / "data").exists(), "looking makes no store"


async def test_as_json_it_is_one_document(slack: FakeSlack, operator: Operator) -> None:
    slack.fault("auth.test", slack_error("invalid_auth"))
    said = await operator.checks_as_json(**on_slack(slack))
    assert not said["fine"]
    [token] = [one for one in said["findings"] if one["about"] == "slack token"]
    assert token == {
        "about": "slack token",
        "fine": False,
        "said": "Slack does not accept the app's token for this workspace: install the app again",
        "remedy": "page Install App: copy the Bot User OAuth Token again",
    }
    assert {tuple(sorted(one)) for one in said["findings"]} == {("about", "fine", "remedy", "said")}


async def test_the_program_takes_json_too(slack: FakeSlack, place: Place) -> None:
    samples = place.directory / "samples.toml"
    samples.write_text(SAMPLES)
    ended = await place.run("check", "--json", SOURCES_FILE=str(samples), **on_slack(slack))
    assert (ended.status, json.loads(ended.said)["fine"]) == (0, True), ended.said


async def test_whatever_is_wrong_has_a_remedy_and_stands_in_one_line(slack: FakeSlack, discord: FakeDiscord, operator: Operator) -> None:
    slack.fault("auth.test", slack_error("invalid_auth"))
    slack.fault("apps.connections.open", slack_error("missing_scope", needed="connections:write"))
    discord.revoke()
    said = await operator.checks_as_json(
        "nonsense", REDIS_URL="redis://:hunter2@127.0.0.1:9/0", SENTRY_DSN="https://k@h/1", **on_slack(slack), **on_discord(discord)
    )
    wrong = {one["about"] for one in said["findings"] if not one["fine"]}
    assert wrong >= {"store", "sources file", "slack token", "slack socket", "discord token"}
    assert [one for one in said["findings"] if not one["fine"] and not one["remedy"]] == []
    assert [one for one in said["findings"] if "\n" in one["said"] + one["remedy"]] == []
    assert "hunter2" not in json.dumps(said)


async def test_nothing_configured_is_wrong(operator: Operator) -> None:
    checked = await operator.checks()
    assert (checked.status, checked.wrong) == (1, ["platforms"])


async def test_a_file_of_sources_that_cannot_be_read_is_wrong_and_the_rest_is_looked_at(slack: FakeSlack, operator: Operator) -> None:
    checked = await operator.checks("nonsense", **on_slack(slack))
    assert checked.wrong == ["sources file"]
    assert "slack token" in checked.fine
