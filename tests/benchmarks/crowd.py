"""Made-up papers and the rules of a made-up crowd: the same ones for the same numbers, on every machine."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.channel import Address
from bot.paper import Paper, PaperId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_words = str.split
_FILLERS = _words(
    "the of and a to in is we that for with on this as by are be an from our which it can have has not these their or at using based both"
    " show however results propose more than such between via each also while its method approach model different existing into other first"
)
_ONSETS = _words("b bl br c ch cl d dr f fl g gr h j k l m n p ph pl pr qu r s sc sh sp st t th tr v w z")
_VOWELS = _words("a e i o u ai ea io ou")
_CODAS = ["", "", *_words("l m n r s t x ck ng nt rd st")]
_ENDINGS = ["", "", *_words("ing ion al ity er ive ment ics")]
_CATEGORIES = ["cs.CL", "cs.LG", "cs.AI", "cs.CV", "cs.RO", "stat.ML", "eess.AS", "math.OC", "quant-ph", "cs.IR"]

TOPICS = 40_000
COLLOCATIONS = 60_000
COMPOUNDS = 3_000
WORDS_OF_AN_ABSTRACT = 170
CHANNELS_PER_THOUSAND = 149
LETTERS_OF_A_BEGINNING = 3


class Zipf:
    """Draws ranks from 0 to `size` - 1, rank r about as often as 1 / (r + shift) ** exponent."""

    def __init__(self, size: int, *, exponent: float = 1.0, shift: float = 3.0) -> None:
        self._ranks = range(size)
        self._weights = list(accumulate((rank + shift) ** -exponent for rank in range(size)))

    def draw(self, chance: random.Random, count: int) -> list[int]:
        """So many ranks, independent of each other."""
        return chance.choices(self._ranks, cum_weights=self._weights, k=count)


@lru_cache(maxsize=1)
def topics() -> list[str]:
    """Words that look like terms of a trade, the most frequent first."""
    chance = random.Random(1)
    words: dict[str, None] = {}
    while len(words) < TOPICS:
        syllables = "".join(
            chance.choice(_ONSETS) + chance.choice(_VOWELS) + chance.choice(_CODAS) for _ in range(chance.choice((1, 2, 2, 3)))
        )
        words[syllables + chance.choice(_ENDINGS)] = None
    return sorted(words, key=lambda word: len(word) + chance.random() * 9)


@lru_cache(maxsize=1)
def collocations() -> list[tuple[str, ...]]:
    """Two, sometimes three topics that like to stand together, the most frequent first."""
    chance = random.Random(2)
    ranks = Zipf(TOPICS, exponent=0.8, shift=20).draw(chance, 3 * COLLOCATIONS)
    words = topics()
    pairs = [tuple(words[rank] for rank in ranks[at : at + chance.choice((2, 2, 2, 2, 3))]) for at in range(0, len(ranks), 3)]
    return list(dict.fromkeys(pairs))


@lru_cache(maxsize=3)
def wishes(size: int, seed: int) -> list[int]:
    """Ranks of topics or collocations, the most wished for first.

    People ask for what is special: none of the frequent third, and among the rest what is popular need not be frequent. So a channel's
    rules find about five papers in a thousand, a digest's worth.
    """
    chance = random.Random(seed)
    return sorted(range(size // 3, size), key=lambda rank: rank * chance.lognormvariate(0, 4))


def papers(count: int, *, seed: int = 3) -> list[Paper]:
    """Papers of about 180 words: half fillers, half topics and collocations by Zipf's law, a compound here and there."""
    chance = random.Random(seed)
    words, pairs = topics(), collocations()
    topic, pair, filler = Zipf(len(words), exponent=0.9, shift=20), Zipf(len(pairs), exponent=0.8, shift=20), Zipf(len(_FILLERS))

    def text(length: int) -> str:
        out: list[str] = []
        fillers, singles, together = (iter(which.draw(chance, length)) for which in (filler, topic, pair))
        while len(out) < length:
            kind = chance.random()
            if kind < 0.5:
                out.append(_FILLERS[next(fillers)])
            elif kind < 0.80:
                out.append(words[next(singles)] + ("s" if kind > 0.74 else ""))
            elif kind < 0.97:
                out += pairs[next(together)]
            else:
                out.append("-".join(pairs[next(together) % COMPOUNDS]))
            if chance.random() < 0.05:
                out[-1] += chance.choice((".", ",", ";"))
        return " ".join(out)

    return [
        Paper(
            id=PaperId(f"25{chance.randrange(1, 13):02}.{number:05}"),
            title=text(9).capitalize(),
            abstract=text(WORDS_OF_AN_ABSTRACT),
            authors=tuple(f"{words[chance.randrange(2000)].title()} {words[chance.randrange(9000)].title()}" for _ in range(4)),
            categories=tuple(chance.sample(_CATEGORIES, 2)),
            organisation=words[chance.randrange(300)].title(),
            upvotes=int(chance.paretovariate(0.9)),
            stars=chance.choice((None, None, 12, 250)),
            code_url=chance.choice(("", "https://example.org/code")),
            first_seen=datetime(2026, 1, 1, tzinfo=UTC),
            sources=(chance.choice(("arxiv", "huggingface")),),
        )
        for number in range(count)
    ]


