#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_route
short_description: Send the traffic of an application to its slots on one HAProxy
version_added: 0.1.0
description:
  - Sets weight and state of all servers of the given services through HAProxy's Runtime API, without a reload.
  - A server is named C(<host>-<slot>-<n>). It is in rotation if its slot has weight, if C(n) is not above the slot's
    C(count), and if its host is among the slot's C(hosts). Every other server of ours in the backend leaves rotation.
    Servers with other names are not touched.
  - Servers that enter wait in C(drain) until HAProxy's own check has seen them up; then one write admits them and drains
    those that leave, which go to maintenance when nobody is connected to them any more.
  - The state is written to HAProxy's state file too, so that it survives a reload, a restart and a reboot.
  - A run that was killed is completed by the next one.
extends_documentation_fragment:
  - mainstay.ops.fence
author:
  - The mainstay maintainers (@mainstay)
options:
  application:
    description: The application whose services are routed.
    type: str
    required: true
  services:
    description:
      - Services by name. Each has C(slots), with any of V(blue) and V(green). A slot that is not given gets no traffic.
      - A slot has C(weight), 0 to 256, of each of its servers; C(count), how many replicas of a host are in rotation;
        and C(hosts), a list, by default all hosts that the backend knows.
      - C(backend) is V(<application>_<service>) by default.
      - C(drain_timeout), by default V(30s), is how long a session may stay on a server that leaves. What is left then is cut.
      - C(spread), by default V(0s), is the last part of C(drain_timeout), over which sessions are cut in slices, at random.
        It is meant for WebSockets, whose clients otherwise all come back at once.
      - C(drain_rate), unbounded by default, is how many sessions a second are ended at most, a number from 0.01 to 10000.
        They end one by one, at random, beginning when the rest of C(drain_timeout) is just long enough for all, with C(spread)
        no later than that says. What is left when C(drain_timeout) is over ends all at once, is returned as RV(left) and
        warned of. The bound is for the service on all routers.
      - C(routers), by default 1, is how many routers share C(drain_rate), as all drain at the same time. Each takes its part,
        rounded down to whole sessions a second, or where it is less than one a second, one in so many seconds.
      - C(state) is V(routed), or V(unrouted) for a service that shall have no server in rotation; see O(confirm).
    type: dict
    required: true
  socket:
    description: HAProxy's Runtime API, a C(stats socket) with C(level admin).
    type: path
    default: /run/haproxy/admin.sock
  state_file:
    description: HAProxy's C(server-state-file).
    type: path
    default: /var/lib/haproxy/server-state
  up_timeout:
    description: How long new servers may take until HAProxy itself sees them up.
    type: str
    default: 30s
  confirm:
    description: The application's name, typed, where a service that has servers in rotation is declared V(unrouted).
    type: str
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing.
  diff_mode:
    support: full
    description: Shows state and weight of servers before and after.
"""

EXAMPLES = r"""
- name: Move all traffic to green
  mainstay.ops.haproxy_route:
    application: shop
    fence: {environment: production, token: 17}
    services:
      api:
        slots:
          blue: {weight: 0, count: 0}
          green: {weight: 100, count: 2}
      chat:
        drain_timeout: 60s
        spread: 20s
        drain_rate: 50
        routers: 2
        slots:
          green: {weight: 100, count: 1}

- name: Give a tenth to the canary on one host
  mainstay.ops.haproxy_route:
    application: shop
    fence: {environment: production, token: 17}
    services:
      api:
        slots:
          blue: {weight: 90, count: 2, hosts: [app1]}
          green: {weight: 10, count: 2, hosts: [app1]}
"""

RETURN = r"""
servers:
  description: Every server of the services, as it is now.
  returned: always
  type: list
  elements: dict
  sample:
    - {service: api, server: app1-green-1, host: app1, slot: green, n: 1, state: ready, weight: 100, up: true,
       check_status: L7OK, sessions: 3}
cut:
  description: How many sessions outstayed the drain timeout, or were in the way of C(spread) or C(drain_rate), and were ended.
  returned: always
  type: int
  sample: 0
left:
  description:
    - How many sessions of services with a C(drain_rate) were still open when the drain timeout was over. They were ended then,
      all at once, and are not counted in RV(cut). A warning says what to raise.
  returned: always
  type: int
  sample: 0
switched_ms:
  description: How long the write took that moved the traffic, in milliseconds.
  returned: always
  type: float
  sample: 0.8
drained_s:
  description: How long it took until nobody was connected to the servers that left, in seconds.
  returned: always
  type: float
  sample: 0.4
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample:
    - {action: admit, subject: shop_api/app1-green-1, before: "maint, weight 100", after: "ready, weight 100"}
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._router.operation import ROUTE


def main() -> None:
    run(
        {
            "application": {"type": "str", "required": True},
            "services": {"type": "dict", "required": True},
            "fence": {"type": "dict", "required": True, "options": FENCE},
            "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
            "state_file": {"type": "path", "default": "/var/lib/haproxy/server-state"},
            "up_timeout": {"type": "str", "default": "30s"},
            "confirm": {"type": "str"},
        },
        ROUTE,
    )


if __name__ == "__main__":
    main()
