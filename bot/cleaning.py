"""Outside text made fit for being shown as it is, before a platform escapes what it would parse."""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x09\x0e-\x1b\x1f\x7f-\x9f]")
_BROKEN = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: cannot be written as UTF-8 at all."""
# \N{ZERO WIDTH JOINER} and NON-JOINER stay: families of emoji and whole scripts are written with them. So do the tags that make
# the flags of England, Scotland and Wales out of a black flag; anywhere else they only hide text.
_INVISIBLE = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]+\U000e007f)"
    "|[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""What shows nothing and may reorder (bidirectional marks and overrides) or hide what is around it."""
_TOUCHED = re.compile("|".join(one.pattern for one in (_LINE_ENDS, _CONTROLS, _BROKEN, _INVISIBLE)))
"""Most texts have nothing of all that; looking for it once is four times as fast."""


def cleaned(text: str) -> str:
    """The text without control characters, nothing bidirectional or invisible in it; newlines stay. Doing it twice changes nothing."""
    if not _TOUCHED.search(text):
        return text
    text = _BROKEN.sub("\ufffd", _LINE_ENDS.sub("\n", text).replace("\t", "    "))
    return _INVISIBLE.sub(r"\1", _CONTROLS.sub("", text))
