"""Conversations with the bot, as pairs of "they say" and "we say": the same on every platform.

Each line of a dialogue is what somebody types, followed by words that must be in the answer, in this order; a word that starts with
"not:" must be absent. The channel is #ml-reading, the asker Ada, the papers those of `tests.library`, already taken in.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    they: str
    we: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dialogue:
    name: str
    lines: tuple[Line, ...]
    guest: bool = False
    """Whether Ada is only visiting (`Asker.is_guest`)."""


def agrees(line: Line, said: str) -> None:
    """Fail unless the answer holds the words of the line, in their order, whatever stands between them."""
    said = " ".join(said.split())
    rest = said
    for expected in (" ".join(words.split()) for words in line.we):
        if expected.startswith("not:"):
            assert expected.removeprefix("not:") not in said, f"{line.they!r} was answered:\n{said}"
            continue
        assert expected in rest, f"{line.they!r} was answered without {expected!r} in its place:\n{said}"
        rest = rest.partition(expected)[2]


def dialogue(name: str, *pairs: tuple[str, *tuple[str, ...]], guest: bool = False) -> Dialogue:
    return Dialogue(name, tuple(Line(they, we) for they, *rest in pairs for we in [tuple(rest)]), guest)


DIALOGUES = (
    dialogue(
        "a rule is made, listed, and taken back",
        (
            "subscribe curriculum",
            "Ada subscribed #ml-reading to curriculum",
            "3 papers",
            "Undo",
            "Preview",
            "Narrow",
            "Broaden",
            "Next digest",
        ),
        ("list", "Rules of #ml-reading", "curriculum", "3 papers in 7 days", "added by Ada, today", "at most 5 papers"),
        ("unsubscribe curriculum", "Ada unsubscribed #ml-reading from curriculum", "Undo", "No rules are left"),
        ("list", "none yet", "subscribe curriculum"),
    ),
    dialogue(
        "the same rule written differently is the same rule",
        ("subscribe learning AND Curriculum", "subscribed"),
        ("subscribe curriculum   learning", "already subscribed", "added by Ada"),
        ("list", "learning curriculum", "not:2."),
    ),
    dialogue(
        "rules are removed by number, nearest ones are offered, and all at once",
        ("subscribe curriculum", "subscribed"),
        ("subscribe diffusion", "subscribed"),
        ("unsubscribe curiculum", "no rule 'curiculum'", "curriculum", "unsubscribe curriculum"),
        ("unsubscribe 7", "no rule '7'"),
        ("unsubscribe 2", "from diffusion"),
        ("subscribe diffusion", "subscribed"),
        ("unsubscribe all", "from all of its rules", "curriculum", "diffusion", "Undo"),
        ("unsubscribe", "Which rule"),
        ("unsubscribe 1", "There are no rules here yet"),
    ),
    dialogue(
        "a bad query never saves and is shown with its place",
        ('subscribe curriculum "learn', "^", "Try:"),
        ("subscribe -robot", "Try:"),
        ("subscribe (curriculum", "^"),
        ("subscribe tr*", "^"),
        ("subscribe colour:red", "colour"),
        ("subscribe", "Try:"),
        ("list", "none yet"),
    ),
    dialogue(
        "a rule is put in the place of another",
        ("subscribe curriculum", "subscribed"),
        ("edit 1 => curriculum -robot", "changed a rule of #ml-reading from curriculum to curriculum -robot", "2 papers"),
        ("list", "1", "curriculum -robot", "not:2."),
        ("edit 1", "=>"),
    ),
    dialogue(
        "papers are searched and shown",
        ("search curriculum -robot", "2 papers", "Syllabus"),
        ("search nonexistentword", "Nothing found"),
        ("show 2611.00001", "Curriculum Learning for Robot Arms", "Ada Lovelace", "42", "1.2k", "Save", "Similar"),
        ("show 2611.00001", "PDF"),
        ("show https://arxiv.org/abs/2611.00001v2", "Curriculum Learning for Robot Arms"),
        ("show https://huggingface.co/papers/2611.00002", "Syllabus"),
        ("show banana", "no arXiv id", "search banana"),
        ("show 2611.99999", "2611.99999"),
        ("show", "Which paper"),
        ("similar 2611.00002", "Like “A Syllabus"),
    ),
    dialogue(
        "the digest is previewed, posted, and not repeated",
        ("preview", "No digest yet", "subscribe curriculum"),
        ("preview curriculum", "3 papers", "nothing is saved"),
        ("subscribe curriculum", "subscribed"),
        ("preview", "3 papers", "A preview."),
        ("digest", "3 papers"),
        ("digest", "Nothing waits"),
        ("why 2611.00001", "Posted here", "curriculum", "title"),
        ("why 2611.00003", "No rule of this channel meets it", "curriculum", "does not"),
        ("why 2611.77777", "Not seen"),
    ),
    dialogue(
        "the schedule is told and changed",
        ("schedule", "weekdays", "09:00", "next three"),
        ("schedule mon,thu 8:30 Europe/Berlin", "Ada set the digests", "08:30", "Europe/Berlin", "next three"),
        ("schedule 25:00", "Try:"),
        ("schedule off", "set the digests"),
        ("schedule", "No digest comes by itself"),
    ),
    dialogue(
        "settings are told and changed",
        ("settings", "limit 5", "format normal", "thread off", "links on", "manage anyone"),
        ("settings limit 8 format full", "limit 8, format full"),
        ("settings limit 0", "1 to 25"),
        ("settings colour red", "no setting 'colour'"),
        ("settings format huge", "no format 'huge'"),
        ("settings manage me", "`anyone` or `admins`"),
        ("settings limit", "pairs"),
        ("settings limit 8", "stay as they were"),
        ("settings links off", "links off"),
        ("settings links perhaps", "`on` or `off`", "settings links off"),
        ("settings", "limit 8", "links off"),
    ),
    dialogue(
        "people say what they think of a paper, and it is told and taken back",
        ("subscribe curriculum", "subscribed"),
        ("vote 2611.00001 down", "Noted", "not for #ml-reading", "Undo"),
        ("why 2611.00001", "Votes here: 1 against."),
        ("why 2611.00002", "Other papers of its rules: 1 against."),
        ("vote 2611.00001 up", "one for #ml-reading"),
        ("why 2611.00001", "Votes here: 1 in favour."),
        ("vote 2611.00001 none", "taken back"),
        ("why 2611.00001", "not:Votes here"),
        ("vote 2611.00001", "`up`, `down` or `none`"),
        ("search robot", "Not for us"),
    ),
    dialogue(
        "a guest looks and changes nothing",
        ("subscribe curriculum", "Guests may look"),
        ("settings limit 8", "Guests may look"),
        ("settings", "limit 5"),
        ("search curriculum", "3 papers"),
        ("list", "none yet"),
        guest=True,
    ),
    dialogue(
        "a channel is paused and resumed",
        ("subscribe curriculum", "subscribed"),
        ("pause 2w", "Ada paused #ml-reading until"),
        ("list", "Paused until"),
        ("resume", "Ada resumed #ml-reading", "next three"),
        ("resume", "was not paused"),
        ("resume now", "takes no words"),
        ("pause", "until somebody resumes"),
        ("pause yesterdayish", "Try:"),
    ),
    dialogue(
        "a reading list is kept and taken along",
        ("saved", "Nothing is saved yet"),
        ("save 2611.00001", "Ada saved “Curriculum Learning for Robot Arms”", "Undo"),
        ("save 2611.00001", "already"),
        ("save 2611.00002", "saved"),
        ("saved", "Syllabus", "Curriculum Learning for Robot Arms", "Export bibtex"),
        ("saved export bibtex", "2 papers", "reading-list.bib", "eprint"),
        ("saved export ris", "TY  -"),
        ("saved export csv", "Curriculum Learning for Robot Arms"),
        ("saved export docx", "bibtex, ris, csv"),
        ("unsave 2611.00001", "took “Curriculum Learning for Robot Arms” off"),
        ("unsave 2611.00001", "not on the reading list"),
    ),
    dialogue(
        "rules travel as text",
        ("export", "no rules yet"),
        ("subscribe curriculum", "subscribed"),
        ("settings limit 7", "limit 7"),
        ("export", "settings limit 7", "subscribe curriculum"),
        ("import subscribe diffusion; subscribe curriculum; settings limit 9", "imported 1 rule", "1 was there already"),
        ("import subscribe ((", "Line 1", "Nothing was imported"),
        ("import dance", "Line 1", "not part of an export"),
        ("import", "Nothing to import"),
        ("list", "curriculum", "diffusion", "at most 9"),
    ),
    dialogue(
        "the bot tells about itself",
        ("status", "Status", "papers in the archive"),
        ("help", "subscribe QUERY", "unsubscribe", "help subscribe"),
        ("help subscribe", "Keep a query", "subscribe curriculum"),
        ("help subscrieb", "no command 'subscrieb'", "help subscribe"),
        ("", "What you can ask"),
        ("subscrieb curriculum", "Did you mean subscribe", "subscribe curriculum"),
        ("xyzzy", "no command 'xyzzy'", "search"),
    ),
    dialogue(
        "a channel is forgotten only after a confirmation",
        ("subscribe curriculum", "subscribed"),
        ("forget", "for good", "Erase everything"),
        ("list", "curriculum"),
        ("forget everything", "Ada erased"),
        ("list", "none yet"),
    ),
    dialogue(
        "words that part the matches, and words used instead, are offered",
        ("narrow curriculum", "curriculum"),
        ("broaden curriculum", "curriculum"),
        ("narrow", "Which query"),
    ),
    dialogue(
        "the community's lists are shown",
        ("today", "Daily papers"),
        ("trending week", "Trending this week"),
        ("trending decade", "week", "month"),
        ("today please", "search please"),
    ),
)
