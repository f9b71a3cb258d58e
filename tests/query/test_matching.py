from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.document import document
from bot.paper import Paper, PaperId
from bot.query import Hit, Query, Where, all_of, any_of, failing, hits, matches, negated, parse, written
from bot.query.nodes import And, Field, Node, Not, Or, Trait
from tests.query.strategies import nodes, papers, queries

if TYPE_CHECKING:
    import random


def paper(title: str = "", abstract: str = "", **known: object) -> Paper:
    return Paper(id=PaperId("2505.23885"), title=title, abstract=abstract, **known)  # type: ignore[arg-type]  # the fields of Paper


def found(query: str, text: str) -> bool:
    return matches(parse(query), document(paper(text)))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("curriculum", "Automatic CURRICULA for robots"),
        ("curricula", "A curriculum"),
        ("curriculum learning", "Learning without any curriculum"),
        ('"curriculum learning"', "On Curriculum-Learning"),
        ("fine-tuning", "fine tuning"),
        ("fine-tuning", "fine-tuning"),
        ("fine-tuning", "fine\u2011tuning"),
        ("fine-tuning", "fine—tuning"),
        ("fine-tuning", "finetuning"),
        ("finetuning", "fine-tuning"),
        ('"gpt-4"', "GPT4"),
        ("gpt4", "GPT-4"),
        ("GPT-4", "GPT 4"),
        ('"gpt 4"', "GPT4"),
        ('"gpt 4"', "GPT-4"),
        ("gpt 4", "GPT4"),
        ("gpt", "GPT-4o"),
        ("gpt-4*", "GPT-4o"),
        ("gpt-3.5", "GPT3.5"),
        ("C++", "Fast C++ code"),
        ("c++", "C/C++"),
        ("C#", "from C# to F#"),
        (".NET", "on .NET."),
        (".net", "(.NET)"),
        ("k-NN", "kNN"),
        ("knn", "k-NN"),
        ("$k$-NN", "k-NN"),
        ("β-VAE", r"$\beta$-VAE"),
        (r"$\beta$-VAE", "β-VAE"),
        ("beta-vae", "βVAE"),
        ("beta", "β-VAE"),
        ("Schrödinger", r"Schr\"odinger bridges"),
        (r"Schr\"odinger", "Schrödinger's cat"),
        ("schrodinger", "Schrödinger’s cat"),
        ("Andre", r"Andr\'e"),
        ("Pass@1", "pass@1 of 80%"),
        ("pointnet", "PointNet++"),
        ("PointNet++", "On PointNet++"),
        ('"A* search"', "Beyond A* Search"),
        ("学习", "机器学习的方法"),
        ("機械学習", "はじめての機械学習"),
        ("ディープ", "ﾃﾞｨｰﾌﾟラーニング"),
        ("学习*", "机器学习"),
        ("bert", "用BERT模型"),
        ("학습", "강화학습을 위한"),
        ("обучение", "Машинное ОБУЧЕНИЕ"),
        ("تعلم", "تَعَلُّم الآلة"),
        ("हिन्दी", "हिन्दी भाषा"),
        ("🤗", "🤗Transformers"),
        ("transform*", "Transformers"),
        ("fine-tun*", "finetuned"),
        ("fine-tun*", "fine-tuned"),
        ("'curriculum'", "curriculum"),
        ("robot OR curriculum", "robots"),
        ("curriculum -robot", "curricula"),
        ('"state of the art"', "state-of-the-art"),
        ('"fine-tuned GPT 4"', "a finetuned GPT-4"),
    ],
)
def test_a_query_finds_the_text(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("continual", "We continue"),
        ('"curriculum"', "curricula"),
        ('"curriculum learning"', "learning curriculum"),
        ('"curriculum learning"', "curriculum for learning"),
        ("C++", "C and C#"),
        ("c", "C++"),
        (".NET", "neural net"),
        ("net", "on .NET"),
        ("学习", "习学"),
        ("transform*", "a transducer"),
        ("curriculum -robot", "curriculum for robots"),
        ("dynamics", "dynamic"),
        ("a OR b", "c"),
        ("curriculum", ""),
        ("cat", "concatenate"),
        ('"a search"', "A* search"),
    ],
)
def test_a_query_does_not_find_the_text(query: str, text: str) -> None:
    assert not found(query, text)


FULL = paper(
    "Curriculum learning",
    "A robot learns. The curriculum is short; the curriculum helps.",
    keywords=("deep nets", "robot arms"),
    authors=("Yoshua Bengio", "Ada Lovelace"),
    organisation="Mila Institute",
    categories=("cs.LG", "stat.ML"),
    sources=("arxiv", "huggingface"),
    upvotes=10,
    stars=0,
    code_url="https://example.org",
    models=2,
    version=1,
)


@pytest.mark.parametrize(
    "query",
    [
        "title:curriculum",
        "abstract:robot",
        "nets",
        'author:"yoshua bengio"',
        "author:lovel*",
        "org:mila",
        "cat:cs.LG",
        "cat:CS.*",
        "cat:stat",
        "source:hf",
        "id:arxiv.org/abs/2505.23885v9",
        "upvotes>=10",
        "upvotes>9",
        "upvotes<=10",
        "upvotes<11",
        "upvotes=10",
        "stars=0",
        "has:code",
        "has:model",
        "is:new",
        "has:code -is:update",
    ],
)
def test_a_field_or_fact_is_met(query: str) -> None:
    assert matches(parse(query), document(FULL))


