#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_route_info
short_description: Say which slots and servers of an application receive traffic from one HAProxy
version_added: 0.1.0
description:
  - Reads through HAProxy's Runtime API which servers are in rotation, with weight, sessions and check.
  - Only reads.
extends_documentation_fragment:
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
options:
  application:
    description: The application whose services are told.
    type: str
    required: true
  services:
    description: Names of the services that are told, by default all that the router has.
    type: list
    elements: str
    default: []
  socket:
    description: HAProxy's Runtime API, a C(stats socket).
    type: path
    default: /run/haproxy/admin.sock
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: See where the traffic goes
  mainstay.ops.haproxy_route_info:
    application: shop
  register: traffic

- name: Say which slot is live
  ansible.builtin.debug:
    var: traffic.services.api.live
"""

RETURN = r"""
services:
  description:
    - Services by name. C(live) lists the slots with servers in rotation. C(slots) tells of each slot how many servers are
      C(in_rotation), how many of these are C(up), the largest C(weight) of a server, the C(share) of requests, 0 to 1, that
      the slot gets from servers that are up, its C(sessions), and the same by host. C(servers) lists every server.
  returned: success
  type: dict
  sample:
    api:
      backend: shop_api
      live: [blue]
      slots:
        blue:
          in_rotation: 1
          up: 1
          weight: 100
          share: 1.0
          sessions: 3
          hosts: {app1: {in_rotation: 1, up: 1, sessions: 3}}
        green: {in_rotation: 0, up: 0, weight: 0, share: 0.0, sessions: 0, hosts: {app1: {in_rotation: 0, up: 0, sessions: 0}}}
      servers:
        - {server: app1-blue-1, host: app1, slot: blue, n: 1, state: ready, weight: 100, up: true, check_status: L7OK,
           sessions: 3}
process:
  description:
    - The running HAProxy. C(configuration) is the mark of the configuration that it runs, as M(mainstay.ops.haproxy_config)
      gave it, or empty.
  returned: success
  type: dict
  sample: {pid: 4711, uptime_s: 86400, version: 2.6.12, configuration: 3f1c9a2b7d40}
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._router.operation_info import ROUTE_INFO


def main() -> None:
    run(
        {
            "application": {"type": "str", "required": True},
            "services": {"type": "list", "elements": "str", "default": []},
            "fence": {"type": "dict", "options": FENCE},
            "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
        },
        ROUTE_INFO,
    )


if __name__ == "__main__":
    main()
