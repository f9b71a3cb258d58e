"""Matching: which channels want which new papers."""

from bot.matching.percolator import Percolator

__all__ = ["Percolator"]
