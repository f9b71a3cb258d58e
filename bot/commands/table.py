"""Every command there is, in the order help shows them. One line here and one function elsewhere make a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands import backtest, digests, house, looking, moving, rules, serving, shelf, voting
from bot.commands.command import Command, Kind, Option

if TYPE_CHECKING:
    from bot.commands.call import Answer, Call
    from bot.desk import Desk

_QUERY = Option(name="query", kind=Kind.QUERY, help='Words, "phrases", OR, -not, prefix*, title:, author:, cat:cs.CL, upvotes>=10')
_PAPER = Option(name="paper", kind=Kind.PAPER, help="arXiv id, DOI or the address of a paper")
_LANGUAGE = (
    'Words are joined by AND: curriculum learning. "curriculum learning" is the exact phrase. a OR b, (a OR b) c, -robot, transform*. '
    "Fields: title: abstract: author: org: cat: source: id:. Facts: upvotes>=10 stars>100 has:code has:model is:new is:update."
)


async def _help(desk: Desk, call: Call, text: str) -> Answer:  # noqa: ARG001  # every command is called alike
    return house.help_about(TABLE, text)


TABLE: tuple[Command, ...] = (
    Command(
        name="subscribe",
        usage="QUERY",
        help="Keep a query for this channel; its papers come with the daily digest.",
        examples=("subscribe curriculum", 'subscribe "reinforcement learning" -robot', "subscribe cat:cs.CL upvotes>=10"),
        run=rules.subscribe,
        options=(_QUERY,),
        manages=True,
        more=_LANGUAGE,
    ),
    Command(
        name="unsubscribe",
        usage="QUERY | NUMBER | all",
        help="Remove a rule.",
        examples=("unsubscribe 1", "unsubscribe curriculum", "unsubscribe all"),
        run=rules.unsubscribe,
        options=(Option(name="rule", kind=Kind.RULE, help="One of the rules, its number, or all"),),
        manages=True,
    ),
    Command(
        name="list",
        usage="",
        help="Show the rules, what each brought in 7 days, and when the next digest comes.",
        examples=("list",),
        run=rules.show_rules,
    ),
    Command(
        name="search",
        usage="QUERY",
        help="Find papers of the newest 90 days, then in the live sources.",
        examples=("search curriculum learning", 'search title:"language model" has:code'),
        run=looking.search,
        options=(_QUERY,),
        more=_LANGUAGE,
    ),
    Command(
        name="show",
        usage="ID | URL",
        help="Show one paper with all that is known about it.",
        examples=("show 1706.03762", "show https://huggingface.co/papers/1706.03762"),
        run=looking.show,
        options=(_PAPER,),
    ),
    Command(name="today", usage="", help="Show Hugging Face's list of the day.", examples=("today",), run=looking.today),
    Command(
        name="trending",
        usage="[week | month]",
        help="Show what the community looks at most.",
        examples=("trending", "trending week"),
        run=looking.trending,
        options=(Option(name="span", kind=Kind.CHOICE, help="How far to look back", required=False, choices=("week", "month")),),
    ),
    Command(
        name="similar",
        usage="ID",
        help="Find the papers most like one.",
        examples=("similar 1706.03762",),
        run=looking.similar,
        options=(_PAPER,),
    ),
    Command(
        name="preview",
        usage="[QUERY]",
        help="Show the next digest as it stands, or what a query would bring.",
        examples=("preview", "preview diffusion -video"),
        run=digests.preview,
        options=(Option(name="query", kind=Kind.QUERY, help=_QUERY.help, required=False),),
    ),
    Command(
        name="digest",
        usage="",
        help="Post the digest now; the next one does not repeat it.",
        examples=("digest",),
        run=digests.digest,
        manages=True,
    ),
    Command(
        name="schedule",
        usage="[daily | weekdays | weekly | mon,thu] [HH:MM] [ZONE] | off",
        help="Say or set when digests come.",
        examples=("schedule weekdays 9:00 Europe/Berlin", "schedule mon,thu 8:30", "schedule off"),
        run=serving.schedule,
        options=(Option(name="when", kind=Kind.SCHEDULE, help="Days, time and zone, in any order", required=False),),
        manages=True,
        tells=True,
    ),
    Command(
        name="settings",
        usage="[limit N] [format compact | normal | full] [thread on | off] [links on | off] [manage anyone | admins]",
        help="Say or set how digests look and who may change them.",
        examples=("settings limit 8", "settings format full", "settings manage admins"),
        run=serving.settings,
        options=(Option(name="settings", kind=Kind.TEXT, help="Pairs such as: limit 5 format full", required=False),),
        manages=True,
        tells=True,
    ),
    Command(
        name="pause",
        usage="[2w | DATE]",
        help="Stop the digests for a while; the rules are kept.",
        examples=("pause 2w", "pause"),
        run=serving.pause,
        options=(Option(name="until", kind=Kind.TEXT, help="How long or until which day; nothing: until resumed", required=False),),
        manages=True,
    ),
    Command(name="resume", usage="", help="Let the digests come again.", examples=("resume",), run=serving.resume, manages=True),
    Command(
        name="why",
        usage="ID",
        help="Tell what became of a paper here, by which rule and which word.",
        examples=("why 1706.03762",),
        run=digests.why,
        options=(_PAPER,),
    ),
    Command(
        name="save", usage="ID", help="Put a paper on the reading list.", examples=("save 1706.03762",), run=shelf.save, options=(_PAPER,)
    ),
    Command(
        name="unsave",
        usage="ID",
        help="Take a paper off the reading list.",
        examples=("unsave 1706.03762",),
        run=shelf.unsave,
        options=(_PAPER,),
    ),
    Command(
        name="saved",
        usage="[export bibtex | ris | csv]",
        help="Show the reading list, or hand it out for a reference manager.",
        examples=("saved", "saved export bibtex"),
        run=shelf.saved,
        options=(
            Option(
                name="export",
                kind=Kind.CHOICE,
                help="As a file",
                required=False,
                choices=("export bibtex", "export ris", "export csv"),
            ),
        ),
    ),
    Command(name="export", usage="", help="Hand out the rules as text, to review, share or move.", examples=("export",), run=moving.export),
    Command(
        name="import",
        usage="LINES",
        help="Take over the rules of an export.",
        examples=("import subscribe curriculum; subscribe lifelong learning",),
        run=moving.import_rules,
        options=(Option(name="lines", kind=Kind.TEXT, help="The lines of an export, or with semicolons between"),),
        manages=True,
    ),
    Command(
        name="status",
        usage="",
        help="Tell how the sources are doing and when the next digest comes.",
        examples=("status",),
        run=house.status,
    ),
    Command(
        name="forget",
        usage="",
        help="Erase all that is kept about this channel, after a confirmation.",
        examples=("forget",),
        run=house.forget,
        manages=True,
    ),
    Command(
        name="help",
        usage="[COMMAND]",
        help="Tell what can be asked.",
        examples=("help", "help subscribe"),
        run=_help,
        options=(Option(name="command", kind=Kind.COMMAND, help="Which command", required=False),),
    ),
    # What only buttons use.
    Command(
        name="edit",
        usage="RULE => QUERY",
        help="Put a rule in the place of another.",
        examples=("edit 1 => curriculum learning",),
        run=rules.edit,
        options=(Option(name="rule", kind=Kind.RULE, help="One of the rules or its number; what it is to be is asked then"),),
        manages=True,
        hidden=True,
    ),
    Command(
        name="restore",
        usage="TOKEN",
        help="Bring removed rules back.",
        examples=(),
        run=rules.restore,
        manages=True,
        hidden=True,
    ),
    Command(
        name="narrow",
        usage="QUERY",
        help="Find rules that bring less.",
        examples=("narrow learning",),
        run=backtest.narrow,
        hidden=True,
    ),
    Command(
        name="broaden",
        usage="QUERY",
        help="Find rules that bring more.",
        examples=("broaden curriculum",),
        run=backtest.broaden,
        hidden=True,
    ),
    Command(
        name="vote",
        usage="ID up | down | none",
        help="Say what you think of a paper; the channel's votes count in its ranking.",
        examples=("vote 1706.03762 up",),
        run=voting.vote,
        options=(_PAPER, Option(name="vote", kind=Kind.CHOICE, help="What you think of it", choices=("up", "down", "none"))),
        hidden=True,
    ),
    Command(name="more", usage="DIGEST", help="Show what a digest only counted.", examples=(), run=digests.more, hidden=True),
)
