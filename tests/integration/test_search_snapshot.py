"""search_snapshot_repository, _take, _restore and _info against the fake that search_server describes."""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_module import run_module
from health_servers import certificate, json_saying, talking
from ports import free_port
from search_cluster import Index, Repository, Taken
from search_server import API_KEY, PASSWORD, USERNAME, Search, searching

DAY = 86400.0


@pytest.fixture
def search() -> Iterator[Search]:
    with searching() as server:
        cluster = server.cluster
        cluster.indices = {
            "products-v1": Index(1000, 2),
            "orders": Index(50),
            ".hidden": Index(1),
            "shut": Index(7, is_closed=True),
        }
        cluster.aliases = {"products": {"products-v1": {"is_write_index": True}}}
        cluster.repositories = {"nightly": Repository("fs", {"location": "/mnt/snapshots"})}
        yield server


def host(search: Search) -> str:
    return search.url.partition("//")[2]


def run(module: str, search: Search, flags: tuple[str, ...], asked: dict[str, Any]) -> dict[str, Any]:
    """What a module returns, run in this process: a hundred runs through Ansible take minutes. The last tests go through it."""
    named = {name: value for name, value in asked.items() if value is not None}
    given = {"server": {"url": search.url}, **named, "_ansible_check_mode": "--check" in flags}
    said = io.StringIO()
    with patch_module_args(given), redirect_stdout(said), suppress(SystemExit):
        importlib.import_module(f"ansible_collections.mainstay.ops.plugins.modules.{module}").main()
    returned: dict[str, Any] = json.loads(said.getvalue())
    return {"failed": False, **returned}


def register(search: Search, *flags: str, **changed: Any) -> dict[str, Any]:
    asked = {"repository": "offsite", "type": "fs", "settings": {"location": "/mnt/offsite", "compress": True}}
    return run("search_snapshot_repository", search, flags, {**asked, **changed})


def take(search: Search, *flags: str, **changed: Any) -> dict[str, Any]:
    asked = {"repository": "nightly", "prefix": "shop", "indices": ["products*", "orders"], "deadline": "5s"}
    return run("search_snapshot_take", search, flags, {**asked, **changed})


def restore(search: Search, *flags: str, **changed: Any) -> dict[str, Any]:
    asked = {"repository": "nightly", "prefix": "shop", "indices": ["products-v1"], "deadline": "5s"}
    return run("search_snapshot_restore", search, flags, {**asked, **changed})


def actions(result: dict[str, Any]) -> list[str]:
    return [step["action"] for step in result["steps"]]


def hold(search: Search, name: str, age: float = DAY, outcome: str = "SUCCESS", **more: Any) -> None:
    """A snapshot of the products that began so many seconds ago."""
    begun = time.time() - age
    indices = {"products-v1": Index(1000, 2, settings={"index.lifecycle.name": "delete-old", "index.codec": "best_compression"})}
    counted = {"mainstay": {"documents": {"products-v1": 1000}}}
    taken = Taken(name, indices, counted, begun + 5, outcome=outcome, begun=begun, **more)
    search.cluster.repositories["nightly"].snapshots[name] = taken


def held(search: Search) -> list[str]:
    return sorted(search.cluster.repositories["nightly"].snapshots)


def test_a_repository_is_registered_and_proven_once(search: Search) -> None:
    predicted = register(search, "--check")
    assert (predicted["changed"], search.writes) == (True, [])
    made = register(search)
    assert made["nodes"] == ["search1", "search2", "search3"]
    assert search.writes == ["PUT /_snapshot/offsite?verify=false", "POST /_snapshot/offsite/_verify"]
    assert search.cluster.repositories["offsite"].settings == {"location": "/mnt/offsite", "compress": "true"}
    assert actions(made) == actions(predicted) == ["register"]
    assert not register(search, "--check")["changed"]
    assert not register(search)["changed"]
    assert len(search.writes) == 2
    assert register(search, state="absent")["changed"]
    assert not register(search, state="absent")["changed"]


