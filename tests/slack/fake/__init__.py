"""A small Slack on 127.0.0.1 for tests: its Web API, its deliveries by socket and HTTP, its OAuth, its limits and its bad days.

```python
async def test_x(slack: FakeSlack) -> None:  # the fixture fails a test that leaves anything in `slack.problems`
    client = AsyncWebClient("xoxb-acme", base_url=slack.api_url, retry_handlers=[])
    interaction = await slack.command("subscribe llm")  # returns after the acknowledgement
    assert (await interaction.answered())["text"] == "..."
    assert slack.acme["C0READING"].messages[-1].text == "..."
```

World
    `slack.acme` is the first `Team` (T0TEAM, xoxb-acme, xapp-acme); `slack.team(id, *, name, token, app_token, scopes, enterprise)`
    adds one. Every team starts with the channel C0READING "ml-reading" (public, the bot and everybody in it) and the people U0ADA
    (admin, Europe/Berlin), U0BOB and U0GUEST (a guest). The bot is U0PAPERBOY / B0PAPERBOY, the app A0PAPERBOY.
    `team.channel(id, name, *, private, member, archived, read_only, im_of, members, ext_shared)`, `team.user(id, name, **fields)`,
    `team[channel_id]`, `team.im(user_id)`, `team.token`, `team.scopes` (a set one may change: without chat:write.public a post to a
    channel the bot is not in answers not_in_channel), `team.messages_tab`, `team.revoke()` (token_revoked), `team.uninstall()`
    (account_inactive), `team.expire_token()` (token_expired). Every attribute of a channel or user may be set.
    `slack.clock` is a `tests.clock.Clock`, the fixture's is the `clock` fixture: timestamps of messages, trigger ids (3 s),
    response urls (30 min) and rotating tokens (12 h) go by it.

Record
    `slack.calls` and `slack.called(method)`: `Request`s with decoded args. `channel.messages` (`channel.visible` without the
    deleted): `Message`. `slack.ephemerals`: `Ephemeral`. `slack.views`: modals, `View` with id, hash, view, trigger_id, user,
    closed. `slack.homes` (acme's; `team.homes`): user id to `View`. `slack.unfurls`, `slack.uploads`, `slack.problems`.

Faults
    `slack.fault("chat.postMessage", error("fatal_error"), drop_after(), team=None)` queues them for the next calls. Makers:
    `error(name, **more)`, `rate_limited(retry_after)`, `rate_limited_200()`, `server_error(status)`, `drop_before()`,
    `drop_after()`, `torn()`, `hang(done=False)`, `late()`. `slack.release()` ends hangs (answers what was done, closes the
    connection on what was not) and lets late calls land; with `after=seconds` they do by themselves. The names "response_url" and
    "upload" take faults too. `slack.chance = lambda request: fault_or_none` is asked where no fault is queued.

Sending to the app
    By socket from the start (`use_socket()`, `await connected(n)`, `connections`, `await disconnect(reason, which=0)`; the
    reason "" closes without a word), or `use_http(url, signing_secret="shhh", clock=None)`: POST {url}/slack/events, signed with
    the real time unless a clock is given. Each method returns an `Interaction` after the acknowledgement or raises
    `NotAcknowledged` (with `.interaction`): none within `slack.patience` seconds, connection lost, or an HTTP status not 2xx.
    `to=` names a socket, oldest first from 0.
    - `command(text, *, channel="C0READING", user="U0ADA", command="/papers", team=None, to=None, **fields)`
    - `press(target, action, *, user="U0ADA", value=None, selected_option=None, to=None, **fields)`: target is a Message, Ephemeral,
      View or Unfurl; action an action_id, the label of a button, or the label or value of an option; `value` picks among equal
      buttons or stands in for one; selected_option is a label, a value or a whole option; `fields` join the action
      (selected_time="09:00"). `suggest(target, action_id, typed)`: block_suggestion, returns the options.
      `interact(payload, kind="interactive")`: any payload as it is.
    - `submit(view, {block_id: {action_id: state}}, user="U0ADA")`: inputs not named keep what they start with; what the
      acknowledgement says (errors, update, push, clear) is carried out. `close(view)`: view_closed, where the view wants it.
    - `event(event, *, event_id, team, retry_num, retry_reason, to, **outer)` and `mention(text, *, user, channel, thread_ts)`,
      `direct(text, *, user)`, `home_opened(user, tab="home")`, `link_shared(urls, channel, ts, composer=False)`,
      `react(message, emoji, user, removed=False)`, `lifecycle(type, *, channel, user, name, new_id)`, which change the world first.
    - `say(channel, user, text, thread_ts="")`: a person's message in the channel, without any event (not awaited).
    - `resend(interaction, retry_num=1)`: the same payload again. `verify_url()`: the challenge, over HTTP.
    An `Interaction` has `payload`, `ack` ({} for an empty one), `status`, `answers` (bodies posted to its response_url),
    `trigger_id`, `response_url` and `await answered(n=1)`, the n-th answer.
    `await slack.until(lambda: condition)` waits up to `slack.patience` seconds, then raises TimeoutError.

OAuth
    `slack.authorize(url, *, team=None, user="U0ADA", org=False) -> (code, state)` is the person who clicks Allow on the address
    the app redirected to. `slack.client_id`, `slack.client_secret`; `slack.rotation = True` makes tokens expire.

Problems
    What `checks.py` finds wrong in a request, and every refusal that says the request itself was wrong (invalid_blocks,
    no_text, ...). `with slack.expecting_problems() as found:` keeps those of its block in `found`.
    `slack.checking = False` looks for none of the former, `slack.recording = False` keeps no calls: for benchmarks.
"""

from tests.slack.fake.errors import NotAcknowledged
from tests.slack.fake.faults import Fault, drop_after, drop_before, error, hang, late, rate_limited, rate_limited_200, server_error, torn
from tests.slack.fake.interaction import Interaction
from tests.slack.fake.record import Ephemeral, Message, Request, Unfurl, Upload, View
from tests.slack.fake.scopes import ALL_SCOPES
from tests.slack.fake.server import FakeSlack
from tests.slack.fake.signing import signature
from tests.slack.fake.world import Channel, Team, User

__all__ = [
    "ALL_SCOPES",
    "Channel",
    "Ephemeral",
    "FakeSlack",
    "Fault",
    "Interaction",
    "Message",
    "NotAcknowledged",
    "Request",
    "Team",
    "Unfurl",
    "Upload",
    "User",
    "View",
    "drop_after",
    "drop_before",
    "error",
    "hang",
    "late",
    "rate_limited",
    "rate_limited_200",
    "server_error",
    "signature",
    "torn",
]
