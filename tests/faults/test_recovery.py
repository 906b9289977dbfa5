"""A run that was killed is taken back, by a person or by a timer of the operations host."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import customers
import fleet
import pytest
from test_canary import RATE, canary

pytestmark = pytest.mark.fleet

UNIT = "mainstay-recovery-development"


class Runner(ThreadingHTTPServer):
    """What AWX is elsewhere: whoever asks it has it run the playbook, on a machine that has Ansible."""

    def __init__(self) -> None:
        super().__init__((gateway(), 0), Request)
        self.ran: list[fleet.Result] = []

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]}:{self.server_address[1]}/"


class Request(BaseHTTPRequestHandler):
    """Answers when the playbook has ended, with an error if it failed."""

    server: Runner

    def do_POST(self) -> None:
        ran = fleet.playbook("recover")
        self.server.ran.append(ran)
        self.send_response(200 if ran.rc == 0 else 500)
        self.end_headers()

    def log_message(self, *_about: object) -> None:
        return


def gateway() -> str:
    """This machine, as the hosts of the fleet see it."""
    return fleet.command("sh", "-c", "ip route show default | cut -d' ' -f3", host="ops1").strip()


@contextmanager
def running() -> Iterator[Runner]:
    with Runner() as runner:
        threading.Thread(target=runner.serve_forever, daemon=True).start()
        try:
            yield runner
        finally:
            runner.shutdown()


@contextmanager
def looked_after(runner: Runner) -> Iterator[None]:
    """While the timer looks every two seconds."""
    command = ["/usr/bin/curl", "--fail", "--silent", "--show-error", "--max-time", "600", "--request", "POST", runner.url]
    made = fleet.playbook("configure_recovery", mainstay_recovery={"command": command, "every": "2s", "grace": 30})
    assert made.rc == 0, made.output
    try:
        yield
    finally:
        fleet.command("systemctl", "disable", "--now", f"{UNIT}.timer", host="ops1")


def lapse() -> None:
    """Let the lease of whoever holds the lock be over, as it is after minutes."""
    lock = json.loads(fleet.stored("lock.json"))
    lock["holder"]["expires"] = time.time() - 31
    fleet.command("sh", "-c", f"echo '{json.dumps(lock)}' > {fleet.STORE}/lock.json", host="ops1")


def killed_while_it_bakes(begin) -> None:
    run = begin("deploy", version=fleet.snapshot().next, **canary([{"share": 10, "watch": "120s"}, {"share": 100}]))
    assert run.reaches("Judge: route 1"), run.output
    time.sleep(2)
    run.signal(signal.SIGKILL)
    run.ends()


@pytest.mark.full
def test_a_person_takes_back_a_canary_whose_run_was_killed(calm: fleet.Snapshot, begin) -> None:
    with customers.shopping(RATE) as load:
        killed_while_it_bakes(begin)
        recovered = fleet.playbook("recover")
        assert recovered.rc == 0, recovered.output
        assert fleet.what_hinders() == []
    assert load.complaints == []
    after = fleet.snapshot()
    assert (after.version, after.routed) == (calm.version, calm.routed)
    once_more = fleet.playbook("recover")
    assert "nothing was to be done" in once_more.words, once_more.output


def test_a_timer_takes_back_a_canary_that_nobody_watches_any_more(calm: fleet.Snapshot, begin) -> None:
    with running() as runner, looked_after(runner), customers.shopping(RATE) as load:
        killed_while_it_bakes(begin)
        time.sleep(6)
        assert not runner.ran, "somebody might be working on it until the lease is over"
        lapse()
        began = time.monotonic()
        fleet.until(lambda: bool(runner.ran), 120)
        print(f"recovered {time.monotonic() - began:.1f} s after the lease was over")
        assert runner.ran[0].rc == 0, runner.ran[0].output
        assert fleet.what_hinders() == []
        time.sleep(6)
        assert len(runner.ran) == 1, "there is nothing left to recover"
    assert load.complaints == []
    after = fleet.snapshot()
    assert (after.version, after.routed) == (calm.version, calm.routed)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "needs a program with an absolute path"),
        ({"command": ["ansible-playbook", "mainstay.ops.recover"]}, "needs a program with an absolute path"),
        ({"command": ["/bin/true", '"; reboot']}, "without quotes"),
        ({"command": ["/opt/not/there"]}, "is not there, or cannot be run"),
        ({"command": ["/bin/true"], "every": "soon"}, "recovery_every takes a number"),
    ],
)
def test_a_command_that_could_not_run_is_refused_and_changes_nothing(sandbox: None, given: dict[str, object], why: str) -> None:
    refused = fleet.playbook("configure_recovery", mainstay_recovery=given)
    assert refused.rc != 0
    assert why in refused.words
    assert fleet.command("systemctl", "is-active", f"{UNIT}.timer", host="ops1", check=False).strip() == "inactive"
