"""Answers in the shapes that the services send, with papers of our own making."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable


def entry(id: str, *, day: str | None = "2025-11-21", votes: int | None = 1, **inner: Any) -> dict[str, Any]:
    """A row of Hugging Face's list, with the fields it always has."""
    paper = {
        "id": id,
        "authors": [{"_id": "1", "name": "Ada Lovelace", "hidden": False}],
        "publishedAt": "2025-11-20T00:00:00.000Z",
        "title": f"Paper {id}",
        "summary": "A curriculum\nfor engines.",
        "upvotes": votes,
        "discussionId": "d1",
        **({"submittedOnDailyAt": f"{day}T00:00:00.000Z"} if day else {}),
        **inner,
    }
    return {
        "paper": paper,
        "publishedAt": "2025-11-19T19:00:00.000Z",
        "title": paper["title"],
        "summary": paper["summary"],
        "thumbnail": f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{id}.png",
        "numComments": 1,
        "submittedBy": {"name": "ada", "fullname": "Ada"},
        "isAuthorParticipating": False,
    }


def listing(*rows: Any) -> bytes:
    """Hugging Face's bare array."""
    return json.dumps(list(rows)).encode()


def item(id: str, *, kind: str = "new", version: int = 1, title: str | None = None, creators: str = "Ada Lovelace", more: str = "") -> str:
    """An item of arXiv's RSS."""
    return f"""<item>
      <title>{escape(title or f"Paper {id}")}</title>
      <link>https://arxiv.org/abs/{id}</link>
      <description>arXiv:{id}v{version} Announce Type: {kind} \nAbstract: Engines &lt; people.\n  On &amp; on.</description>
      <guid isPermaLink="false">oai:arXiv.org:{id}v{version}</guid>
      <category>cs.CL</category>
      <category>cs.LG</category>
      <pubDate>Fri, 21 Nov 2025 00:00:00 -0500</pubDate>
      <arxiv:announce_type>{kind}</arxiv:announce_type>
      <dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
      <dc:creator>{escape(creators)}</dc:creator>{more}
    </item>"""


def feed(
    *items: str, title: str = "cs.CL updates on arXiv.org", description: str = "", built: str = "Fri, 21 Nov 2025 05:00:00 +0000"
) -> bytes:
    """arXiv's RSS."""
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
  <channel>
    <title>{title}</title>
    <link>http://rss.arxiv.org/rss/cs.CL</link>
    <description>{description}</description>
    <lastBuildDate>{built}</lastBuildDate>
    <skipDays><day>Sunday</day><day>Saturday</day></skipDays>
    {"".join(items)}
  </channel>
</rss>""".encode()


def result(id: str, *, version: int = 1, title: str | None = None, more: str = "") -> str:
    """An entry of arXiv's query API."""
    return f"""<entry>
    <id>http://arxiv.org/abs/{id}v{version}</id>
    <title>{f"Paper {id}" if title is None else escape(title)}</title>
    <updated>2025-11-20T20:27:42Z</updated>
    <link href="https://arxiv.org/abs/{id}v{version}" rel="alternate" type="text/html"/>
    <summary>  A curriculum\n  for engines.</summary>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
    <category term="I.2.7; 68T05" scheme="http://arxiv.org/schemas/atom"/>
    <published>2025-11-19T10:00:00Z</published>
    <arxiv:primary_category term="cs.CL"/>
    <author><name>Ada Lovelace</name><arxiv:affiliation>London</arxiv:affiliation></author>
    <author><name>Grace  Hopper</name></author>{more}
  </entry>"""


def results(*entries: str, total: int | None = None) -> bytes:
    """An answer of arXiv's query API."""
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/1nd5</id>
  <title>arXiv Query: search_query=all:x</title>
  <opensearch:itemsPerPage>100</opensearch:itemsPerPage>
  <opensearch:totalResults>{len(entries) if total is None else total}</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
  {"".join(entries)}
</feed>""".encode()


def api_error(reason: str) -> bytes:
    """How arXiv's query API says that a question was wrong."""
    return results(f"<entry><id>https://arxiv.org/api/errors#wrong</id><title>Error</title><summary>{reason}</summary></entry>")


def ids(papers: Iterable[Any]) -> list[str]:
    return [paper.id for paper in papers]
