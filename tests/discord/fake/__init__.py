"""A small Discord on 127.0.0.1 for tests: its REST API, its gateway and interactions, its limits and its bad days.

```python
async def test_x(server: FakeDiscord) -> None:  # the fixture fails a test that leaves anything in `server.problems`
    discord.http.Route.BASE = server.rest_url  # what adapters/discord/client.py's point() does
    await http.static_login("token-acme")
    await http.send_message(server.reading.id, params=...)
    assert server.reading.messages[-1].content == "..."
```

World
    `server.acme` is the first `Guild` ("Acme"), `server.reading` its text channel "ml-reading", `server.ada` (manage_guild) and
    `server.bob` its people; `server.bot` is the bot's `User`, `server.app_id` its application id, `server.token` ("token-acme")
    its token. Ids are strings of digits, made from the clock.
    `server.guild(name, *, id="", joined=True)` adds a guild with nobody but the bot and no channel; `server.guilds`, `server.channels`,
    `server.users` map id to thing. `guild.text(name)`, `guild.announcement(name)`, `guild.forum(name, tags=("llm", "vision"),
    require_tag=False)`, `guild.thread(parent, name, *, private, archived, locked)` add channels; `server.dm(user)` opens the
    direct messages; `server.user(name)` adds a person, `guild.member(user, permissions=EVERYONE)` puts them into a guild.
    `server.permissions(channel, bits, user=None)` says what the bot (or a member) may do in a channel; from the start the bot
    has `BOT_PERMISSIONS` (the least it asks for). A thread goes by its parent's. Bits are in `permissions.py`.
    Attributes may be set: `guild.joined` (False: the bot was removed), `guild.available`, `channel.deleted`, `channel.archived`,
    `channel.locked`, `user.closed_dms` (50007), `message.deleted`. `server.revoke()`: the token answers 401 from now on.
    `server.commands` maps a guild id, or "" for the global ones, to the registered commands; `server.creations` counts them.
    `server.clock` is a `tests.clock.Clock`, the fixture's is the `clock` fixture: nonces (5 minutes), interactions (3 s to
    respond, 15 minutes to follow up) and ids go by it. Rate limits go by real time, for discord.py sleeps by it.

Record
    `server.calls` and `server.called("POST /channels/{channel_id}/messages")`: `Request`s (route, path, params, query, body,
    files, reason, status). `channel.messages`: `Message`s without the deleted, oldest first (`channel.everything` with them):
    content, embeds, components, nonce, flags, author, allowed_mentions, files, reference, thread, reactions (emoji to user ids),
    edited, pinned, ephemeral, loading. `channel.ephemerals`: what single people saw. `channel.threads` / `guild.threads`: threads
    and posts (`thread.starter` is the first message of a post, `thread.applied_tags` ids, `thread.tag_names`).
    `channel.typed`: how often typing was shown. `server.interactions`: id to `Interaction`. `server.problems`.
    `server.announced`: what a gateway would dispatch ((event, guild id or "", d)); functions in `server.ears` hear each.

Interactions
    `server.interaction(type, data, *, user=None, channel=None, message=None, outside=False, locale="en-US")` makes one without
    sending it; its `payload` is the `d` of INTERACTION_CREATE. (The gateway's `command`, `press`, ... send them.)
    `Interaction`: `response` (the type answered with, None so far), `deferred` (5 or 6), `ephemeral`, `original` (Message or
    None), `followups`, `modal` (data of type 9), `choices` (of type 8), `messages` (original and followups in order), `deleted`.
    `await interaction.responded()` and `await interaction.answered(n=1)` wait, bounded: the n-th message that is no "thinking".

Limits
    `server.limits.route("POST /channels/{channel_id}/messages", limit=5, per=5.0)` sets a bucket (they are 1,000 per second
    until set, headers always sent); `server.limits.whole(50, per=1.0)` the global one (unset until then);
    `server.limits.refused` counts the 429s, `server.limits.invalid` the answers of 401, 403 and 429 (scope shared left out);
    `server.limits.ban_at = 10_000` of those bring Cloudflare's 429 until `server.limits.pardon()`.

Faults
    `server.fault("POST /channels/{channel_id}/messages", error(50013), drop_after(), channel=None)` queues them for the next
    calls of a route (or of "*", any). Makers: `error(code, status=None, message="", **more)`, `rate_limited(retry_after=0.05,
    scope="user")` ("user", "global", "shared"), `cloudflare()` (429 in HTML, no Via), `server_error(502)`, `drop_before()`,
    `drop_after()`, `torn()`, `hang(done=False)`, `late()`. `server.release()` ends hangs (answers what was done, closes the
    connection on what was not) and lets late calls land; with `after=seconds` they do by themselves. `server.chance = lambda
    request: fault_or_none` is asked where no fault is queued. `server.wakes_threads = True`: a message wakes an archived thread
    instead of 50083.

Problems
    What `checks.py` finds wrong in a request or in our own answer, and every refusal that says the request itself was wrong
    (50035, 50006, ...). `with server.expecting_problems() as found:` keeps those of its block in `found`. Where PAPERBOY_SHARED
    is set, requests and answers are held to specs/discord/openapi.json; `schemas.UNCHECKED` lists the routes that are not.
    `server.checking = False` looks for none of it, `server.recording = False` keeps no calls: for benchmarks.

Gateway
    `server.gateway` at `server.gateway_url`; GET /gateway/bot tells `shards`, `remaining` and `max_concurrency` of it. It replays on
    resume, closes with Discord's codes, counts identifies, hears shards and intents apart. Look at `connections`, `open`, `sessions`,
    `session` (seq, resumed, dead, intents), `identifies`, `resumes`; `await gateway.connected(n)`. Bad days: `reconnect()` (op 7),
    `invalidate(resumable=...)` (op 9), `close(code)`, `cut()`, `forget()`, `raw(text)`, `dispatch(event, data, guild=...)` for what is
    malformed, and the attributes `zombie`, `refusing`, `dropping`, `heartbeat_interval`, `privileged`.
    What changes over REST is dispatched by itself.

People (`sending.py`)
    `await server.command("subscribe", query="x", user=..., channel=...)` holds the options to what is registered in
    `server.commands`; `complete(name, option, typed)` returns choices; `on_message("Find similar papers", message)`,
    `press(message, label_or_id_or_option, values=())`, `submit(interaction_that_opened_a_form, {label_or_id: value})`, and
    `send(interaction)` for one made by hand. Each returns the `Interaction` after the first response; `wait=False` at once.
    `mention(text)`, `direct(text)`, `react(message, emoji, removed=False)`, `join(guild)`, `leave(guild)`, `outage(guild)`,
    `opened(channel)`, `changed(channel, archived=True)`, `removed(channel)`, `permit(channel, bits)` tell the gateway at once.
"""

from tests.discord.fake.faults import Fault, cloudflare, drop_after, drop_before, error, hang, late, rate_limited, server_error, torn
from tests.discord.fake.interaction import Interaction
from tests.discord.fake.permissions import BOT_PERMISSIONS, EVERYONE
from tests.discord.fake.record import Message, Request
from tests.discord.fake.server import FakeDiscord
from tests.discord.fake.world import Channel, Guild, Member, Tag, User

__all__ = [
    "BOT_PERMISSIONS",
    "EVERYONE",
    "Channel",
    "FakeDiscord",
    "Fault",
    "Guild",
    "Interaction",
    "Member",
    "Message",
    "Request",
    "Tag",
    "User",
    "cloudflare",
    "drop_after",
    "drop_before",
    "error",
    "hang",
    "late",
    "rate_limited",
    "server_error",
    "torn",
]