def rules(count: int, *, seed: int = 4) -> Iterator[tuple[Address, list[str]]]:
    """So many subscriptions, channel after channel: 60 % words by Zipf's law, 25 % phrases, 10 % boolean, 5 % fields."""
    chance = random.Random(seed)
    typed = _typed(chance, count)
    channels = max(1, count * CHANNELS_PER_THOUSAND // 1000)
    left = count
    for number in range(channels):
        mean = left / (channels - number)
        share = left if number == channels - 1 else max(1, min(left, 25, round(chance.uniform(0.2, 1.8) * mean)))
        left -= share
        yield Address("slack", f"T{number // 12:08X}", f"C{number:09X}"), [next(typed) for _ in range(share)]


def _typed(chance: random.Random, count: int) -> Iterator[str]:
    """Rules without end, as people type them."""
    words, pairs = topics(), collocations()
    wanted, wanted_pairs, wanted_compounds = wishes(len(words), 5), wishes(len(pairs), 6), wishes(COMPOUNDS, 7)
    word = (words[wanted[rank]] for rank in Zipf(len(wanted), exponent=0.9, shift=20).draw(chance, 3 * count))
    pair = (pairs[wanted_pairs[rank]] for rank in Zipf(len(wanted_pairs), exponent=0.9, shift=20).draw(chance, count))
    compound = (pairs[wanted_compounds[rank]] for rank in Zipf(len(wanted_compounds)).draw(chance, count))
    kinds: list[tuple[float, Callable[[str, str], str]]] = [
        (60, lambda one, _: one),
        (22, lambda _, __: f'"{" ".join(next(pair))}"'),
        (3, lambda _, __: "-".join(next(compound))),
        (4, lambda one, two: f"{one} {two}"),
        (3, lambda one, two: f"{one} -{two}"),
        (2, lambda one, two: f"{one} OR {two}"),
        (1, lambda one, two: f'{one} ("{" ".join(next(pair))}" OR {two})'),
        (2, lambda one, _: f"title:{one}"),
        (1, lambda one, _: f"author:{one}"),
        (0.5, lambda one, _: f"{one[:5]}*"),
        (1, lambda one, _: f"{one} cat:{chance.choice(_CATEGORIES)}"),
        (0.5, lambda one, _: f"{one} upvotes>={chance.choice((5, 10, 20, 50, 100))}"),
    ]
    makers = [maker for _, maker in kinds]
    weights = [weight for weight, _ in kinds]
    while True:
        one, two = next(word), next(word)
        if one != two and len(one) > LETTERS_OF_A_BEGINNING:
            yield chance.choices(makers, weights)[0](one, two)
