from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadQuery
from bot.query import DEEPEST, LONGEST, MOST_TERMS, Query, all_of, any_of, conditions, is_positive, negated, parse, same
from bot.query.nodes import And, Comparison, Field, FromSource, HasId, InCategory, Node, Not, Number, Or, Prefix, Quantity, Trait, Words
from bot.query.spelling import MOST_SPELLINGS
from tests.query.strategies import queries, typing

if TYPE_CHECKING:
    from random import Random


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("curriculum", "curriculum"),
        ("Curriculum  LEARNING", "curriculum learning"),
        ('"Curriculum Learning"', '"curriculum learning"'),
        ("prompt OR prompting", "prompt OR prompting"),
        ("a AND b", "a b"),
        ("a and b And c", "a b c"),
        ("a b OR c", "(a b) OR c"),
        ("a (b OR c)", "a (b OR c)"),
        ("a -robot", "a -robot"),
        ("a NOT robot", "a -robot"),
        ("a AND NOT robot", "a -robot"),
        ("NOT NOT a", "a"),
        ("a --robot", "a -robot"),
        ("a -(b c)", "a -(b c)"),
        ("-(b OR c) a", "-(b OR c) a"),
        ("a -title:(b c)", "a -title:(b c)"),
        ("((a)) (b)", "a b"),
        ("b (c OR -d)", "b (c OR -d)"),
        ("transform*", "transform*"),
        ("GPT-4*", "gpt4*"),
        ("transform**, b", "transform* b"),
        ("机器学习", "机器学习"),
        ("机器学*", "机器学"),
        ("用BERT模型", "用bert模型"),
        ("强化-学习", "强化学习"),
        ("강화학습", "강화학습"),
        ("fine‑tuning FINE_TUNING", "fine-tuning fine_tuning"),
        ("C++ C# .NET k-NN β-VAE", "c++ c# .net k-nn beta-vae"),
        (r"$\beta$-VAE", "beta-vae"),
        (r"Schr\"odinger Andr\'e", "schrodinger andre"),
        (r'"Schr\"odinger equation"', '"schrodinger equation"'),
        (r"$f(x)$-divergence", "f-x-divergence"),
        ("Pass@1 R&D U.S. 1,000", "pass@1 r&d u.s 1,000"),
        ('"A* search"', '"a* search"'),
        ("2024", "2024"),
        ("👍", "👍"),
        ("title:curriculum", "title:curriculum"),
        ("title:(a OR b) c", "title:(a OR b) c"),
        ("title:(a -b)", "title:a -title:b"),
        ("title:a title:b", "title:(a b)"),
        ("title:and title:b", "title:and title:b"),
        ('title:(a "b c" transform*)', 'title:(a "b c" transform*)'),
        ("title:OR", "title:or"),
        ("Title: curriculum, b", "title:curriculum b"),
        ("ti:a abs:b au:c", "title:a abstract:b author:c"),
        ('author:"Yoshua Bengio"', 'author:"yoshua bengio"'),
        ("author:Bengio* org:MILA", "author:bengio* org:mila"),
        ("cat:cs.cl", "cat:cs.CL"),
        ("category:CS.*", "cat:cs.*"),
        ("cat:cs", "cat:cs.*"),
        ("cat:cs*", "cat:cs.*"),
        ("cat:q-*", "cat:q-*"),
        ("cat:cs.c*", "cat:cs.C*"),
        ("cat:HEP-TH", "cat:hep-th"),
        ("cat:Physics.AO-PH", "cat:physics.ao-ph"),
        ('cat:"cs.CL",', "cat:cs.CL"),
        ("cat:(cs.CL OR cs.LG)", "cat:(cs.CL OR cs.LG)"),
        ("source:HuggingFace", "source:huggingface"),
        ("source:hf", "source:huggingface"),
        ('source:"Hugging Face"', "source:huggingface"),
        ("source:(sample OR hf)", "source:(sample OR huggingface)"),
        ("id:2505.23885v2", "id:2505.23885"),
        ("id:https://arxiv.org/abs/2505.23885", "id:2505.23885"),
        ("arXiv:2505.23885", "id:2505.23885"),
        ("id:10.1016/0370-2693(91)90001-X", "id:10.1016/0370-2693(91)90001-x"),
        ("upvotes>=10", "upvotes>=10"),
        ("upvotes >= 10 a", "upvotes>=10 a"),
        ("upvotes:>=10", "upvotes>=10"),
        ("Votes≥1,000", "upvotes>=1000"),
        ("stars>1k", "stars>1000"),
        ("stars:10", "stars=10"),
        ("stars<5 stars<=6 stars=7 stars=>8 stars=<9 stars==1", "stars<5 stars<=6 stars=7 stars>=8 stars<=9 stars=1"),
        ("upvotes stars", "upvotes stars"),
        ("has:code HAS:Models is:new is:updated", "has:code has:model is:new is:update"),
        ("has:(code OR model)", "has:code OR has:model"),
        ("“smart quotes” –robot", '"smart quotes" -robot'),
        ("«a b» 「学习」", '"a b" "学习"'),
        ("（ａ　ＯＲ　ｂ）　ｔｉｔｌｅ：ｘ", "(a OR b) title:x"),
        ("a\u202e\x00b\tc\u00a0d", "ab c d"),
        ("BERT: Pre-training of - Deep & Transformers!", "bert pre-training of deep transformers"),
        ('a"b c"d', 'a "b c" d'),
        ("p<0.05 10:1", "p-0.05 10-1"),
        ("a -! ?", "a"),
        ("\u1100!\u1161", "가"),
        ("Attention Is All You Need", "attention is all you need"),
        ("b a B c a", "b a c"),
        ("title:b (d OR c) title:a", "title:b (d OR c) title:a"),
        ("(b a) OR (a b) OR c", "(b a) OR c"),
        ("b AND (c AND a)", "b c a"),
        ("a\tb\n-c\r\ntitle:\tx upvotes\t>=\n10", "a b -c title:x upvotes>=10"),
    ],
)
def test_a_query_is_echoed_as_it_was_understood(typed: str, understood: str) -> None:
    assert str(parse(typed)) == understood
    assert parse(understood) == parse(typed)
    assert str(parse(understood)) == understood


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("2608.19880", "id:2608.19880"),
        ("2608.19880v2, curriculum", "id:2608.19880 curriculum"),
        ("#2608.19880.", "id:2608.19880"),
        ("https://arxiv.org/abs/2608.19880v2", "id:2608.19880"),
        ("see https://arxiv.org/pdf/2608.19880, now", "see id:2608.19880 now"),
        ("<https://arxiv.org/abs/2608.19880|paper>", "id:2608.19880"),
        ("huggingface.co/papers/2608.19880", "id:2608.19880"),
        ("arXiv:2608.19880v2 [cs.CL] a", "id:2608.19880 a"),
        ("2608.19880 [cs.CL]", "id:2608.19880"),
        ("oai:arXiv.org:2608.19880", "id:2608.19880"),
        ("hep-th/9901001", "id:hep-th/9901001"),
        ("10.1016/0370-2693(91)90001-X a", "id:10.1016/0370-2693(91)90001-x a"),
        ("https://doi.org/10.1000/XYZ", "id:10.1000/xyz"),
        ("a -2608.19880", "a -id:2608.19880"),
        ("(2608.19880 OR 2608.19881)", "id:2608.19880 OR id:2608.19881"),
    ],
)
def test_the_id_or_address_of_a_paper_asks_for_that_paper(typed: str, understood: str) -> None:
    assert str(parse(typed)) == understood
    assert parse(understood) == parse(typed)


