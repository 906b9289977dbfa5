# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Encryption by the program age, version 1 of its format: age-encryption.org/v1. Nothing of it is done here.

A host has the public keys only, so it cannot read its own archives. To prove that one can be read, it is also encrypted for a key
that is made for this and forgotten at once.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

from .._core.errors import LibraryMissing
from .model import IDENTITY, ArchiveDamaged, SealFailed, WrongKey

LONGEST_S = 300.0
LONGEST_SAID = 300
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
NO_KEY = ("no identity matched", "incorrect identity", "no identities")
DAMAGED = (
    "failed to read header",
    "failed to decrypt and authenticate",
    "unexpected EOF",
    "header",
    "malformed",
    "parsing",
    "truncated",
)


def proof_key() -> tuple[str, str]:
    """A new key: what it decrypts with, and what is encrypted for it."""
    said = _ran(["age-keygen"], b"")
    identity, recipient = re.search(IDENTITY, said.decode()), re.search(r"age1[0-9a-z]{58}", said.decode())
    if not identity or not recipient:
        raise SealFailed("age-keygen wrote no key: see whether it is the program of the Debian package age")
    return identity[0], recipient[0]


def sealed(plain: bytes, recipients: Sequence[str]) -> bytes:
    """Encrypted for each of the recipients."""
    return _ran(["age", "--encrypt", *(argument for one in recipients for argument in ("--recipient", one))], plain)


def opened(content: bytes, identity: str) -> bytes:
    """Decrypted; raises ``WrongKey``, or ``ArchiveDamaged`` where a bit is not as it was. The identity goes through a pipe."""
    reading, writing = os.pipe()
    try:
        os.write(writing, identity.encode())
        os.close(writing)
        return _ran(["age", "--decrypt", "--identity", f"/dev/fd/{reading}"], content, reading)
    finally:
        os.close(reading)


def _ran(command: list[str], given: bytes, *passed: int) -> bytes:
    try:
        # pylint: disable-next=ansible-bad-function # this is no module, which alone has run_command
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=LONGEST_S, check=False, pass_fds=passed, env=ENVIRONMENT, cwd="/"
        )
    except FileNotFoundError:
        raise LibraryMissing(f"the program {command[0]} is missing on this host: install the Debian package age") from None
    except subprocess.TimeoutExpired:
        raise SealFailed(f"{command[0]} was not done after {LONGEST_S:g} s, and was ended") from None
    if done.returncode:
        raise _error(command, " ".join(done.stderr.decode(errors="replace").split()))
    return done.stdout


def _error(command: list[str], said: str) -> SealFailed | ArchiveDamaged:
    said = re.sub(IDENTITY, "********", said).split("age: report unexpected")[0]
    if any(words in said for words in NO_KEY):
        return WrongKey("this identity is none of those for whom the archive was encrypted; its .json names their public keys")
    if "--decrypt" in command and any(words in said for words in DAMAGED):
        return ArchiveDamaged(
            "the archive cannot be decrypted: it is cut, or a bit of it is not as it was. Take another one, or its copy"
        )
    return SealFailed(f"{command[0]} failed: {said[:LONGEST_SAID] or 'it said nothing'}")
