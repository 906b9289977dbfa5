"""Values go into a template once, escaped as the channel needs it; what comes from outside is never a template."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._notice import words
from ansible_collections.mainstay.ops.plugins.module_utils._notice.model import USUAL, Notice

NASTY = Notice(
    "failed", "<!here> & $body\r\nBcc: x", "line $key\n\x1b[31m<b>\ttab", "production", "shop", "production/shop", {"n": 1}
)


def worded(channel: str, template: Any = USUAL, notice: Notice = NASTY) -> dict[str, Any]:
    return words.worded({"channel": channel, "template": template}, notice)


@pytest.mark.parametrize(
    ("channel", "subject", "body"),
    [
        ("slack", "&lt;!here&gt; &amp; $body  Bcc: x", "line $key\n[31m&lt;b&gt; tab"),
        ("mail", "<!here> & $body  Bcc: x", "line $key\n[31m<b> tab"),
        ("pagerduty", "<!here> & $body  Bcc: x", "line $key\n[31m<b> tab"),
    ],
)
def test_a_value_is_data_in_every_channel(channel: str, subject: str, body: str) -> None:
    assert {key: worded(channel)[key] for key in ("subject", "body")} == {"subject": subject, "body": body}


def test_what_the_inventory_itself_writes_is_left_as_it_is() -> None:
    assert worded("slack", "<!channel> $event")["subject"] == "<!channel> failed"


def test_the_first_line_of_a_template_is_the_subject_whatever_the_values_hold() -> None:
    found = worded("mail", "$body\nrest: $environment, $application, $key, $$")
    assert found["subject"] == "line $key [31m<b> tab"
    assert found["body"] == "rest: production, shop, production/shop, $"


def test_a_webhook_gets_all_there_is_or_the_document_of_the_inventory() -> None:
    assert worded("webhook")["document"] | {"body": ""} == {
        "event": "failed", "subject": "<!here> & $body  Bcc: x", "body": "", "environment": "production", "application": "shop",
        "key": "production/shop", "details": {"n": 1},
    }  # fmt: skip
    assert worded("webhook", {"text": "$event", "all": ["$key", 1, None]})["document"] == {
        "text": "failed",
        "all": ["production/shop", 1, None],
    }


def test_nobody_reads_a_subject_of_a_page() -> None:
    found = worded("mail", notice=Notice("failed", "s" * 5000, "b" * 50_000))
    assert (len(found["subject"]), len(found["body"]), found["body"][-3:]) == (250, 8000, "...")


@pytest.mark.parametrize(
    ("event", "numbers"), [("failed", [0, 1]), ("passed", [1, 2]), ("asks", [0]), ("begun", []), ("nothing", [])]
)
def test_a_channel_is_told_what_it_wants_and_a_pager_what_passed_besides(event: str, numbers: list[int]) -> None:
    channels = [
        {"channel": "slack", "events": ["asks", "failed"], "token": "hush"},
        {"channel": "pagerduty", "events": ["failed"], "integration_key": "hush"},
        {"channel": "mail", "events": ["passed"], "host": "hush"},
    ]
    found = words.wanted_by(channels, event)
    assert [one["number"] for one in found] == numbers
    assert "hush" not in str(found)