@pytest.mark.parametrize("text", ["3.14159", "2608.1988", "1234.56789", '"2608.19880"', "title:2608.19880", "title:(2608.19880 a)", "24-7"])
def test_a_number_a_quoted_id_and_an_id_in_a_field_of_text_are_words(text: str) -> None:
    assert all(isinstance(one, Words) for one in conditions(parse(text)))
    assert str(parse(text)) == text


def test_an_id_with_a_star_is_a_beginning() -> None:
    assert parse("2608.19880*").root == Prefix("260819880")


def test_a_query_is_a_tree_of_conditions() -> None:
    query = parse('"deep nets" (gpt* OR -title:x) cat:cs.CL cat:cs.* source:arxiv id:2505.23885 stars>5 has:code')
    assert query.root == And(
        (
            Words("deep nets", (("deep", "nets"),), exact=True),
            Or((Prefix("gpt"), Not(Words("x", (("x",),), field=Field.TITLE)))),
            InCategory("cs.", whole=False),
            InCategory("cs.CL"),
            Trait.HAS_CODE,
            HasId("2505.23885"),
            FromSource("arxiv"),
            Number(Quantity.STARS, Comparison.MORE, 5),
        )
    )


@pytest.mark.parametrize(
    ("typed", "spellings"),
    [
        ("curricula", {("curriculum",)}),
        ('"curricula"', {("curricula",)}),
        ("fine-tuning", {("fine", "tuning"), ("finetuning",)}),
        ("GPT4", {("gpt", "4"), ("gpt4",)}),
        ('"gpt-4 models"', {("gpt", "4", "models"), ("gpt4", "models")}),
        ("PointNet++", {("pointnet++",)}),
        ("机器学习", {("机", "器", "学", "习")}),
    ],
)
def test_a_word_counts_in_every_spelling_of_its_compounds(typed: str, spellings: set[tuple[str, ...]]) -> None:
    (condition,) = conditions(parse(typed))
    assert isinstance(condition, Words)
    assert set(condition.spellings) == spellings


