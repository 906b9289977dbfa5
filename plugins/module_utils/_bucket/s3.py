# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls to an S3 server: AWS, or any that speaks as it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from typing import Any, TypeVar

with suppress(ImportError):
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

from .._core.errors import Corrupt, NotFound, Unavailable
from .._core.text import without
from . import answers
from .model import Bucket, BucketRefused, Seen, Unknown
from .replication import Rules
from .verdict import is_sealed

T = TypeVar("T")
Client = Any
"""boto3 makes its classes at run time, so there is no type to name."""

NONE_THERE = {
    "ReplicationConfigurationNotFoundError",
    "NoSuchLifecycleConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchPublicAccessBlockConfiguration",
    "ObjectLockConfigurationNotFoundError",
}
"""How a server says that it knows what is asked for, and that the bucket has none."""
UNKNOWN_THERE = {"NotImplemented", "MethodNotAllowed", "XNotImplemented", "InvalidRequest"}
CLOSED = {"AccessDenied", "AllAccessDisabled", "403"}
MISSING = {"NoSuchBucket", "NoSuchKey", "404"}
ATTEMPTS = 3
LONGEST_SAID = 300
MOST_PAGES = 100
"""Of a thousand uploads each."""


def client(bucket: Bucket) -> Client:
    """A client that verifies certificates, tries three times, and takes an answer of any part within ``timeout`` seconds."""
    settings = Config(
        connect_timeout=min(bucket.timeout, 10),
        read_timeout=bucket.timeout,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        s3={"addressing_style": "path" if bucket.endpoint else "auto"},
    )
    with _spoken(bucket, "reach"):
        return boto3.session.Session().client(
            "s3",
            region_name=bucket.region,
            endpoint_url=bucket.endpoint or None,
            aws_access_key_id=bucket.access_key or None,
            aws_secret_access_key=bucket.secret_key or None,
            aws_session_token=bucket.session_token or None,
            verify=bucket.ca_path or None,
            config=settings,
        )


def seen(bucket: Bucket) -> Seen:
    """What the bucket says of itself; raises ``NotFound`` where there is none, ``Unavailable`` where nobody answers."""
    asked = client(bucket)
    with _spoken(bucket, "look at"):
        asked.head_bucket(Bucket=bucket.name)

    def of(call: str, understand: Callable[[Mapping[str, Any]], T]) -> T | Unknown:
        return _told(bucket, getattr(asked, call), understand)

    return Seen(
        versioning=of("get_bucket_versioning", answers.versioning),
        replication=of("get_bucket_replication", answers.replication),
        lifecycle=of("get_bucket_lifecycle_configuration", answers.lifecycle),
        encryption=of("get_bucket_encryption", answers.encryption),
        public_access=of("get_public_access_block", answers.public_access),
        lock=of("get_object_lock_configuration", answers.lock),
        uploads=_told(bucket, partial(uploads, asked), lambda answer: answers.uploads(answer, time.time())),
    )


def rules(bucket: Bucket) -> Rules:
    """The rules by which objects are copied; raises ``BucketRefused`` where the server knows none, or does not tell them."""
    asked = client(bucket)
    with _spoken(bucket, "read the replication of"):
        status = answers.versioning(asked.get_bucket_versioning(Bucket=bucket.name))
        found = _if_there(asked.get_bucket_replication, bucket).get("ReplicationConfiguration", {})
    kinds = _told(bucket, asked.get_bucket_encryption, answers.encryption)
    return Rules(status, is_sealed(kinds), str(found.get("Role", "")), tuple(found.get("Rules", ())))


def copy(bucket: Bucket, rules: Rules) -> None:
    """Have the bucket copied by these rules and no others, by none if there are none."""
    with _spoken(bucket, "set the replication of"):
        if rules.rules:
            client(bucket).put_bucket_replication(Bucket=bucket.name, ReplicationConfiguration=rules.configuration)
        else:
            client(bucket).delete_bucket_replication(Bucket=bucket.name)


