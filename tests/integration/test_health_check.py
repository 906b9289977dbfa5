"""health_check against servers that are well, sick and strange."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._health.check import check_all
from ansible_collections.mainstay.ops.plugins.module_utils._health.model import Cause, Policy, Result
from ansible_collections.mainstay.ops.plugins.module_utils._health.operation import endpoints
from health_servers import (
    certificate,
    dripping,
    dripping_headers,
    endless_headers,
    flaky,
    haproxy,
    json_saying,
    postgresql,
    running,
    saying,
    silent,
    talking,
)
from ports import free_port

ONCE = Policy(deadline=0)
SHOWING = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_INJECT_INVOCATION": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
"""Ansible shows the module's arguments, too."""
SECRETS = '{"words": ["hunter22", "hunter23", "key-4711"]}'
WELL = '{"status": "healthy", "version": "v2", "checks": {"database": "up"}}'


def ask(url: str, policy: Policy = ONCE, **more: Any) -> Result:
    (result,) = check_all(endpoints([{"name": "e", "url": url, **more}]), policy)
    return result


def told(result: Result) -> tuple[Verdict, Cause]:
    return result.verdict, result.cause


def test_a_healthy_release_passes() -> None:
    with talking(json_saying(WELL)) as port:
        expected = {"json": {"status": "healthy", "checks.database": "up"}, "version": "v2"}
        result = ask(f"http://127.0.0.1:{port}/health", Policy(healthy=3, interval=0.01), **expected)
    assert told(result) == (Verdict.PASS, Cause.NONE)
    assert (result.attempts, result.consecutive, result.status, result.excerpt) == (3, 3, 200, WELL)


@pytest.mark.parametrize(
    ("talk", "cause", "error"),
    [
        (json_saying('{"status": "healthy", "version": "v1"}'), Cause.VERSION, "version is 'v1', not 'v2'"),
        (json_saying('{"status": "sick", "version": "v2"}', "503 Sick"), Cause.APPLICATION, "status 503, not 200"),
        (saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"), Cause.APPLICATION, "not followed"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\x00\xfe"), Cause.APPLICATION, "not JSON"),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 200_000), Cause.APPLICATION, "longer than what is read"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"), Cause.RESET, "closed before"),
        (saying(b"SSH-2.0-OpenSSH_9.2\r\n"), Cause.GARBLED, "not HTTP"),
        (saying(b""), Cause.RESET, "closed before"),
        (endless_headers, Cause.GARBLED, "not HTTP"),
        (silent, Cause.TIMEOUT, "no full answer in time"),
        (dripping, Cause.TIMEOUT, "no full answer in time"),
        (dripping_headers, Cause.TIMEOUT, "no full answer in time"),
    ],
)
def test_a_sick_one_fails_in_time_and_is_told_apart(talk: Callable[[socket.socket], None], cause: Cause, error: str) -> None:
    begin = time.monotonic()
    with talking(talk) as port:
        result = ask(f"http://127.0.0.1:{port}/health", version="v2", timeout="2s")
    assert told(result) == (Verdict.FAIL, cause)
    assert error in result.error
    assert time.monotonic() - begin < 20, "the last two would drip for ever"


def test_it_waits_for_answers_in_a_row() -> None:
    with talking(flaky([False, True, True, False, True])) as port:
        result = ask(f"http://127.0.0.1:{port}/", Policy(healthy=3, interval=0.01, jitter=0))
    assert (result.verdict, result.attempts) == (Verdict.PASS, 7)


def test_nobody_listening_is_refused_and_a_name_that_is_none_is_inconclusive() -> None:
    assert told(ask(f"http://127.0.0.1:{free_port()}/")) == (Verdict.FAIL, Cause.REFUSED)
    assert told(ask(f"tcp://127.0.0.1:{free_port()}")) == (Verdict.FAIL, Cause.REFUSED)
    assert told(ask("http://no-such-host.invalid/")) == (Verdict.INCONCLUSIVE, Cause.DNS)


def test_a_full_backlog_is_unreachable_after_the_timeout() -> None:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as server, ExitStack() as clients:
        for _ in range(4):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        begin = time.monotonic()
        result = ask(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout="300ms")
    assert told(result) == (Verdict.INCONCLUSIVE, Cause.UNREACHABLE)
    assert time.monotonic() - begin < 5, "the kernel itself gives up after two minutes"


def test_haproxy_without_a_backend_is_not_mistaken_for_the_application(tmp_path: Path) -> None:
    with haproxy(tmp_path, free_port()) as port:
        result = ask(f"http://127.0.0.1:{port}/health", version="v2")
    assert told(result) == (Verdict.FAIL, Cause.ROUTER)
    assert "HAProxy answered 503 in the application's place" in result.error


def test_a_sick_application_behind_haproxy_is_blamed_itself(tmp_path: Path) -> None:
    with talking(json_saying('{"status": "sick"}', "503 Sick")) as backend, haproxy(tmp_path, backend) as port:
        assert told(ask(f"http://127.0.0.1:{port}/health", version="v2")) == (Verdict.FAIL, Cause.APPLICATION)