def test_a_phrase_of_very_many_compounds_keeps_the_likeliest_spellings() -> None:
    (condition,) = conditions(parse('"' + " ".join(f"a-{letter}" for letter in "bcdefghij") + '"'))
    assert isinstance(condition, Words)
    assert len(condition.spellings) == MOST_SPELLINGS
    assert tuple("abacadaeafagahaiaj") in condition.spellings
    assert tuple(f"a{letter}" for letter in "bcdefghij") in condition.spellings


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a b", "B  a"),
        ("a OR b OR a", "b OR (a)"),
        ("a AND (b AND c)", "(c b) a a"),
        ("(a OR b) OR c", "c OR (b OR a)"),
        ("-x a", "a NOT X"),
        ("title:(a b)", "title:b title:a"),
        ("cat:CS.cl upvotes >= 5", "upvotes:>=05 cat:cs.CL"),
        ("“fine–tuning”", '"Fine-Tuning"'),
        ("hf -(-a) ", "a hf"),
    ],
)
def test_equal_rules_written_differently_are_equal(first: str, second: str) -> None:
    assert parse(first) == parse(second)
    assert hash(parse(first)) == hash(parse(second))
    assert parse(first).canonical == parse(second).canonical
    assert same(first, second)


@pytest.mark.parametrize(("first", "second"), [("robot", '"robot"'), ("a b", "a OR b"), ("a", "title:a"), ("cat:cs.*", "cat:cs.CL")])
def test_different_rules_are_different(first: str, second: str) -> None:
    assert parse(first) != parse(second)
    assert parse(first).canonical != parse(second).canonical
    assert not same(first, second)


def test_a_text_that_is_no_query_is_the_same_rule_only_as_itself() -> None:
    assert same("an (older language", "an (older language")
    assert not same("an (older language", "(an older language")
    assert not same("an (older language", "an older language")


@given(queries, st.randoms(use_true_random=False))
def test_the_order_of_typing_is_kept_and_makes_no_difference(query: Query, chance: Random) -> None:
    shuffled = Query(_shuffled(query.root, chance))
    assert shuffled == query
    assert hash(shuffled) == hash(query)
    assert shuffled.canonical == query.canonical
    assert sorted(str(shuffled)) == sorted(str(query))


def _shuffled(node: Node, chance: Random) -> Node:
    match node:
        case Not(child):
            return negated(_shuffled(child, chance))
        case And(children) | Or(children):
            parts = [_shuffled(child, chance) for child in children]
            chance.shuffle(parts)
            return all_of(parts) if isinstance(node, And) else any_of(parts)
        case _:
            return node


