"""The commands: one table, from which answering, help, platforms' command trees and the README follow."""

from bot.commands.answering import answer
from bot.commands.call import Answer, Asker, Call
from bot.commands.command import Command, Kind, Option
from bot.commands.table import TABLE

__all__ = ["TABLE", "Answer", "Asker", "Call", "Command", "Kind", "Option", "answer"]