@pytest.mark.parametrize(
    "query",
    [
        "title:robot",
        "abstract:nets",
        "bengio",
        '"nets robot"',
        'author:"bengio ada"',
        'author:"bengio yoshua"',
        "org:google",
        "cat:cs.L*  cat:cs.CL",
        "cat:c*  cat:math.*",
        "source:sample",
        "id:2505.23886",
        "upvotes>10",
        "upvotes<10",
        "upvotes=9",
        "stars>0",
        "is:update",
    ],
)
def test_a_field_or_fact_is_not_met(query: str) -> None:
    assert not matches(parse(query), document(FULL))


@pytest.mark.parametrize("query", ["upvotes<5", "upvotes>=0", "stars=0"])
def test_a_paper_without_a_number_never_meets_a_comparison(query: str) -> None:
    assert not matches(parse(query), document(paper("a")))


def test_hits_name_what_was_met_and_where_titles_first() -> None:
    query = parse("curriculum (robot OR ocean) cat:cs.LG upvotes>5 has:code -forest source:arxiv id:2505.23885 author:ada org:mila")
    assert [(written(hit.condition), hit.where, hit.count) for hit in hits(query, document(FULL))] == [
        ("curriculum", Where.TITLE, 1),
        ("curriculum", Where.ABSTRACT, 2),
        ("robot", Where.ABSTRACT, 1),
        ("robot", Where.KEYWORDS, 1),
        ("author:ada", Where.AUTHOR, 1),
        ("org:mila", Where.ORG, 1),
        ("cat:cs.LG", Where.CATEGORY, 1),
        ("source:arxiv", Where.SOURCE, 1),
        ("id:2505.23885", Where.ID, 1),
        ("upvotes>5", Where.NUMBER, 1),
        ("has:code", Where.TRAIT, 1),
    ]


def test_every_occurrence_counts_once_however_it_is_spelt() -> None:
    (hit,) = hits(parse("fine-tuning"), document(paper("Fine-tuning, fine tuning and finetuning")))
    assert hit.count == 3
    (hit,) = hits(parse("tun*"), document(paper("Fine-tuning, tuned tunings")))
    assert hit.count == 3


def test_a_paper_that_does_not_match_has_no_hits() -> None:
    assert hits(parse("curriculum ocean"), document(FULL)) == ()


def test_a_branch_that_is_not_met_or_left_out_brings_no_hits() -> None:
    found = hits(parse("learning ((curriculum ocean) OR robot) -forest"), document(FULL))
    assert {written(hit.condition) for hit in found} == {"learning", "robot"}


@pytest.mark.parametrize(
    ("query", "explanation"),
    [
        ("curriculum", []),
        ("curriculum ocean forest", ["forest", "ocean"]),
        ("curriculum -robot", ["-robot"]),
        ("curriculum -(robot learns)", ["-(robot learns)"]),
        ("ocean OR forest", ["ocean OR forest"]),
        ("curriculum (ocean OR forest)", ["ocean OR forest"]),
        ("(curriculum ocean) OR (forest stars>5 cat:cs.CL)", ["ocean"]),
        ("(curriculum ocean) OR (robot forest)", ["(curriculum ocean) OR (robot forest)"]),
        ("upvotes>50 is:update", ["is:update", "upvotes>50"]),
    ],
)
def test_what_kept_a_paper_out_is_told_as_shortly_as_possible(query: str, explanation: list[str]) -> None:
    assert [written(node) for node in failing(parse(query), document(FULL))] == explanation


@given(queries, papers)
def test_a_paper_has_hits_or_a_reason_why_not(query: Query, candidate: Paper) -> None:
    folded = document(candidate)
    if matches(query, folded):
        assert hits(query, folded)
        assert failing(query, folded) == ()
    else:
        assert hits(query, folded) == ()
        assert failing(query, folded)


@given(queries, papers)
def test_every_hit_is_a_query_that_finds_the_paper_and_every_reason_one_that_does_not(query: Query, candidate: Paper) -> None:
    folded = document(candidate)
    assert all(matches(Query(hit.condition), folded) for hit in hits(query, folded))
    assert not any(matches(Query(node), folded) for node in failing(query, folded))


@given(nodes, nodes, papers)
def test_negation_follows_de_morgan(first: Node, second: Node, candidate: Paper) -> None:
    folded = document(candidate)
    neither = matches(Query(negated(any_of([first, second]))), folded)
    assert neither == matches(Query(all_of([negated(first), negated(second)])), folded)
    assert matches(Query(negated(first)), folded) != matches(Query(first), folded)


def _shuffled(node: Node, order: random.Random) -> Node:
    match node:
        case And(children) | Or(children):
            turned = [_shuffled(child, order) for child in children]
            order.shuffle(turned)
            return type(node)(tuple(turned))
        case Not(child):
            return Not(_shuffled(child, order))
        case _:
            return node


@given(queries, papers, st.randoms(use_true_random=False))
def test_the_order_of_terms_does_not_matter(query: Query, candidate: Paper, order: random.Random) -> None:
    folded = document(candidate)
    assert matches(Query(_shuffled(query.root, order)), folded) == matches(query, folded)


@given(st.sampled_from(["curriculum", "fine-tuning", '"GPT-4"', "Schrödinger", "rob*"]), papers)
def test_case_does_not_matter(text: str, candidate: Paper) -> None:
    folded = document(candidate)
    assert matches(parse(text.upper()), folded) == matches(parse(text.lower()), folded)


def test_a_hit_says_what_it_is() -> None:
    assert hits(parse("is:new"), document(FULL)) == (Hit(Trait.IS_NEW, Where.TRAIT),)
    (hit,) = hits(parse("title:learning"), document(FULL))
    assert getattr(hit.condition, "field", None) is Field.TITLE
