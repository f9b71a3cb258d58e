"""Paperboy's core: papers in, one ranked digest a channel out. It knows no chat platform."""

__version__ = "0.2.0"