def test_a_repository_that_a_node_cannot_use_is_taken_back(search: Search) -> None:
    search.cluster.unreachable = ("search2",)
    refused = register(search)
    assert (refused["error"], refused["status"]) == ("ServerRefused", 500)
    assert "not accessible" in refused["msg"]
    assert "offsite" not in search.cluster.repositories
    refused = register(search, repository="nightly", settings={"location": "/mnt/snapshots", "compress": False})
    assert refused["error"] == "ServerRefused"
    assert search.cluster.repositories["nightly"].settings == {"location": "/mnt/snapshots"}


def test_a_registration_that_holds_snapshots_goes_or_moves_only_if_that_is_confirmed(search: Search) -> None:
    hold(search, "shop-20261101-000000z")
    for changed in ({"state": "absent"}, {"settings": {"location": "/elsewhere"}}):
        refused = register(search, "--check", repository="nightly", **changed)
        assert (refused["error"], refused["confirm"]) == ("StillHolds", f"{host(search)}/nightly")
        assert register(search, repository="nightly", **changed, confirm=f"{host(search)}/offsite")["error"] == "StillHolds"
    assert search.writes == []
    assert register(search, repository="nightly", settings={"location": "/mnt/snapshots", "compress": True})["changed"], (
        "it stays where it is"
    )
    assert register(search, repository="nightly", state="absent", confirm=refused["confirm"])["changed"]
    assert "nightly" not in search.cluster.repositories


def test_secrets_do_not_become_settings(search: Search) -> None:
    refused = register(search, type="s3", settings={"bucket": "b", "access_key": "AKIA"})
    assert refused["error"] == "InvalidInput"
    assert "keystore" in refused["msg"]
    assert search.asked == []


def test_a_snapshot_is_taken_and_a_second_run_finds_it_fresh(search: Search) -> None:
    predicted = take(search, "--check")
    assert (actions(predicted), predicted["snapshot"], held(search)) == (["take"], {}, [])
    made = take(search)
    assert [made["snapshot"]["name"]] == held(search)
    assert made["snapshot"]["state"] == "SUCCESS"
    assert made["snapshot"]["indices"] == ["orders", "products-v1"]
    assert made["snapshot"]["documents"] == {"orders": 50, "products-v1": 1000}
    [(_, body)] = search.bodies
    assert (body["include_global_state"], body["partial"], body["ignore_unavailable"]) == (False, False, False)
    assert not take(search, "--check")["changed"]
    again = take(search)
    assert (again["changed"], again["snapshot"]) == (False, made["snapshot"])
    assert take(search, "--check", indices=["*"])["changed"], "the fresh one lacks the index that is shut"
    assert take(search, "--check", fresh="0s")["changed"]


@pytest.mark.parametrize("running", ["STARTED", "IN_PROGRESS", "INIT"])
def test_a_snapshot_waits_for_its_turn_under_each_name_of_running(search: Search, running: str) -> None:
    search.cluster.running = running
    hold(search, "manual", age=0.0)
    manual = search.cluster.repositories["nightly"].snapshots["manual"]
    manual.ends = time.time() + 3600
    late = take(search, deadline="2s")
    assert (late["error"], held(search)) == ("TimedOut", ["manual"])
    assert "manual is still being taken" in late["msg"]
    manual.ends = time.time() + 0.5
    made = take(search, deadline="30s")
    assert made["snapshot"]["state"] == "SUCCESS"
    assert len(held(search)) == 2


@pytest.mark.parametrize("outcome", ["PARTIAL", "FAILED", "INCOMPATIBLE"])
def test_a_snapshot_with_holes_is_a_failure_and_nothing_is_deleted_for_it(search: Search, outcome: str) -> None:
    hold(search, "shop-20260101-000000z", age=90 * DAY)
    hold(search, "shop-20260201-000000z", age=60 * DAY)
    search.cluster.fails_as = outcome
    failed = take(search, keep=1)
    assert (failed["error"], failed["snapshot"]["state"]) == ("SnapshotNotGood", outcome)
    assert "shard 0 of orders: IndexShardSnapshotFailedException[No space left on device]" in failed["msg"]
    assert len(held(search)) == 3, "and the bad one stays to be looked at"


