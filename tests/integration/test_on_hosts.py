"""on_hosts through ansible-playbook: each host gets its own module, connection and variables, and its fate is data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from ansible_module import PLAIN
from ports import free_port
from redis_server import port_of, server

LOCAL = {"ansible_connection": "local"}
VARIABLES = {"ansible_python_interpreter": sys.executable}
FENCE = {"environment": "test"}


def run(
    directory: Path, calls: list[dict[str, Any]], hosts: dict[str, dict[str, Any]], **settings: str
) -> tuple[dict[str, Any], str]:
    """What the task returned, and all that the terminal showed; the playbook runs in check mode, with the diff."""
    inventory, playbook, told = (directory / name for name in ("hosts.yml", "play.yml", "told.json"))
    inventory.write_text(yaml.safe_dump({"all": {"vars": VARIABLES, "hosts": {"ops1": LOCAL, **hosts}}}))
    tasks = [
        {"mainstay.ops.on_hosts": {"fence": FENCE, "calls": calls}, "register": "did", "ignore_errors": True},
        {"ansible.builtin.copy": {"content": "{{ did | to_json }}", "dest": str(told)}, "check_mode": False, "diff": False},
    ]
    playbook.write_text(yaml.safe_dump([{"hosts": "ops1", "gather_facts": False, "tasks": tasks}]))
    command = ["ansible-playbook", "-i", str(inventory), str(playbook), "--check", "--diff"]
    environment = {
        **os.environ,
        **PLAIN,
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_SSH_RETRIES": "0",
        **settings,
    }
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert told.exists(), ran.stdout + ran.stderr
    returned: dict[str, Any] = json.loads(told.read_text())
    return returned, ran.stdout + ran.stderr


def flush(client: redis.Redis, phase: str, *hosts: str, **more: Any) -> dict[str, Any]:
    args = {"host": "127.0.0.1", "port": port_of(client), "pattern": "page:*", "username": None, **more}
    return {"phase": phase, "hosts": list(hosts), "module": "mainstay.ops.cache_flush", "args": args}


def away(**more: Any) -> dict[str, Any]:
    """A host that nobody answers for; its connection is left to the default, and not to the task's own host."""
    return {"ansible_host": "127.0.0.1", "ansible_port": free_port(), **more}


def test_every_host_is_called_and_what_became_of_it_is_data(tmp_path: Path) -> None:
    no_docker = {
        "phase": "look",
        "hosts": ["app2"],
        "module": "mainstay.ops.docker_replicas_info",
        "args": {"application": "shop", "socket": str(tmp_path / "none.sock")},
    }
    with server() as client:
        client.set("page:1", "x")
        calls = [flush(client, "flush", "app1", "gone"), no_docker]
        returned, shown = run(tmp_path, calls, {"app1": LOCAL, "app2": LOCAL, "gone": away()})
        assert client.exists("page:1"), "check mode reaches the modules"
    flushed, gone, failed = (
        returned["phases"]["flush"]["app1"],
        returned["phases"]["flush"]["gone"],
        returned["phases"]["look"]["app2"],
    )
    assert (flushed["changed"], flushed["phase"], flushed["matched"]) == (True, "flush", 1)
    assert gone["unreachable"]
    assert failed["failed"]
    assert failed["error"] in ("Unavailable", "LibraryMissing")
    assert not returned["failed"], "who judges counts; the task itself did what it was asked"
    assert returned["changed"]
    assert "changed: [app1] " in shown
    assert "unreachable: [gone] " in shown
    assert "failed: [app2] " in shown
    assert "app1: flush" in shown, "the difference stands under the name of its host"


WARNING = """#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({"fence": {"type": "dict"}}, supports_check_mode=True)
module.warn("beware of the dog")
module.exit_json(changed=False)
"""


def test_what_a_module_warns_of_is_shown(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "watch_dog.py").write_text(WARNING)
    call = {"phase": "look", "hosts": ["app1"], "module": "watch_dog"}
    returned, shown = run(tmp_path, [call], {"app1": LOCAL}, ANSIBLE_LIBRARY=str(library))
    assert "beware of the dog" in " ".join(shown.split())
    assert "warnings" not in returned["phases"]["look"]["app1"]


