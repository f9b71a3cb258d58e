"""Nothing acknowledged is ever lost: a whole bot is killed again and again, and what it left behind is compared with what it promised.

> `child` lives and keeps a journal -> `ordeal` kills it and lets it live again -> `audit` reads the store and the outlet's log

python -m tests.crash --kills 200
"""
