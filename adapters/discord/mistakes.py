"""What of a gateway's end is for the operator to put right: trying again would be no use."""

from __future__ import annotations

import discord

from adapters.discord.errors import TokenRefused
from bot.errors import OperatorMistake

NOT_ACCEPTED = "DISCORD_TOKEN: Discord does not accept it. Copy it again: page Bot of the application, Reset Token. See config/env.example."
"""For the operator."""

_BAD_TOKEN, _BAD_INTENTS = frozenset({4004}), frozenset({4013, 4014})


def mistake(error: Exception) -> OperatorMistake | None:
    """What the operator has to put right, if it is that.

    Args:
        error: discord.py's or ours.
    """
    code = error.code if isinstance(error, discord.ConnectionClosed) else 0
    status = error.status if isinstance(error, discord.HTTPException) else 0
    if isinstance(error, discord.LoginFailure | TokenRefused) or code in _BAD_TOKEN or status == 401:  # noqa: PLR2004  # unauthorized
        return OperatorMistake(NOT_ACCEPTED)
    if isinstance(error, discord.PrivilegedIntentsRequired) or code in _BAD_INTENTS:
        return OperatorMistake(
            f"DISCORD_TOKEN: Discord does not allow this bot what it wants to hear ({code or 4014}). "
            "Page Bot of the application, Privileged Gateway Intents, or set DISCORD_REACTIONS=false. See config/env.example."
        )
    return None
