"""A small library of papers of our own making, ugly ones among them, for every test that wants some."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.paper import Paper, PaperId

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
"""A Wednesday morning."""

ROBOT = Paper(
    id=PaperId("2611.00001"),
    title="Curriculum Learning for Robot Arms",
    abstract="We propose a curriculum that teaches a robot arm to stack cups. It needs no demonstrations.",
    authors=("Ada Lovelace", "Grace Hopper", "Emmy Noether", "Mary Somerville"),
    categories=("cs.RO", "cs.LG"),
    organisation="Analytical Engines",
    code_url="https://github.com/example/cups",
    stars=1234,
    upvotes=42,
    summary="A curriculum teaches a robot arm to stack cups.",
    listed_on=date(2026, 11, 18),
    published=datetime(2026, 11, 17, tzinfo=UTC),
    sources=("huggingface",),
)
SYLLABUS = Paper(
    id=PaperId("2611.00002"),
    title="A Syllabus of Tasks: Ordering Data by Difficulty",
    abstract="Curricula order examples from easy to hard. We show when a syllabus helps language models.",
    authors=("Maria Montessori",),
    categories=("cs.CL",),
    upvotes=7,
    published=datetime(2026, 11, 16, tzinfo=UTC),
    sources=("arxiv",),
)
DIFFUSION = Paper(
    id=PaperId("2611.00003"),
    title=r"$\beta$-Diffusion & <Friends>: @everyone gets 100% *better*",
    abstract="Diffusion models denoise. " * 30,
    authors=tuple(f"Author{n} Family{n}" for n in range(573)),
    categories=("cs.CV",),
    upvotes=3,
    published=datetime(2026, 11, 17, tzinfo=UTC),
    sources=("arxiv", "huggingface"),
)
FORGETTING = Paper(
    id=PaperId("2611.00004"),
    title="Forgetting Less: Lifelong Language Models",
    abstract="Continual training makes language models forget. Replay and a curriculum help them remember.",
    authors=("Hermann Ebbinghaus",),
    categories=("cs.CL", "cs.LG"),
    keywords=("continual learning", "replay"),
    upvotes=19,
    published=datetime(2026, 11, 15, tzinfo=UTC),
    sources=("huggingface",),
)
LIBRARY = (ROBOT, SYLLABUS, DIFFUSION, FORGETTING)
