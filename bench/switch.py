# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows ``switch`` and ``switch-write``: moving the traffic of a service from one slot to the other."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._router import haproxy, master
from ansible_collections.mainstay.ops.plugins.module_utils._router.model import DRAIN, READY, Key, Mark
from jinja2 import Template
from row import Row, measure, options, row, seconds, table

SLOTS = ("blue", "green")
PEER = "template, validate, handler that reloads"

CONFIG = """
global
  stats socket {root}/admin.sock level admin expose-fd listeners
  server-state-file {root}/server-state
defaults
  mode http
  {state}
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend clients
  bind 127.0.0.1:{port}
  default_backend shop_api
backend shop_api
  option httpchk GET /health
  default-server check inter 500ms rise 2 fall 3 weight 100
{servers}
"""

OURS = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - mainstay.ops.haproxy_route:
        application: shop
        fence: {environment: bench}
        socket: "{{ root }}/admin.sock"
        state_file: "{{ root }}/server-state"
        services: {api: {slots: "{{ {slot: {'weight': 100, 'count': 2}} }}"}}
"""

THEIRS = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.template:
        src: "{{ root }}/haproxy.cfg.j2"
        dest: "{{ root }}/haproxy.cfg"
        mode: "0644"
        validate: haproxy -c -q -f %s
      notify: Reload HAProxy
  handlers:
    - name: Reload HAProxy
      ansible.builtin.command: "kill -USR2 {{ pid }}"
"""


@dataclass(frozen=True)
class Proxy:
    """An HAProxy of the benchmark's own."""

    root: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def socket(self) -> str:
        return f"{self.root}/admin.sock"

    def answer(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as got:
            return str(got.read().decode())

    def other_slot(self) -> str:
        return SLOTS[self.answer() == SLOTS[0]]


def rows(runs: int) -> list[Row]:
    """Both rows; each side has an HAProxy of its own, which goes to and fro."""
    with proxy(both_slots=True) as mine, proxy(both_slots=False) as theirs:
        whole = measure(runs, partial(play, mine, OURS), partial(play, theirs, THEIRS))
        write = measure(runs, partial(write_ms, mine), partial(reload_ms, theirs))
    return [
        row("switch", *whole, goal="0.10x", unit="s, Enter to end", against=PEER),
        row(
            "switch-write",
            *write,
            goal="50 ms or less",
            unit="ms until traffic has moved",
            against="reload of a new configuration",
        ),
    ]


def play(proxy: Proxy, text: str) -> float:
    """Seconds that ansible-playbook takes until the other slot answers."""
    playbook = proxy.root / "switch.yml"
    playbook.write_text(text)
    slot = proxy.other_slot()
    given = {"root": str(proxy.root), "slot": slot, "pid": proxy.process.pid}
    return seconds(partial(_play, proxy, [str(playbook), "-e", json.dumps(given)], slot))


def _play(proxy: Proxy, arguments: list[str], slot: str) -> None:
    environment = {**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
    subprocess.run(["ansible-playbook", *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
    _await(lambda: proxy.answer() == slot)


def write_ms(proxy: Proxy) -> float:
    """Milliseconds of the one write that admits a slot and drains the other, both being checked already."""
    new = proxy.other_slot()
    marks = [(READY, new), (DRAIN, SLOTS[new == SLOTS[0]])]
    keys = [(Key("shop_api", f"app1-{slot}-{n}"), Mark(state, 100)) for state, slot in marks for n in (1, 2)]
    commands = [command for key, mark in keys for command in haproxy.mark_commands(key, mark)]
    took = seconds(partial(haproxy.send, proxy.socket, commands))
    assert proxy.answer() == new
    return took * 1000


def reload_ms(proxy: Proxy) -> float:
    """Milliseconds from the reload until the other slot answers; the configuration stands already."""
    slot = proxy.other_slot()
    _choose(proxy.root, slot)
    command_line = f"{proxy.root}/master.sock"
    _await(lambda: haproxy.answers(command_line))  # it may not be back yet from the reload before
    began = time.perf_counter()
    master.reload(command_line)
    _await(lambda: proxy.answer() == slot)
    return (time.perf_counter() - began) * 1000


def _choose(root: Path, slot: str) -> None:
    text = Template((root / "haproxy.cfg.j2").read_text()).render(slot=slot)
    (root / "haproxy.cfg").write_text(text + "\n")


@contextmanager
def proxy(*, both_slots: bool) -> Iterator[Proxy]:
    """With both slots in its configuration, as ours has it, or with one that a template puts in."""
    replicas = {slot: [_replica(slot) for _ in (1, 2)] for slot in SLOTS}
    with tempfile.TemporaryDirectory() as directory, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        root = Path(directory)
        _write_config(root, port, replicas, both_slots)
        process = subprocess.Popen(["haproxy", "-W", "-S", f"{root}/master.sock", "-q", "-f", f"{root}/haproxy.cfg"])
        started = Proxy(root, port, process)
        try:
            _await(lambda: started.answer() == "blue")
            yield started
        finally:
            process.terminate()
            process.wait()
            for server in [server for servers in replicas.values() for server in servers]:
                server.shutdown()


def _write_config(root: Path, port: int, replicas: Mapping[str, list[ThreadingHTTPServer]], both_slots: bool) -> None:
    lines = {
        slot: [f"  server app1-{slot}-{n} 127.0.0.1:{server.server_port}" for n, server in enumerate(servers, 1)]
        for slot, servers in replicas.items()
    }
    settings: dict[str, Any] = {"root": root, "port": port, "state": "load-server-state-from-file global" if both_slots else ""}
    if both_slots:
        servers = "\n".join([*lines["blue"], *(f"{line} disabled" for line in lines["green"])])
        (root / "haproxy.cfg").write_text(CONFIG.format(servers=servers, **settings))
        return
    choice = "\n".join(f"{{% if slot == '{slot}' %}}\n{chr(10).join(lines[slot])}\n{{% endif %}}" for slot in SLOTS)
    (root / "haproxy.cfg.j2").write_text(CONFIG.format(servers=choice, **settings))
    _choose(root, "blue")


def _replica(slot: str) -> ThreadingHTTPServer:
    class Answer(BaseHTTPRequestHandler):
        wbufsize = 1 << 16  # one write an answer: HAProxy resets a check's connection after its first bytes

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(slot)))
            self.end_headers()
            self.wfile.write(slot.encode())

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _await(is_done: Any) -> None:
    for _ in range(5000):
        try:
            if is_done():
                return
        except OSError:
            pass
        time.sleep(0.001)
    raise TimeoutError("it did not happen")


if __name__ == "__main__":
    print(table(rows(options().runs)))
