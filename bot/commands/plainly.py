"""From plain words to a command: what somebody means who writes to the bot as to a colleague.

No grammar of English stands behind it. Small words are dropped, commands are recognised by what follows them, and all the rest is searched
for; whoever is misunderstood sees the papers that were found and for which words.
"""

from __future__ import annotations

import re

from bot.commands.fitting import is_command
from bot.errors import BadQuery
from bot.identity import mentioned, recognise
from bot.query import parse

LONGEST_READ = 4_000
"""Characters; who writes more than a page does not mean a command."""
MOST_WORDS = 12
"""Of a search made of plain words: all of them must be in one paper, so more would find nothing."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COURTESY = _words(
    "hi hello hey hiya yo dear good morning afternoon evening ok okay thanks thank thx cheers great cool nice well please pls plz kindly"
    " paperboy bot there you can could would will just lets"
)
_STOP = _COURTESY | _words(
    "a about again all also am an and any anything are arent as at be been but by did do does doing done dont else ever everyone for from"
    " get had has have havent here how i id if im in interesting into is isnt it its ive know lately like me more my new newest not now of"
    " on or our out paper papers recent recently latest right should so some somebody someone something stuff team than that the their them"
    " then these they this those to today too up us use was we were weve what whats when where which who whos why with your youre"
)
"""Dropped wherever they stand: a paper need not hold them."""
_ASKING = _STOP | _words(
    "bring channel check fetch find found give got help interested list look looking need read recommend saw search see seen send sent"
    " share show suggest tell want wants wish"
)
"""Dropped as well where nothing else stands before them: so people ask."""
_LEADING_UP = _ASKING | _words(
    "article articles learn literature news post posted preprint preprints publication publications research result results studies thing"
    " things topic topics work works"
)
"""Dropped as well where nothing else stands before them and one of the next table behind: so people lead up to a topic."""
_BEFORE_TOPIC = _words("about on for regarding concerning around in")
_NEWS = _words("new newest news latest recent recently today todays")
_SET_PHRASES: tuple[tuple[frozenset[str], str], ...] = (
    (_words("rule rules subscription subscriptions subscribed"), "list"),
    (_words("saved reading list"), "saved"),
    (_words("trending"), "trending"),
    (_words("trending week"), "trending week"),
    (_words("trending month"), "trending month"),
    (_words("commands command usage"), "help"),
)
"""When nothing is left but words of such a group, the command is meant."""

_US = r"(?: (?:me|us|everyone|this channel))?"
_WISHES = tuple(
    (re.compile(rf"{pattern}(?: (?P<what>.*))?", re.IGNORECASE | re.DOTALL), command, alone)
    for pattern, command, alone in (
        (rf"subscribe{_US} to", "subscribe", "subscribe"),
        (r"subscribe (?:me|us|this channel)", "subscribe", "subscribe"),
        (rf"sign{_US} up (?:for|to)", "subscribe", "subscribe"),
        (rf"unsubscribe{_US} from", "unsubscribe", "list"),
        (rf"stop (?:sending|posting|bringing){_US}", "unsubscribe", "list"),
    )
)
"""How people say it, the command, and the command when they do not say what."""
_OF_A_PAPER = tuple(
    (re.compile(pattern, re.IGNORECASE), command)
    for pattern, command in (
        (r"\b(?:similar|like|related|resembl\w+)\b", "similar"),
        (r"\bwhy\b", "why"),
        (r"\b(?:save|keep|bookmark)\b", "save"),
    )
)
_SYNTAX = re.compile(r'["“”„()*]|\b(?:OR|AND|NOT)\b|\b(?:title|abstract|author|cat|source|org|id|has|is):\S|[<>]=?\s?\d|(?:^|\s)-\w')
"""What only somebody types who knows the language of queries."""
_WORD = re.compile(r"[^\s,;!?…]+")
_BRACKETS = '"“”„()'
_END = " \t\r\n,.;:!?…"


def command_of(text: str) -> str:
    """The command that plain words mean. Always one of the table; never raises.

    A real command stays as it is, courtesies around it apart. Papers named by id or address are shown, greetings get help, and all else is
    searched for: its words without those of asking; quoted phrases and operators are kept. Nothing is erased on plain words.

    Args:
        text: What was written, without the mention of the bot.
    """
    text = text.strip().removeprefix("/papers").strip()
    if len(text) > LONGEST_READ:
        return "help"
    bare = _without_courtesies(text)
    if wish := _wish(bare):
        return wish
    if is_command(text):
        return text
    if is_command(bare):
        return "forget" if bare.casefold().startswith("forget") else bare
    return _about_a_paper(text) or _set_phrase(text) or _search(text)


def _without_courtesies(text: str) -> str:
    """The text from its first word that says something, without thanks and punctuation at the end."""
    words = list(_WORD.finditer(text))
    first = next((place for place, word in enumerate(words) if _key(word[0]) not in _COURTESY), len(words))
    kept = words[first:]
    while kept and _key(kept[-1][0]) in _COURTESY:
        kept.pop()
    return text[kept[0].start() : kept[-1].end()].rstrip(_END) if kept else ""


def _key(word: str) -> str:
    """The word as the tables have it: "What's" is whats."""
    return re.sub(r"['’.:]", "", word).casefold()  # noqa: RUF001  # as phones type it


def _wish(text: str) -> str:
    """A command with the small words that people put in: "subscribe us to X"; "" if it is none."""
    for pattern, command, alone in _WISHES:
        if (found := pattern.fullmatch(text)) is not None:
            what = _topic(found["what"] or "")
            return f"{command} {what}" if what else alone
    return ""


def _about_a_paper(text: str) -> str:
    """What is asked about a paper that is named by id or address: to show it, if nothing else; "" where none is named."""
    if (id := recognise(text)) is not None:
        return f"show {id}"
    if not (named := mentioned(text)):
        return ""
    return f"{next((command for words, command in _OF_A_PAPER if words.search(text)), 'show')} {named[0]}"


def _set_phrase(text: str) -> str:
    """A command for what is left of the text when all words of asking are gone; "" if something else is left."""
    keys = [key for word in _WORD.findall(text) if (key := _key(word))]
    said = {key for key in keys if key not in _LEADING_UP}
    if said:
        return next((command for words, command in _SET_PHRASES if said <= words), "")
    return "today" if _NEWS.intersection(keys) else "help"


def _topic(text: str) -> str:
    """What is looked for, without what leads up to it and the punctuation behind it."""
    words = list(_WORD.finditer(text))
    keys = [_key(word[0]) for word in words]
    lead = next((place for place, key in enumerate(keys) if key not in _LEADING_UP), len(keys))
    start = max((place + 1 for place in range(lead) if keys[place] in _BEFORE_TOPIC), default=0)
    first = next((place for place in range(start, len(keys)) if keys[place] not in _ASKING), len(keys))
    return text[words[first].start() :].rstrip(_END) if first < len(words) else ""


def _search(text: str) -> str:
    topic = re.sub(r"(?:\s+here)+$", "", _topic(text), flags=re.IGNORECASE)
    if _SYNTAX.search(topic) and _is_query(topic):
        return f"search {topic}"
    told = [word for found in _WORD.findall(topic) if _key(word := found.strip(_END + _BRACKETS)) not in _STOP and _is_query(word)]
    words = " ".join(dict.fromkeys(told[:MOST_WORDS]))
    return f"search {words}" if words and _is_query(words) else "help"


def _is_query(text: str) -> bool:
    try:
        parse(text)
    except BadQuery:
        return False
    return True
