"""The documents: what in them is written by the program, and what is tried."""
