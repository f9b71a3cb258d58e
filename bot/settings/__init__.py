"""What the operator decides, read from the environment once at the start. The only room that knows the environment."""

from bot.settings.hosting import refuse_lost_disk, would_be_lost
from bot.settings.known import secrets_of
from bot.settings.settings import Settings, read_settings, revealed
from bot.settings.written import Setting, example, listed

__all__ = ["Setting", "Settings", "example", "listed", "read_settings", "refuse_lost_disk", "revealed", "secrets_of", "would_be_lost"]
