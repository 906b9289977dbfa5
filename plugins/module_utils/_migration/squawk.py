# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The linter squawk, run over pending migrations; where it is missing, it has nothing to say of any.

Its own comments and its configuration file could turn rules off without a reason, so both are out of its sight.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from .._core.errors import Failed
from .model import Unseen, Violation
from .safety import NEVER_MIND, OPTIONAL

PATIENCE = 60
FINDINGS = (0, 1)
_IGNORE = re.compile(r"squawk-ignore", re.IGNORECASE)
_EXCLUDED = tuple(chain.from_iterable(("--exclude", rule) for rule in NEVER_MIND))
_INCLUDED = tuple(chain.from_iterable(("--include", rule) for rule in OPTIONAL))


def find() -> str:
    """Where squawk is: beside the interpreter, as pip lays it, or on the path; "" where it is missing."""
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.exists() else shutil.which("squawk") or ""


def lint(unseen: Sequence[Unseen], server_version: int) -> dict[str, tuple[Violation, ...]]:
    """What squawk says of each migration, by its checksum; nothing of any where squawk is missing."""
    squawk = find()
    if not squawk:
        return {}
    found: dict[str, tuple[Violation, ...]] = {}
    for whole in (True, False):
        chosen = {f"{n}.sql": one for n, one in enumerate(unseen) if one.transactional is whole}
        if chosen:
            said = _run([squawk, *_options(server_version, whole)], {name: one.text for name, one in chosen.items()})
            found |= {one.checksum: said.get(name, ()) for name, one in chosen.items()}
    return found


def _options(server_version: int, whole: bool) -> tuple[str, ...]:
    version = f"{server_version // 10000}.{server_version % 10000}"
    how = "--assume-in-transaction" if whole else "--no-assume-in-transaction"
    return ("--reporter", "json", "--pg-version", version, how, "--config", "none.toml", *_EXCLUDED, *_INCLUDED)


def _run(command: Sequence[str], files: Mapping[str, str]) -> dict[str, tuple[Violation, ...]]:
    with TemporaryDirectory(prefix="mainstay-") as scratch:
        root = Path(scratch)
        (root / "none.toml").touch()
        for name, text in files.items():
            (root / name).write_text(_IGNORE.sub("squawk_ignore", text), encoding="utf-8")
        try:
            # pylint: disable-next=ansible-bad-function # this is no module, which alone has run_command
            done = subprocess.run([*command, *files], cwd=root, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failed(f"squawk could not be run over the pending migrations: {error}; run it by hand") from error
    return _read(done)


def _read(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[Violation, ...]]:
    try:
        rows = json.loads(done.stdout or "[]")
    except ValueError:
        rows = None
    if done.returncode not in FINDINGS or rows is None or (done.returncode and not rows):
        why = done.stderr.strip()[:300] or "it did not say why"
        raise Failed(f"squawk ended with {done.returncode} instead of findings: {why}; run it by hand")
    found: dict[str, tuple[Violation, ...]] = {}
    for row in rows:
        one = Violation(row["line"] + 1, row["rule_name"], row["message"], row["help"] or "")
        found[row["file"]] = tuple(dict.fromkeys((*found.get(row["file"], ()), one)))
    return found
