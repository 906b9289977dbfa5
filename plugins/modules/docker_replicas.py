#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_replicas
short_description: Run the replicas of a release in a slot of this host, or retire them
version_added: 0.1.0
description:
  - Brings all services of a release to their number of healthy replicas in one slot of this host, on fixed ports, with one call.
  - Images are fetched first. Replicas of another release or configuration in the same slot are replaced; the other slot
    and containers of others are never touched.
  - A replica is healthy after so many right answers in a row, of the right version. The module fails with its last
    answer and its last log lines otherwise.
  - Replicas have no privileges, cannot gain any, have no capabilities but those named, and a root file system that is read-only.
options:
  fence:
    description: The environment, and the lock under which it is worked on.
    type: dict
    required: true
    suboptions:
      environment:
        description: Name of the environment.
        type: str
        required: true
      token:
        description: Fencing token that M(mainstay.ops.ops_lock) returned. In check mode none is needed.
        type: int
      phase:
        description: Name of the phase; the result carries it.
        type: str
  application:
    description: Name of the application.
    type: str
    required: true
  slot:
    description: Which slot.
    type: str
    choices: [blue, green]
    required: true
  state:
    description:
      - V(running) starts what is missing and waits until all of it is healthy.
      - V(retired) forbids the engine to start the replicas again, then stops them. They are kept, so V(running) is quick.
      - V(absent) removes them.
    type: str
    choices: [running, retired, absent]
    default: running
  release:
    description: Id of the release, with O(state=running).
    type: str
    default: ""
  version:
    description: The version that the replicas must report, with O(state=running).
    type: str
    default: ""
  services:
    description:
      - Services by name. With O(state=running) each has C(image) by digest, C(count), C(container_port) and C(first_port),
        and may have C(environment), C(command), C(memory), C(cpus), C(stop_timeout), C(health), C(read_only), C(tmpfs), C(user),
        C(pids_limit), C(network), C(volumes) and C(capabilities).
      - C(health) may have C(path), C(healthy), C(interval), C(timeout), C(deadline), C(status) and C(json).
    type: dict
    required: true
  secrets:
    description: For each service the environment variables that nobody shall see.
    type: dict
    default: {}
  secrets_fingerprint:
    description: Tells one set of secrets from another, so that replicas are replaced when a secret changes.
    type: str
    default: ""
  bind_address:
    description: Address of this host on which the replicas listen.
    type: str
    default: 0.0.0.0
  registry_username:
    description: User of the images' registry.
    type: str
  registry_password:
    description: Password of the images' registry.
    type: str
author:
  - The mainstay maintainers (@mainstay)
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing.
  diff_mode:
    support: full
    description: Shows what was found and what is wanted.
"""

EXAMPLES = r"""
- name: Run two replicas in the idle slot
  mainstay.ops.docker_replicas:
    fence:
      environment: production
      token: 17
    application: shop
    slot: green
    release: v2-1a2b3c4d
    version: v2
    services:
      api:
        image: registry.example.com/shop/api@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        count: 2
        container_port: 8000
        first_port: 22000
"""

RETURN = r"""
replicas:
  description: Every replica of the application on this host, in both slots.
  returned: always
  type: list
  elements: dict
forced:
  description: Replicas that ignored SIGTERM and had to be killed.
  returned: always
  type: list
  elements: str
seconds:
  description: How long it took.
  returned: always
  type: float
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._replicas.operation import REPLICAS


def main() -> None:
    run(
        {
            "fence": {"type": "dict", "required": True, "options": FENCE},
            "application": {"type": "str", "required": True},
            "slot": {"type": "str", "required": True, "choices": ["blue", "green"]},
            "state": {"type": "str", "default": "running", "choices": ["running", "retired", "absent"]},
            "release": {"type": "str", "default": ""},
            "version": {"type": "str", "default": ""},
            "services": {"type": "dict", "required": True},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "secrets_fingerprint": {"type": "str", "default": "", "no_log": False},
            "bind_address": {"type": "str", "default": "0.0.0.0"},  # noqa: S104  # routers reach replicas over the network
            "registry_username": {"type": "str"},
            "registry_password": {"type": "str", "no_log": True},
        },
        REPLICAS,
    )


if __name__ == "__main__":
    main()
