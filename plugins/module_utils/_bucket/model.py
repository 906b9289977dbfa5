# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bucket of an S3 server: how it is reached, what it must be like, and what it says of itself.

Failed
├── BucketUnsafe         a check found something that speaks against the bucket
└── BucketRefused        the server did not do what was asked of it; says why
TimedOut
└── BucketUnproven       nothing speaks against the bucket, but of something too little is known
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .._core.errors import Failed, InvalidInput, TimedOut
from .._core.text import Grammar, shown, within

DAY = 86400.0
BUCKET = Grammar(
    "name of a bucket", r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits, dots and dashes", 63
)
PREFIX = Grammar(
    "prefix",
    r"([A-Za-z0-9_+@\-][A-Za-z0-9_.+@\-]*/?)*",
    "names of letters, digits and any of _ . + @ - that do not begin with a dot, with a slash between them",
    300,
)
REPLICA = Grammar(
    "bucket of the copies",
    r"(arn:[a-z0-9\-]+:s3:[a-z0-9\-]*:[0-9]*:)?[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]",
    "the name of a bucket, or its ARN",
    200,
)
REGION = Grammar("region", r"[a-z0-9\-]{1,40}", "1 to 40 lower-case letters, digits and dashes, such as eu-central-1", 40)
FILE = Grammar(
    "path of a file",
    r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.+@\-]+)+",
    "a whole path of letters, digits and any of _ . + @ - without .. in it",
    500,
)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
LONGEST_KEY = 5000


class BucketUnsafe(Failed):
    """A check found something that speaks against the bucket."""


class BucketRefused(Failed):
    """The server did not do what was asked of it."""


class BucketUnproven(TimedOut):
    """Nothing speaks against the bucket, but of something too little is known."""


@dataclass(frozen=True)
class Bucket:
    """Where a bucket is, and who asks. Without an endpoint it is AWS, without keys the host's own; ``timeout`` is seconds."""

    name: str
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    ca_path: str = ""
    timeout: float = 30.0

    def __post_init__(self) -> None:
        BUCKET.check(self.name)
        REGION.check(self.region)
        if self.ca_path:
            FILE.check(self.ca_path)
        if self.endpoint:
            _demand_endpoint(self.endpoint)
        if bool(self.access_key) != bool(self.secret_key):
            raise InvalidInput(f"bucket {self.name}: access_key and secret_key belong together: give both or none")
        if any(len(key) > LONGEST_KEY or not key.isprintable() for key in (self.access_key, self.secret_key, self.session_token)):
            raise InvalidInput(f"bucket {self.name}: keys are printable text of at most {LONGEST_KEY} characters")
        within("timeout in seconds", self.timeout, 0.1, 600)


@dataclass(frozen=True)
class Limits:
    """What a bucket must be like. Times are seconds; a switch that is off leaves out what some servers do not have.

    Old versions must stay for ``versions_least`` and be gone after ``versions_most``, parts of uploads that never ended after
    ``uploads_most``. ``locked`` is how long objects must be locked at least, 0 if they need not be. ``replica`` is the only
    bucket that may hold the copies, any other if it is "".
    """

    replication: bool = True
    replica: str = ""
    lifecycle: bool = True
    versions_least: float = 7 * DAY
    versions_most: float = 400 * DAY
    uploads_most: float = 7 * DAY
    encryption: bool = True
    public_access: bool = True
    locked: float = 0.0

    def __post_init__(self) -> None:
        within("versions_least in seconds", self.versions_least, DAY, 3650 * DAY)
        within("versions_most in seconds", self.versions_most, self.versions_least, 3650 * DAY)
        within("uploads_most in seconds", self.uploads_most, DAY, 365 * DAY)
        within("locked in seconds", self.locked, 0, 3650 * DAY)
        if self.replica:
            REPLICA.check(self.replica)


@dataclass(frozen=True)
class Unknown:
    """What could not be read, and why: the server does not know it, or does not tell it to us."""

    why: str


@dataclass(frozen=True)
class Replication:
    """A rule that copies to ``to``, an ARN; ``whole`` if it is for all objects, ``sealed`` if also for what KMS encrypted."""

    name: str
    enabled: bool
    whole: bool
    to: str
    sealed: bool = False


@dataclass(frozen=True)
class Lifecycle:
    """A rule; its days are None where it says nothing of that, and ``kept`` is how many old versions never go by it."""

    name: str
    enabled: bool
    whole: bool
    old_versions: int | None = None
    uploads: int | None = None
    kept: int = 0


@dataclass(frozen=True)
class Lock:
    """Days for which a new object is locked, in COMPLIANCE or GOVERNANCE; 0 if only those are locked that somebody locks."""

    days: int
    mode: str = ""


@dataclass(frozen=True)
class Uploads:
    """Uploads in parts that were not ended, and the seconds since the oldest began; ``whole`` if all of them were listed."""

    count: int = 0
    oldest: float = 0.0
    whole: bool = True


@dataclass(frozen=True)
class Seen:
    """What a bucket says of itself; empty where it says that there is none."""

    versioning: str | Unknown
    replication: tuple[Replication, ...] | Unknown = ()
    lifecycle: tuple[Lifecycle, ...] | Unknown = ()
    encryption: tuple[str, ...] | Unknown = ()
    public_access: Mapping[str, bool] | Unknown = field(default_factory=dict)
    lock: Lock | Unknown | None = None
    uploads: Uploads | Unknown = field(default_factory=Uploads)


def _demand_endpoint(endpoint: str) -> None:
    """Without TLS only to this host itself, because what is sent is signed and not hidden."""
    allowed = "allowed is such as https://s3.example.com:9000, or http:// to localhost alone"
    if len(endpoint) > 300 or not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?/?", endpoint):
        raise InvalidInput(f"{shown(endpoint)} is not an endpoint: {allowed}")
    if endpoint.startswith("http://") and urlsplit(endpoint).hostname not in LOOPBACK:
        raise InvalidInput(f"{shown(endpoint)} would be spoken to without TLS: {allowed}")
