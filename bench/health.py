# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Row ``health``: asking 100 endpoints until they are healthy, from ansible-playbook's start to its end."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from healthy_server import healthy_ports
from row import Row, measure, options, row, seconds, table

OURS = """\
- name: Ask all endpoints
  hosts: all
  gather_facts: false
  tasks:
    - name: Wait until every endpoint is healthy
      mainstay.ops.health_check:
        endpoints: "{{ endpoints }}"
"""

LOOP = """\
- name: Ask all endpoints
  hosts: all
  gather_facts: false
  tasks:
    - name: Wait until every endpoint is healthy
      ansible.builtin.uri:
        url: "{{ item.url }}"
        return_content: true
      register: answer
      until: answer.status == 200 and answer.json.status == 'healthy' and answer.json.version == 'v2'
      retries: 30
      delay: 1
      loop: "{{ endpoints }}"
"""

HOSTS = LOOP.replace("item.url", "url").replace('      loop: "{{ endpoints }}"\n', "")


def rows(runs: int, endpoints: int = 100) -> list[Row]:
    """Ours, and ``uri`` with ``until``: in a loop on one host, and with a host for each endpoint on ten forks."""
    with healthy_ports(endpoints) as ports, tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        one, many = _inventories(directory, ports)
        sides = [
            partial(playing, directory, "ours", OURS, one),
            partial(playing, directory, "loop", LOOP, one),
            partial(playing, directory, "hosts", HOSTS, many),
        ]
        ours, loop, hosts = measure(runs, *sides)
    return [
        row("health", ours, loop, goal="0.05x", unit="s", against="uri with until, a loop over the endpoints"),
        row("health", ours, hosts, goal="0.05x", unit="s", against="uri with until, a host for each endpoint, forks 10"),
    ]


def playing(directory: Path, name: str, playbook: str, inventory: Path) -> float:
    """Seconds of one run of a playbook, which must succeed."""
    path = directory / f"{name}.yml"
    path.write_text(playbook)
    command = ["ansible-playbook", "-i", str(inventory), "--forks", "10", str(path)]
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "minimal"}
    return seconds(lambda: subprocess.run(command, check=True, capture_output=True, env=environment))


def _inventories(directory: Path, ports: list[int]) -> tuple[Path, Path]:
    """One host that knows all endpoints, and a host for each."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    urls = {f"e{port}": f"http://127.0.0.1:{port}/health" for port in ports}
    asked = [{"name": name, "url": url, "json": {"status": "healthy"}, "version": "v2"} for name, url in urls.items()]
    one = {"all": {"hosts": {"here": None}, "vars": {**local, "endpoints": asked}}}
    many = {"all": {"hosts": {name: {"url": url} for name, url in urls.items()}, "vars": local}}
    return _written(directory / "one.json", one), _written(directory / "many.json", many)


def _written(path: Path, inventory: object) -> Path:
    path.write_text(json.dumps(inventory))
    return path


if __name__ == "__main__":
    given = options(endpoints=100)
    print(table(rows(given.runs, given.endpoints)))
