# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``python -m bench [ID ...]``: our side beside named peers, in turn, on this machine; what is missed is printed, not raised."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # benchmarks that need no fleet run as scripts of their own too
sys.path.append(str(HERE.parent / "tests" / "integration"))  # the servers that tests start
os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

from goal import NONE, is_met  # noqa: E402  # found by the path above
from row import Row  # noqa: E402  # likewise

MODULES = {
    "deploy-noop": "deploy",
    "deploy-rolling": "deploy",
    "overhead": "deploy",
    "rollback": "deploy",
    "switch": "switch",
    "health": "health",
    "migrate-noop": "migrate",
    "migrate-stall": "migrate",
    "flush": "flush",
    "flush-latency": "flush",
    "canary": "canary",
    "backup": "backup",
    "restore": "backup",
    "verify": "backup",
}
HEAD = "| id | unit | ours | peer | ratio | goal | met | peer is |\n|---|---|---|---|---|---|---|---|"


def main() -> int:
    given = arguments().parse_args()
    runs = 2 if given.quick else given.runs
    print(HEAD, flush=True)
    measured: list[Row] = []
    try:
        for found in measure(given.ids or list(MODULES), runs, given.sizes):
            print(line(found), flush=True)
            measured.append(found)
    finally:  # what took so long to measure is kept, whatever becomes of the next row
        print(f"{runs} runs of each side in turn: median (least-most). Written to {write(measured, runs)}")
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID", choices=[[], *MODULES], help=f"what to measure: {', '.join(MODULES)}")
    parser.add_argument("--runs", type=int, default=5, help="runs of each side (default: %(default)s)")
    parser.add_argument(
        "--sizes", type=gigabytes, default=(0.1,), help="GB of the databases of backup, restore and verify: 0.1,1,5"
    )
    parser.add_argument("--quick", action="store_true", help="two runs, to see that it works")
    return parser


def gigabytes(text: str) -> tuple[float, ...]:
    return tuple(float(one) for one in text.split(","))


def measure(ids: Sequence[str], runs: int, sizes: Sequence[float]) -> Iterable[Row]:
    """Module by module, without the rows of the table that nobody asked for; rows that it does not have come along."""
    for name in dict.fromkeys(MODULES[id] for id in ids):
        mine = [id for id in ids if MODULES[id] == name]
        module = import_module(name)
        made = module.rows(runs, *{"deploy": (mine,), "backup": (mine, sizes)}.get(name, ()))
        yield from (found for found in made if named(found) in mine or named(found) not in MODULES)


def named(found: Row) -> str:
    """The id of the table that a row such as ``migrate-noop-200`` or ``deploy-noop, 3 hosts`` belongs to."""
    return max((id for id in MODULES if found.id.startswith(id)), key=len, default=found.id)


def line(found: Row) -> str:
    cells = (found.id, found.unit, found.ours, found.peer or "-", found.ratio or "-", found.goal, verdict(found), found.against)
    return f"| {' | '.join(map(str, cells))} |"


def verdict(found: Row) -> str:
    if found.goal == NONE:
        return NONE
    ratio = found.ratio.median if found.ratio else None
    return "met" if is_met(found.goal, found.ours.median, ratio) else "missed"


def write(measured: Sequence[Row], runs: int) -> Path:
    now = datetime.now(UTC)
    path = HERE / "results" / f"{now:%Y-%m-%dT%H%M%S}.json"
    path.parent.mkdir(exist_ok=True)
    rows = [asdict(found) | {"met": verdict(found) == "met"} for found in measured]
    path.write_text(json.dumps({"at": now.isoformat(), "runs": runs, "cpus": os.cpu_count(), "rows": rows}, indent=2) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
