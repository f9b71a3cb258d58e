"""The places of a platform: who hangs holds up nobody else, and what is under way is brought to its end."""
