# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose certificates are believed."""

from __future__ import annotations

import functools
import ssl
from threading import Lock

from .._core.errors import InvalidInput
from .._core.text import shown

_ONE_AT_A_TIME = Lock()


def context(ca_path: str, *, validate: bool) -> ssl.SSLContext:
    """A TLS context, made once for all endpoints of a kind: reading the system's certificates takes 30 ms."""
    with _ONE_AT_A_TIME:
        return _context(ca_path, validate)


@functools.cache
def _context(ca_path: str, validate: bool) -> ssl.SSLContext:
    try:
        made = ssl.create_default_context(cafile=ca_path or None)
    except OSError as error:
        raise InvalidInput(
            f"ca_path {shown(ca_path)} holds no certificates ({error.strerror or error}): name a PEM file"
        ) from None
    if not validate:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
