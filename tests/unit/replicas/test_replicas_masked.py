"""What a container wrote, as it may be shown."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.masked import last_lines
from hypothesis import given
from hypothesis import strategies as st

SECRET = "p@ss/word?1"
URL = f"postgresql://shop:{quote(SECRET, safe='')}@db1/shop"
KEY = "-----BEGIN KEY-----\nMIIEvgIBADANBgkqhkiG9w0BAQEF\n-----END KEY-----"


@pytest.mark.parametrize(
    ("output", "secret"),
    [
        (f"connecting with {SECRET}", SECRET),
        (f"connecting to http://x/?key={quote(SECRET, safe='')}", SECRET),
        (f"Authorization: {base64.b64encode(SECRET.encode()).decode()}", SECRET),
        (f"connecting to {URL}", URL),
        (f"password={SECRET}", URL),
        (f"password={quote(SECRET, safe='')}", URL),
        ("read MIIEvgIBADANBgkqhkiG9w0BAQEF", KEY),
    ],
    ids=["as it is", "in a URL", "in base64", "a URL", "the password of a URL", "the same, quoted", "a line of it"],
)
def test_a_secret_is_hidden_in_every_form(output: str, secret: str) -> None:
    (line,) = last_lines(output.encode(), [secret])
    assert "********" in line
    for part in (SECRET, quote(SECRET, safe=""), base64.b64encode(SECRET.encode()).decode().rstrip("="), "MIIEvg"):
        assert part not in line


def test_only_the_last_lines_are_kept_and_empty_ones_are_not() -> None:
    assert last_lines(b"1\n\n2\n3\n", [], lines=2) == ("2", "3")


def test_a_terminal_is_told_nothing() -> None:
    (line,) = last_lines(b"\x1b[31mred\x07 \xff" + b"x" * 1000, [])
    assert line.isprintable()
    assert len(line) <= 300


@given(st.binary(max_size=200), st.lists(st.text(max_size=20)))
def test_any_output_and_any_secret_can_be_shown(output: bytes, secrets: list[str]) -> None:
    assert all(line.isprintable() for line in last_lines(output, secrets))
