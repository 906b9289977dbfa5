# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remember how the last run of a timer ended, for Prometheus and for people, who are told when that changes and not every minute.

``ended STATE TIMER OVERDUE [PAGE]`` is what systemd calls after each run, with the result in the environment. ``news STATE
TIMER`` exits with 0 if people do not know yet how it does, else with 1; ``told STATE TIMER`` says that they do since ``news``.
STATE is the directory of the environment, OVERDUE how long ago the last good run may have been, PAGE a file for node_exporter.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

NEWS, NO_NEWS = 0, 1
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
READABLE, ROOTS = 0o644, 0o640
GAUGES = {
    "mainstay_timer_good": "1 if the last run of the timer passed, else 0.",
    "mainstay_timer_ended_timestamp_seconds": "When the last run of the timer ended.",
    "mainstay_timer_passed_timestamp_seconds": "When the last run that passed ended, 0 if none did.",
    "mainstay_timer_overdue_seconds": "How long ago the last run that passed may have been.",
}


def main() -> int:
    verb, directory, timer = sys.argv[1:4]
    path = Path(directory, "timers", f"{timer}.json")
    if verb == "ended":
        return ended(path, *sys.argv[4:])
    known = document(path)
    if verb == "told":
        write(path, {**known, "told": known.get("telling", True)}, ROOTS)
        return 0
    if known.get("good", True) == known.get("told", True):
        return NO_NEWS
    write(path, {**known, "telling": known["good"]}, ROOTS)
    return NEWS


def ended(path: Path, overdue: str, page: str = "") -> int:
    """Of a run that was not needed nothing is remembered."""
    result = os.environ.get("SERVICE_RESULT", "")
    if result == "exec-condition":
        return 0
    now, good, known = time.time(), result == "success", document(path)
    why = f"{result} {os.environ.get('EXIT_CODE', '')} {os.environ.get('EXIT_STATUS', '')}".strip()
    fresh = {**known, "good": good, "result": why, "ended": now, "passed": now if good else known.get("passed", 0)}
    write(path, fresh, ROOTS)
    if page:
        tell(Path(page), {"environment": path.parent.parent.name, "timer": path.stem}, fresh, seconds(overdue))
    return 0


def tell(page: Path, labels: dict[str, str], known: dict[str, Any], overdue: int) -> None:
    """A page that cannot be written is no reason to call a run that passed failed: the alarm of what is overdue notices."""
    try:
        write_page(page, labels, known, overdue)
    except OSError as error:
        print(f"{page} cannot be written ({error.strerror}): see to its directory", file=sys.stderr)


def write_page(page: Path, labels: dict[str, str], known: dict[str, Any], overdue: int) -> None:
    """Gauges in Prometheus' text format; names of timers and environments need no escape."""
    values = zip(GAUGES, (int(known["good"]), known["ended"], known["passed"], overdue), strict=True)
    scope = ",".join(f'{name}="{value}"' for name, value in labels.items())
    lines = [f"# HELP {name} {GAUGES[name]}\n# TYPE {name} gauge\n{name}{{{scope}}} {value:.3f}\n" for name, value in values]
    replace(page, "".join(lines), READABLE)


def document(path: Path) -> dict[str, Any]:
    """What is remembered; nothing where that cannot be read, for the next run mends it."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, known: dict[str, Any], mode: int) -> None:
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    replace(path, json.dumps(known), mode)


def replace(path: Path, text: str, mode: int) -> None:
    """Beside, then renamed, so that nobody ever reads half of it; what is not finished does not end as pages do."""
    descriptor, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
    os.replace(fresh, path)


def seconds(duration: str) -> int:
    number = duration.rstrip("smindh")
    return int(number) * UNITS[duration[len(number) :]]


if __name__ == "__main__":
    sys.exit(main())
