"""`check`: looks whether all is set up rightly, a line for each thing, before people find out that it is not."""

from bot.checking.checking import check

__all__ = ["check"]
