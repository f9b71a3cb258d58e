"""The terminal: the same conversation as in a chat, for trying out, for scripts, for one person."""
