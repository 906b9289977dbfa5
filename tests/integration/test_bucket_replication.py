"""bucket_replication against AWS as moto plays it, and against a real SeaweedFS, which copies nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from aws_server import KEYS, aws, copied, s3, safe
from migration_server import run
from object_store import NAME, SECRET, bucket

COUNTER = itertools.count()
ROLE = "arn:aws:iam::123456789012:role/copy"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as url:
        yield url


@pytest.fixture
def name(endpoint: str) -> str:
    """A bucket with all that is wanted of it but for the copies."""
    name = f"files-{next(COUNTER)}"
    safe(s3(endpoint), name)
    s3(endpoint).delete_bucket_replication(Bucket=name)
    return name


def copies(endpoint: str, name: str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    place = {"name": name, "endpoint": endpoint, **KEYS, "timeout": "5s"}
    return run("bucket_replication", {"bucket": place, "replica": f"{name}-copy", "role": ROLE, **options}, check_mode=check_mode)


def there(endpoint: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = s3(endpoint).get_bucket_replication(Bucket=name)["ReplicationConfiguration"]
    return found


def judged(endpoint: str, name: str) -> str:
    asked = {"bucket": {"name": name, "endpoint": endpoint, **KEYS}, "replica": f"{name}-copy", "must_pass": False}
    return str(run("bucket_check", asked)["told"])


def test_a_bucket_is_copied_and_its_check_says_so(endpoint: str, name: str) -> None:
    assert "no rule that is on copies all objects" in judged(endpoint, name)
    foreseen = copies(endpoint, name, check_mode=True)
    assert (foreseen["changed"], foreseen["rule"], "no rule" in judged(endpoint, name)) == (True, "", True)
    done = copies(endpoint, name)
    assert (done["changed"], done["rule"], done["steps"]) == (True, "mainstay", foreseen["steps"])
    assert judged(endpoint, name) == f"the bucket {name} is as wanted: 7 checks passed"
    again = copies(endpoint, name)
    assert (again["changed"], again["rule"]) == (False, "mainstay")


def test_rules_of_others_are_there_before_and_after(endpoint: str, name: str) -> None:
    logs = copied("logs")
    logs["Rules"][0] |= {"ID": "logs", "Filter": {"Prefix": "logs/"}}
    s3(endpoint).put_bucket_replication(Bucket=name, ReplicationConfiguration=logs)
    before = there(endpoint, name)
    assert copies(endpoint, name, storage_class="STANDARD_IA")["changed"]
    assert [(rule["ID"], rule["Priority"]) for rule in there(endpoint, name)["Rules"]] == [("logs", 1), ("mainstay", 2)]
    refused = copies(endpoint, name, role="arn:aws:iam::123456789012:role/other")
    assert (refused["error"], "a server has one for all" in refused["msg"]) == ("Refused", True), refused["msg"]
    assert copies(endpoint, name, state="absent")["changed"]
    assert there(endpoint, name) == before
    assert not copies(endpoint, name, state="absent")["changed"]


def test_the_last_rule_goes_with_all_there_was(endpoint: str, name: str) -> None:
    copies(endpoint, name)
    assert copies(endpoint, name, state="absent")["changed"]
    with pytest.raises(s3(endpoint).exceptions.ClientError, match="ReplicationConfigurationNotFound"):
        there(endpoint, name)


def test_a_rule_that_somebody_switched_off_is_on_again(endpoint: str, name: str) -> None:
    copies(endpoint, name)
    off = there(endpoint, name)
    off["Rules"][0]["Status"] = "Disabled"
    s3(endpoint).put_bucket_replication(Bucket=name, ReplicationConfiguration=off)
    done = copies(endpoint, name)
    assert [step["before"].split(",")[0] for step in done["steps"]] == ["off"]
    assert there(endpoint, name)["Rules"][0]["Status"] == "Enabled"


def test_without_versions_it_is_refused(endpoint: str, name: str) -> None:
    s3(endpoint).put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    refused = copies(endpoint, name)
    assert (refused["error"], "only versions are copied" in refused["msg"]) == ("Refused", True), refused["msg"]


def test_bad_input_and_a_bucket_that_is_not_there_change_nothing(endpoint: str, name: str) -> None:
    assert copies(endpoint, name, role="somebody")["error"] == "InvalidInput"
    assert copies(endpoint, name, replica=name)["error"] == "InvalidInput"
    assert copies(endpoint, "nobody-has-this")["error"] == "NotFound"
    assert copies(endpoint, name, role=None)["failed"]
    assert "no rule" in judged(endpoint, name)


def test_a_server_that_copies_nothing_is_an_error() -> None:
    with bucket() as store:
        store.client().put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
        refused = run("bucket_replication", {"bucket": store.place, "replica": "copies", "role": ROLE})
    assert (refused["failed"], refused["error"]) == (True, "BucketRefused"), refused
    assert SECRET not in str(refused)
