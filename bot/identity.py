"""Which work is meant: every way of naming a paper, reduced to one identity."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from bot.folding import title_key
from bot.paper import PaperId

if TYPE_CHECKING:
    from bot.paper import Paper

_LONGEST = 2_000
"""Characters; whatever is longer is no name of a paper, and reading it would only cost time."""
_LONGEST_DOI = 200
_FIRST_YEAR = 91
"""arXiv began in 1991: two digits from here on are a year of the last century."""

# https://arxiv.org/archive: the archives that gave out ids before April 2007. A closed list: "and/0101001" in prose is no paper.
_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga|funct-an|gr-qc|hep-ex"
    "|hep-lat|hep-ph|hep-th|math-ph|math|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_NEW = r"(?P<new>[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})"
_OLD = rf"(?P<archive>{_ARCHIVES})(?:\.[a-z][a-z-]{{1,8}})?/(?P<number>[0-9]{{2}}(?:0[1-9]|1[0-2])[0-9]{{3}})"
_ARXIV = rf"(?:{_NEW}|{_OLD})(?:v(?P<version>[1-9][0-9]{{0,3}}))?"
_ARXIV_ID = re.compile(_ARXIV, re.IGNORECASE)
_NAMED = re.compile(rf"(?:(?:oai:)?arxiv(?:\.org)?:\s?)?{_ARXIV}(?:\.pdf|\.md)?(?:\s?\[[a-z-]+(?:\.[a-z-]+)?\])?", re.IGNORECASE)
_IN_PATH = re.compile(rf"(?:^|/){_ARXIV}(?:\.pdf|\.md)?(?:/.*)?$", re.IGNORECASE | re.DOTALL)
_NEW_IN_PATH = re.compile(rf"/{_NEW}(?:v(?P<version>[1-9][0-9]{{0,3}}))?(?:\.pdf|\.md)?(?=/|$)", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]{1,9}){0,3}/[!-~]+")
_DOI_PREFIX = re.compile(r"(?:info:)?doi[:/]\s?", re.IGNORECASE)
_ARXIV_DOI = re.compile(rf"10\.48550/arxiv\.{_ARXIV}", re.IGNORECASE)
_DOI_IN_PATH = re.compile(r"/doi/(?:(?:abs|e?pdf|full|epub|book)/)?(10\.[0-9]{4,9}/[!-~]+)", re.IGNORECASE)

_DOI_HOSTS = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})
_ARXIV_HOSTS = frozenset({"arxiv.org", "alphaxiv.org", "ar5iv.org"})
_HUGGING_FACE_HOSTS = frozenset({"huggingface.co", "hf.co", "www.huggingface.co"})
_HOSTS = r"(?:(?:www|export|browse|xxx|dx|ar5iv\.labs|ar5iv)\.)?(?:arxiv\.org|alphaxiv\.org|ar5iv\.org|huggingface\.co|hf\.co|doi\.org)"
_BARE_ADDRESS = re.compile(rf"{_HOSTS}/", re.IGNORECASE)

_MENTION = re.compile(
    rf"https?://[^\s<>\"|]+"
    rf"|(?<![\w.@/-]){_HOSTS}/[^\s<>\"|]+"
    r"|(?<![\w./])10\.[0-9]{4,9}(?:\.[0-9]{1,9}){0,3}/[^\s<>\"|]+"
    rf"|(?<![\w./-])(?:[0-9]{{4}}\.[0-9]{{4,5}}|(?:{_ARCHIVES})(?:\.[a-z][a-z-]{{1,8}})?/[0-9]{{7}})(?:v[1-9][0-9]{{0,3}})?(?:\.pdf|\.md)?(?!\w|/|\.[0-9])",
    re.IGNORECASE,
)

_TRAILING = ".,;:!?'\"`*_~…。，、；：）】》」』”’"  # noqa: RUF001  # people end sentences with these, in whatever script
_PAIRS = {")": "(", "]": "[", "}": "{"}


def recognise(text: str) -> PaperId | None:
    """The paper that `text` names as a whole; None if it names none.

    Understood, in any case and with blanks, angle brackets or a full stop around: arXiv ids old and new with or without version, class
    or `arXiv:`; addresses of arXiv and its mirrors, of Hugging Face's paper pages and of doi.org; `oai:arXiv.org:`; DOIs.
    """
    found = _read(text)
    return None if found is None else found[0]


def version_in(text: str) -> int | None:
    """The arXiv version that `text` names ("2505.23885v2" -> 2); None without one."""
    found = _read(text)
    return None if found is None else found[1]


def mentioned(text: str) -> tuple[PaperId, ...]:
    """Every paper named inside a longer text, in order, each once."""
    found = (recognise(mention[0]) for mention in _MENTION.finditer(unicodedata.normalize("NFKC", text)))
    return tuple(dict.fromkeys(id for id in found if id is not None))


def paper_id(*, arxiv: str = "", doi: str = "", title: str = "", first_author: str = "") -> PaperId:
    """The identity of a record: its arXiv id, else its DOI, else its title with the first author.

    What is no arXiv id or DOI counts as absent.

    Raises:
        ValueError: There is nothing to tell the paper by, not even a title.
    """
    for name in (arxiv, doi):
        if (id := recognise(name)) is not None:
            return id
    if not (key := _title_hash(title, first_author)):
        raise ValueError("a paper needs an arXiv id, a DOI or a title")
    return PaperId(f"title-{key}")


def names(paper: Paper) -> tuple[str, ...]:
    """Other names under which the same work may come: `doi:` and `title:` with what follows.

    A record that has only a DOI or a title has its own identity among them, so that a later record with more finds it.
    """
    doi = paper.id if paper.id.startswith("10.") else paper.doi
    key = _title_hash(paper.title, paper.authors[0] if paper.authors else "")
    return (*((f"doi:{doi.lower()}",) if doi else ()), *((f"title:{key}",) if key else ()))


def is_arxiv(id: str) -> bool:
    """Whether an identity is an arXiv id (canonical, without version)."""
    match = _ARXIV_ID.fullmatch(id)
    return match is not None and match["version"] is None and _arxiv(match) == id


def month_of(id: str) -> date | None:
    """The first day of the month in which arXiv gave out an identity ("2310.09518" -> 1 October 2023); None for what is no arXiv id.

    Old ids have two digits of the year as well ("hep-th/9901001"): 91 and more are of the last century.
    """
    if not is_arxiv(id):
        return None
    digits = id.rpartition("/")[2]
    year = int(digits[:2])
    century = 1900 if "/" in id and year >= _FIRST_YEAR else 2000
    return date(century + year, int(digits[2:4]), 1)


def abstract_url(id: PaperId) -> str:
    """Where a person reads about it: arXiv's abstract page or the DOI's resolver; "" for a paper known by title alone."""
    if is_arxiv(id):
        return f"https://arxiv.org/abs/{id}"
    return f"https://doi.org/{quote(id, safe='/:;()')}" if id.startswith("10.") else ""


def pdf_url(id: PaperId) -> str:
    """Its PDF on arXiv; "" for a paper that is not there."""
    return f"https://arxiv.org/pdf/{id}" if is_arxiv(id) else ""


def huggingface_url(id: PaperId) -> str:
    """Its page on Hugging Face, which has one for every new-style arXiv id; "" for others."""
    return f"https://huggingface.co/papers/{id}" if is_arxiv(id) and "/" not in id else ""


def _read(text: str) -> tuple[PaperId, int | None] | None:
    if len(text) > _LONGEST:
        return None
    text = _bare(unicodedata.normalize("NFKC", text))
    if text.lower().startswith(("http://", "https://")):
        return _read_address(text)
    if _BARE_ADDRESS.match(text):
        return _read_address(f"https://{text}")
    return _read_arxiv(_NAMED.fullmatch(text)) or _read_doi(text)


def _bare(text: str) -> str:
    """Without what people and chats put around a link: blanks, <…|label>, quotes, the sentence's full stop."""
    text = text.strip().strip("\u200b\ufeff\u2060")
    if text.startswith("<"):
        text = text[1:].partition(">")[0].partition("|")[0]
    text = text.strip().lstrip("([{'\"`*_“‘《「『【")  # noqa: RUF001  # opening signs of several scripts
    while text:
        last = text[-1]
        unpaired = last in _PAIRS and text.count(last) > text.count(_PAIRS[last])
        if not (unpaired or last in _TRAILING or last.isspace()):
            break
        text = text[:-1]
    return text


