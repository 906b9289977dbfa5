"""How the server beside is brought its log."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.beside import Home
from ansible_collections.mainstay.ops.plugins.module_utils._backup.fetching import restore_command, told
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import Place
from ansible_collections.mainstay.ops.plugins.module_utils._backup.reach import Reach
from ansible_collections.mainstay.ops.plugins.module_utils._backup.target import Target
from ansible_collections.mainstay.ops.plugins.module_utils._backup.wal import Segment, segment_name

PLACE = Place("main", "/etc/pgbackrest.conf")
HOME = Home(Path("/data.restore-s"), Path("/tmp/run"), Path("/usr/bin"), "postgres")
SAYS = '#!/bin/sh\nprintf "%s\\n" "$@"\n'
COMMON = ["--config=/etc/pgbackrest.conf", "--stanza=main", "--pg1-path=/data.restore-s"]
ALONE = ["--no-archive-async"]
AHEAD = ["--archive-async", "--spool-path=/tmp/run", "--lock-path=/tmp/run"]
FIRST = 0xFA
"""So that a row goes on in the next file of the log."""


def row(count: int) -> Reach:
    return Reach(2, tuple(Segment(number, 2) for number in range(FIRST, FIRST + count)))


def fetched(needed: Reach, name: str, programs: Path) -> list[str]:
    """How pgbackrest is called by the shell for a file."""
    program = programs / "pgbackrest"
    program.write_text(SAYS)
    program.chmod(0o755)
    command = restore_command(PLACE, HOME, needed).replace("%f", name).replace("%p", "pg_wal/RECOVERYXLOG")
    done = subprocess.run(["/bin/sh", "-c", command], env={"PATH": str(programs)}, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("count", "asked", "how"),
    [
        (3, segment_name(2, FIRST), ALONE),
        (3, segment_name(2, FIRST + 2), ALONE),
        (3, segment_name(1, FIRST + 2), ALONE),
        (3, segment_name(2, FIRST + 3), ALONE),
        (3, segment_name(2, FIRST + 4), AHEAD),
        (3, "00000003.history", ALONE),
        (0, segment_name(2, FIRST), AHEAD),
        (0, "00000003.history", ALONE),
        (12, segment_name(2, FIRST), ALONE),
        (13, segment_name(2, FIRST), AHEAD),
        (40, segment_name(2, FIRST + 37), AHEAD),
        (40, segment_name(2, FIRST + 38), ALONE),
        (40, segment_name(2, FIRST + 39), ALONE),
        (40, segment_name(2, FIRST + 40), ALONE),
        (40, segment_name(3, FIRST + 40), ALONE),
        (40, segment_name(2, FIRST + 41), AHEAD),
        (40, "00000003.history", ALONE),
    ],
)
def test_only_a_long_row_is_fetched_ahead_and_not_its_end(count: int, asked: str, how: list[str], tmp_path: Path) -> None:
    assert fetched(row(count), asked, tmp_path) == [*COMMON, *how, "archive-get", asked, "pg_wal/RECOVERYXLOG"]


def test_the_server_is_told_where_to_stop_too() -> None:
    options = told(PLACE, HOME, Target("immediate"), row(3))
    assert (options["recovery_target"], options["recovery_target_timeline"]) == ("immediate", "2")
    assert options["restore_command"] == restore_command(PLACE, HOME, row(3))