def test_hosts_are_called_at_the_same_time(tmp_path: Path) -> None:
    """Sixteen hosts that each wait two seconds for a server that does not answer take less than sixteen seconds."""
    hosts: dict[str, dict[str, Any]] = {f"app{n}": LOCAL for n in range(16)}
    with server() as client:
        client.execute_command("CLIENT", "PAUSE", 2000, "ALL")
        began = time.monotonic()
        returned, _shown = run(tmp_path, [flush(client, "flush", *hosts)], hosts, ANSIBLE_FORKS="16")
    assert len(returned["phases"]["flush"]) == len(hosts)
    assert time.monotonic() - began < 2 * len(hosts)


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ([{"phase": "look", "hosts": ["app9"], "module": "mainstay.ops.docker_replicas_info"}], "app9"),
        ([{"phase": "look", "hosts": ["app1", "app1"], "module": "mainstay.ops.docker_replicas_info"}], "app1 twice"),
        ([{"phase": "look", "hosts": ["app1"]}], "module"),
        ([{"hosts": ["app1"], "module": "mainstay.ops.docker_replicas_info"}], "phase"),
    ],
)
def test_a_call_that_cannot_be_understood_calls_nobody(tmp_path: Path, calls: list[dict[str, Any]], told: str) -> None:
    returned, _shown = run(tmp_path, calls, {"app1": LOCAL})
    assert returned["failed"]
    assert told in returned["msg"]
    assert "phases" not in returned


def test_no_line_stands_between_the_results_that_a_program_reads(tmp_path: Path) -> None:
    with server() as client:
        _returned, shown = run(
            tmp_path, [flush(client, "flush", "app1")], {"app1": LOCAL}, ANSIBLE_STDOUT_CALLBACK="ansible.posix.json"
        )
    assert json.loads(shown)["plays"]


def test_a_secret_of_a_module_is_not_shown(tmp_path: Path) -> None:
    secret = "hunter2-hunter2"
    with server("--requirepass", secret) as client:
        calls = [flush(client, "flush", "app1", password=secret)]
        returned, shown = run(tmp_path, calls, {"app1": LOCAL}, ANSIBLE_VERBOSITY="4", ANSIBLE_INJECT_INVOCATION="1")
    assert "matched" in returned["phases"]["flush"]["app1"], returned
    assert secret not in shown
    assert secret not in json.dumps(returned)


def test_privileges_are_taken_where_the_host_says_so(tmp_path: Path) -> None:
    proof, sudo = tmp_path / "asked", tmp_path / "sudo"
    sudo.write_text(f'#!/bin/sh\necho "$@" >> {proof}\nwhile [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n')
    sudo.chmod(0o755)
    privileged = {**LOCAL, "ansible_become": True, "ansible_become_exe": str(sudo), "ansible_become_user": "root"}
    with server() as client:
        returned, _shown = run(
            tmp_path,
            [flush(client, "flush", "app1", "app2")],
            {"app1": privileged, "app2": LOCAL},
            ANSIBLE_BECOME_ALLOW_SAME_USER="1",
        )
    assert all("matched" in result for result in returned["phases"]["flush"].values()), returned
    assert proof.read_text().count("-u root") == 1, "app1 asked for them, and app2 did not"


@pytest.mark.parametrize(
    ("odd", "state"),
    [
        (away(ansible_port="{{ hostvars['app1'].closed }}"), "unreachable"),
        (away(ansible_ssh_private_key_file="{{ no_key | default(omit) }}"), "unreachable"),
        (away(ansible_connection=None), "unreachable"),
        (away(ansible_connection="no_such"), "failed"),
        (away(ansible_host="{{ no_such }}"), "failed"),
        ({**LOCAL, "ansible_become": True, "ansible_become_method": "sodu"}, "failed"),
    ],
)
def test_a_host_with_odd_variables_keeps_no_other_from_being_called(tmp_path: Path, odd: dict[str, Any], state: str) -> None:
    with server() as client:
        returned, _shown = run(
            tmp_path, [flush(client, "flush", "odd", "app1")], {"odd": odd, "app1": {**LOCAL, "closed": free_port()}}
        )
    assert "matched" in returned["phases"]["flush"]["app1"], returned
    assert returned["phases"]["flush"]["odd"][state] is True


def test_nothing_stays_on_a_host_where_modules_are_copied_to_it(tmp_path: Path) -> None:
    """Without pipelining a module lies there with its arguments, of which some are secret."""
    host = {**LOCAL, "ansible_remote_tmp": str(tmp_path / "remote")}
    with server() as client:
        returned, _shown = run(tmp_path, [flush(client, "flush", "app1")], {"app1": host}, ANSIBLE_PIPELINING="0")
    assert "matched" in returned["phases"]["flush"]["app1"], returned
    assert list((tmp_path / "remote").iterdir()) == []
