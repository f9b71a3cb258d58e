from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.folding import GAP, Passage, chunks, fold, neutral, passage, readable, strung, title_key
from bot.folding.irregular import IRREGULAR, NO_PLURALS

UGLY = st.text(max_size=60) | st.lists(
    st.sampled_from(
        [*"aßÉβς\u0345학가が\u3099🤗'sS-_/.@^&,+#*{}$\\%~ 1٣½ﬁ\u202e\x00\n\ud800", "\\beta", "\\'e", "\\textbf{", "$x$", ".net", "c++"]
    ),
    max_size=25,
).map("".join)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Curriculum  LEARNING\n", "curriculum learning"),
        ("ＧＰＴ－４", "gpt-4"),
        ("Schrödinger", "schrodinger"),
        (r"Schr\"odinger", "schrodinger"),
        (r"Schr\"{o}dinger", "schrodinger"),
        (r"Andr\'e", "andre"),
        (r"Erd\H{o}s", "erdos"),
        (r"S\o ren, Fran\c cois, {\AA}ngstr{\"o}m", "soren, francois, angstrom"),
        ("Søren Łukasz Æsir Straße", "soren lukasz aesir strasse"),
        (r"$\beta$-VAE", "beta-vae"),
        ("β-VAE", "beta-vae"),
        ("βVAE", "beta-vae"),
        ("beta-VAE", "beta-vae"),
        ("ﬁne‑tuning", "fine-tuning"),
        ("fine—tuning", "fine-tuning"),
        ("“don’t”", '"don\'t"'),
        ("Bengio's and Bengio’s", "bengio and bengio"),
        ("x² and 4×4", "x2 and 4x4"),
        (r"$\mathcal{O}(n^2)$", "o(n^2)"),
        (r"\textsc{AIEV-Instruct}: \emph{two words}", "aiev-instruct: two words"),
        ("{B}ayesian", "bayesian"),
        (r"$\infty$-former", "infinity-former"),
        ("costs $5 and saves $10", "costs 5 and saves 10"),
        (r"50\% of $x$", "50% of x"),
        ("GPT™ ©", "gpt"),
        ("Νικόλαος", "νικολαοσ"),
        ("ёлка", "елка"),
        ("تَعَلُّم", "تعلم"),
        ("が", "が"),
        ("हिन्दी", "हिन्दी"),
        ("강화 학습", "강화 학습"),
        ("٣٫", "3٫"),
        ("a\u202eb\x07c\u200bd\ud800", "abcd"),
        ("\u1100$\u1161", "가"),
        ("", ""),
    ],
)
def test_text_is_folded_to_what_a_person_would_type(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(UGLY)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(UGLY)
def test_folded_text_holds_no_control_or_bidirectional_characters_and_no_line_breaks(text: str) -> None:
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", fold(text))


@given(UGLY)
def test_tokens_are_folded_already(text: str) -> None:
    found = passage(text)
    assert all(token and fold(token) == token for token in (*found.apart, *found.joined))


@pytest.mark.parametrize(
    ("text", "apart", "joined"),
    [
        ("fine-tuned GPT-4", "fine tuned gpt 4", "finetuned gpt4"),
        ("fine_tuned / pre/post", "fine tuned pre post", "finetuned prepost"),
        ("GPT4 and 3D", "gpt 4 and 3 d", "gpt4 and 3d"),
        ("Qwen2.5-7B", "qwen 2 5 7 b", "qwen257b"),
        ("C++, C#, F#; .NET and ASP.NET", "c++ c# f# .net and asp net", "c++ c# f# .net and aspnet"),
        ("PointNet++ (2017)", "pointnet 2017", "pointnet++ 2017"),
        ("A* search, not **a** or foo*", "a* search not a or foo", "a* search not a or foo"),
        ("k-NN", "k nn", "knn"),
        ("Pass@1 R&D x^2", "pass 1 r d x 2", "pass1 rd x2"),
        ("don't O'Brien", "don t o brien", "dont obrien"),
        ("U.S. 1,000 a,b", "u s 1 000 a b", "us 1000 a b"),
        ("机器学习", "机 器 学 习", "机 器 学 习"),
        ("用BERT模型", "用 bert 模 型", "用 bert 模 型"),
        ("ディープ", "デ ィ ー プ", "デ ィ ー プ"),
        ("학습을", "학 습 을", "학 습 을"),
        ("हिन्दी भाषा", "हिन्दी भाषा", "हिन्दी भाषा"),
        ("🤗Transformers 👩‍💻", "🤗 transformers 👩 💻", "🤗 transformers 👩 💻"),
        ("— … !?", "", ""),
    ],
)
def test_a_passage_has_compounds_in_their_parts_and_as_one_token(text: str, apart: str, joined: str) -> None:
    assert passage(text) == Passage(tuple(apart.split()), tuple(joined.split()))


def test_a_passage_without_compounds_keeps_its_tokens_once() -> None:
    found = passage("Nothing special, here.")
    assert found.apart is found.joined


def test_strung_passages_are_parted_by_gaps() -> None:
    assert strung((passage("a b"), passage("c-d"), passage(""))) == Passage(("a", "b", GAP, "c", "d", GAP), ("a", "b", GAP, "cd", GAP))
    plain = strung((passage("a"), passage("b")))
    assert plain.apart is plain.joined
    assert strung(()) == Passage()


def test_a_chunk_knows_its_text_its_parts_and_its_whole() -> None:
    (chunk,) = chunks("gpt-4")
    assert (chunk.text, chunk.parts, chunk.whole) == ("gpt-4", ("gpt", "4"), "gpt4")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("β-OPSD: On Policy", "$β$-OPSD:  on policy"),
        (r"$\beta$-OPSD", "β-OPSD"),
        ("Fine-Tuning {BERT}", "Fine Tuning BERT"),
        ("Déjà vu", "Deja Vu"),
    ],
)
def test_one_title_written_in_two_ways_has_one_key(first: str, second: str) -> None:
    assert title_key(first) == title_key(second)


