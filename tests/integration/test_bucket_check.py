"""bucket_check against AWS as moto plays it, and against a real SeaweedFS, which does not know everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._bucket import s3 as calls
from aws_server import KEYS, aws, copied, rules, s3, safe
from botocore.stub import Stubber
from migration_server import run
from object_store import NAME, Bucket, bucket
from ports import free_port

COUNTER = itertools.count()
PAGE = "mainstay_bucket_good"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as url:
        yield url


@pytest.fixture
def name(endpoint: str) -> str:
    name = f"shop-{next(COUNTER)}"
    safe(s3(endpoint), name)
    return name


def checked(endpoint: str, name: str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    asked = {"bucket": {"name": name, "endpoint": endpoint, **KEYS, "timeout": "5s"}, "must_pass": False, **options}
    return run("bucket_check", asked, check_mode=check_mode)


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {one["check"]: one["verdict"] for one in result["checks"]}


def bad(result: dict[str, Any]) -> set[str]:
    return {name for name, verdict in verdicts(result).items() if verdict != "pass"}


def test_a_bucket_with_all_that_is_wanted_passes(endpoint: str, name: str) -> None:
    for check_mode in (True, False, True, False):
        result = checked(endpoint, name, check_mode=check_mode, must_pass=True, replica=f"{name}-copy")
        assert (result["verdict"], result["changed"], len(result["checks"])) == ("pass", False, 7)
    numbers = {one["check"]: (one["value"], one["limit"]) for one in result["checks"]}
    assert numbers["old_versions"] == (30, 400)
    assert numbers["unfinished_uploads"] == (3, 7)


BROKEN = {
    "versioning": ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    "replication": ("delete_bucket_replication", {}),
    "old_versions": ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": rules(old=500)}),
    "unfinished_uploads": ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": rules(parts=30)}),
    "encryption": ("delete_bucket_encryption", {}),
    "public_access": ("delete_public_access_block", {}),
}


@pytest.mark.parametrize("check", BROKEN)
def test_each_thing_that_is_missing_is_found_and_nothing_else(endpoint: str, name: str, check: str) -> None:
    call, arguments = BROKEN[check]
    getattr(s3(endpoint), call)(Bucket=name, **arguments)
    result = checked(endpoint, name)
    assert (result["verdict"], bad(result)) == ("fail", {check})
    refused = checked(endpoint, name, must_pass=True)
    assert (refused["failed"], refused["error"], check in refused["msg"]) == (True, "BucketUnsafe", True)


def test_a_rule_that_is_off_copies_nothing(endpoint: str, name: str) -> None:
    s3(endpoint).put_bucket_replication(Bucket=name, ReplicationConfiguration=copied(f"{name}-copy", "Disabled"))
    assert bad(checked(endpoint, name)) == {"replication"}


def test_a_copy_goes_where_it_should(endpoint: str, name: str) -> None:
    assert bad(checked(endpoint, name, replica="somewhere-else")) == {"replication"}


@pytest.mark.parametrize("rule", [rules(Status="Disabled"), rules(Filter={"Prefix": "a/"})], ids=["off", "for some objects"])
def test_a_lifecycle_that_is_not_for_everything_is_none(endpoint: str, name: str, rule: dict[str, Any]) -> None:
    s3(endpoint).put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=rule)
    assert bad(checked(endpoint, name)) == {"old_versions", "unfinished_uploads"}


def test_old_versions_that_go_at_once_are_no_way_back(endpoint: str, name: str) -> None:
    s3(endpoint).put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=rules(old=1))
    assert bad(checked(endpoint, name)) == {"old_versions"}


def test_a_lock_is_wanted_only_if_it_is_asked_for(endpoint: str) -> None:
    client, name = s3(endpoint), f"locked-{next(COUNTER)}"
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    asked = {"replication": False, "lifecycle": False, "public_access": False, "encryption": False}
    assert bad(checked(endpoint, name, **asked, locked="30d")) == {"object_lock"}
    keep(client, name, "GOVERNANCE")
    soft = checked(endpoint, name, **asked, locked="30d")
    assert (bad(soft), "in mode 'GOVERNANCE'" in soft["told"]) == ({"object_lock"}, True), soft["told"]
    keep(client, name, "COMPLIANCE")
    assert checked(endpoint, name, **asked, locked="30d")["verdict"] == "pass"
    assert bad(checked(endpoint, name, **asked, locked="31d")) == {"object_lock"}


def keep(client: Any, name: str, mode: str) -> None:
    retention = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": mode, "Days": 30}}}
    client.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=retention)


def test_a_bucket_that_is_not_there_and_a_server_that_does_not_answer_are_errors(endpoint: str) -> None:
    assert checked(endpoint, "nobody-has-this")["error"] == "NotFound"
    assert checked(f"http://127.0.0.1:{free_port()}", "shop")["error"] == "Unavailable"


def test_prometheus_is_told_even_of_a_check_that_could_not_be_made(endpoint: str, name: str, tmp_path: Path) -> None:
    page = tmp_path / "bucket.prom"
    checked(endpoint, name, metrics=str(page), check_mode=True)
    assert not page.exists()
    checked(endpoint, name, metrics=str(page))
    assert f'{PAGE}{{bucket="{name}"}} 1' in page.read_text()
    checked(f"http://127.0.0.1:{free_port()}", name, metrics=str(page))
    assert f'{PAGE}{{bucket="{name}"}} 0' in page.read_text()


def test_a_server_that_does_not_know_a_thing_never_passes_it() -> None:
    with bucket() as store:
        client = store.client()
        client.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
        client.put_bucket_lifecycle_configuration(Bucket=NAME, LifecycleConfiguration=rules())
        asked = {"replication": False, "encryption": False}
        result = of_seaweed(store, **asked)
        assert (result["verdict"], verdicts(result)["public_access"]) == ("inconclusive", "inconclusive")
        assert of_seaweed(store, **asked, must_pass=True)["error"] == "BucketUnproven"
        assert of_seaweed(store, **asked, public_access=False)["verdict"] == "pass"
        assert bad(of_seaweed(store, public_access=False)) == {"replication", "encryption"}


def test_uploads_are_read_to_the_last_page_and_if_not_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server that can be had here gives them in pages, so the library is given the answers of AWS."""
    client = s3("http://127.0.0.1:1")
    first = {"Uploads": [upload("a", 3)], "IsTruncated": True, "NextKeyMarker": "a", "NextUploadIdMarker": "1"}
    last = {"Uploads": [upload("b", 1)], "IsTruncated": False}
    for most, answered, expected in ((100, [first, last], (["a", "b"], False)), (1, [first], (["a"], True))):
        monkeypatch.setattr(calls, "MOST_PAGES", most)
        with Stubber(client) as stubber:
            for number, answer in enumerate(answered):
                follows = {"KeyMarker": "a", "UploadIdMarker": "1"} if number else {}
                stubber.add_response("list_multipart_uploads", answer, {"Bucket": "shop", **follows})
            told = calls.uploads(client, Bucket="shop")
        assert ([one["Key"] for one in told["Uploads"]], told["IsTruncated"]) == expected


def upload(key: str, day: int) -> dict[str, Any]:
    return {"Key": key, "UploadId": "1", "Initiated": datetime(2026, 1, day, tzinfo=UTC)}


def of_seaweed(store: Bucket, **options: Any) -> dict[str, Any]:
    return run("bucket_check", {"bucket": store.place, "must_pass": False, **options})
