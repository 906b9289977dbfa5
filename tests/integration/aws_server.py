"""AWS as moto plays it, on loopback: its S3 with all that other servers do not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

KEYS = {"access_key": "a-test", "secret_key": "the-secret-of-a-bucket"}


@contextmanager
def aws() -> Iterator[str]:
    """The URL of the server; it ends with the block, and all that was in it."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


def s3(endpoint: str, **options: Any) -> Any:
    """A client of it, for what a test sets and breaks itself."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["access_key"],
        aws_secret_access_key=KEYS["secret_key"],
        **options,
    )


def rules(old: int = 30, parts: int = 3, **differing: Any) -> dict[str, Any]:
    """The lifecycle that a test sets, with one rule."""
    rule = {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": old},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": parts},
    }
    return {"Rules": [{**rule, **differing}]}


def safe(client: Any, name: str) -> None:
    """A bucket with all that bucket_check wants, and the one that it is copied to."""
    for bucket in (name, f"{name}-copy"):
        client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=rules())
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=encryption)
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(switches, True))
    client.put_bucket_replication(Bucket=name, ReplicationConfiguration=copied(f"{name}-copy"))


def copied(to: str, status: str = "Enabled") -> dict[str, Any]:
    """A replication of one rule."""
    rule = {
        "ID": "copy",
        "Status": status,
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{to}"},
    }
    return {"Role": "arn:aws:iam::123456789012:role/copy", "Rules": [rule]}
