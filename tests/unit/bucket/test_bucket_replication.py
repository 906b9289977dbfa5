"""One rule among those of others: what is written is what was read, but for that one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._bucket.replication import (
    Copies,
    Rules,
    copying,
    plan_copied,
    plan_not_copied,
)
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, Refused
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Plan
from ansible_collections.mainstay.ops.plugins.module_utils._edge.spec import into

ROLE = "arn:aws:iam::123456789012:role/copy"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/one"
WANTED = Copies("copies", ROLE)
OWN = {
    "ID": "mainstay",
    "Priority": 1,
    "Filter": {"Prefix": ""},
    "Status": "Enabled",
    "DeleteMarkerReplication": {"Status": "Disabled"},
    "Destination": {"Bucket": "arn:aws:s3:::copies"},
}
LOGS = {**OWN, "ID": "logs", "Priority": 7, "Filter": {"Prefix": "logs/"}, "Destination": {"Bucket": "arn:aws:s3:::logs"}}
METERED = {**OWN, "Destination": {**OWN["Destination"], "Metrics": {"Status": "Enabled"}}}  # type: ignore[dict-item]  # its own


def has(*rules: Any, role: str = ROLE, versioning: str = "Enabled", sealed: bool = False) -> Rules:
    return Rules(versioning, sealed, role if rules else "", rules)


def planned(found: Rules, wanted: Copies = WANTED) -> Plan:
    return plan_copied("files", "mainstay", wanted, found)


def written(plan: Plan) -> dict[str, Any]:
    [step] = plan.steps
    configuration: dict[str, Any] = step.data.configuration
    return configuration


def test_the_first_rule_of_a_bucket() -> None:
    assert written(planned(has())) == {"Role": ROLE, "Rules": [OWN]}
    assert planned(has()).steps[0].as_dict() == {
        "action": "copy",
        "subject": "files/mainstay",
        "before": "",
        "after": f"on, all objects, no removals, to arn:aws:s3:::copies, as {ROLE}",
    }


@pytest.mark.parametrize(
    "there", [OWN, METERED, {**OWN, "Filter": {}}, {**OWN, "Priority": 4}], ids=["same", "more", "no filter", "priority"]
)
def test_a_rule_that_is_as_wanted_is_left_alone(there: dict[str, Any]) -> None:
    assert not planned(has(there)).changed
    assert not planned(has(LOGS, there)).changed


def test_rules_of_others_stay_and_keep_their_order() -> None:
    assert written(planned(has(LOGS)))["Rules"] == [LOGS, {**OWN, "Priority": 8}]


@pytest.mark.parametrize(
    "differing",
    [
        {"Status": "Disabled"},
        {"Filter": {"Prefix": "some/"}},
        {"Filter": {"Tag": {"Key": "copy", "Value": "yes"}}},
        {"Destination": {"Bucket": "arn:aws:s3:::elsewhere"}},
        {"DeleteMarkerReplication": {"Status": "Enabled"}},
    ],
)
def test_whatever_is_not_as_wanted_is_set(differing: dict[str, Any]) -> None:
    assert written(planned(has({**OWN, **differing})))["Rules"] == [OWN]


def test_a_rule_of_the_first_kind_becomes_one_of_the_second() -> None:
    first = {"ID": "mainstay", "Prefix": "", "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::copies"}}
    assert written(planned(has(first)))["Rules"] == [OWN]


def test_what_somebody_added_to_the_rule_stays() -> None:
    assert written(planned(has({**METERED, "Status": "Disabled"})))["Rules"] == [METERED]


def test_a_key_and_a_class_are_set_where_given_and_left_where_not() -> None:
    sealed = written(planned(has(OWN), Copies("copies", ROLE, storage_class="STANDARD_IA", kms_key=KEY)))["Rules"][0]
    assert sealed["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    assert sealed["Destination"] == {
        "Bucket": "arn:aws:s3:::copies",
        "StorageClass": "STANDARD_IA",
        "EncryptionConfiguration": {"ReplicaKmsKeyID": KEY},
    }
    assert not planned(has(sealed)).changed


def test_another_rule_that_copies_everything_there_is_enough() -> None:
    foreign = {**OWN, "ID": "terraform"}
    assert not planned(has(foreign, role="arn:aws:iam::123456789012:role/other")).changed
    assert copying("mainstay", WANTED, has(foreign)) == "terraform"
    assert planned(has({**foreign, "Status": "Disabled"})).changed


@pytest.mark.parametrize(
    "given",
    [{"kms_key": KEY}, {"storage_class": "STANDARD_IA"}, {"delete_markers": True}],
    ids=str,
)
def test_another_rule_counts_only_if_it_does_all_that_is_given(given: dict[str, Any]) -> None:
    wanted = into(Copies, {"replica": "copies", "role": ROLE, **given})
    [mine] = written(planned(has(), wanted))["Rules"]
    assert planned(has({**OWN, "ID": "terraform"}), wanted).changed
    assert not planned(has({**mine, "ID": "terraform"}), wanted).changed


@pytest.mark.parametrize(("others", "priority"), [((7,), 6), ((7, 6), 5), ((1,), 0), ((3, 2, 1), 0)])
def test_rules_of_others_to_the_same_bucket_go_first(others: tuple[int, ...], priority: int) -> None:
    there = [{**LOGS, "ID": f"of {number}", "Priority": number, "Destination": OWN["Destination"]} for number in others]
    assert written(planned(has(*there)))["Rules"][-1]["Priority"] == priority


def test_a_rule_of_another_that_would_lose_its_effect_is_told() -> None:
    with pytest.raises(Refused, match="logs of the bucket files copy to the same bucket, and no priority is free below"):
        planned(has({**LOGS, "Priority": 0, "Destination": OWN["Destination"]}))


def test_a_rule_that_comes_to_another_bucket_goes_behind_those_that_are_there() -> None:
    logs = {**LOGS, "Priority": 3, "Destination": OWN["Destination"]}
    mine = {**OWN, "Priority": 9, "Destination": {"Bucket": "arn:aws:s3:::old"}}
    assert [rule["Priority"] for rule in written(planned(has(logs, mine)))["Rules"]] == [3, 2]


def test_what_kms_encrypts_is_copied_only_with_a_key() -> None:
    with pytest.raises(Refused, match="give kms_key"):
        planned(has({**OWN, "ID": "terraform"}, sealed=True))
    with pytest.raises(Refused, match="give kms_key"):
        planned(has(sealed=True))
    with pytest.raises(Refused, match="give kms_key"):
        planned(has(OWN, sealed=True))
    [sealed] = written(planned(has(sealed=True), Copies("copies", ROLE, kms_key=KEY)))["Rules"]
    assert not planned(has(sealed, sealed=True)).changed


def test_an_account_or_a_key_of_another_bucket_is_none_of_this_one_s() -> None:
    elsewhere = {"Bucket": "arn:aws:s3:::elsewhere", "Account": "1", "EncryptionConfiguration": {"ReplicaKmsKeyID": KEY}}
    assert written(planned(has({**OWN, "Destination": elsewhere})))["Rules"] == [OWN]


def test_a_bucket_is_in_the_part_of_aws_that_the_role_is_in() -> None:
    wanted = Copies("copies", "arn:aws-cn:iam::123456789012:role/copy")
    there = {**OWN, "Destination": {"Bucket": "arn:aws-cn:s3:::copies"}}
    assert written(planned(has(), wanted))["Rules"] == [there]
    assert not planned(has(there, role=wanted.role), wanted).changed


def test_one_role_is_for_all_rules() -> None:
    other = "arn:aws:iam::123456789012:role/other"
    with pytest.raises(Refused, match=f"the other rules of the bucket files .logs. go by the role {other}"):
        planned(has(LOGS, role=other))
    assert written(planned(has(OWN, role=other))) == {"Role": ROLE, "Rules": [OWN]}


@pytest.mark.parametrize("versioning", ["", "Suspended"])
def test_without_versions_nothing_would_be_copied(versioning: str) -> None:
    with pytest.raises(Refused, match="only versions are copied"):
        planned(has(versioning=versioning))


@pytest.mark.parametrize("replica", ["files", "arn:aws:s3:::files"])
def test_a_bucket_is_no_copy_of_itself(replica: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be copied to itself"):
        planned(has(), Copies(replica, ROLE))


@pytest.mark.parametrize(
    "bad",
    [
        {"replica": "Not A Bucket"},
        {"role": "copy"},
        {"role": f"{ROLE}\n"},
        {"storage_class": "cheap"},
        {"kms_key": "key"},
    ],
)
def test_input_has_a_grammar(bad: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        into(Copies, {"replica": "copies", "role": ROLE, **bad})


def test_a_rule_is_removed_and_no_other() -> None:
    assert not plan_not_copied("files", "mainstay", has(LOGS)).changed
    assert written(plan_not_copied("files", "mainstay", has(OWN, LOGS))) == {"Role": ROLE, "Rules": [LOGS]}
    assert written(plan_not_copied("files", "mainstay", has(OWN)))["Rules"] == []