def _read_address(url: str) -> tuple[PaperId, int | None] | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:  # a bracket where an IPv6 address would stand
        return None
    path = unquote(parts.path)
    if host in _DOI_HOSTS:
        return _read_doi(path.lstrip("/"))
    site = ".".join(host.split(".")[-2:])
    if site in _ARXIV_HOSTS or (host in _HUGGING_FACE_HOSTS and "/papers/" in path):
        # Old-style ids hold a slash: never "the last segment". The id ends the path, or `/…` of the site's own follows.
        return _read_arxiv(_IN_PATH.search(path))
    # Mirrors carry the id somewhere in their path (https://tldr.takara.ai/p/2604.26238), publishers the DOI after /doi/.
    if (doi := _DOI_IN_PATH.search(path)) is not None:
        return _read_doi(doi[1])
    return _read_arxiv(_NEW_IN_PATH.search(path))


def _read_arxiv(match: re.Match[str] | None) -> tuple[PaperId, int | None] | None:
    if match is None or (id := _arxiv(match)) is None:
        return None
    return id, int(match["version"]) if match["version"] else None


def _arxiv(match: re.Match[str]) -> PaperId | None:
    """The canonical id, if its date and number of digits go together (https://info.arxiv.org/help/arxiv_identifier.html)."""
    groups = match.groupdict()
    if new := groups["new"]:
        month, _, number = new.partition(".")
        digits = 4 if month < "1501" else 5
        return PaperId(new) if month >= "0704" and len(number) == digits else None
    number = groups["number"]
    before_april_2007 = number[:4] < "0704" or int(number[:2]) >= _FIRST_YEAR
    return PaperId(f"{groups['archive'].lower()}/{number}") if before_april_2007 else None


def _read_doi(text: str) -> tuple[PaperId, int | None] | None:
    text = _DOI_PREFIX.sub("", text, count=1) if _DOI_PREFIX.match(text) else text
    if (arxiv := _ARXIV_DOI.fullmatch(text)) is not None:
        return _read_arxiv(arxiv)
    if len(text) > _LONGEST_DOI or _DOI.fullmatch(text) is None or set(text) & set('<>"|'):
        return None
    return PaperId(text.lower()), None


def _title_hash(title: str, first_author: str) -> str:
    key = title_key(title)
    if not key:
        return ""
    # Sources write "Bengio, Yoshua", "Y. Bengio" and "Yoshua Bengio": only the family name is dependable.
    words = first_author.partition(",")[0].split()
    family = title_key(words[-1]) if words else ""
    return sha256(f"{key}\n{family}".encode(errors="surrogatepass")).hexdigest()[:16]
