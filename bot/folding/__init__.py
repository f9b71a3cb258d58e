"""Text as it is compared: one spelling for what people write in many ways, parted into tokens."""

from __future__ import annotations

from bot.folding.letters import fold
from bot.folding.plurals import neutral
from bot.folding.tex import readable
from bot.folding.tokens import GAP, UNSPACED, Chunk, Passage, chunks, passage, strung, title_key

__all__ = ["GAP", "UNSPACED", "Chunk", "Passage", "chunks", "fold", "neutral", "passage", "readable", "strung", "title_key"]