@pytest.mark.parametrize(("first", "second"), [("C", "C++"), ("PointNet", "PointNet++"), ("?", "!"), ("", "?"), ("学习", "学")])
def test_different_titles_have_different_keys(first: str, second: str) -> None:
    assert title_key(first) != title_key(second)


def test_a_blank_title_has_the_empty_key() -> None:
    assert title_key(" \n") == ""


_PAIRS = """
curriculum:curricula curriculum:curriculums robot:robots query:queries box:boxes class:classes loss:losses process:processes
search:searches mesh:meshes cache:caches movie:movies tree:trees shoe:shoes hero:heroes size:sizes quiz:quizzes tie:ties key:keys
day:days case:cases use:uses database:databases matrix:matrices submatrix:submatrices vertex:vertices index:indices index:indexes
analysis:analyses metaanalysis:metaanalyses hypothesis:hypotheses thesis:theses synthesis:syntheses diagnosis:diagnoses
corpus:corpora corpus:corpuses criterion:criteria phenomenon:phenomena spectrum:spectra automaton:automata schema:schemata
schema:schemas axis:axes virus:viruses status:statuses bias:biases lens:lenses gpu:gpus api:apis llm:llms vae:vaes lm:lms
metric:metrics topic:topics heuristic:heuristics statistic:statistics child:children mouse:mice woman:women life:lives
data:datum bayes:bayes
"""
_NO_PLURALS = """
bias consensus analysis gps ros aes us gas this its was series species news lens means physics dynamics logistics mathematics
chaos virus corpus basis process class ss s 3d k8s gpt4s c++ .net 学 학 β models' überalles
"""


@pytest.mark.parametrize(
    "pair",
    _PAIRS.split(),
)
def test_singular_and_plural_have_one_form(pair: str) -> None:
    singular, plural = pair.split(":")
    assert neutral(plural) == neutral(singular)


@pytest.mark.parametrize(
    "word",
    _NO_PLURALS.split(),
)
def test_a_word_that_is_no_plural_stays_as_it_is(word: str) -> None:
    assert neutral(word) == word


