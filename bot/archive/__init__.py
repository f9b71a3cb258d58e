"""The archive: the newest papers in memory, to be searched, compared and learnt from."""

from bot.archive.archive import Archive, Found, Suggestion

__all__ = ["Archive", "Found", "Suggestion"]
