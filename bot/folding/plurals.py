"""One form for singular and plural, and for nothing else: `continual` never finds "continue"."""

from __future__ import annotations

from functools import lru_cache

from bot.folding.irregular import IRREGULAR, NO_PLURALS


@lru_cache(maxsize=65_536)
def neutral(token: str) -> str:
    """The form that a folded token shares with its plural or singular: curricula and curriculum, matrices and matrix.

    Usually the singular, but only meant for comparing: "bayes" becomes "baye" for everybody alike. Tokens of three letters or less,
    with a digit or a sign, or in another script stay as they are, as do words that only look like plurals (bias, consensus, physics).
    Applying it twice changes nothing.

    D. Harman, "How effective is suffixing?", JASIS 42(1), 1991: the S-stemmer's three rules; the exceptions are ours.
    """
    if token in IRREGULAR:
        return IRREGULAR[token]
    if len(token) <= _SHORT or not (token.isascii() and token.isalpha()):
        return token
    for plural, singular in _ENDINGS:
        if token.endswith(plural):
            return token.removesuffix(plural) + singular
    if token in NO_PLURALS or not token.endswith("s") or token.endswith(_NEVER):
        return token
    if token.endswith("ies"):
        # eies, aies: Harman's own exceptions; ties, lies, dies, pies: ours.
        return token[:-1] if len(token) <= _TIES or token.endswith(("eies", "aies")) else token[:-3] + "y"
    return token[:-2] if token.endswith(_HISSING) else token[:-1]


_SHORT = 3
"""GPS, ROS, AES, us, gas: as often a name as a plural."""
_TIES = 4
_NEVER = ("ss", "us", "is", "ics")
"""process, corpus, analysis, and the sciences: "dynamics" and "logistics" must not find the adjective."""
_HISSING = ("sses", "xes", "ches", "shes", "zzes")
"""Where the plural is more than the singular and an s: losses, boxes, searches, meshes."""

_ENDINGS = (
    ("alyses", "alysis"),
    ("otheses", "othesis"),
    ("ntheses", "nthesis"),
    ("gnoses", "gnosis"),
    ("matrices", "matrix"),
    ("vertices", "vertex"),
    ("indices", "index"),
    ("curricula", "curriculum"),
    ("criteria", "criterion"),
    ("phenomena", "phenomenon"),
    ("spectra", "spectrum"),
    ("corpora", "corpus"),
    ("automata", "automaton"),
    ("bacteria", "bacterium"),
    ("equilibria", "equilibrium"),
    ("schemata", "schema"),
    ("symposia", "symposium"),
    ("formulae", "formula"),
    ("hedra", "hedron"),
)
"""Irregular behind a prefix or at the end of a joined compound as well: submatrices, metaanalyses, polyhedra."""
