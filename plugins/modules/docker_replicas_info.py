#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_replicas_info
short_description: List the replicas of an application on one Docker host
version_added: 0.1.0
description:
  - Lists the replicas of all services of an application in both slots, running or not. Changes nothing.
extends_documentation_fragment:
  - mainstay.ops.fence
author:
  - The mainstay maintainers (@mainstay)
options:
  application:
    description: The application whose replicas are asked for.
    type: str
    required: true
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
    description: Only reads.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: See what runs on this host
  mainstay.ops.docker_replicas_info:
    application: shop
    fence: {environment: production}
  register: shop
"""

RETURN = r"""
replicas:
  description: All replicas, by service, slot and number. C(started_at) is empty for one that never ran.
  returned: always
  type: list
  elements: dict
  sample:
    - {service: api, slot: green, replica: 1, name: shop-api-green-1, container: 0f1e2d3c4b5a, port: 22000,
       release: v2-1a2b3c4d, version: v2, state: running, image: registry.example.com/shop/api,
       digest: "sha256:1111111111111111111111111111111111111111111111111111111111111111",
       config: 9c1d2e3f4a5b6c7d9c1d2e3f4a5b6c7d, restart_policy: unless-stopped, restarts: 0, exit_code: 0,
       oom_killed: false, started_at: "2026-01-02T03:04:05Z", uptime_s: 12.5}
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._replicas.operation_info import REPLICAS_INFO


def main() -> None:
    run(
        {
            "application": {"type": "str", "required": True},
            "socket": {"type": "path", "default": "/var/run/docker.sock"},
            "fence": {"type": "dict", "required": True, "options": FENCE},
        },
        REPLICAS_INFO,
    )


if __name__ == "__main__":
    main()