@pytest.mark.parametrize(("plural", "other"), [("dynamics", "dynamic"), ("news", "new"), ("means", "mean"), ("logistics", "logistic")])
def test_a_word_never_finds_another_word(plural: str, other: str) -> None:
    assert neutral(plural) != neutral(other)


@pytest.mark.parametrize(("word", "other"), [("continual", "continue"), ("learning", "learn"), ("transformer", "transform")])
def test_there_is_no_stemming(word: str, other: str) -> None:
    assert neutral(word) != neutral(other)


_ENDINGS = ["s", "es", "ies", "a", "x", "ch", "u", "i", "o", "sh", "zz", "matrices", "alyses", "otheses", "c", "ae", "ves"]


@given(
    st.lists(st.sampled_from(_ENDINGS), max_size=6).map("".join) | st.sampled_from(sorted({*IRREGULAR, *IRREGULAR.values(), *NO_PLURALS}))
)
def test_the_neutral_form_is_its_own_neutral_form(token: str) -> None:
    assert neutral(neutral(token)) == neutral(token)


def test_every_irregular_plural_comes_to_its_singular() -> None:
    assert {plural: neutral(plural) for plural in IRREGULAR} == IRREGULAR


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"$\alpha$ and \textbf{bold $x$}", "α and bold x"),
        (r"R\&D, 5\$, a\_b, \{c\}", "R&D, 5$, a_b, {c}"),
        (r"see \cite{foo}\ref{bar}.", "see ."),
        (r"\today", ""),
        (r"$\frac{1}{2}$ 100\% % not a comment", "1/2 100% % not a comment"),
        (r"\nosuch", "nosuch"),
        (r"\nosuch{macro}", "macro"),
        ("plain {text} stays ~ as it is", "plain {text} stays ~ as it is"),
        ("from $5-$10", "from $5-$10"),
        ("a trailing \\", "a trailing "),
        (r"{\bf bar} and {\em disentangled} {\small\it x}", "bar and disentangled x"),
        (r"\bf{bar}", "bar"),
        (r"S{\o}gaard", "Søgaard"),
        (r"Schr{\"o}dinger's {GPT}", "Schrödinger's GPT"),
        ("{B}ayesian {a {b} c} in $x$", "Bayesian a b c in x"),
        (r"$\{a\}$ and \{b\} {c}", "{a} and {b} c"),
        (r"{half \alpha", "{half α"),
        ("{GPT}-4", "GPT-4"),
        ("S{ø}gaard", "Søgaard"),
        ("pre-{BERT}", "pre-BERT"),
        ("the set {a, b} and {c} costs $5", "the set {a, b} and {c} costs $5"),
        (r"\emphasis on \smallest", "emphasis on smallest"),
    ],
)
def test_tex_is_written_out(text: str, read: str) -> None:
    assert readable(text) == read


@given(UGLY)
def test_any_text_can_be_read_and_grows_no_longer_than_its_formulas(text: str) -> None:
    for read in (readable(text), readable(text, is_tex=True)):
        assert len(read) <= 20 * len(text) + 20


def test_a_piece_of_tex_has_no_braces_of_its_own() -> None:
    assert readable("{GPT} and ", is_tex=True) == "GPT and "


def test_a_formula_the_library_cannot_read_only_loses_its_markup() -> None:
    assert readable(r"\href{http://x.y}{text}") == "hrefhttp://x.ytext"


def test_of_very_many_formulas_the_rest_is_read_crudely() -> None:
    read = readable(r"$\beta$ " * 200).split()
    assert read[0] == "β"
    assert read[-1] == "beta"


@pytest.mark.parametrize("unit", ["\\", "$", "{", "\\a{", "$a", '\\"{', "\\frac", "\\sqrt{", "\\textbf{{a}", "a-", "'s", "\ud800"])
def test_hostile_text_is_folded_without_complaint(unit: str) -> None:
    folded = fold(unit * 5_000)
    assert fold(folded) == folded
