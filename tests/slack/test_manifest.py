"""The manifest is valid, and asks for exactly what the code calls and hears."""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from jsonschema import Draft7Validator
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack import listener as ear
from adapters.slack.ear import WORKSPACE_EVENTS
from adapters.slack.http import EVENTS as EVENTS_PATH
from adapters.slack.oauth import REDIRECT
from adapters.slack.scopes import CORE, FEATURES, OPTIONAL, asked, missing
from bot.identity import recognise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.slack.workspaces import Workspaces
    from bot.desk import Desk

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "config" / "slack-manifest.yaml").read_text("utf-8")
MANIFEST: dict[str, Any] = yaml.safe_load(TEXT)
SCOPES: dict[str, list[str]] = MANIFEST["oauth_config"]["scopes"]
SUBSCRIBED: list[str] = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
SPECS = Path(os.environ.get("PAPERBOY_SHARED", ".")) / "specs" / "slack"
with_specs = pytest.mark.skipif(not SPECS.is_dir(), reason="PAPERBOY_SHARED names no folder with Slack's specifications")


def over_http() -> dict[str, Any]:
    """The manifest with the lines for HTTP taken in, as its first comment says."""
    text = re.sub(r"^( *)# HTTP: ( *)", r"\1\2", TEXT, flags=re.MULTILINE)
    changed: dict[str, Any] = yaml.safe_load(text.replace("socket_mode_enabled: true", "socket_mode_enabled: false"))
    return changed


def trees() -> Iterator[ast.AST]:
    for file in (ROOT / "adapters" / "slack").glob("*.py"):
        yield ast.parse(file.read_text("utf-8"))


