"""PNG files as far as the pictures need them: made smaller without losing anything, and with a word of ours in them.

After the specification, https://www.w3.org/TR/png-3/ (chunks: 5.3; filters: 9.2; tEXt: 11.3.3.2).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}
"""Bytes of a pixel by the type of colour: 8 bits of red, green, blue, and alpha."""


def chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each, in their order."""
    at = len(SIGNATURE)
    while at < len(picture):
        length, kind = struct.unpack_from(">I4s", picture, at)
        yield kind, picture[at + 8 : at + 8 + length]
        at += length + 12


def size(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    width, height = struct.unpack_from(">II", next(chunks(picture))[1])
    return width, height


def packed(picture: bytes, **words: str) -> bytes:
    """The same pixels, smaller where they are letters on one colour, with these words in ASCII as its text.

    A browser filters the rows, which helps photographs and doubles the room that text takes.

    Raises:
        ValueError: Another kind of PNG than a browser's screenshot.
    """
    parts = dict[bytes, bytes]()
    for kind, content in chunks(picture):
        parts[kind] = parts.get(kind, b"") + content
    width, _, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    if depth != 8 or colour not in _CHANNELS or interlaced:
        raise ValueError(f"depth {depth}, colour {colour}, interlaced {interlaced}")
    rows = _unfiltered(zlib.decompress(parts[b"IDAT"]), width * _CHANNELS[colour], _CHANNELS[colour])
    text = [(b"tEXt", key.encode() + b"\0" + value.encode("ascii")) for key, value in words.items()]
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return _written([(b"IHDR", parts[b"IHDR"]), *text, (b"IDAT", pixels), (b"IEND", b"")])


def word(picture: bytes, key: str) -> str:
    """What `packed` put into it under that key; "" for nothing."""
    begins = key.encode() + b"\0"
    found = (content for kind, content in chunks(picture) if kind == b"tEXt" and content.startswith(begins))
    return next(found, begins).removeprefix(begins).decode("ascii")


def _written(parts: Iterable[tuple[bytes, bytes]]) -> bytes:
    written = (struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)) for kind, content in parts)
    return SIGNATURE + b"".join(written)


def _unfiltered(raw: bytes, length: int, step: int) -> Iterator[bytes]:
    above = bytes(length)
    for start in range(0, len(raw), length + 1):
        row = bytearray(raw[start + 1 : start + 1 + length])
        match raw[start]:
            case 0:
                pass
            case 1:
                for at in range(step, length):
                    row[at] = (row[at] + row[at - step]) & 255
            case 2:
                row = bytearray((one + up) & 255 for one, up in zip(row, above, strict=True))
            case 3:
                for at in range(length):
                    row[at] = (row[at] + ((row[at - step] if at >= step else 0) + above[at]) // 2) & 255
            case 4:
                for at in range(length):
                    left, corner = (row[at - step], above[at - step]) if at >= step else (0, 0)
                    row[at] = (row[at] + _paeth(left, above[at], corner)) & 255
            case strange:
                raise ValueError(f"filter {strange}")
        above = bytes(row)
        yield above


def _paeth(left: int, up: int, corner: int) -> int:
    return min((left, up, corner), key=lambda one: abs(left + up - corner - one))