def test_one_that_is_late_is_told_and_goes_on(search: Search) -> None:
    search.cluster.lasts = 30
    late = take(search, deadline="500ms")
    assert late["error"] == "TimedOut"
    assert "goes on" in late["msg"]
    assert "STARTED, 1 of 3 shards done" in late["msg"]
    assert len(held(search)) == 1


@pytest.mark.parametrize("indices", [["nothere"], ["products*", "nothere-*"]])
def test_an_index_that_is_missing_is_no_part_of_a_good_snapshot(search: Search, indices: list[str]) -> None:
    refused = take(search, indices=indices)
    assert (refused["error"], search.writes) == ("NotFound", [])
    assert "nothere" in refused["msg"]


def test_old_snapshots_go_by_number_and_age_and_others_stay(search: Search) -> None:
    for name, age in (("shop-20260101-000000z", 90), ("shop-20260201-000000z", 60), ("shop-20261101-000000z", 20)):
        hold(search, name, age * DAY)
    hold(search, "shop-20260110-000000z", 80 * DAY, "PARTIAL")
    for name in ("shop-eu-20260101-000000z", "shop-before-upgrade", "shopping-20260101-000000z"):
        hold(search, name, 300 * DAY)
    predicted = take(search, "--check", keep=1)
    done = take(search, keep=1)
    gone = ["shop-20260101-000000z", "shop-20260110-000000z", "shop-20260201-000000z"]
    assert [step["subject"].partition("/")[2] for step in done["steps"][1:]] == gone
    assert predicted["steps"][1:] == done["steps"][1:]
    assert not set(gone) & set(held(search))
    assert {"shop-20261101-000000z", "shop-eu-20260101-000000z", "shop-before-upgrade", "shopping-20260101-000000z"} < set(
        held(search)
    )


def test_an_index_comes_back_beside_and_then_the_alias_leads_to_it(search: Search) -> None:
    hold(search, "shop-20261101-000000z")
    assert restore(search, "--check")["restored"] == {"products-v1": "products-v1-restored"}
    assert search.writes == []
    back = restore(search)
    assert (actions(back), back["documents"]) == (["restore"], {"products-v1-restored": 1000})
    assert search.cluster.aliases == {"products": {"products-v1": {"is_write_index": True}}}, "nothing that is used changed"
    assert search.cluster.indices["products-v1-restored"].settings == {"index.codec": "best_compression"}
    assert not restore(search, "--check")["changed"]
    assert not restore(search)["changed"]
    refused = restore(search, alias="products")
    assert (refused["error"], refused["confirm"]) == ("Unconfirmed", f"{host(search)}/products")
    swapped = restore(search, alias="products", confirm=refused["confirm"])
    assert (actions(swapped), swapped["kept"]) == (["swap"], ["products-v1"])
    assert search.cluster.aliases == {"products": {"products-v1-restored": {"is_write_index": True}}}
    assert search.writes.count("POST /_aliases") == 1
    assert not restore(search, alias="products")["changed"]
    assert "products-v1" in search.cluster.indices
    word = restore(search, alias="products", drop=["products-v1"])["confirm"]
    assert actions(restore(search, alias="products", drop=["products-v1"], confirm=word)) == ["drop"]
    assert "products-v1" not in search.cluster.indices
    assert not restore(search, alias="products", drop=["products-v1"])["changed"]


def test_an_alias_that_nothing_has_yet_needs_no_confirmation(search: Search) -> None:
    hold(search, "shop-20261101-000000z")
    assert actions(restore(search, alias="goods")) == ["restore", "swap"]
    assert search.cluster.aliases["goods"] == {"products-v1-restored": {}}


