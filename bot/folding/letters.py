"""Letters as they are compared: one case, no accents, no widths, one kind of dash and of quote, TeX and Greek written out."""

from __future__ import annotations

import re
import unicodedata

from bot.folding.tex import readable


def fold(text: str) -> str:
    r"""The text as a person would type it, in lower case, on one line, blanks collapsed.

    `Schr\"odinger` and `Schrödinger` become schrodinger, `$\beta$-VAE` and `β-VAE` beta-vae,
    `Bengio's` bengio (a possessive is no other word). Signs that part words stay, control and bidirectional characters go.
    Folding twice changes nothing. Never raises, whatever the text holds.
    """
    text = readable(text)
    if not text.isascii():
        text = text.translate(_EVERYDAY)
        if not text.isascii():
            return _tidy(_fold_wide(text))
    return _tidy(text.lower())


def _tidy(text: str) -> str:
    text = " ".join(text.split())
    if not text.isprintable():
        text = " ".join(_CONTROL.sub("", text).split())
    if "{" in text or "}" in text or "$" in text:
        text = " ".join(text.translate(_BRACES).split())
    if "'s" in text:
        text = " ".join(_POSSESSIVE.sub("", text).split())
    return text


def _fold_wide(text: str) -> str:
    text = _INVISIBLE.sub("", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    # Casefolding can undo a composition, and a decomposition can bring a dash or a digit to light: first take all apart.
    text = unicodedata.normalize("NFKD", text).casefold()
    text = _MARKS.sub("", text).translate(_EVERYDAY).translate(_LETTERS).translate(_BRACES)
    # Only now that nothing falls away any more, for what stood apart may be one syllable without it.
    text = unicodedata.normalize("NFC", text)
    text = _OTHER_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
    return _GREEK.sub(_name_greek, text)


def _name_greek(match: re.Match[str]) -> str:
    # βVAE is written β-VAE as well: a named letter is a part of a compound, never glued to its neighbours.
    name = "-".join(_NAMES[letter] for letter in match[0])
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return f"{'-' if before.isalnum() else ''}{name}{'-' if after.isalnum() else ''}"


_DASHES = "\u02d7\u058a\u05be\u1400\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u208b\u2212\u2796\u2e17\u2e1a\u2e3a\u2e3b\u2e40"
_DASHES += "\u301c\u3030\u30a0\ufe31\ufe32\ufe58\ufe63\uff0d\U00010ead"
_SINGLE_QUOTES = "\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\uff07\ua78c"
_DOUBLE_QUOTES = "\u00ab\u00bb\u201c\u201d\u201e\u201f\u2033\u2036\u300c\u300d\u300e\u300f\u301d\u301e\u301f\uff02"
_EVERYDAY = str.maketrans(
    dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_SINGLE_QUOTES, "'")
    | dict.fromkeys(_DOUBLE_QUOTES, '"')
    | dict.fromkeys("\u00ae\u2122\u00a9\u2120\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")  # else NFKC makes "gpttm" of GPT™
    | {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2026": "...",
        "\u00d7": "x",
        "\u2044": "/",
        "\u2215": "/",
        "\u2217": "*",
        "\u22c6": "*",
    }
)
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "\u0131": "i", "ŋ": "ng", "ŧ": "t", "ƒ": "f"}
    | {"\u0640": "", "\u0138": "k"}
)
_BRACES = str.maketrans(dict.fromkeys("{}$"))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
# Accents and vowel points only. The vowel signs of Indic scripts and the voicing marks of kana tell words apart and stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
    "\u06ea-\u06ed\u0711\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_POSSESSIVE = re.compile(r"(?<=[^\W_])(?:'s)+(?=[\s!-/:-@\[-^`{-~]|$)")
# Three and more in a row are a Greek word, which nobody spells out.
_GREEK = re.compile("(?<![\u03b1-\u03c9])[\u03b1-\u03c9]{1,2}(?![\u03b1-\u03c9])|[\u221e\u2207\u2202]")
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon phi chi psi omega"
)
"""From U+03B1 on; the second sigma is the one at the end of a word."""
_NAMES = {chr(point): name for point, name in enumerate(_GREEK_NAMES.split(), start=0x03B1)} | {
    "\u221e": "infinity",
    "\u2207": "nabla",
    "\u2202": "partial",
}
