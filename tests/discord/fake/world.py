"""Everything there is on this Discord: guilds, channels, people."""

from tests.discord.fake.channel import Channel, Tag
from tests.discord.fake.guild import Guild
from tests.discord.fake.people import Member, User

__all__ = ["Channel", "Guild", "Member", "Tag", "User"]
