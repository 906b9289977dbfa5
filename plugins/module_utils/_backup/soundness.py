# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL's own programs that look for damage in restored data."""

from __future__ import annotations

from .._core.verdict import Verdict
from .beside import Home, Server
from .checks import Checked
from .control import read_control
from .owner import said

LONGEST = 500


def amcheck(server: Server, jobs: int, timeout: float, *, heapallindexed: bool) -> Checked:
    """Every table and B-tree index of every database; the copy may be given the extension that this needs."""
    home = server.home
    connection = [f"--host={home.run}", "--port=5432", f"--username={home.superuser}", "--no-password"]
    thorough = ["--heapallindexed"] if heapallindexed else []
    program = [str(home.binaries / "pg_amcheck"), *connection, "--all", "--install-missing", f"--jobs={jobs}", *thorough]
    code, text = said(home.user, program, timeout)
    return _judged("amcheck", code, text)


def checksums(home: Home, timeout: float) -> Checked:
    """Every page of the stopped copy."""
    if not read_control(home.binaries, home.data, home.user).checksums:
        return Checked("checksums", Verdict.INCONCLUSIVE, "the cluster has no data checksums: pg_checksums --enable makes them")
    code, text = said(home.user, [str(home.binaries / "pg_checksums"), "--check", "-D", str(home.data)], timeout)
    return _judged("checksums", code, text)


def _judged(name: str, code: int, text: str) -> Checked:
    if code == 0:
        return Checked(name, Verdict.PASS, "nothing is damaged")
    return Checked(name, Verdict.FAIL, f"it ended with {code}: {' '.join(text.split())[:LONGEST]}")
