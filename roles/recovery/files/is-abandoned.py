# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exit with 0 if a run was interrupted in the environment whose state is in this directory, and nobody works on it; else with 1.

systemd asks before it recovers. A run that goes on renews its lease; of one that was killed the lease ends. A run that is late
may be past its lease and go on all the same, so the lease must have been over for a while: the second argument, in seconds.
What cannot be read is no reason to recover: a person has to look at it, which exit code 255 tells systemd.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

ABANDONED, FINE, UNREADABLE = 0, 1, 255


def main() -> int:
    directory, grace = Path(sys.argv[1]), float(sys.argv[2])
    try:
        journal, lock = (document(directory / name) for name in ("journal.json", "lock.json"))
        is_held = bool(lock.get("holder")) and float(lock["holder"]["expires"]) + grace > time.time()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        print(f"{directory} cannot be read ({error}): look at it with the playbook status", file=sys.stderr)
        return UNREADABLE
    return ABANDONED if journal and not is_held else FINE


def document(path: Path) -> dict[str, Any]:
    """What a file holds; an empty one, or none, holds nothing."""
    content = path.read_text() if path.exists() else ""
    found: dict[str, Any] = json.loads(content) if content else {}
    return found


if __name__ == "__main__":
    sys.exit(main())
