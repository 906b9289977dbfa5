# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is told to people of a run, and what a channel may be asked to tell it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Any

EVENTS = ("begun", "asks", "passed", "failed", "nothing")
"""A run that changes something begins; it waits for a person; how it ended; there was nothing to do."""
NAMES = ("event", "subject", "body", "environment", "application", "key")
"""What a template may name."""
USUAL = "$subject\n$body"


@dataclass(frozen=True)
class Notice:
    """What happened, in a line and in more; ``key`` is what it is about, and ``details`` are for machines."""

    event: str
    subject: str
    body: str = ""
    environment: str = ""
    application: str = ""
    key: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def is_template(text: str) -> bool:
    """Whether the text names what there is, and nothing else; ``$$`` is a dollar."""
    template = Template(text)
    return template.is_valid() and set(template.get_identifiers()) <= set(NAMES)