@given(queries)
def test_the_text_of_a_query_means_that_query(query: Query) -> None:
    try:
        again = parse(str(query))
    except BadQuery as refusal:
        # The only queries without a text are those that ask for a thing and leave it out.
        assert "at once" in refusal.reason  # noqa: PT017 - the reason is why the case is left out
    else:
        assert again == query
        assert str(again) == str(query)


@given(typing)
def test_any_text_is_understood_the_same_from_its_echo_or_refused_with_a_place_and_a_remedy_that_works(text: str) -> None:
    try:
        query = parse(text)
    except BadQuery as refusal:
        assert refusal.query == text  # noqa: PT017 - both ways are right
        assert 0 <= refusal.start <= refusal.end <= len(text)  # noqa: PT017
        assert refusal.reason.endswith((".", "?"))  # noqa: PT017
        if refusal.instead:
            parse(refusal.instead)
    else:
        assert parse(str(query)) == query
        assert str(parse(str(query))) == str(query)
        assert parse(query.canonical) == query
        assert is_positive(query.root)
        assert len(str(query)) <= LONGEST
        assert len(conditions(query)) <= MOST_TERMS
        assert all(len(one.spellings) <= MOST_SPELLINGS for one in conditions(query) if isinstance(one, Words))


@given(st.text(alphabet='()"-*:a \\$', min_size=300, max_size=LONGEST))
def test_a_storm_of_signs_is_refused_or_understood_but_never_breaks(text: str) -> None:
    try:
        query = parse(text)
    except BadQuery as refusal:
        assert refusal.end <= len(text)  # noqa: PT017 - both ways are right
    else:
        assert parse(str(query)) == query


@pytest.mark.parametrize(
    "text", ["(" * LONGEST, '"' * LONGEST, "-" * LONGEST, "NOT " * 128, "a OR " * 100, "title:" * 85, "\\" * LONGEST, "ﷺ " * 200]
)
def test_the_longest_of_one_kind_is_only_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        parse(text)


def test_brackets_may_be_as_deep_as_promised() -> None:
    assert str(parse("(" * DEEPEST + "a" + ")" * DEEPEST)) == "a"
    nested = "a"
    for number in range(DEEPEST):
        nested = f"({nested} {'OR' if number % 2 else 'AND'} b{number})"
    assert parse(str(parse(nested))) == parse(nested)
    with pytest.raises(BadQuery, match="deep"):
        parse(f"x OR {nested[1:-1]} OR y z".replace("a AND b0", "(a OR (c AND d)) AND b0"))


def test_nodes_are_combined_into_canonical_ones() -> None:
    a, b, c = (parse(text).root for text in "abc")
    assert all_of([b, a, all_of([c, a])]) == And((a, b, c))
    assert any_of([b, a, any_of([c, a])]) == Or((a, b, c))
    assert all_of([a, a]) == any_of([a]) == a
    assert negated(negated(a)) == a
    assert negated(a) == Not(a)
    assert str(Query(And((a, b)))) == "a b"
    assert [str(Query(node)) for node in (all_of([b, all_of([c, a])]), any_of([b, a, any_of([c, a])]))] == ["b c a", "b OR a OR c"]


def test_a_node_that_a_paper_may_meet_with_nothing_is_not_positive() -> None:
    a, b = (parse(text).root for text in "ab")
    open_nodes: list[Node] = [Not(a), Not(And((a, b))), Not(Or((a, b))), Or((a, Not(b))), Not(Not(Not(a)))]
    found_nodes: list[Node] = [Not(Not(a)), Not(And((Not(a), Not(b)))), Not(Or((Not(a), b))), And((a, Not(b)))]
    assert not any(map(is_positive, open_nodes))
    assert all(map(is_positive, found_nodes))


def test_conditions_come_once_and_the_unwanted_ones_too() -> None:
    assert [str(Query(one)) for one in conditions(parse("a (b OR -c) -d (a OR e)"))] == ["a", "b", "c", "d", "e"]
