#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_command
short_description: Run one command of a release in a container of its own, and wait for its end
version_added: 0.1.0
description:
  - Runs a command, such as a migration, in a fresh container of an image that is named by digest, waits until it has ended,
    returns its exit code and its last lines, and removes the container.
  - A command of the same name never runs twice at the same time. If an earlier run was cut off while its command went on,
    this run joins it and returns how it ends.
  - Whether a command may run again after it has ended is not its matter.
  - Containers are confined as those of M(mainstay.ops.docker_replicas) are.
extends_documentation_fragment:
  - mainstay.ops.fence
author:
  - The mainstay maintainers (@mainstay)
options:
  application:
    description: The application that the command belongs to.
    type: str
    required: true
  name:
    description: Name of the command, such as C(migrate). The container is named C(<application>-command-<name>).
    type: str
    required: true
  release:
    description: Id of the release that it runs for.
    type: str
    required: true
  image:
    description: The image, C(repository@sha256:...). Tags are refused.
    type: str
    required: true
  command:
    description: The command and its arguments. No shell reads it.
    type: list
    elements: str
    required: true
  environment:
    description: Variables of its environment.
    type: dict
    default: {}
  secrets:
    description: Secret variables of its environment. They are given to the container and shown nowhere.
    type: dict
    default: {}
  secrets_fingerprint:
    description: A keyed hash of the secret values, by which a command that still runs with other values is told apart.
    type: str
  timeout:
    description: How long it may take since it began. Then it is stopped and removed, and the module fails.
    type: str
    default: 10m
  stop_timeout:
    description: Time between SIGTERM and SIGKILL when it has to be stopped.
    type: str
    default: 10s
  lines:
    description: How many of its last lines are returned.
    type: int
    default: 100
  network:
    description: A named Docker network.
    type: str
  user:
    description: User, or user and group, instead of the image's.
    type: str
  memory:
    description: Most memory, such as V(512m).
    type: str
  cpus:
    description: Most processors, such as V(0.5).
    type: str
  read_only:
    description: Whether its root is read-only.
    type: bool
    default: true
  tmpfs:
    description: Writable paths in memory, with options after a colon.
    type: list
    elements: str
    default: ["/tmp:size=64m"]
  volumes:
    description: Named volumes, such as C(uploads:/data:ro).
    type: list
    elements: str
    default: []
  registry_username:
    description: Who pulls the image. By default the Docker configuration of this host decides.
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
    description: Says what it would run and does nothing.
  diff_mode:
    support: full
    description: Shows what it runs.
"""

EXAMPLES = r"""
- name: Migrate the database with the new release's code
  mainstay.ops.docker_command:
    application: shop
    name: migrate
    release: v2-1a2b3c4d
    image: registry.example.com/shop/api@sha256:1111111111111111111111111111111111111111111111111111111111111111
    command: [alembic, upgrade, head]
    secrets: {DATABASE_URL: "{{ vault_database_url }}"}
    timeout: 15m
    fence: {environment: production, token: 17}
"""

RETURN = r"""
exit_code:
  description: Exit code of the command, null in check mode. Any other than 0 fails the module.
  returned: always
  type: int
  sample: 0
output:
  description: Its last lines, without secrets.
  returned: always
  type: list
  elements: str
  sample: ["Running upgrade 0003 -> 0004"]
seconds:
  description: How long it ran.
  returned: success
  type: float
  sample: 2.41
attached:
  description: Whether an earlier run had started it.
  returned: success
  type: bool
  sample: false
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: run, subject: shop-command-migrate, before: absent, after: "ended: 'alembic upgrade head'"}]
"""

from ..module_utils._command.operation import COMMAND
from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE


def main() -> None:
    run(
        {
            "application": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "release": {"type": "str", "required": True},
            "image": {"type": "str", "required": True},
            "command": {"type": "list", "elements": "str", "required": True},
            "environment": {"type": "dict", "default": {}},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "secrets_fingerprint": {"type": "str", "no_log": False},
            "timeout": {"type": "str", "default": "10m"},
            "stop_timeout": {"type": "str", "default": "10s"},
            "lines": {"type": "int", "default": 100},
            "network": {"type": "str"},
            "user": {"type": "str"},
            "memory": {"type": "str"},
            "cpus": {"type": "str"},
            "read_only": {"type": "bool", "default": True},
            "tmpfs": {"type": "list", "elements": "str", "default": ["/tmp:size=64m"]},  # noqa: S108  # a path in the container
            "volumes": {"type": "list", "elements": "str", "default": []},
            "registry_username": {"type": "str"},
            "registry_password": {"type": "str", "no_log": True},
            "socket": {"type": "path", "default": "/var/run/docker.sock"},
            "fence": {"type": "dict", "required": True, "options": FENCE},
        },
        COMMAND,
        required_together=[("registry_username", "registry_password")],
    )


if __name__ == "__main__":
    main()
