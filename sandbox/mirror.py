"""Where Debian's packages come from: wherever this machine gets its own."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .settings import SUITE

APT = Path("/etc/apt")
# Proxies, timeouts and the handling of dated mirrors; nothing about authentication or other architectures.
COPIED = re.compile(r"^Acquire::(http|https|Check-Valid-Until|Check-Date|Retries)\b.*;$")


@dataclass(frozen=True)
class Mirror:
    """Addresses of Debian's archive; without them debootstrap's own default serves."""

    archive: str | None
    security: str | None

    @property
    def sources(self) -> str | None:
        """The text of ``sources.list``, or nothing to keep what debootstrap wrote."""
        if not self.archive:
            return None
        lines = [f"deb {self.archive} {SUITE} main", f"deb {self.archive} {SUITE}-updates main"]
        if self.security:
            lines.append(f"deb {self.security} {SUITE}-security main")
        return "\n".join(lines) + "\n"


def find_mirror(apt: Path = APT) -> Mirror:
    """The mirror by which this machine, if it runs the same Debian, gets its own packages."""
    offers = [offer for path in source_files(apt) for offer in read_offers(path)]
    return Mirror(first(offers, SUITE), first(offers, f"{SUITE}-security"))


def first(offers: list[tuple[str, str]], suite: str) -> str | None:
    return next((address for address, offered in offers if offered == suite), None)


def source_files(apt: Path) -> list[Path]:
    parts = apt / "sources.list.d"
    candidates = [apt / "sources.list", *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))]
    return [path for path in candidates if path.is_file()]


def read_offers(path: Path) -> list[tuple[str, str]]:
    """Pairs of address and suite, from either of apt's two formats."""
    text = path.read_text()
    return read_stanzas(text) if path.suffix == ".sources" else read_lines(text)


def read_lines(text: str) -> list[tuple[str, str]]:
    found = re.findall(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+.*\bmain\b", text, re.MULTILINE)
    return [(address.rstrip("/"), suite) for address, suite in found]


def read_stanzas(text: str) -> list[tuple[str, str]]:
    offers = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(URIs|Suites|Components):\s*(.*)$", stanza, re.MULTILINE))
        if "main" in fields.get("Components", "").split():
            addresses, suites = fields.get("URIs", "").split(), fields.get("Suites", "").split()
            offers += [(address.rstrip("/"), suite.rstrip("/")) for address in addresses for suite in suites]
    return offers


def apt_settings() -> str:
    """This machine's way to its mirror, such as a proxy, for the images to take too."""
    try:
        dumped = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return "".join(f"{line}\n" for line in dumped.splitlines() if COPIED.match(line))
