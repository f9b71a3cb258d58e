from __future__ import annotations

import pytest

from bot.errors import BadQuery
from bot.query import DEEPEST, LONGEST, MOST_TERMS, conditions, parse


def refused(text: str) -> BadQuery:
    with pytest.raises(BadQuery) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("typed", "place", "reason", "instead"),
    [
        ("", "", "empty", "curriculum learning"),
        ("  ", "  ", "empty", "curriculum learning"),
        ("&", "&", "empty", "curriculum learning"),
        ("and", "and", "empty", "curriculum learning"),
        ("a or b", "or", "OR in capitals", "a OR b"),
        ("a Not b", "Not", "NOT in capitals", 'a "not" b'),
        ("Attention is not all you need", "not", "quote it", 'Attention is "not" all you need'),
        ("title:(Not a)", "Not", "quote it", 'title:("not" a)'),
        ("or", "or", "OR in capitals", '"or"'),
        ("title:(a or b)", "or", "OR in capitals", "title:(a OR b)"),
        ("-a", "-a", "what to leave out", "cat:cs.LG -a"),
        ("-a -b", "-a -b", "what to leave out", "cat:cs.LG -a -b"),
        ("-(a OR b)", "-(a OR b)", "what to leave out", "cat:cs.LG -(a OR b)"),
        ("NOT (a b)", "NOT (a b)", "what to leave out", "cat:cs.LG NOT (a b)"),
        ("a OR -b", "-b", "Each side of OR", "a -b"),
        ("-a OR b", "-a", "Each side of OR", "-a b"),
        ("a OR (c OR -d)", "-d", "Each side of OR", "a OR (c -d)"),
        ("title:(a OR -b)", "-b", "Each side of OR", "title:(a -b)"),
        ("a -a", "a -a", "at once", ""),
        ("*", "*", "star alone", "curriculum learning"),
        ("a *", "*", "star alone", "a"),
        ("a -***", "***", "star alone", "a"),
        ("tr* b", "tr*", "At least 3", "tr b"),
        ("A* search", "A*", "At least 3", '"A*" search'),
        ("*former", "*former", "end of a word", "former*"),
        ("trans*er b", "trans*er", "end of a word", "trans* b"),
        ("c#-foo*", "c#-foo*", "single word", "c#-foo"),
        ('"trans* nets"', '"trans* nets"', "exactly these words", "trans* nets"),
        ('title:"trans* nets"', '"trans* nets"', "exactly these words", "title:(trans* nets)"),
        ('"curriculum learning', '"curriculum learning', "never closed", '"curriculum learning"'),
        ('a "b OR c', '"b OR c', "never closed", 'a "b OR c"'),
        ('a "', '"', "never closed", "a"),
        ('a ""', '""', "no word between", "a"),
        ('title:"!!" a', '"!!"', "no word between", "title: a"),
        ("(a", "(", "never closed", "(a)"),
        ("((a OR b) c", "(", "never closed", "((a OR b) c)"),
        ("a)", ")", "closes nothing", "a"),
        ("a ()", "()", "nothing between", "a"),
        ("a title:()", "()", "nothing between", "a title:curriculum"),
        ("title:", "title:", "missing", "title:curriculum"),
        ("title: OR a", "title:", "missing", "title:curriculum OR a"),
        ("title:!!", "!!", "stands no word", "title:curriculum"),
        ("a title:-b", "title:-b", "before the field", "a -title:b"),
        ("title:a,b", "a,b", "brackets", "title:(a b)"),
        ("titel:foo", "titel:foo", "did you mean “title:”", "title:foo"),
        ('a auhtor:"b c"', "auhtor:", "did you mean “author:”", 'a author:"b c"'),
        ("upvote_s:10", "upvote_s:10", "did you mean “upvotes:”", "upvotes:10"),
        ("foo:bar", "foo:bar", "there are title", '"foo bar"'),
        ("title:(author:b)", "author:", "inside another", "title:(b)"),
        ("title:(b stars>1)", "stars>1", "inside the bracket", "title:(b )"),
        ("AND a", "AND", "on both sides of", "a"),
        ("a AND", "AND", "on both sides of", "a"),
        ("a AND AND b", "AND", "on both sides of", "a AND b"),
        ("a AND OR b", "AND", "on both sides of", "a OR b"),
        ("OR a", "OR", "on both sides of", "a"),
        ("a OR", "OR", "on both sides of", "a"),
        ("a OR OR b", "OR", "on both sides of", "a OR b"),
        ("a (b OR )", "OR", "on both sides of", "a (b )"),
        ("NOT", "NOT", "after NOT", '"NOT"'),
        ("a NOT", "NOT", "after NOT", "a"),
        ("a -(b NOT)", "NOT", "after NOT", "a -(b )"),
        ("a -AND b", "-", "the minus", "a AND b"),
        ("a | b", "|", "parted by OR", "a OR b"),
        ("/transf.*r/ b", "/transf.*r/", "regular expressions", "transf r b"),
        ("/a/", "/a/", "regular expressions", "a"),
        ("https://example.org/a", "https://example.org/a", "words from its title", '"https example.org/a"'),
        ("https://doi.org/10.1/x%28y", "https://doi.org/10.1/x%28y", "A link", '"https doi.org/10.1/x 28y"'),
        ("a (@www.example.org)", "@www.example.org", "A link", 'a ("www.example.org")'),
        ("a www.example.org", "www.example.org", "A link", 'a "www.example.org"'),
        ("cat:ai", "ai", "did you mean “cs.AI”", "cat:cs.AI"),
        ("cat:ml", "ml", "did you mean “stat.ML”", "cat:stat.ML"),
        ("cat:maths.AG", "maths.AG", "did you mean “math.AG”", "cat:math.AG"),
        ("cat:robotics", "robotics", "no archive “robotics”, so", "robotics"),
        ("a Category: foo.BAR b", "foo.BAR", "there are astro-ph, cond-mat, cs,", "a foo.BAR b"),
        ("cat:(foo OR cs.LG)", "foo", "and stat.", "cat:(cs.CL OR cs.LG)"),
        ("cat:zz*", "zz*", "no archive “zz”", "cat:cs.CL"),
        ("cat:zz", "zz", "no archive “zz”", "zz"),
        ("cat:cs.CL,cs.LG", "cs.CL,cs.LG", "written like cs.CL", "cat:(cs.CL OR cs.LG)"),
        ("cat:*", "*", "written like cs.CL", "cat:cs.CL"),
        ("cat:42", "42", "written like cs.CL", "cat:cs.CL"),
        ("source:arvix", "arvix", "no source", "source:arxiv"),
        ("source:$", "$", "no source", "source:huggingface"),
        ("source:foo", "foo", "there are huggingface, arxiv and sample", "source:huggingface"),
        ("source:(arxiv OR openreview)", "openreview", "there are huggingface", "source:(arxiv OR huggingface)"),
        ("id:foo", "foo", "no arXiv id", "id:2505.23885"),
        ("has:cod", "cod", "has:code or has:model", "has:code"),
        ("is:updte", "updte", "is:new or is:update", "is:update"),
        ("upvotes>many", "upvotes>many", "whole number", "upvotes>10"),
        ("upvotes>=-5", "upvotes>=-5", "whole number", "upvotes>=10"),
        ("upvotes> a", "upvotes> a", "whole number", "upvotes>10"),
        ("stars>1.5", "stars>1.5", "whole number", "stars>10"),
        ("stars>1000000000", "stars>1000000000", "at most 9 digits", "stars>999999999"),
        ("upvotes>99999999999999999999", "upvotes>99999999999999999999", "at most 9 digits", "upvotes>999999999"),
        ("stars:10..20", "stars:10..20", "whole number", "stars>=10 stars<=20"),
        ("stars><5", "stars><5", "compared with", "stars>=5"),
        ("citations>10", "citations>10", "no number “citations”", "upvotes>=10"),
        ("(a OR (b", "(", "never closed", "(a OR (b))"),
        ("（ａ　or　ｂ）", "or", "OR in capitals", "(a OR b)"),
    ],
)
def test_a_refusal_names_the_place_the_reason_and_a_remedy(typed: str, place: str, reason: str, instead: str) -> None:
    refusal = refused(typed)
    assert reason in refusal.reason
    assert typed[refusal.start : refusal.end] == place
    assert refusal.instead == instead


