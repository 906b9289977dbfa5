# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a container wrote, as it may be shown: printable, short, and without a secret in any of its usual forms."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

from .._core.text import without

LINES, WIDEST = 20, 300


def last_lines(output: bytes, secrets: Iterable[str], lines: int = LINES) -> tuple[str, ...]:
    """The last lines of an output; empty ones are left out."""
    text = without(output.decode("utf-8", "replace"), forms(secrets))
    return tuple(_printable(line) for line in text.splitlines() if line.strip())[-lines:]


def forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each secret as it is, line by line, in base64, in a URL, and the password inside it if it is a URL itself."""
    return tuple(form for secret in secrets for form in _forms(secret))


def _forms(secret: str) -> Iterator[str]:
    for part in {secret, *secret.splitlines(), *_passwords(secret)}:
        yield part
        yield quote(part, safe="")
        yield base64.b64encode(part.encode()).decode().rstrip("=")


def _passwords(secret: str) -> tuple[str, ...]:
    try:
        password = urlsplit(secret).password
    except ValueError:
        return ()
    return (password, unquote(password)) if password else ()


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in line[:WIDEST]).rstrip()