def literals(function: str) -> set[str]:
    """The first argument of every call of `….function("…")` in the adapter."""
    return {
        node.args[0].value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == function
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def attributes() -> set[str]:
    """Every `….name` in the adapter; slack_sdk writes `chat_postMessage` for chat.postMessage."""
    return {node.attr for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@with_specs
@pytest.mark.parametrize("manifest", [MANIFEST, over_http()], ids=["socket", "http"])
def test_the_manifest_is_valid(manifest: dict[str, Any]) -> None:
    schema = json.loads((SPECS / "manifest.schema.2.0.0.json").read_text("utf-8"))
    assert [f"{'/'.join(map(str, one.path))}: {one.message}" for one in Draft7Validator(schema).iter_errors(manifest)] == []


def test_over_http_everything_comes_to_the_addresses_we_serve() -> None:
    manifest = over_http()
    settings = manifest["settings"]
    asked_at = {
        manifest["features"]["slash_commands"][0]["url"],
        settings["event_subscriptions"]["request_url"],
        settings["interactivity"]["request_url"],
        settings["interactivity"]["message_menu_options_url"],
    }
    [address] = asked_at
    assert address == f"https://paperboy.example.org{EVENTS_PATH}"
    assert manifest["oauth_config"]["redirect_urls"] == [f"https://paperboy.example.org{REDIRECT}"]
    assert not settings["socket_mode_enabled"]


@with_specs
def test_every_method_that_is_called_has_its_scope() -> None:
    methods = json.loads((SPECS / "slack_methods.json").read_text("utf-8"))["methods"]
    by_attribute = {name.replace(".", "_"): name for name in methods}
    called = literals("call") | literals("api_call") | {by_attribute[name] for name in attributes() & set(by_attribute)}
    assert {"chat.postMessage", "oauth.v2.access", "apps.connections.open"} <= called
    assert called <= set(methods), "calls that Slack does not know"
    wanted = {name: {one["name"] for one in methods[name]["scopes"].get("bot", ())} for name in called}
    assert {name: scopes for name, scopes in wanted.items() if scopes and not scopes & set(SCOPES["bot"])} == {}


@with_specs
def test_no_scope_is_asked_for_without_a_use() -> None:
    methods = json.loads((SPECS / "slack_methods.json").read_text("utf-8"))["methods"]
    called = literals("call")
    used = {one["name"] for name in called if name in methods for one in methods[name]["scopes"].get("bot", ())}
    for_events = {scope for feature in FEATURES if feature.events for scope in feature.scopes}
    # chat:write.public widens chat.postMessage and commands lets the slash command be; neither is a method's own.
    assert set(SCOPES["bot"]) - used - for_events == {"chat:write.public", "commands"}


async def first_to_match(app: ear.Listener, event: dict[str, str]) -> str:
    """The name of the function that the app calls for an event."""
    body = {"type": "event_callback", "team_id": "T0TEAM", "event_id": "Ev0", "event": event}
    request = AsyncBoltRequest(body=body, mode="socket_mode")
    for one in app._async_listeners:
        if await one.async_matches(req=request, resp=BoltResponse(status=200)):
            return str(one.ack_function.__name__)
    return ""


# Farewells are met before any listener, so that they are not acknowledged before they are heard; tests/slack/test_life.py.
@pytest.mark.parametrize("name", [name for name in SUBSCRIBED if name not in WORKSPACE_EVENTS])
async def test_every_event_that_is_subscribed_is_handled(name: str) -> None:
    app = ear.listener(cast("Desk", object()), cast("Workspaces", object()))
    type, _, channel_type = name.partition(".")
    assert await first_to_match(app, {"type": type, **({"channel_type": channel_type} if channel_type else {})}) not in {"", "_ignore"}


async def test_no_other_event_is_handled() -> None:
    assert sorted(SUBSCRIBED) == sorted(ear.EVENTS)
    registered = literals("event") - {"message", "app_rate_limited"}  # message.im by another name; what comes without subscription
    assert registered <= set(SUBSCRIBED)
    app = ear.listener(cast("Desk", object()), cast("Workspaces", object()))
    assert await first_to_match(app, {"type": "channel_created"}) == "_ignore"


def test_the_table_of_features_is_what_the_manifest_asks_for() -> None:
    assert SCOPES["bot"] == list(asked())
    assert SCOPES["bot_optional"] == list(OPTIONAL), "which Slack wants in both lists"
    assert sorted(SUBSCRIBED) == sorted([*CORE.events, *(event for feature in FEATURES for event in feature.events)])
    assert len(set(asked())) == len(asked())


def test_an_installation_is_told_what_it_goes_without() -> None:
    assert missing(asked()) == ()
    assert missing(CORE.scopes) == FEATURES
    assert [one.name for one in missing(set(asked()) - {"groups:read", "files:write"})] == ["Channel life", "Files"]
    assert asked(()) == CORE.scopes
    assert asked({"users:read"}) == (*CORE.scopes, "users:read")


def test_links_to_papers_unfurl_wherever_a_paper_is_recognised() -> None:
    examples = {
        "arxiv.org": "https://arxiv.org/abs/2608.19880",
        "huggingface.co": "https://huggingface.co/papers/2608.19880",
        "hf.co": "https://hf.co/papers/2608.19880",
        "doi.org": "https://doi.org/10.48550/arXiv.2608.19880",
        "alphaxiv.org": "https://www.alphaxiv.org/abs/2608.19880",
    }
    assert MANIFEST["features"]["unfurl_domains"] == list(examples)
    assert [domain for domain, link in examples.items() if recognise(link) is None] == []


def test_the_app_works_in_organisations_and_over_socket_mode_as_it_stands() -> None:
    settings = MANIFEST["settings"]
    assert settings["org_deploy_enabled"]
    assert settings["socket_mode_enabled"]
    assert settings["token_rotation_enabled"] is False
    assert settings["interactivity"]["is_enabled"]
    home = MANIFEST["features"]["app_home"]
    assert home == {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}
    assert MANIFEST["features"]["slash_commands"][0]["command"] == ear.COMMAND


def test_slacks_own_reader_is_stricter_than_yaml() -> None:
    """A scope holds a colon, and Slack's reader takes it for a key unless it is quoted."""
    assert re.findall(r"^ *- [a-z_.]+:[a-z.]+$", TEXT, re.MULTILINE) == []