def test_a_place_counts_in_what_was_typed_not_in_what_it_was_read_as() -> None:
    typed = "\u202ea≥ “b” titel：x"
    refusal = refused(typed)
    assert typed[refusal.start : refusal.end] == "titel：x"
    assert refusal.instead == 'a>= "b" title:x'


def test_something_missing_at_the_end_has_its_place_there() -> None:
    refusal = refused("")
    assert (refusal.start, refusal.end) == (0, 0)


def test_several_mistakes_are_mended_together() -> None:
    assert refused('titel:(a or b) AND "c').instead == 'title:(a OR b) AND "c"'


def test_no_remedy_is_offered_for_a_text_full_of_mistakes() -> None:
    assert refused(")" * 20 + "a").instead == ""


def test_a_query_may_be_as_long_as_promised() -> None:
    assert len(str(parse("a" * LONGEST))) == LONGEST
    refusal = refused("a" * (LONGEST + 3))
    assert (refusal.start, refusal.end) == (LONGEST, LONGEST + 3)
    assert "512" in refusal.reason


def test_a_query_that_grows_too_long_when_written_out_is_refused() -> None:
    assert "512" in refused("β-" * 200 + "β").reason


def test_a_query_may_have_as_many_terms_as_promised() -> None:
    assert len(conditions(parse(" ".join(f"a{number}" for number in range(MOST_TERMS))))) == MOST_TERMS
    refusal = refused(" ".join(f"a{number}" for number in range(MOST_TERMS + 2)))
    assert "32 terms" in refusal.reason
    assert refusal.query[refusal.start :] == "a32 a33"
    assert refusal.instead.endswith("a31")


def test_brackets_deeper_than_promised_are_refused() -> None:
    refusal = refused("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1))
    assert "16 deep" in refusal.reason
    assert refusal.start == DEEPEST


def test_brackets_deeper_than_promised_are_refused_also_where_only_the_echo_has_them() -> None:
    text = "a"
    for number in range(DEEPEST // 2 + 1):
        text = f"({text}) b{number} OR c{number}"
    assert "deep" in refused(text).reason
