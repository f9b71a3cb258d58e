"""The commands: one table, from which answering, help, platforms' command trees and the README follow.

And what platforms offer beside typing: forms, a home page, cards for pasted addresses, plain words, reactions. All of these end in a
command, or show what a command would.
"""

from bot.commands.answering import answer
from bot.commands.call import Answer, Asker, Call
from bot.commands.command import Command, Kind, Option
from bot.commands.completing import offers
from bot.commands.forms import filled, form
from bot.commands.home import Section, home
from bot.commands.links import cards
from bot.commands.plainly import command_of
from bot.commands.table import TABLE
from bot.commands.voting import react

__all__ = [
    "TABLE",
    "Answer",
    "Asker",
    "Call",
    "Command",
    "Kind",
    "Option",
    "Section",
    "answer",
    "cards",
    "command_of",
    "filled",
    "form",
    "home",
    "offers",
    "react",
]
