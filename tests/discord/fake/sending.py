"""What people do, as the gateway tells the app: commands, presses, forms, words, reactions, and the life of servers and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord.fake.gateway import Gateway
from tests.discord.fake.gateway_payloads import as_dispatched, guild_create
from tests.discord.fake.options import command_data, component, registered, submitted
from tests.discord.fake.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.clock import Clock
    from tests.discord.fake.interaction import Interaction
    from tests.discord.fake.record import Json, Message
    from tests.discord.fake.world import Channel, Guild, User

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
"""Types of interactions."""


class Sending(State):
    """The people's side of the fake.

    Methods that send an interaction return it once the app has responded (deferred counts), or, with `wait=False`, at once; they raise
    TimeoutError if there is no response within `patience`.

    Attributes:
        gateway: Its connections, sessions and bad days: see `Gateway`.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.gateway = Gateway(self)
        self.ears.append(self._dispatch)

    def _dispatch(self, event: str, guild_id: str, d: Json) -> None:
        self.gateway.dispatch(event, as_dispatched(self, event, guild_id, d), guild=guild_id)

    # ------------------------------------------------------------ interactions

    async def send(self, interaction: Interaction, *, wait: bool = True) -> Interaction:
        """Send an interaction that was made with `interaction`, or an old one once more."""
        await self.until(lambda: self.gateway.open)
        guild = interaction.channel.guild
        self.announce("INTERACTION_CREATE", guild.id if guild else "", interaction.payload)
        if wait:
            await interaction.responded()
        return interaction

    async def command(
        self,
        name: str,
        /,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        outside: bool = False,
        locale: str = "en-US",
        wait: bool = True,
        **options: object,
    ) -> Interaction:
        """Somebody runs `/papers name` with these options, which are held to what is registered.

        Args:
            name: The subcommand; with a blank in it the whole path ("papers subscribe").

        Raises:
            LookupError: There is no such command or option, or a required one is missing.
        """
        data = command_data(self.commands.get("", []), name, options)
        made = self.interaction(COMMAND, data, user=user, channel=channel, outside=outside, locale=locale)
        return await self.send(made, wait=wait)

    async def complete(
        self,
        name: str,
        option: str,
        typed: str,
        /,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        **options: object,
    ) -> list[Json]:
        """Somebody is typing this into an option; the choices the app offers."""
        data = command_data(self.commands.get("", []), name, {**options, option: typed}, focused=option)
        interaction = await self.send(self.interaction(AUTOCOMPLETE, data, user=user, channel=channel))
        return list(interaction.choices or [])

    async def on_message(self, name: str, message: Message, /, *, user: User | None = None, wait: bool = True) -> Interaction:
        """Somebody picks a command from the menu of a message, whoever wrote it."""
        found = registered(self.commands.get("", []), name, type=3)
        shown = as_dispatched(self, "MESSAGE_CREATE", "", message.payload())
        data: Json = {"id": found["id"], "name": name, "type": 3, "target_id": message.id, "resolved": {"messages": {message.id: shown}}}
        return await self.send(self.interaction(COMMAND, data, user=user, channel=message.channel), wait=wait)

    async def press(
        self,
        message: Message,
        what: str,
        /,
        *,
        user: User | None = None,
        values: Sequence[str] = (),
        wait: bool = True,
    ) -> Interaction:
        """Somebody presses a button, or picks from a menu.

        Args:
            what: The label of a button, the placeholder of a menu, the label or value of one of its options, or a custom id.
            values: What is picked: values or labels of options; needed unless `what` is an option.

        Raises:
            LookupError: The message has nothing of the sort, or it is disabled.
        """
        data = component(message.payload()["components"], what, values)
        made = self.interaction(COMPONENT, data, user=user, channel=message.channel, message=message)
        return await self.send(made, wait=wait)

    async def submit(
        self,
        opened: Interaction,
        values: Mapping[str, str | Sequence[str]] | None = None,
        /,
        *,
        user: User | None = None,
        wait: bool = True,
    ) -> Interaction:
        """Somebody sends off the form that an interaction opened; inputs not named keep what they start with.

        Args:
            values: By the custom id or the label of the input: text, or the values picked.

        Raises:
            LookupError: No form was opened, it has no such input, or one that is required is empty.
        """
        if opened.modal is None:
            raise LookupError("it opened no form")
        data = submitted(opened.modal, dict(values or {}))
        made = self.interaction(MODAL, data, user=user or opened.user, channel=opened.channel, message=opened.message)
        return await self.send(made, wait=wait)

    # ------------------------------------------------------------ words and reactions

    def mention(self, text: str, *, user: User | None = None, channel: Channel | None = None, **more: Any) -> Message:
        """Somebody writes a message that mentions the bot."""
        return self.say(channel or self.reading, user or self.ada, f"<@{self.bot.id}> {text}", **more)

    def direct(self, text: str, *, user: User | None = None, **more: Any) -> Message:
        """Somebody writes to the bot alone."""
        return self.say(self.dm(user or self.ada), user or self.ada, text, **more)

    def react(self, message: Message, emoji: str, *, user: User | None = None, removed: bool = False) -> None:
        """Somebody gives, or takes back, a reaction."""
        who = user or self.ada
        given = message.reactions.setdefault(emoji, [])
        if removed:
            given.remove(who.id)
        elif who.id not in given:
            given.append(who.id)
        guild = message.channel.guild
        said: Json = {
            "user_id": who.id,
            "channel_id": message.channel.id,
            "message_id": message.id,
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        if guild is not None:
            said["guild_id"] = guild.id
            if not removed:
                said |= {"member": guild.members[who.id].payload(), "message_author_id": message.author.id}
        self.announce(f"MESSAGE_REACTION_{'REMOVE' if removed else 'ADD'}", guild.id if guild else "", said)

    # ------------------------------------------------------------ servers and channels

    def join(self, guild: Guild) -> None:
        """The bot is added to the server, or the server is there again after an outage."""
        guild.joined = guild.available = True
        self.announce("GUILD_CREATE", guild.id, guild_create(guild))

    def leave(self, guild: Guild) -> None:
        """The bot is removed from the server."""
        guild.joined = False
        self.announce("GUILD_DELETE", guild.id, {"id": guild.id})

    def outage(self, guild: Guild) -> None:
        """Discord itself loses the server for a while; `join` ends it."""
        guild.available = False
        self.announce("GUILD_DELETE", guild.id, {"id": guild.id, "unavailable": True})

    def opened(self, channel: Channel) -> None:
        """Tell that a channel or thread was made."""
        self._of_channel("CREATE", channel)

    def changed(self, channel: Channel, **fields: Any) -> None:
        """A channel or thread is changed as given (name, archived, locked) and that is told."""
        for name, value in fields.items():
            setattr(channel, name, value)
        self._of_channel("UPDATE", channel)

    def removed(self, channel: Channel) -> None:
        """A channel or thread is deleted."""
        channel.deleted = True
        self._of_channel("DELETE", channel)

    def permit(self, channel: Channel, bits: int) -> None:
        """The bot may do this in the channel from now on, and nothing else."""
        self.permissions(channel, bits)
        self._of_channel("UPDATE", channel)

    def _of_channel(self, what: str, channel: Channel) -> None:
        assert channel.guild is not None
        shown = channel.payload()
        if channel.is_thread and what == "DELETE":
            shown = {name: shown[name] for name in ("id", "guild_id", "parent_id", "type")}
        self.announce(f"{'THREAD' if channel.is_thread else 'CHANNEL'}_{what}", channel.guild.id, shown)
