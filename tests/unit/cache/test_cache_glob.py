"""Redis's globs in pieces, and what can be said of two of them. Redis itself is asked in the integration test."""

from __future__ import annotations

import fnmatch

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._cache.glob import Piece, glob, lies_within, may_share, plain
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("pattern", "pieces", "literal"),
    [
        ("session:*", (Piece(b"session%:", 8), Piece(b"", 0)), b"session:"),
        ("*:queue*", (Piece(b"", 0), Piece(b"%:queue", 6), Piece(b"", 0)), b"queue"),
        ("a?c", (Piece(b"a.c", 3),), b"a"),
        ("a[bc]d", (Piece(b"a[bc]d", 3),), b"a"),
        ("a[^b-d]", (Piece(b"a[^bcd]", 2),), b"a"),
        ("a[d-b]", (Piece(b"a[bcd]", 2),), b"a"),
        (r"a\*b", (Piece(b"a%*b", 3),), b"a*b"),
        ("a[b", (Piece(b"a[b]", 2),), b"a"),
        ("%.()-", (Piece(b"%%%.%(%)%-", 5),), b"%.()-"),
        (":", (Piece(b"%:", 1),), b":"),
    ],
)
def test_a_pattern_is_taken_to_pieces(pattern: str, pieces: tuple[Piece, ...], literal: bytes) -> None:
    assert (glob(pattern).pieces, glob(pattern).literal) == (pieces, literal)


@pytest.mark.parametrize("pattern", ["", " a", "a\n", "a\0", "x" * 257, "é*"])
def test_a_pattern_that_nobody_means_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput):
        plain(pattern)


@pytest.mark.parametrize(
    ("pattern", "other", "within"),
    [
        ("session:*", "session:*", True),
        ("session:42:*", "session:*", True),
        ("session:4?", "session:*", True),
        ("shop:queue:*", "*:queue*", True),
        ("*:queue", "*:queue*", True),
        ("a*b", "a*b", True),
        ("*", "session:*", False),
        ("sess*", "session:*", False),
        ("session:?", "session:a", False),
        ("*b", "a*b", False),
        ("ab", "ab*b", False),
        ("[s]ession:1", "session:*", False),
        ("session:1", "session:?", False),
    ],
)
def test_a_pattern_lies_within_another(pattern: str, other: str, within: bool) -> None:
    assert lies_within(pattern, other) is within


@pytest.mark.parametrize(
    ("pattern", "other", "may"),
    [
        ("cache:*", "session:*", False),
        ("cache:*", "*:queue*", True),
        ("c*", "cache:*", True),
        ("cache:item:*", "cache:*", True),
        ("[cs]*", "session:*", True),
        (r"se\*", "session:*", True),
        ("cache", "cache:*", True),
    ],
)
def test_patterns_that_begin_differently_share_no_key(pattern: str, other: str, may: bool) -> None:
    assert may_share(pattern, other) is may


SHORT = st.text("ab*?", min_size=1, max_size=5)


@given(SHORT, st.text("ab*", min_size=1, max_size=5), st.text("ab", min_size=1, max_size=6))
def test_what_is_said_of_two_patterns_holds_for_every_key(pattern: str, other: str, key: str) -> None:
    ours, theirs = fnmatch.fnmatchcase(key, pattern), fnmatch.fnmatchcase(key, other)
    assert theirs or not (ours and lies_within(pattern, other))
    assert may_share(pattern, other) or not (ours and theirs)
