"""What is said to somebody whose request failed by no fault of theirs."""

from __future__ import annotations

from bot.message import Message, Text

WRONG = Message(
    (Text("Something went wrong here, by a mistake in Paperboy and not in what you did. Whoever runs it finds it in the log; try again."),)
)
AWAY_WORDS = "I cannot reach my store just now, so this may not have been done. Try again in a minute."
AWAY = Message((Text(AWAY_WORDS),))
