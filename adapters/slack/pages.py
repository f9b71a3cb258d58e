"""The pages that whoever installs the app sees in the browser: what happened, and what to do next."""

from __future__ import annotations

from html import escape

from aiohttp import web

_STYLE = "body{font:17px/1.5 system-ui,sans-serif;max-width:34em;margin:12vh auto;padding:0 1em}code{background:#8882;padding:.1em .3em}"
_HEADERS = {
    # Nothing of anybody else's, in no frame; the address holds a code that nobody else may see.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def page(title: str, *paragraphs: str, link: tuple[str, str] = ("", ""), code: str = "", status: int = 200) -> web.Response:
    """A page of plain text.

    Args:
        title: All texts are escaped here.
        link: Where to go from here: address and words; none if the address is "".
        code: What somebody who helps would ask for, shown small.
    """
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    if link[0]:
        body += f'<p><a href="{escape(link[0])}">{escape(link[1])}</a></p>'
    if code:
        body += f"<p><small>Reason: <code>{escape(code)}</code></small></p>"
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return web.Response(text=document, status=status, content_type="text/html", headers=_HEADERS)


def installed(workspace: str, *, link: str) -> web.Response:
    """The app is in; `link` opens it in Slack."""
    return page(
        f"Paperboy is in {workspace or 'your workspace'}",
        "In Slack, go to the channel that shall have papers, and type:",
        "/invite @Paperboy",
        "/papers subscribe curriculum learning",
        "You see at once what the rule would have brought, and the first digest comes on the next working morning.",
        "/papers help tells the rest.",
        link=(link, "Open Paperboy in Slack"),
    )


def denied(again: str) -> web.Response:
    """The person, or the workspace's rules, said no."""
    return page(
        "Nothing was installed",
        "You, or your workspace, did not allow it. That is fine; nothing is kept.",
        "If an administrator has to approve apps first, ask them and come back.",
        link=(again, "Begin again"),
    )


def expired(again: str) -> web.Response:
    """The way back is older than ten minutes, was used, or was never ours."""
    return page(
        "This took too long, or was done already",
        "An installation has to be finished within ten minutes, and its page works once. Nothing was changed by this visit.",
        link=(again, "Begin again"),
        status=400,
    )


def elsewhere(again: str) -> web.Response:
    """Begun in another browser: perhaps somebody else's installation, sent as a link."""
    return page(
        "This installation was begun in another browser",
        "For your safety it can be finished only where it was begun. Nothing was changed by this visit.",
        "If it was you, see that this browser allows cookies for this site.",
        link=(again, "Begin here"),
        status=400,
    )


def refused(again: str, code: str) -> web.Response:
    """Slack said no, with its own word for the reason."""
    return page(
        "Slack did not let this through",
        "Nothing was changed. Please try once more; if it fails again, tell whoever runs this app the reason below.",
        link=(again, "Begin again"),
        code=code,
        status=400,
    )


def misconfigured(code: str) -> web.Response:
    """Only the operator can help."""
    return page(
        "This app is not set up rightly",
        "Slack does not recognise it. Please tell whoever runs it the reason below; there is nothing that you did wrong.",
        code=code,
        status=500,
    )


def whole_organisation(again: str) -> web.Response:
    """`cannot_install_an_org_installed_app`."""
    return page(
        "Your organisation has Paperboy already",
        "It is installed for all of it. Ask an administrator of the organisation to add it to your workspace; nothing else is needed.",
        link=(again, "Begin again"),
        status=400,
    )


def unanswered(again: str) -> web.Response:
    """Slack did not answer, or our store did not."""
    return page(
        "Something did not answer",
        "The installation could not be finished just now. Please try once more in a minute; doing it twice does no harm.",
        link=(again, "Begin again"),
        status=503,
    )


def crowded() -> web.Response:
    """More installations were begun than people begin."""
    return page("Please come back in ten minutes", "Too many installations are being begun at once.", status=429)
