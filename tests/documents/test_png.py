"""A picture that was packed has the same pixels."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents import png


def made(width: int, rows: list[tuple[int, bytes]], *, colour: int = 6, depth: int = 8) -> bytes:
    """A PNG of rows with their filters, its pixels in several chunks."""
    pixels = zlib.compress(b"".join(bytes([kind]) + row for kind, row in rows))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)), (b"gAMA", b"\0\0\0\1")]
    parts += [(b"IDAT", pixels[:9]), (b"IDAT", pixels[9:]), (b"IEND", b"")]
    return png.SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)) for kind, content in parts
    )


def pixels(picture: bytes) -> bytes:
    """Of a picture without filters, each row after a 0."""
    return zlib.decompress(b"".join(content for kind, content in png.chunks(picture) if kind == b"IDAT"))


def filtered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """As an encoder filters it, told as the specification tells it."""
    out = []
    for at, one in enumerate(row):
        left, up = row[at - step] if at >= step else 0, above[at]
        corner = above[at - step] if at >= step else 0
        guess = left + up - corner
        distances = [(abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner)]
        out.append((one - (0, left, up, (left + up) // 2, min(distances)[2])[kind]) & 255)
    return bytes(out)


@given(st.data(), st.integers(1, 5), st.integers(1, 6), st.sampled_from([(2, 3), (6, 4)]))
def test_whatever_the_filters_the_pixels_stay(data: st.DataObject, width: int, height: int, colour: tuple[int, int]) -> None:
    kind, step = colour
    rows = data.draw(st.lists(st.binary(min_size=width * step, max_size=width * step), min_size=height, max_size=height))
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    every = zip(kinds, rows, [bytes(width * step), *rows], strict=False)
    picture = png.packed(made(width, [(filter, filtered(filter, row, above, step)) for filter, row, above in every], colour=kind))
    assert pixels(picture) == b"".join(b"\0" + row for row in rows)
    assert png.size(picture) == (width, height)


def test_a_word_put_into_a_picture_is_found_in_it() -> None:
    picture = png.packed(made(1, [(0, b"abcd")]), Fingerprint="0a1b", Other="x")
    assert (png.word(picture, "Fingerprint"), png.word(picture, "Other"), png.word(picture, "Finger")) == ("0a1b", "x", "")


@pytest.mark.parametrize(("colour", "depth"), [(3, 8), (6, 16)])
def test_other_kinds_of_png_are_refused(colour: int, depth: int) -> None:
    with pytest.raises(ValueError, match="colour"):
        png.packed(made(1, [(0, b"a" * 8)], colour=colour, depth=depth))


def test_a_filter_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="filter 5"):
        png.packed(made(1, [(5, b"abcd")]))
