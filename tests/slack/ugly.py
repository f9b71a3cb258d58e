"""Papers and words as hostile as the world sends them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.paper import Paper, PaperId
from tests.library import LIBRARY, NOW, ROBOT

SIGNS = "<!channel> @here #general *bold* _it_ ~s~ `code` <@U1> <https://evil.example|click> ](http://x) :smile: &amp; http://evil.example"
"""All that Slack could take for markup, at once."""
LONG_QUERY = "curriculum " + " OR ".join(f"title:word{n}" for n in range(200))
LONG_QUERY = LONG_QUERY[:3000].ljust(3000, "x")

UGLY = (
    Paper(
        id=PaperId("2611.00011"),
        title=("A Very Long Curriculum About Everything " * 9)[:300],
        abstract=f"We propose a curriculum. {SIGNS}",
        authors=tuple(f"Author{n} Family{n}" for n in range(573)),
        organisation="The ATLAS Collaboration *with* <!here>",
        categories=("hep-ex",),
        upvotes=1234,
        stars=56_789,
        published=NOW,
    ),
    Paper(
        id=PaperId("2611.00012"),
        title=r"$\beta$-VAE: {\em curriculum} $\mathcal{O}(n^2)$ — 100% better & faster",
        abstract="",
        authors=("Andr\\'e Weil",),
        comment="withdrawn",
        published=datetime(2025, 1, 2, tzinfo=UTC),
    ),
    Paper(
        id=PaperId("2611.00013"),
        title="למידת מכונה \u202eevil\u202c تعلم الآلة curriculum 学習 👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪 e\u0301\u0302",
        abstract="提案手法は課程を学ぶ。" * 12,
        authors=("王伟", "שרה כהן", "می‌خواهم"),
        published=NOW,
    ),
    Paper(
        id=PaperId("title-0123456789abcdef"),
        title=f"Curriculum {SIGNS}\x00\x1b[31m",
        abstract="\u202e\u2066",
        authors=("<!channel>",),
        code_url="javascript:alert(1)",
        published=NOW,
    ),
    replace(ROBOT, id=PaperId("2611.00014"), thumbnail_url="https://cdn.example.org/thumbnails/2611.00014.png", abstract="Long. " * 700),
)
PAPERS = (*LIBRARY, *UGLY)
