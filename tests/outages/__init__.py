"""Everything the bot stands on goes away in turn: what people see meanwhile, and that nothing is lost or doubled afterwards.

`docs/outages.md` tells the same for people; its table names a test for each line.
"""
