# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Save state and weight of all servers of HAProxy: save-server-state SOCKET FILE.

The file is replaced at once, and only by a whole answer: without one it keeps what was saved last.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path


def answer(path: str) -> str:
    """What HAProxy says of its servers."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(path)
        connection.sendall(b"show servers state\n")
        return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()


def save(path: Path, document: str) -> None:
    """Write beside, fsync, rename."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(fresh, "w", encoding="utf-8") as file:
        file.write(document.rstrip("\n") + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.chmod(0o644)
    fresh.replace(path)


def main() -> int:
    """Returns the exit code."""
    document = answer(sys.argv[1])
    if not document.startswith("1\n#"):
        print(f"HAProxy did not answer with a server state: {document[:80]!r}", file=sys.stderr)
        return 1
    save(Path(sys.argv[2]), document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
