"""Which channels an inventory may name. A wrong one is refused in words that hold no value of a secret."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._notice import channels
from hypothesis import given
from hypothesis import strategies as st

SLACK = {"channel": "slack", "token": "T0AAA/B0BBB/hush"}
PAGERDUTY = {"channel": "pagerduty", "integration_key": "hush"}
MAIL = {"channel": "mail", "host": "mail.example.com", "to": "oncall@example.com"}
HOOK = {"channel": "webhook", "url": "https://hush.example.com/hush"}


def read(path: str) -> str:
    return {"/notices/failed.txt": "$subject\nfrom a file", "/notices/wrong.txt": "$hush"}[path]


def checked(*entries: Any) -> list[dict[str, Any]]:
    return channels.checked(list(entries), read)


def test_what_is_not_written_has_its_default() -> None:
    slack, pagerduty, mail, hook = checked(SLACK, PAGERDUTY, MAIL, HOOK)
    assert slack["events"] == mail["events"] == hook["events"] == ["asks", "failed"]
    assert pagerduty["events"] == ["failed"]
    assert (mail["to"], mail["port"], mail["tls"], mail["template"]) == (["oncall@example.com"], 25, True, "$subject\n$body")
    assert (hook["headers"], pagerduty["severity"], slack["to"]) == ({}, "critical", "")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_mail_through_this_machine_needs_no_tls(host: str) -> None:
    [mail] = checked({**MAIL, "host": host, "username": "u", "password": "hush"})
    assert mail["tls"] is False


def test_a_template_is_a_text_a_file_or_the_document_of_a_webhook() -> None:
    file, document = checked(
        {**MAIL, "template": "/notices/failed.txt"}, {**HOOK, "template": {"text": "$subject", "n": [1, None, True]}}
    )
    assert file["template"] == "$subject\nfrom a file"
    assert document["template"] == {"text": "$subject", "n": [1, None, True]}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("slack", "entry 1: must be a dictionary with a channel: slack, pagerduty, mail or webhook"),
        ({"token": "hush"}, "must be a dictionary with a channel"),
        ({**SLACK, "channel": "pigeon"}, "'pigeon' is not a channel: choose mail, pagerduty, slack or webhook"),
        ({"channel": "slack"}, "slack needs token"),
        ({"channel": "mail"}, "mail needs host and to"),
        ({"channel": "webhook", "url": None}, "webhook needs url"),
        (
            {**SLACK, "chanel": "hush"},
            "slack has no option 'chanel': allowed are channel, events, template, token, to and username",
        ),
        ({**SLACK, "token": "hush"}, "token of slack must be what follows /services/"),
        ({**SLACK, "token": "xoxb-hush"}, "slack needs to, such as '#operations'"),
        ({**SLACK, "events": ["exploded"]}, "events of slack must be a list of begun, asks, passed, failed and nothing"),
        ({**SLACK, "events": "failed"}, "must be a list of"),
        ({**SLACK, "events": []}, "one or more"),
        ({**PAGERDUTY, "events": ["passed"]}, "resolved by a run that passes"),
        ({**PAGERDUTY, "severity": "hush"}, "severity of pagerduty must be critical, error, warning or info"),
        ({**MAIL, "port": "hush"}, "port of mail must be a port, 1 to 65535"),
        ({**MAIL, "port": True}, "must be a port"),
        ({**MAIL, "to": ["hush"]}, "to of mail must be one or more addresses"),
        ({**MAIL, "to": "a@example.com\nBcc: b@example.com"}, "must be one or more addresses"),
        ({**MAIL, "sender": "a\nb"}, "sender of mail must be a text of one line"),
        ({**MAIL, "tls": "hush"}, "tls of mail must be true or false"),
        ({**MAIL, "username": "u"}, "mail needs username and password together"),
        ({**MAIL, "username": "u", "password": "hush", "tls": False}, "mail sends no password without tls"),
        ({**HOOK, "url": "http://example.com/hush"}, "must begin with https://, because it may hold secrets"),
        ({**HOOK, "url": "hush"}, "url of webhook must begin with https:// and name a server"),
        ({**HOOK, "headers": ["hush"]}, "headers of webhook must be a dictionary"),
        ({**HOOK, "headers": {"X-A": "hush\r\nX-B: hush"}}, "must be a text of one line"),
        ({**SLACK, "template": "$version"}, "template of slack names what there is not: allowed are $event, $subject, $body"),
        ({**SLACK, "template": "5 $"}, "$$ for a dollar"),
        ({**SLACK, "template": "/notices/wrong.txt"}, "names what there is not"),
        ({**SLACK, "template": {"text": "hush"}}, "must be a text, or the whole path of a file"),
        ({**HOOK, "template": {"text": ["$hush"]}}, "names what there is not"),
    ],
)
def test_what_is_wrong_is_refused_with_what_is_allowed_and_without_the_value(entry: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(entry)
    assert sentence in refused.value.message
    assert refused.value.message.startswith("mainstay_notices, entry 1: ")
    assert "hush" not in refused.value.message


@pytest.mark.parametrize("value", [None, {}, "slack", 1, [SLACK] * 11])
def test_only_a_list_of_a_few_is_a_list(value: Any) -> None:
    with pytest.raises(InvalidInput, match="must be a list of at most 10 channels"):
        channels.checked(value, read)


OPTIONS = st.sampled_from(
    ["events", "template", "token", "to", "host", "port", "url", "headers", "tls", "integration_key", "severity"]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["failed", "http://[", "a@b", "$$"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(channels.KINDS)), st.dictionaries(OPTIONS, JUNK))
def test_whatever_is_written_is_understood_or_refused(name: str, options: dict[str, Any]) -> None:
    assert len(answer({"channel": name, **options}).splitlines()) == 1


def answer(entry: dict[str, Any]) -> str:
    try:
        return f"taken as {len(channels.checked([entry], lambda path: path))} channel"
    except InvalidInput as error:
        return error.message
