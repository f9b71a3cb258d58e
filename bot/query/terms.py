"""One symbol read as one condition: the fields, the numbers, the facts, and what may stand for each."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bot.folding import chunks, fold
from bot.identity import recognise
from bot.paper import ARXIV, HUGGING_FACE, SAMPLE
from bot.query.lexer import FIELDS, IDENTIFIER, Kind, Symbol
from bot.query.nodes import Comparison, Field, FromSource, HasId, InCategory, Number, Quantity, Trait
from bot.query.refusal import Refusal
from bot.query.spelling import SHORTEST_STEM, beginning, words
from bot.query.tree import RESERVED

if TYPE_CHECKING:
    from bot.paper import PaperId
    from bot.query.nodes import Condition

# https://arxiv.org/category_taxonomy, with the archives closed since: papers keep their categories.
_PARTED_ARCHIVES = "astro-ph cond-mat cs econ eess math nlin physics q-bio q-fin stat"
_OTHER_ARCHIVES = """
gr-qc hep-ex hep-lat hep-ph hep-th math-ph nucl-ex nucl-th quant-ph acc-phys adap-org alg-geom ao-sci atom-ph bayes-an chao-dyn chem-ph
cmp-lg comp-gas dg-ga funct-an mtrl-th patt-sol plasm-ph q-alg solv-int supr-con
"""
_PARTED = frozenset(_PARTED_ARCHIVES.split())
_ARCHIVES = _PARTED | frozenset(_OTHER_ARCHIVES.split())
_OPEN_ARCHIVES = sorted([*_PARTED, *_OTHER_ARCHIVES.split()[:9]])
"""Those that take papers today."""
_COMPUTING_SUBJECTS = (
    "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI OH OS PF PL RO SC SD SE SI SY"
)
_COMPUTING = frozenset(_COMPUTING_SUBJECTS.split())
_SUBJECT = 2
"""Letters of a subject class written in capitals (cs.CL); longer ones are not (physics.ao-ph)."""

_SOURCES = (HUGGING_FACE, ARXIV, SAMPLE)
_SOURCE_NAMES = {"hf": HUGGING_FACE, "hugging-face": HUGGING_FACE, "hugging_face": HUGGING_FACE, "huggingface.co": HUGGING_FACE}
_TRAITS = {
    "has": {"code": Trait.HAS_CODE, "model": Trait.HAS_MODEL, "models": Trait.HAS_MODEL},
    "is": {"new": Trait.IS_NEW, "update": Trait.IS_UPDATE, "updated": Trait.IS_UPDATE},
}
_QUANTITIES = {"upvote": Quantity.UPVOTES, "vote": Quantity.UPVOTES, "star": Quantity.STARS}
_COMPARISONS = {"=>": Comparison.AT_LEAST, "=<": Comparison.AT_MOST, "==": Comparison.EQUAL, "": Comparison.EQUAL}
_LARGEST = 9
"""Digits."""

_FACT = re.compile(r"(upvote|vote|star)s?\s*:?\s*([<>=]*)\s*(.*)", re.IGNORECASE)
_WHOLE = re.compile(r"([0-9][0-9,_]*)(k?)", re.IGNORECASE)
_RANGE = re.compile(r"([0-9]+)\.\.+([0-9]+)")
_CATEGORY = re.compile(r"([a-z]+(?:-[a-z]*)?)(\.[a-z-]*)?(\*?)", re.IGNORECASE)
_CATEGORY_FIELD = re.compile(r"\b(?:cat|category):\s*$", re.IGNORECASE)
_PART = re.compile(r"[,;](?![0-9])|(?<![0-9])[,;]")
_STRANGE_FIELD = re.compile(r"([a-z][a-z_-]+):((?:[^\s:/].*)?)", re.IGNORECASE | re.DOTALL)
_STRANGE_NUMBER = re.compile(r"([a-z]{3,})[<>]=?([0-9]+)$", re.IGNORECASE)
_STAR_IN_PHRASE = re.compile(r"[^\W_]{2,}\*")
_ADDRESS = re.compile(r"https?:|www\.|arxiv\.org|doi\.org", re.IGNORECASE)
_PATTERN = re.compile(r"/.+/[a-z]*", re.DOTALL)
_EDGES = ".,;:!?"


def condition(symbol: Symbol, field: str, signs: str) -> Condition | None:
    """What a word, a quoted phrase or a value means in a field ("" for none). None for signs without a meaning of their own.

    Raises:
        Refusal: It means nothing there.
    """
    match field:
        case "cat":
            return _category(symbol, signs)
        case "source":
            return _source(symbol, signs)
        case "id":
            return _id(symbol, signs)
        case "has" | "is":
            return _trait(symbol, field, signs)
        case _:
            return _text(symbol, Field(field) if field else None, signs)


def fact(symbol: Symbol, signs: str) -> Number:
    """What `upvotes >= 10` means.

    Raises:
        Refusal: No comparison, or no whole number to compare with.
    """
    parts = _FACT.fullmatch(symbol.text)
    assert parts is not None
    name, sign, value = parts.groups()
    quantity = _QUANTITIES[name.casefold()]
    if sign not in {*Comparison, *_COMPARISONS}:
        reason = "Numbers are compared with >, >=, <, <= or =."
        raise _refusal(reason, symbol, signs, f"{quantity}>={value}")
    comparison = _COMPARISONS.get(sign) or Comparison(sign)
    whole = _WHOLE.fullmatch(value.rstrip(_EDGES))
    digits = re.sub("[,_]", "", whole[1]) + ("000" if whole[2] else "") if whole else ""
    if len(digits) > _LARGEST:
        raise _refusal(f"A number has at most {_LARGEST} digits.", symbol, signs, f"{quantity}{comparison}{'9' * _LARGEST}")
    if not digits:
        span = _RANGE.fullmatch(value)
        between = f"{quantity}>={span[1]} {quantity}<={span[2]}" if span else f"{quantity}{comparison}10"
        raise _refusal("Here a whole number is missing.", symbol, signs, between)
    return Number(quantity, comparison, int(digits))


def _text(symbol: Symbol, field: Field | None, signs: str) -> Condition | None:
    if symbol.kind is Kind.PHRASE:
        return _phrase(symbol, field, signs)
    if field is None and (paper := _named(symbol.text)):
        return HasId(paper)
    _refuse_strangers(symbol, symbol.text, signs)
    if symbol.kind is Kind.VALUE and _PART.search(symbol.text.strip(_EDGES)):
        together = " ".join(_PART.split(symbol.text))
        raise _refusal("Several words of one field go into brackets.", symbol, signs, f"({together})")
    folded = fold(symbol.text)
    if "*" in folded:
        return _beginning(symbol, folded, field, signs)
    found = words(symbol.text, field=field)
    if found is None:
        return None
    # Without the signs around it, as it would be echoed, a word may turn out to be one of these after all.
    if field is None and (paper := _named(found.text)):
        return HasId(paper)
    _refuse_strangers(symbol, found.text, signs)
    if found.text in RESERVED and symbol.kind is Kind.WORD:
        operator = found.text.upper()
        reason = f"As a plain word “{symbol.text}” says little: write {operator} in capitals, or quote it."
        # A pasted title with "not" in it would come to mean its opposite.
        fixes = (f'"{found.text}"',) if operator == "NOT" else (operator, f'"{found.text}"')
        raise _refusal(reason, symbol, signs, *fixes)
    return found


def _phrase(symbol: Symbol, field: Field | None, signs: str) -> Condition:
    if _STAR_IN_PHRASE.search(fold(symbol.text)):
        reason = "Quotes look for exactly these words; a star works outside of them."
        raise _refusal(reason, symbol, signs, f"({symbol.text})" if field else symbol.text, '"' + symbol.text.replace("*", "") + '"')
    found = words(symbol.text, exact=True, field=field)
    if found is None:
        raise _refusal("There is no word between these quotes.", symbol, signs, "")
    return found


def _beginning(symbol: Symbol, folded: str, field: Field | None, signs: str) -> Condition | None:
    stem = folded.rstrip("*" + _EDGES)
    bare = stem.replace("*", " ")
    if not words(stem):
        raise _refusal("A star alone would match everything; put it behind the first letters of a word.", symbol, signs, "")
    if "*" in stem or not folded.rstrip(_EDGES).endswith("*"):
        reason = "A star stands only at the end of a word; there are no regular expressions."
        raise _refusal(reason, symbol, signs, bare.strip().split(" ")[0] + "*", bare, f'"{symbol.text}"')
    found = beginning(stem, field)
    if found is None and sum(map(str.isalnum, stem)) < SHORTEST_STEM:
        reason = f"At least {SHORTEST_STEM} letters must stand before a star, else it matches too much."
        # A* and Q* are names when quoted, t* is not.
        quoted = f'"{symbol.text}"'
        named = words(quoted, exact=True)
        fixes = (quoted, stem) if named and "*" in named.text else (stem,)
        raise _refusal(reason, symbol, signs, *fixes)
    if found is None:
        raise _refusal("A star goes with a single word.", symbol, signs, stem, bare)
    return found


def _refuse_strangers(symbol: Symbol, text: str, signs: str) -> None:
    """Words that look like something else: a link, a regular expression, a field or a number that there is not."""
    plain = " ".join(chunk.text for chunk in chunks(fold(text)))
    if _ADDRESS.match(text):
        raise _refusal("A link cannot be looked for; write words from its title.", symbol, signs, f'"{plain}"')
    if _PATTERN.fullmatch(text):
        reason = "There are no regular expressions; use transform* for beginnings and OR for alternatives."
        raise _refusal(reason, symbol, signs, plain)
    if text in {"|", "||"}:
        raise _refusal("Alternatives are parted by OR.", symbol, signs, "OR")
    if number := _STRANGE_NUMBER.match(text):
        reason = f"There is no number “{number[1]}”; there are upvotes and stars."
        raise _refusal(reason, symbol, signs, f"upvotes>={number[2]}")
    strange = _STRANGE_FIELD.fullmatch(text)
    # With a blank behind the colon it is a pasted title: "BERT: Pre-training".
    if strange and (strange[2] or signs[symbol.end : symbol.end + 1] in {'"', "("}):
        near = get_close_matches(strange[1].casefold(), [*FIELDS, *Quantity], n=1)
        right = FIELDS.get(near[0], near[0]) if near else ""
        known = f"did you mean “{right}:”?" if right else f"there are {_listed([*dict.fromkeys(FIELDS.values())])}."
        fixes = [f"{right}:{strange[2]}", f'"{plain}"'] if right else [f'"{plain}"']
        raise _refusal(f"There is no field “{strange[1]}:”; {known}", symbol, signs, *fixes)


def _category(symbol: Symbol, signs: str) -> InCategory:
    text = symbol.text.strip().rstrip(_EDGES)
    parts = _CATEGORY.fullmatch(text)
    if parts is None:
        several = [part for part in re.split(r"[,;\s]+", text) if part]
        fix = f"({' OR '.join(several)})" if len(several) > 1 else "cs.CL"
        raise _refusal("A category is written like cs.CL, or cs.* for all of an archive.", symbol, signs, fix)
    archive, subject, star = parts[1].casefold(), parts[2] or "", parts[3]
    if star and not subject:
        if not any(known.startswith(archive) for known in _ARCHIVES):
            raise _unknown_archive(symbol, archive, subject, signs)
        return InCategory(archive + "." if archive in _PARTED else archive, whole=False)
    if archive not in _ARCHIVES:
        raise _unknown_archive(symbol, archive, subject + star, signs)
    subject = subject.upper() if len(subject) <= _SUBJECT + 1 else subject.casefold()
    if star:
        return InCategory(archive + subject, whole=False)
    if archive in _PARTED and subject in {"", "."}:
        return InCategory(archive + ".", whole=False)
    return InCategory(archive + ("" if subject == "." else subject))


def _unknown_archive(symbol: Symbol, archive: str, rest: str, signs: str) -> Refusal:
    near = get_close_matches(archive, sorted(_ARCHIVES), n=1)
    known = archive.upper() in _COMPUTING | {"ML"} and not rest
    if known or near:
        offered = f"{'stat' if archive == 'ml' else 'cs'}.{archive.upper()}" if known else near[0] + rest
        return _refusal(f"arXiv has no archive “{archive}”; did you mean “{offered}”?", symbol, signs, offered)
    reason = f"arXiv has no archive “{archive}”, so no paper has such a category; there are {_listed(_OPEN_ARCHIVES)}."
    # "cat:robotics" is after a word; inside the bracket of a field it cannot stand as one, there an example must do.
    before = _CATEGORY_FIELD.sub("", signs[: symbol.start])
    example = _refusal(reason, symbol, signs, "cs.CL")
    word = () if before == signs[: symbol.start] else (before + symbol.text + signs[symbol.end :],)
    return Refusal(reason, symbol.start, symbol.end, *word, *example.fixes)


def _source(symbol: Symbol, signs: str) -> FromSource:
    text = symbol.text.strip().rstrip(_EDGES).casefold()
    name = _SOURCE_NAMES.get(text.replace(" ", "-"), text)
    near = get_close_matches(name, _SOURCES, n=1)
    if name not in _SOURCES:
        offered = near[0] if near else HUGGING_FACE
        raise _refusal(f"There is no source “{symbol.text.strip()}”; there are {_listed(list(_SOURCES))}.", symbol, signs, offered)
    return FromSource(name)


def _id(symbol: Symbol, signs: str) -> HasId:
    paper = _identity(symbol.text)
    if paper is None:
        reason = "This is no arXiv id, no DOI and no link to a paper; an id looks like 2505.23885."
        raise _refusal(reason, symbol, signs, "2505.23885")
    return HasId(paper)


def _identity(text: str) -> PaperId | None:
    """The paper that a text names; None also if its id could not be typed back."""
    paper = recognise(text.strip())
    return paper if paper and IDENTIFIER.fullmatch(paper) and recognise(paper) == paper else None


def _named(word: str) -> PaperId | None:
    """The paper that a word without a field names as a whole. With a star it is the beginning of a word, unless it is a link."""
    return None if "*" in word and not _ADDRESS.match(word) else _identity(word)


def _trait(symbol: Symbol, field: str, signs: str) -> Trait:
    known = _TRAITS[field]
    text = symbol.text.strip().rstrip(_EDGES).casefold()
    if text not in known:
        near = get_close_matches(text, known, n=1, cutoff=0.0)
        choice = _listed([trait.value for trait in dict.fromkeys(known.values())], "or")
        right = known[near[0]].value.removeprefix(f"{field}:") if near else next(iter(known))
        raise _refusal(f"Behind “{field}:” stands {choice}.", symbol, signs, right)
    return known[text]


def _listed(names: list[str], last: str = "and") -> str:
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def _refusal(reason: str, symbol: Symbol, signs: str, *fixes: str) -> Refusal:
    """A refusal whose fixes replace this symbol."""
    before, after = signs[: symbol.start], signs[symbol.end :]
    return Refusal(reason, symbol.start, symbol.end, *(f"{before}{fix}{after}" for fix in fixes))