def test_a_certificate_is_verified_unless_told_otherwise(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    with talking(json_saying("{}"), context) as port:
        assert told(ask(f"https://localhost:{port}/")) == (Verdict.FAIL, Cause.TLS)
        assert told(ask(f"https://127.0.0.1:{port}/", ca_path=str(authority))) == (Verdict.FAIL, Cause.TLS)
        assert told(ask(f"https://localhost:{port}/", ca_path=str(authority)))[0] is Verdict.PASS
        assert told(ask(f"https://127.0.0.1:{port}/", validate_certs=False))[0] is Verdict.PASS
    with talking(json_saying("{}")) as port:
        assert told(ask(f"https://localhost:{port}/", validate_certs=False)) == (Verdict.FAIL, Cause.TLS)


def test_postgresql_tells_its_role_and_who_is_not_let_in() -> None:
    with postgresql() as port:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        result = ask(url, password="hunter22", json={"role": "primary"})
        assert told(result) == (Verdict.PASS, Cause.NONE), result.error
        assert told(ask(url, password="hunter22", json={"role": "replica"})) == (Verdict.FAIL, Cause.APPLICATION)
        assert told(ask(url, password="wrong-word")) == (Verdict.FAIL, Cause.LOGIN)
    assert told(ask(url, password="hunter22")) == (Verdict.FAIL, Cause.REFUSED)
    with talking(silent) as port:
        assert told(ask(f"postgresql://127.0.0.1:{port}/", timeout="300ms")) == (Verdict.FAIL, Cause.TIMEOUT)


def test_redis_tells_its_role_and_who_is_not_let_in(tmp_path: Path) -> None:
    port, other = free_port(), free_port()
    options = ["--save", "", "--requirepass", "hunter22", "--dir", str(tmp_path)]
    with running(["redis-server", "--port", str(port), *options], port):
        assert told(ask(f"redis://:hunter22@127.0.0.1:{port}/0", json={"role": "primary"}))[0] is Verdict.PASS
        for url in (f"redis://127.0.0.1:{port}/0", f"redis://:wrong@127.0.0.1:{port}/0", f"redis://a:b@127.0.0.1:{port}/0"):
            assert told(ask(url)) == (Verdict.FAIL, Cause.LOGIN)
        replica = ["--replicaof", "127.0.0.1", str(port), "--masterauth", "hunter22"]
        with running(["redis-server", "--port", str(other), *options, *replica], other):
            expected = {"role": "replica", "link": "up"}
            assert ask(f"redis://:hunter22@127.0.0.1:{other}/0", Policy(deadline=60), json=expected).verdict is Verdict.PASS
    assert told(ask(f"redis://127.0.0.1:{port}/0")) == (Verdict.FAIL, Cause.REFUSED)
    with talking(silent) as port:
        assert told(ask(f"redis://127.0.0.1:{port}/0", timeout="300ms")) == (Verdict.FAIL, Cause.TIMEOUT)


def test_a_hundred_endpoints_take_about_one_round_trip() -> None:
    def slow(sock: socket.socket) -> None:
        time.sleep(0.3)
        json_saying("{}")(sock)

    with talking(slow) as port:
        described = [{"name": f"e{number}", "url": f"http://127.0.0.1:{port}/"} for number in range(100)]
        begin = time.monotonic()
        results = check_all(endpoints(described), ONCE)
    assert {result.verdict for result in results} == {Verdict.PASS}
    assert time.monotonic() - begin < 10, "one after the other they take thirty seconds"


def module(arguments: dict[str, Any], *flags: str) -> tuple[int, str]:
    """The exit code and everything that Ansible prints."""
    command = ["ansible", "localhost", "-m", "mainstay.ops.health_check", "-a", json.dumps(arguments), *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **SHOWING})
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("flags", [(), ("--check",)])
def test_the_module_passes_changes_nothing_and_does_the_same_in_check_mode(flags: tuple[str, ...]) -> None:
    with talking(json_saying(WELL)) as port:
        code, output = module({"endpoints": [{"name": "api", "url": f"http://127.0.0.1:{port}/"}]}, *flags)
    assert code == 0, output
    assert '"verdict": "pass"' in output
    assert '"changed": false' in output


def test_the_module_fails_with_all_results_and_without_any_credential() -> None:
    with talking(lambda sock: json_saying('{"got": "hunter22 hunter23 dTpodW50ZXIyMg== key-4711"}', "500 Sick")(sock)) as port:
        sick = {
            "name": "sick",
            "url": f"http://u:{{{{ words[0] }}}}@127.0.0.1:{port}/",
            "secret_headers": {"X-Api-Key": "{{ words[2] }}"},
        }
        gone = {"name": "gone", "url": f"redis://127.0.0.1:{free_port()}/0", "password": "{{ words[1] }}"}
        code, output = module({"deadline": "0s", "endpoints": [sick, gone]}, "-vvvv", "-e", SECRETS)
        assert code == 2
        assert '"error": "Unhealthy"' in output
        assert '"name": "gone"' in output
        assert '"invocation"' in output
        assert not any(secret in output for secret in ("hunter22", "hunter23", "dTpodW50ZXIyMg", "key-4711")), output


def test_the_module_only_reports_if_it_is_told_to() -> None:
    gone = {"name": "gone", "url": f"http://127.0.0.1:{free_port()}/"}
    code, output = module({"deadline": "0s", "must_pass": False, "endpoints": [gone]})
    assert code == 0
    assert '"verdict": "fail"' in output


def test_nothing_to_check_is_an_error() -> None:
    code, output = module({"endpoints": []})
    assert code == 2
    assert "there is nothing to check" in output
