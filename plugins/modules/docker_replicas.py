#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_replicas
short_description: Run, retire or remove the replicas of a release in a slot of one Docker host
version_added: 0.1.0
description:
  - Brings all services of a release on one host to the wanted number of healthy replicas in one slot, with one call.
  - A replica is a container named C(<application>-<service>-<slot>-<n>), published on a port of its own. Its labels say
    whose it is; containers without them are never touched.
  - Images are named by digest and pulled before the first container is touched. Then what is in the way is stopped, all
    replicas start at the same time, and each must give several right answers in a row, of the right version.
  - A replica that matches the description in every detail is kept; its labels hold a hash of the description.
  - Containers have no capabilities, gain no privileges, have a read-only root and limits on processes and logs, unless
    the service's options say otherwise. No option gives a container the rights of the host.
extends_documentation_fragment:
  - mainstay.ops.fence
author:
  - The mainstay maintainers (@mainstay)
options:
  application:
    description: The application whose replicas these are.
    type: str
    required: true
  slot:
    description: The slot that is changed. Replicas in the other slot are never touched.
    type: str
    choices: [blue, green]
    required: true
  state:
    description:
      - V(running) is the wanted number of healthy replicas, and no others of the same services in this slot. A replica that
        ends before it is healthy fails the module at once, with its exit code and its last lines.
      - V(retired) is stopped, and not started again after a reboot. The containers are kept, so that V(running) of the same
        release is quick.
      - V(absent) is stopped and removed.
    type: str
    choices: [running, retired, absent]
    default: running
  services:
    description:
      - Services by name. With O(state=retired) and O(state=absent) a list of names is enough.
      - C(image) is C(repository@sha256:...); tags are refused.
      - C(count) is the number of replicas, 1 by default, at most 100.
      - C(container_port) is where the service listens inside. C(ports) lists a port of the host for each replica, or
        C(first_port) is that of the first, and the others follow.
      - C(environment), C(command) (a list, read by no shell), C(user), C(network) (a named one).
      - C(memory) such as V(256m), without swap; C(cpus) such as V(0.5); C(pids_limit), by default 512; C(ulimits), by name.
      - C(health) has C(path) (by default C(/health)), C(status) (200), C(json) (wanted fields by dotted path),
        C(healthy) (right answers in a row, 2), C(interval) (V(250ms)), C(timeout) of one probe (V(2s)), C(deadline) (V(60s)),
        and C(expect_version) (V(true), the body must be JSON whose C(version) is O(version)).
      - C(stop_timeout), by default V(10s), is the time between SIGTERM and SIGKILL.
      - C(read_only), by default V(true), C(tmpfs), by default C(/tmp:size=64m), C(volumes) such as C(uploads:/data:ro) (named
        ones only), C(capabilities) such as C(NET_BIND_SERVICE), C(init), by default V(true).
    type: raw
    required: true
  secrets:
    description:
      - Secret variables of each service, by the service's name. They are given to the container and shown nowhere.
      - With O(last_words) of what is stopped, the values that are hidden.
    type: dict
    default: {}
  secrets_fingerprint:
    description:
      - A keyed hash of the secret values, by which a replica with old values is noticed and replaced.
      - Required with O(secrets).
    type: str
  release:
    description: Id of the release. Required with O(state=running).
    type: str
  version:
    description: Version that the replicas must report. Required with O(state=running).
    type: str
  keep_running:
    description:
      - Whether a replica of O(release) that runs is left as it is, though it would be made otherwise today.
      - For what serves now, and is to go on serving.
    type: bool
    default: false
  keep_surplus:
    description: Whether replicas of O(release) beyond C(count) go on running, until no router sends traffic to them any more.
    type: bool
    default: false
  last_words:
    description:
      - Whether what replicas wrote last is returned when they are retired or removed, to see why they were taken back. Those
        come first that ended by themselves.
      - Of replicas that fail to start it always is.
    type: bool
    default: false
  bind_address:
    description: IPv4 address of this host on which ports are published.
    type: str
    default: 0.0.0.0
  stop_timeout:
    description:
      - How long replicas may take to stop before they are killed, for services that do not say.
      - By default what each container was made with.
    type: str
  registry_username:
    description: Who pulls images. By default the Docker configuration of this host decides.
    type: str
  registry_password:
    description: Password for O(registry_username).
    type: str
  socket:
    description: The Docker Engine's socket.
    type: path
    default: /var/run/docker.sock
