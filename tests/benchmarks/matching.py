"""How fast and how small matching is, beside its floor and its peers, all in one run: `python -m tests.benchmarks.matching [--quick]`.

1,000 papers of about 180 words against 100,000 and 1,000,000 subscriptions (`crowd`). Only ratios from the same run mean anything: the
contenders take turns, and the medians of their rounds are printed. Every contender must give the same matches.
"""

from __future__ import annotations

import argparse
import gc
import re
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING

from bot.document import document
from bot.folding import neutral
from bot.matching import Percolator
from bot.query import parse
from tests.benchmarks import crowd
from tests.benchmarks.contenders import Automaton, FullText, one_by_one

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.query import Query

PAPERS = 1000
CHANGES = 3000


def main() -> None:
    """Print one table for each size of crowd."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="20,000 and 100,000 subscriptions, one round")
    arguments.add_argument("--rounds", type=int, default=5, help="rounds of each contender (default 5)")
    given = arguments.parse_args()
    for subscriptions in (20_000, 100_000) if given.quick else (100_000, 1_000_000):
        compare(subscriptions, rounds=1 if given.quick else given.rounds)


def compare(subscriptions: int, *, rounds: int) -> None:
    """Load so many subscriptions, let every contender match the same papers in turns, and print what came out."""
    queries = {text: parse(text) for text in {text for _, texts in crowd.rules(subscriptions) for text in texts}}
    papers = crowd.papers(PAPERS)
    print(f"\n{subscriptions:,} subscriptions, {PAPERS:,} papers")
    held, texts = memory(subscriptions, queries)
    percolator = Percolator()
    loading = timed(lambda: load(percolator, subscriptions, queries))
    documents = [document(paper) for paper in papers]
    automaton, full_text = Automaton(percolator), FullText(percolator)
    expected = percolator.match(documents)
    print(
        f"{percolator.distinct:,} distinct rules, {subscriptions * crowd.CHANNELS_PER_THOUSAND // 1000:,} channels; "
        f"{sum(map(len, expected.values())):,} matches for {len(expected):,} channels"
    )
    if not expected == automaton.match(documents) == full_text.match(documents):
        raise SystemExit("the contenders disagree")

    word = re.compile(r"\w+")
    contenders: dict[str, Callable[[], object]] = {
        "floor: a bare regex finds the words": lambda: [word.findall(f"{one.title} {one.abstract}".lower()) for one in papers],
        "floor: our folding, with TeX, accents, compounds": lambda: [document(one) for one in papers],
        "percolator": lambda: percolator.match(documents),
        "ahocorasick_rs, same resolution": lambda: automaton.match(documents),
        "SQLite FTS5 over the batch, one query a rule": lambda: full_text.match(documents),
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            times[name].append(timed(run))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    asked = one_by_one(queries.values(), documents, sample=20_000)
    medians["every query asked of every paper (sampled, scaled)"] = asked * subscriptions * PAPERS
    report(medians)
    print(f"memory: {held / subscriptions:.0f} bytes a subscription, of which its query's terms {texts / subscriptions:.0f} (tracemalloc)")
    print(f"loading parsed rules: {loading / subscriptions * 1e6:.1f} us a subscription")
    report_changes(percolator, queries)


def report(medians: Mapping[str, float]) -> None:
    """Each contender's time, and how many times that of the floors and of the percolator it is."""
    bare, folding, ours = list(medians.values())[:3]
    print(f"{'':52}{'ms':>14}{'x bare floor':>14}{'x folding':>12}{'x percolator':>14}")
    for name, seconds in medians.items():
        print(f"{name:52}{seconds * 1000:14,.0f}{seconds / bare:14,.1f}{seconds / folding:12,.1f}{seconds / ours:14,.2f}")
    whole = folding + ours
    print(f"{'folding and percolator together':52}{whole * 1000:14,.0f}{whole / bare:14,.1f}{whole / folding:12,.1f}{whole / ours:14,.2f}")


def report_changes(percolator: Percolator, queries: Mapping[str, Query]) -> None:
    """Give channels one rule more and take it away again, and print how long each change took."""
    extra = [parse(text) for text in ("curriculum", '"curriculum learning"', "curriculum -robot", "title:curriculum OR syllab*")]
    pauses: list[float] = []
    for number, (address, texts) in enumerate(crowd.rules(CHANGES * 4)):
        kept = [queries.get(text) or parse(text) for text in texts]
        percolator.replace(address, kept)
        for rules in ([*kept, extra[number % len(extra)]], kept):
            begun = time.perf_counter()
            percolator.replace(address, rules)
            pauses.append(time.perf_counter() - begun)
    pauses.sort()
    median, slow, longest = (pauses[round(share * (len(pauses) - 1))] * 1e6 for share in (0.5, 0.99, 1))
    print(f"one rule added or removed in the live index: median {median:.1f} us, p99 {slow:.1f} us, longest {longest:.0f} us")


def memory(subscriptions: int, queries: Mapping[str, Query]) -> tuple[int, int]:
    """Bytes that a loaded percolator holds, channels' addresses and all; and those of the terms in it, which are its queries' texts."""
    neutral.cache_clear()
    gc.collect()
    tracemalloc.start()
    percolator = Percolator()
    load(percolator, subscriptions, queries)
    neutral.cache_clear()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    texts = {id(leaf): leaf.__sizeof__() for formula in percolator._rules for leaf in _leaves(formula) if isinstance(leaf, str)}
    return held, sum(texts.values())


def load(percolator: Percolator, subscriptions: int, queries: Mapping[str, Query]) -> None:
    """File the whole crowd's rules."""
    for address, texts in crowd.rules(subscriptions):
        percolator.replace(address, [queries[text] for text in texts])


def timed(run: Callable[[], object]) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _leaves(formula: object) -> list[object]:
    return [leaf for part in formula for leaf in _leaves(part)] if isinstance(formula, tuple) else [formula]


if __name__ == "__main__":
    main()
