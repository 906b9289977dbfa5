# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells a proxy's own error page from an answer of the application behind it.

A proxy that has no healthy backend answers in the application's place. Its page names no application, so an operator who
takes it for one looks in the wrong place. The pages are those that the proxies ship with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .model import Answer

STATUSES = frozenset({502, 503, 504})


@dataclass(frozen=True)
class Page:
    """What a router's own error page looks like; ``server`` is matched only where the router never forwards another's."""

    router: str
    body: bytes = rb"(?!)"
    server: str = r"(?!)"


PAGES = (
    Page(
        "HAProxy",
        rb"No server is available to handle this request\.|The server returned an invalid or incomplete response\."
        rb"|The server didn't respond in time\.",
    ),
    Page("nginx", rb"<hr><center>(nginx|openresty)(/[0-9.]+)?</center>"),
    Page("an AWS load balancer", server=r"awselb/"),
    Page("Envoy", rb"\A(no healthy upstream|upstream connect error or disconnect/reset before headers)"),
    Page("Traefik", rb"\A(no available server|Bad Gateway|Gateway Timeout)\s*\Z"),
    Page("Apache httpd", rb"The proxy server (received an invalid|could not handle)|Reason: <strong>Error reading from remote"),
)


def router_of(answer: Answer, *, expects_json: bool) -> str:
    """The router that made up this answer, or an empty string if the application did.

    A page of no known router is still one if it is HTML where the application speaks JSON, and no application signed it:
    routers add neither ``Server`` nor ``Via`` to a page of their own.
    """
    if answer.status not in STATUSES:
        return ""
    for page in PAGES:
        if re.search(page.body, answer.body) or re.match(page.server, answer.headers.get("server", "")):
            return page.router
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    is_signed = bool({"server", "via", "x-powered-by"} & set(answer.headers))
    return "a router" if expects_json and is_html and not is_signed else ""
