"""Whether a stranger's payload has the shape it must have, before anybody looks into it."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


class Misshapen(ValueError):
    """It has another. The text says why, for the log, with nothing of what is in the payload."""


def shaped(payload: object, shape: type[T]) -> T:
    """What is known of a payload that JSON was read into.

    Raises:
        Misshapen: It cannot be worked on.
    """
    try:
        known = msgspec.convert(payload, type=shape)
        # Halves of characters, which JSON can say: no store and no platform takes them.
        msgspec.json.encode(payload)
    except msgspec.ValidationError as error:
        raise Misshapen(str(error)) from None
    except (UnicodeEncodeError, RecursionError, ValueError) as error:
        raise Misshapen(type(error).__name__) from None
    return known
