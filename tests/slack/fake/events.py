"""What happens in the workspace and reaches the app as an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.slack.fake.interaction import Interaction
from tests.slack.fake.lifecycle import Lifecycle, change
from tests.slack.fake.record import Message
from tests.slack.fake.sending import Sending
from tests.slack.fake.state import Shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.slack.fake.record import Json
    from tests.slack.fake.world import Channel, Team


class Events(Sending):
    """Each method returns after the acknowledgement, or raises NotAcknowledged."""

    async def event(
        self,
        event: Json,
        *,
        event_id: str | None = None,
        team: Team | None = None,
        retry_num: int | None = None,
        retry_reason: str | None = None,
        to: int | None = None,
        **outer: Any,
    ) -> Interaction:
        """Any event; `outer` joins or replaces keys beside it. Without an event_id it is a new one."""
        where = team or self.acme
        org = where.install.org
        payload = {
            "token": "verification",
            "team_id": where.id,
            "context_team_id": where.id,
            "context_enterprise_id": where.enterprise or None,
            "api_app_id": where.app_id,
            "event": {"event_ts": self.stamp(), **event},
            "type": "event_callback",
            "event_id": event_id or self.id("Ev"),
            "event_time": int(self.clock().timestamp()),
            "authorizations": [
                {
                    "enterprise_id": where.enterprise or None,
                    "team_id": None if org else where.id,
                    "user_id": where.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": org,
                },
            ],
            "is_ext_shared_channel": False,
            **({"enterprise_id": where.enterprise} if where.enterprise else {}),
            **outer,
        }
        interaction = Interaction(slack=self, kind="events_api", payload=payload)
        await self.door.deliver(interaction, to=to, retry_num=retry_num, retry_reason=retry_reason)
        return interaction

    async def mention(
        self,
        text: str,
        *,
        user: str = "U0ADA",
        channel: str = "C0READING",
        thread_ts: str = "",
        team: Team | None = None,
        **more: Any,
    ) -> Interaction:
        """Somebody writes to @paperboy in a channel; the message is in the channel. `more` goes to `event`."""
        where = (team or self.acme).channels[channel]
        message = self.say(where, user, f"<@{where.team.bot_user_id}> {text}", thread_ts)
        return await self.event(_message_event("app_mention", message), team=where.team, **more)

    async def direct(self, text: str, *, user: str = "U0ADA", thread_ts: str = "", team: Team | None = None, **more: Any) -> Interaction:
        """Somebody writes to the bot in private."""
        where = (team or self.acme).im(user)
        message = self.say(where, user, text, thread_ts)
        return await self.event({**_message_event("message", message), "channel_type": "im"}, team=where.team, **more)

    async def home_opened(self, user: str = "U0ADA", *, tab: str = "home", team: Team | None = None, **more: Any) -> Interaction:
        """Somebody opens the app; `view` is there once one was published."""
        where = team or self.acme
        event: Json = {"type": "app_home_opened", "user": user, "channel": where.im(user).id, "tab": tab}
        if tab == "home" and user in where.homes:
            event["view"] = where.homes[user].view
        return await self.event(event, team=where, **more)

    async def link_shared(
        self,
        urls: Sequence[str],
        channel: str = "C0READING",
        ts: str = "",
        *,
        composer: bool = False,
        user: str = "U0ADA",
        thread_ts: str = "",
        team: Team | None = None,
        **more: Any,
    ) -> Interaction:
        """Somebody pastes links: into a message (a new one unless `ts` names it), or only into the composer."""
        where = (team or self.acme).channels[channel]
        unfurl_id = self.id("unfurl-")
        if composer:
            ts = unfurl_id
        elif not ts:
            ts = self.say(where, user, " ".join(f"<{url}>" for url in urls), thread_ts).ts
        shown = "COMPOSER" if composer else channel
        self.shared[unfurl_id] = Shared(team=where.team, channel=shown, ts=ts, user=user, urls=tuple(urls))
        event: Json = {
            "type": "link_shared",
            "user": user,
            "channel": shown,
            "message_ts": ts,
            "links": [{"url": url, "domain": urlsplit(url).netloc} for url in urls],
            "source": "composer" if composer else "conversations_history",
            "unfurl_id": unfurl_id,
            "is_bot_user_member": where.member,
        }
        return await self.event(event | ({"thread_ts": thread_ts} if thread_ts else {}), team=where.team, **more)

    async def react(self, message: Message, emoji: str, user: str = "U0ADA", *, removed: bool = False, **more: Any) -> Interaction:
        """Somebody gives a reaction, or takes it back."""
        given = message.reactions.setdefault(emoji, [])
        if removed:
            given.remove(user)
            if not given:
                del message.reactions[emoji]
        elif user not in given:
            given.append(user)
        event: Json = {
            "type": "reaction_removed" if removed else "reaction_added",
            "user": user,
            "reaction": emoji,
            "item": {"type": "message", "channel": message.channel.id, "ts": message.ts},
            "item_user": message.user,
        }
        return await self.event(event, team=message.channel.team, **more)

    async def lifecycle(
        self,
        type: Lifecycle,
        *,
        channel: str = "C0READING",
        user: str = "U0ADA",
        name: str = "",
        new_id: str = "",
        team: Team | None = None,
        **more: Any,
    ) -> Interaction:
        """Something happens to a channel or to the installation: the world changes first, then the app hears."""
        where = team or self.acme
        return await self.event(change(where, type, channel=channel, user=user, name=name, new_id=new_id), team=where, **more)

    def say(self, channel: Channel, user: str, text: str, thread_ts: str = "") -> Message:
        """Somebody writes something the app does not hear of."""
        message = Message(channel=channel, ts=self.stamp(), text=text, user=user, thread_ts=thread_ts)
        channel.messages.append(message)
        return message


def _message_event(type: str, message: Message) -> Json:
    event: Json = {"type": type, "user": message.user, "ts": message.ts, "event_ts": message.ts, "text": message.text}
    event |= {"team": message.channel.team.id, "channel": message.channel.id}
    return event | ({"thread_ts": message.thread_ts} if message.thread_ts else {})