def _if_there(call: Callable[..., Mapping[str, Any]], bucket: Bucket) -> Mapping[str, Any]:
    """What was answered, nothing where the bucket has none."""
    try:
        return call(Bucket=bucket.name)
    except ClientError as error:
        if _code(error) not in NONE_THERE:
            raise
        return {}


def uploads(asked: Client, **place: str) -> Mapping[str, Any]:
    """Uploads that did not end, of as many pages as are read at most, and whether more follow."""
    found: list[Any] = []
    page: Mapping[str, Any] = {}
    for page in islice(asked.get_paginator("list_multipart_uploads").paginate(**place), MOST_PAGES):
        found += page.get("Uploads", [])
    return {"Uploads": found, "IsTruncated": page.get("IsTruncated")}


def listing(bucket: Bucket, prefix: str) -> dict[str, int]:
    """The size of every object whose key begins with ``prefix``."""
    found: dict[str, int] = {}
    with _spoken(bucket, "list"):
        for page in client(bucket).get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=prefix):
            found.update({str(one["Key"]): int(one["Size"]) for one in page.get("Contents", [])})
    return found


def put(bucket: Bucket, key: str, content: bytes) -> None:
    """Store an object, and read it back: raises ``Corrupt`` where it is not what was sent."""
    with _spoken(bucket, f"write {key} to"):
        client(bucket).put_object(Bucket=bucket.name, Key=key, Body=content)
    if get(bucket, key, len(content) + 1) != content:
        raise Corrupt(
            f"{key} came back from the bucket {bucket.name} as something else than was sent: run again, and check the server"
        )


def get(bucket: Bucket, key: str, most: int) -> bytes:
    """An object of at most so many bytes, of a larger one that many."""
    with _spoken(bucket, f"read {key} of"), client(bucket).get_object(Bucket=bucket.name, Key=key)["Body"] as body:
        return bytes(body.read(most))


def remove(bucket: Bucket, key: str) -> None:
    with _spoken(bucket, f"remove {key} of"):
        client(bucket).delete_object(Bucket=bucket.name, Key=key)


def _told(bucket: Bucket, call: Callable[..., Mapping[str, Any]], understand: Callable[[Mapping[str, Any]], T]) -> T | Unknown:
    """What was answered; where there is none, what an empty answer means; where it is not told, why."""
    try:
        return understand(call(Bucket=bucket.name))
    except ClientError as error:
        code = _code(error)
        return understand({}) if code in NONE_THERE else Unknown(_why(code))
    except BotoCoreError as error:
        return Unknown(f"the server did not answer this: {_said(bucket, error)}")
    except (AttributeError, TypeError, ValueError, KeyError):
        return Unknown("the server answered something that is not of S3")


def _why(code: str) -> str:
    if code in CLOSED:
        return f"the server does not tell us ({code}): give the keys the right to read this"
    return f"the server does not know this ({code})" if code in UNKNOWN_THERE else f"the server answered {code}"


@contextmanager
def _spoken(bucket: Bucket, verb: str) -> Iterator[None]:
    """The errors of the library in our words; keys are in none of them."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        tried = f"could not {verb} the bucket {bucket.name}"
        if code in MISSING:
            raise NotFound(f"{tried}: it is not there ({code})") from None
        said = _said(bucket, error.response.get("Error", {}).get("Message") or code)
        raise BucketRefused(
            f"{tried}: the server answered {code} ({said}); see to the rights of the keys, and to its log"
        ) from None
    except (BotoCoreError, OSError, ValueError) as error:
        where = bucket.endpoint or f"AWS in {bucket.region}"
        raise Unavailable(f"could not {verb} the bucket {bucket.name} at {where}: {_said(bucket, error)}") from None


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code") or "an error without a code")[:60]


def _said(bucket: Bucket, error: object) -> str:
    words = without(" ".join(str(error).split()), [bucket.access_key, bucket.secret_key, bucket.session_token])
    return words[:LONGEST_SAID] or type(error).__name__
