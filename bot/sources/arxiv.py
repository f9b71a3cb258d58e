"""What arXiv's services share: manners, categories, and XML read by name with entities refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import SourceGarbled
from bot.identity import recognise
from bot.sources.manners import Manners

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

MANNERS: Final = Manners(
    door="arxiv.org",
    gap=timedelta(seconds=3),  # https://info.arxiv.org/help/api/tou.html, for query API, RSS and OAI-PMH together
    wait=timedelta(seconds=30),  # its 429s last; short waits only add to them
    patience=timedelta(seconds=75),
    tries=3,
    rest=timedelta(minutes=5),
    ban=timedelta(hours=24),  # "continued traffic counts as an attack"
)

ATOM: Final = "{http://www.w3.org/2005/Atom}"
ARXIV: Final = "{http://arxiv.org/schemas/atom}"
DC: Final = "{http://purl.org/dc/elements/1.1/}"
OPENSEARCH: Final = "{http://a9.com/-/spec/opensearch/1.1/}"

_CATEGORY = re.compile(r"(?:[a-z]{2,8}|[a-z]{1,6}-[a-z]{2,4})(?:\.(?:[A-Z]{2}|[a-z]{2,5}(?:-[a-z]{2,5})?))?")


def is_category(text: str) -> bool:
    """Whether it looks like an arXiv category (`cs.CL`, `hep-th`, `cond-mat.str-el`), as ACM and MSC codes among them do not."""
    return _CATEGORY.fullmatch(text) is not None


def categories(terms: Iterable[str | None]) -> tuple[str, ...]:
    """The categories among the terms, each once, in their order."""
    return tuple(dict.fromkeys(term for text in terms if is_category(term := (text or "").strip())))


def parse(body: bytes, *roots: str) -> Element:
    """The document's root, one of `roots` (with namespace).

    Raises:
        SourceGarbled: It is cut short, no XML, declares entities, or is another kind of document.
    """
    try:
        root: Element = fromstring(body)
    except ParseError as error:
        raise SourceGarbled(f"arXiv sent XML that cannot be read ({error})") from error
    except DefusedXmlException as error:
        raise SourceGarbled("arXiv sent XML with entity declarations") from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know, or not for XML
        raise SourceGarbled("arXiv sent XML in an unknown encoding") from error
    if root.tag not in roots:
        raise SourceGarbled(f"arXiv sent a document of another kind (<{root.tag[:60]}>)")
    return root


def text_of(element: Element, name: str) -> str:
    """The text of the first child of that name, stripped; "" without one."""
    return (element.findtext(name) or "").strip()


def recognised_doi(text: str) -> str:
    """The DOI in lower case; "" for what is none, or arXiv's own DOI of the same paper. arXiv lists several with blanks between."""
    id = recognise(text.split(maxsplit=1)[0]) if text.split() else None
    return id if id is not None and id.startswith("10.") else ""