requirements:
  - docker (Python library) 5.0.3 or newer
  - Docker Engine 20.10 or newer
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing.
  diff_mode:
    support: full
    description: Shows every replica before and after.
"""

EXAMPLES = r"""
- name: Start the release in the idle slot
  mainstay.ops.docker_replicas:
    application: shop
    slot: green
    release: v2-1a2b3c4d
    version: v2
    services:
      api:
        image: registry.example.com/shop/api@sha256:1111111111111111111111111111111111111111111111111111111111111111
        count: 2
        container_port: 8000
        first_port: 22000
        environment: {LOG_LEVEL: INFO}
        memory: 256m
        health: {path: /health, healthy: 3}
    secrets:
      api: {DATABASE_URL: "{{ vault_database_url }}"}
    secrets_fingerprint: "{{ release.secrets_fingerprint }}"
    fence: {environment: production, token: 17}

- name: Stop what runs in the slot that was left, and keep it for a rollback
  mainstay.ops.docker_replicas:
    application: shop
    slot: blue
    state: retired
    services: [api, worker]
    stop_timeout: 30s
    fence: {environment: production, token: 17}
"""

RETURN = r"""
replicas:
  description:
    - The replicas of the services in the slot, as they are now.
    - C(healthy) says that it gave right answers. C(started_in_s) is the time until then, null for replicas that were kept.
      C(forced) says that it did not end at SIGTERM and was killed.
  returned: always, also on failure once containers were touched
  type: list
  elements: dict
  sample:
    - {service: api, slot: green, replica: 1, name: shop-api-green-1, container: 0f1e2d3c4b5a, port: 22000,
       release: v2-1a2b3c4d, version: v2, state: running, healthy: true, started_in_s: 0.81, forced: false}
last_words:
  description:
    - Up to 20 last lines, of 300 characters each, of every replica that failed, and with O(last_words) of up to five that were
      stopped. Without secrets and without control characters.
  returned: always, also on failure once containers were touched
  type: list
  elements: dict
  sample:
    - {replica: api 1, container: shop-api-green-1, lines: ["cannot go on: no database at db1:5432"]}
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample:
    - {action: create, subject: shop-api-green-1, before: absent,
       after: "release v2-1a2b3c4d, running, port 22000, config 9c1d2e3f"}
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._replicas.operation import REPLICAS


def main() -> None:
    run(
        {
            "application": {"type": "str", "required": True},
            "slot": {"type": "str", "required": True, "choices": ["blue", "green"]},
            "state": {"type": "str", "choices": ["running", "retired", "absent"], "default": "running"},
            "services": {"type": "raw", "required": True},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "secrets_fingerprint": {"type": "str", "no_log": False},
            "release": {"type": "str"},
            "version": {"type": "str"},
            "keep_running": {"type": "bool", "default": False},
            "keep_surplus": {"type": "bool", "default": False},
            "last_words": {"type": "bool", "default": False},
            "bind_address": {"type": "str", "default": "0.0.0.0"},
            "stop_timeout": {"type": "str"},
            "registry_username": {"type": "str"},
            "registry_password": {"type": "str", "no_log": True},
            "socket": {"type": "path", "default": "/var/run/docker.sock"},
            "fence": {"type": "dict", "required": True, "options": FENCE},
        },
        REPLICAS,
        required_if=[("state", "running", ("release", "version"))],
        required_together=[("registry_username", "registry_password")],
    )


if __name__ == "__main__":
    main()
