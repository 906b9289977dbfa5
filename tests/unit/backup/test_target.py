"""Where a recovery may end, as operators write it."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.target import Target, recovery_options, target
from ansible_collections.mainstay.ops.plugins.module_utils._backup.wal import lsn, lsn_text, parsed_name, segment_name, segment_of
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput

NOON = 1777809600.0
"""2026-05-03 12:00 UTC."""


@pytest.mark.parametrize(
    ("kind", "at", "options"),
    [
        ("latest", "", {}),
        ("immediate", "", {"recovery_target": "immediate"}),
        ("time", "2026-05-03T11:30:00Z", {"recovery_target_time": "2026-05-03 11:30:00.000000+00"}),
        ("time", "2026-05-03 13:30:00.25+02:00", {"recovery_target_time": "2026-05-03 11:30:00.250000+00"}),
        ("time", "2026-05-03T13:30+0200", {"recovery_target_time": "2026-05-03 11:30:00.000000+00"}),
        ("lsn", "0/3000148", {"recovery_target_lsn": "0/3000148"}),
        ("lsn", "1a/ff", {"recovery_target_lsn": "1A/FF"}),
        ("name", "before-v2", {"recovery_target_name": "before-v2"}),
    ],
)
def test_a_target_is_told_to_postgresql_without_a_doubt(kind: str, at: str, options: dict[str, str]) -> None:
    always = {"recovery_target_timeline": "3", "recovery_target_action": "promote"}
    assert recovery_options(target(kind, at, NOON), 3) == {**always, **options}


@pytest.mark.parametrize(
    ("kind", "at", "words"),
    [
        ("time", "2026-05-03T11:30:00", "date, time and zone"),
        ("time", "2026-05-03", "date, time and zone"),
        ("time", "yesterday", "date, time and zone"),
        ("time", "2026-02-30T11:30:00Z", "is not a time"),
        ("time", "2026-05-03T12:00:01Z", "lies in the future"),
        ("time", "2026-05-03T11:30:00Z'; SELECT 1", "date, time and zone"),
        ("lsn", "3000148", "is not an LSN"),
        ("lsn", "0/123456789", "is not an LSN"),
        ("name", "-x", "is not a name of a restore point"),
        ("name", "a\nb", "is not a name of a restore point"),
        ("name", "", "needs at"),
        ("latest", "0/1", "takes no at"),
        ("soon", "", "is not a target"),
    ],
)
def test_what_is_ambiguous_or_lies_ahead_is_refused(kind: str, at: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        target(kind, at, NOON)


def test_a_target_without_a_time_lies_behind_every_backup() -> None:
    assert Target().moment == float("inf")
    assert Target("time", NOON).moment == NOON


@pytest.mark.parametrize(
    ("position", "number", "name"),
    [
        ("0/3000148", 3, "000000010000000000000003"),
        ("1/0", 256, "000000010000000100000000"),
        ("A/FF000000", 2815, "000000010000000A000000FF"),
    ],
)
def test_a_position_lies_in_a_segment(position: str, number: int, name: str) -> None:
    assert lsn_text(lsn(position)) == position
    assert segment_of(lsn(position)) == number
    assert segment_name(1, number) == name
    assert parsed_name(name) == (1, number)


def test_what_is_no_segment_is_none() -> None:
    assert parsed_name("00000002.history") is None
