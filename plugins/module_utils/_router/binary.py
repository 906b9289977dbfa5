# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HAProxy's program, which alone knows whether a configuration is valid."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from .._core.errors import InvalidInput, LibraryMissing

CHECK_WITHIN = 60.0


def check(program: str, text: str) -> None:
    """Raise ``InvalidInput`` with HAProxy's own words if it would not start with this configuration."""
    with tempfile.TemporaryDirectory(prefix="mainstay-haproxy-") as directory:
        path = Path(directory, "haproxy.cfg")
        path.write_text(text, encoding="utf-8")
        complaint = _complaint(program, path)
    if complaint:
        raise InvalidInput(f"HAProxy does not accept the configuration, which was not written: {complaint}")


def _complaint(program: str, path: Path) -> str:
    try:
        # pylint: disable-next=ansible-bad-function # this is no module, which alone has run_command
        done = subprocess.run([program, "-c", "-f", str(path)], capture_output=True, text=True, timeout=CHECK_WITHIN, check=False)
    except FileNotFoundError as error:
        raise LibraryMissing(f"{program} is not installed: install the Debian package haproxy") from error
    if not done.returncode:
        return ""
    alerts = [line.partition("[ALERT]")[2].strip() for line in done.stderr.splitlines() if "[ALERT]" in line]
    return "; ".join(alerts[:5]).replace(str(path), "haproxy.cfg") or f"it ended with {done.returncode}"
