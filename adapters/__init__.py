"""Doors to the world: each translates one place people talk into the core's words and back."""