@pytest.mark.parametrize("in_the_way", ["index", "alias", "restored before"])
def test_a_target_that_is_there_is_refused(search: Search, in_the_way: str) -> None:
    hold(search, "shop-20261101-000000z")
    if in_the_way == "alias":
        search.cluster.aliases["products-v1-restored"] = {"orders": {}}
    else:
        earlier = {"repository": "nightly", "snapshot": "shop-20261031-000000z", "index": "products-v1"}
        search.cluster.indices["products-v1-restored"] = Index(3, origin=earlier if in_the_way == "restored before" else {})
    refused = restore(search)
    assert (refused["error"], search.writes) == ("TargetExists", [])


@pytest.mark.parametrize("outcome", ["PARTIAL", "FAILED", "INCOMPATIBLE"])
def test_a_snapshot_with_holes_does_not_come_back(search: Search, outcome: str) -> None:
    hold(search, "shop-20261102-000000z", 10, outcome)
    asked: dict[str, Any] = {"prefix": None, "snapshot": "shop-20261102-000000z"}
    assert (restore(search, **asked)["error"], search.writes) == ("SnapshotNotGood", [])
    assert restore(search)["error"] == "NotFound", "the prefix has no good one"


def test_an_index_of_the_alias_s_name_is_refused_with_advice(search: Search) -> None:
    hold(search, "shop-20261101-000000z")
    refused = restore(search, alias="orders")
    assert (refused["error"], search.writes) == ("AliasIsIndex", [])
    assert "remove_index" in refused["msg"]


def test_an_index_that_lacks_documents_does_not_get_the_alias(search: Search) -> None:
    hold(search, "shop-20261101-000000z")
    search.cluster.loses = 60
    word = f"{host(search)}/products"
    refused = restore(search, alias="products", confirm=word)
    assert refused["error"] == "DocumentsMissing"
    assert "products-v1-restored has 940 documents, and products-v1 had 1000" in refused["msg"]
    assert list(search.cluster.aliases["products"]) == ["products-v1"]
    assert restore(search, alias="products", confirm=word)["error"] == "DocumentsMissing", "also when run again"
    assert restore(search)["error"] == "DocumentsMissing", "also where nothing is left to do"
    assert not restore(search, alias="products", confirm=word, shrinkage=0.1)["failed"]


def test_primaries_that_do_not_start_keep_the_alias_where_it_is(search: Search) -> None:
    hold(search, "shop-20261101-000000z")
    search.cluster.recovers = 30
    late = restore(search, alias="products", confirm=f"{host(search)}/products", deadline="500ms")
    assert late["error"] == "TimedOut"
    assert "products-v1-restored has 0 of 2 started" in late["msg"]
    assert list(search.cluster.aliases["products"]) == ["products-v1"]
    assert restore(search, deadline="500ms")["error"] == "TimedOut", "what is not whole yet is not taken for done"


def test_what_users_changed_since_is_not_held_against_the_snapshot(search: Search) -> None:
    hold(search, "shop-20261101-000000z")
    assert not restore(search, alias="goods")["failed"]
    search.cluster.indices["products-v1-restored"].documents = 3
    again = restore(search, alias="goods")
    assert (again["failed"], again["changed"]) == (False, False)


def test_an_index_that_another_alias_needs_is_not_dropped(search: Search) -> None:
    hold(search, "shop-20261101-000000z")
    search.cluster.aliases["reports"] = {"products-v1": {}}
    refused = restore(search, alias="products", drop=["products-v1"])
    assert (refused["error"], search.writes) == ("StillUsed", [])
    assert restore(search, drop=["products-v1-restored"])["error"] == "StillUsed"


