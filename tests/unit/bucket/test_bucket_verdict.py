"""From the answers of an S3 server to a verdict; no data is never a pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._bucket import answers
from ansible_collections.mainstay.ops.plugins.module_utils._bucket.model import (
    DAY,
    Bucket,
    Lifecycle,
    Limits,
    Lock,
    Replication,
    Seen,
    Unknown,
    Uploads,
)
from ansible_collections.mainstay.ops.plugins.module_utils._bucket.verdict import SWITCHES, findings
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput

GOOD = Seen(
    "Enabled",
    (Replication("copy", True, True, "arn:aws:s3:::copies"),),
    (Lifecycle("old", True, True, 30, 3),),
    ("AES256",),
    dict.fromkeys(SWITCHES, True),
    Lock(30, "COMPLIANCE"),
)
ALL = Limits(locked=30 * DAY)
SILENT = Unknown("the server does not know this")


def found(seen: Seen, limits: Limits = ALL) -> dict[str, str]:
    """What did not pass."""
    return {one.check: str(one.verdict) for one in findings(seen, limits, "shop") if one.verdict != "pass"}


def test_what_kms_encrypted_is_copied_only_by_a_rule_that_says_so() -> None:
    sealed = replace(GOOD, encryption=("aws:kms",))
    assert found(sealed) == {"replication": "fail"}
    rule = Replication("copy", True, True, "arn:aws:s3:::copies", sealed=True)
    assert found(replace(sealed, replication=(rule,))) == {}
    assert found(replace(GOOD, encryption=("AES256",), replication=(rule,))) == {}


def test_what_is_all_as_wanted_passes() -> None:
    assert found(GOOD) == {}
    assert len(findings(GOOD, ALL, "shop")) == 8


@pytest.mark.parametrize(
    ("differing", "expected"),
    [
        ({"versioning": ""}, {"versioning": "fail"}),
        ({"versioning": "Suspended"}, {"versioning": "fail"}),
        ({"versioning": SILENT}, {"versioning": "inconclusive"}),
        ({"replication": ()}, {"replication": "fail"}),
        ({"replication": (Replication("copy", False, True, "arn:aws:s3:::copies"),)}, {"replication": "fail"}),
        ({"replication": (Replication("copy", True, False, "arn:aws:s3:::copies"),)}, {"replication": "fail"}),
        ({"replication": (Replication("copy", True, True, "arn:aws:s3:::shop"),)}, {"replication": "fail"}),
        ({"replication": (Replication("copy", True, True, ""),)}, {"replication": "fail"}),
        ({"replication": SILENT}, {"replication": "inconclusive"}),
        ({"lifecycle": ()}, {"old_versions": "fail", "unfinished_uploads": "fail"}),
        ({"lifecycle": SILENT}, {"old_versions": "inconclusive", "unfinished_uploads": "inconclusive"}),
        ({"lifecycle": (Lifecycle("old", True, True, 401, 3),)}, {"old_versions": "fail"}),
        ({"lifecycle": (Lifecycle("old", True, True, 400, 7),)}, {}),
        ({"lifecycle": (Lifecycle("old", True, True, 30, 8),)}, {"unfinished_uploads": "fail"}),
        ({"lifecycle": (*GOOD.lifecycle, Lifecycle("tmp", True, False, 1, 1))}, {"old_versions": "fail"}),  # type: ignore[misc]
        ({"lifecycle": (*GOOD.lifecycle, Lifecycle("tmp", False, True, 1, 1))}, {}),  # type: ignore[misc]
        ({"lifecycle": (*GOOD.lifecycle, Lifecycle("many", True, True, 1, 1, kept=5))}, {"old_versions": "fail"}),  # type: ignore[misc]
        ({"lifecycle": (*GOOD.lifecycle, Lifecycle("many", True, True, 30, 1, kept=5))}, {}),  # type: ignore[misc]
        ({"lifecycle": (Lifecycle("old", True, True, 30, 3, kept=5),)}, {"old_versions": "fail"}),
        ({"uploads": Uploads(1, 9 * DAY)}, {"uploads": "fail"}),
        ({"uploads": Uploads(1, 7.5 * DAY)}, {}),
        ({"uploads": Uploads(1000, 7.5 * DAY, whole=False)}, {"uploads": "inconclusive"}),
        ({"uploads": Uploads(1000, 9 * DAY, whole=False)}, {"uploads": "fail"}),
        ({"uploads": SILENT}, {"uploads": "inconclusive"}),
        ({"encryption": ()}, {"encryption": "fail"}),
        ({"encryption": SILENT}, {"encryption": "inconclusive"}),
        ({"public_access": {}}, {"public_access": "fail"}),
        ({"public_access": {**dict.fromkeys(SWITCHES, True), "BlockPublicAcls": False}}, {"public_access": "fail"}),
        ({"public_access": SILENT}, {"public_access": "inconclusive"}),
        ({"lock": None}, {"object_lock": "fail"}),
        ({"lock": Lock(29, "COMPLIANCE")}, {"object_lock": "fail"}),
        ({"lock": Lock(30, "GOVERNANCE")}, {"object_lock": "fail"}),
        ({"lock": Lock(30)}, {"object_lock": "fail"}),
        ({"lock": Lock(0)}, {"object_lock": "fail"}),
        ({"lock": SILENT}, {"object_lock": "inconclusive"}),
    ],
)
def test_each_thing_is_judged_by_itself(differing: dict[str, Any], expected: dict[str, str]) -> None:
    assert found(replace(GOOD, **differing)) == expected


def test_copies_go_to_the_bucket_that_is_named() -> None:
    for named in ("copies", "arn:aws:s3:::copies"):
        assert found(GOOD, replace(ALL, replica=named)) == {}
    assert found(GOOD, replace(ALL, replica="others")) == {"replication": "fail"}


def test_what_is_not_wanted_is_not_judged() -> None:
    off = Limits(replication=False, lifecycle=False, encryption=False, public_access=False)
    assert [one.check for one in findings(GOOD, off, "shop")] == ["versioning"]


WHOLE = [{}, {"Prefix": ""}, {"Filter": {}}, {"Filter": {"Prefix": ""}}]
PART = [
    {"Prefix": "a/"},
    {"Filter": {"Prefix": "a/"}},
    {"Filter": {"Tag": {"Key": "k", "Value": "v"}}},
    {"Filter": {"And": {"Prefix": "", "Tags": [{"Key": "k", "Value": "v"}]}}},
    {"Filter": {"ObjectSizeGreaterThan": 1}},
]


@pytest.mark.parametrize(("rule", "whole"), [*((one, True) for one in WHOLE), *((one, False) for one in PART)])
def test_a_rule_is_for_all_objects_or_for_some(rule: dict[str, Any], whole: bool) -> None:
    assert answers.lifecycle({"Rules": [{**rule, "Status": "Enabled"}]})[0].whole is whole
    copied = answers.replication({"ReplicationConfiguration": {"Rules": [{**rule, "Status": "Enabled"}]}})
    assert copied[0].whole is whole


def test_answers_are_understood() -> None:
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 1}}}
    assert answers.lock({"ObjectLockConfiguration": lock}) == Lock(365, "COMPLIANCE")
    assert answers.lock({}) is None
    begun = [{"Initiated": datetime.fromtimestamp(second, UTC)} for second in (900, 400)]
    assert answers.uploads({"Uploads": begun}, 1000) == Uploads(2, 600)
    assert answers.uploads({"Uploads": begun, "IsTruncated": True}, 1000) == Uploads(2, 600, whole=False)
    assert answers.uploads({}, 1000) == Uploads()
    assert answers.versioning({}) == ""
    assert answers.public_access({"PublicAccessBlockConfiguration": {"BlockPublicAcls": "yes"}}) == {"BlockPublicAcls": False}


@pytest.mark.parametrize(
    "differing",
    [
        {"name": "-x"},
        {"endpoint": "http://s3.example.com"},
        {"endpoint": "https://a:b@s3.example.com"},
        {"endpoint": "ftp://localhost"},
        {"access_key": "a"},
        {"secret_key": "b"},
        {"region": "a b"},
        {"ca_path": "/etc/../x"},
        {"timeout": 0.0},
    ],
)
def test_a_place_that_cannot_be_is_refused(differing: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Bucket(**{"name": "shop", **differing})


def test_no_key_is_shown() -> None:
    assert "hush-hush" not in repr(Bucket("shop", access_key="a", secret_key="hush-hush", session_token="hush-hush"))
