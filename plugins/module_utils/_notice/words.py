# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A notice in the form of a channel. Values are put into a template once, and are never a template themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Template
from typing import Any

from .model import NAMES, Notice

LONGEST_SUBJECT, LONGEST_BODY = 250, 8000
"""In characters. PagerDuty takes 1,024 in a summary, Slack shows 4,000 whole, but nobody reads a subject of that length."""

Escape = Callable[[str], str]


def wanted_by(channels: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """Number and name of the channels that are told of the event. Nothing else of them: what loops is shown."""
    return [
        {"number": number, "channel": one["channel"]}
        for number, one in enumerate(channels)
        if event in one["events"] or (one["channel"] == "pagerduty" and event == "passed")
    ]


def worded(channel: Mapping[str, Any], notice: Notice) -> dict[str, Any]:
    """``subject`` and ``body``, and the whole ``document`` of a webhook."""
    template, values = channel["template"], _values(notice, _for_slack if channel["channel"] == "slack" else str)
    if not isinstance(template, str):
        return {"subject": "", "body": "", "document": _document(template, values)}
    first, _newline, rest = template.partition("\n")
    subject = cut(flat(Template(first).substitute(values)), LONGEST_SUBJECT)
    body = cut(Template(rest).substitute(values).strip(), LONGEST_BODY)
    return {"subject": subject, "body": body, "document": {**vars(notice), "subject": subject, "body": body}}


def _values(notice: Notice, escape: Escape) -> dict[str, str]:
    given = {name: str(getattr(notice, name)) for name in NAMES}
    return {name: escape(printable(value) if name == "body" else flat(value)) for name, value in given.items()}


def _document(template: Any, values: Mapping[str, str]) -> Any:
    """The template with its texts filled in; it becomes JSON afterwards, so that nothing has to be quoted."""
    if isinstance(template, Mapping):
        return {key: _document(one, values) for key, one in template.items()}
    if isinstance(template, list):
        return [_document(one, values) for one in template]
    return cut(Template(template).substitute(values), LONGEST_BODY) if isinstance(template, str) else template


def _for_slack(text: str) -> str:
    """Slack's three control characters, by https://docs.slack.dev/messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def printable(text: str) -> str:
    """Lines without control characters."""
    return "\n".join(flat(line) for line in text.splitlines())


def flat(text: str) -> str:
    """One line: a newline in a mail's subject would begin another header."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