def test_what_is_there_is_told_and_judged(search: Search) -> None:
    def info(**asked: Any) -> dict[str, Any]:
        return run("search_snapshot_info", search, (), {"repository": "nightly", "prefix": "shop", **asked})

    assert info(max_age="1d")["error"] == "SnapshotTooOld"
    hold(search, "shop-20261101-000000z", 3600)
    found = info(max_age="2h", sizes=True)
    assert (found["verdict"], found["changed"]) == ("pass", False)
    [one] = found["snapshots"]
    assert (one["name"], one["state"], one["bytes"]) == ("shop-20261101-000000z", "SUCCESS", 1_000_000)
    assert one["age"] == pytest.approx(3600, abs=20)
    assert (info()["verdict"], info(max_age="30m", must_pass=False)["verdict"]) == ("inconclusive", "fail")
    hold(search, "shop-20261101-010000z", 60, "PARTIAL")
    refused = info(max_age="2h")
    assert (refused["error"], refused["verdict"]) == ("SnapshotTooOld", "fail")
    assert "shop-20261101-010000z after it is PARTIAL" in refused["msg"]
    assert search.writes == []


def test_tls_is_verified_and_logins_are_never_told(tmp_path: Path) -> None:
    context, trusted = certificate(tmp_path)
    with searching(tls=context, is_locked=True) as search:
        search.cluster.repositories = {"nightly": Repository("fs", {})}

        def info(**login: Any) -> dict[str, Any]:
            return run("search_snapshot_info", search, (), {"server": {"url": search.url, **login}})

        assert "certificate" in info(username=USERNAME, password=PASSWORD)["msg"].lower()
        assert search.asked == []
        assert info(ca_path=str(trusted))["status"] == 401
        assert not info(ca_path=str(trusted), api_key=API_KEY)["failed"]
        wrong = info(ca_path=str(trusted), username=USERNAME, password="wrong-horse-battery")
        assert (wrong["status"], "wrong-horse" in json.dumps(wrong)) == (401, False)
        login = {"ca_path": str(trusted), "username": USERNAME, "password": PASSWORD}
        through_ansible = run_module("search_snapshot_info", "-vvv", server={"url": search.url, **login})
        assert through_ansible["repositories"] == [{"name": "nightly", "type": "fs", "settings": {}}]
        assert PASSWORD not in json.dumps(through_ansible)


def test_a_server_that_is_gone_or_another_is_named(search: Search) -> None:
    search.url = f"http://127.0.0.1:{free_port()}"
    gone = take(search)
    assert (gone["error"], "refused" in gone["msg"]) == ("Unavailable", True)
    with talking(json_saying("[1]")) as port:
        search.url = f"http://127.0.0.1:{port}"
        assert "as Elasticsearch or OpenSearch does" in take(search)["msg"]


def played(search: Search, playbook: str, inventory: Path, *arguments: str) -> str:
    """What a playbook told, with this cluster as that of the inventory."""
    server = {"url": search.url}
    repository = {"name": "nightly", "type": "fs", "settings": {"location": "/mnt/snapshots"}}
    described = {"server": server, "repository": repository, "indices": ["products*"], "keep": 1, "keep_for": "1d"}
    inventory.write_text(
        json.dumps(
            {
                "operations": {
                    "hosts": {"localhost": {"ansible_connection": "local"}},
                    "vars": {"mainstay_environment": "search-test", "mainstay_application": "shop", "mainstay_search": described},
                }
            }
        )
    )
    command = ["ansible-playbook", f"mainstay.ops.{playbook}", "-i", str(inventory), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=180, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, check=False
    )
    return f"{done.returncode} {' '.join(done.stdout.split())} {done.stderr}"


def test_the_playbooks_take_and_bring_back(search: Search, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.json"
    taken = played(search, "snapshot_search", inventory)
    assert taken.startswith("0 "), taken
    assert [name.startswith("shop-") for name in held(search)] == [True]
    back = played(search, "restore_search", inventory, "-e", "alias=products", "-e", f"confirm={host(search)}/products")
    assert back.startswith("0 "), back
    assert list(search.cluster.aliases["products"]) == ["products-v1-restored"]
