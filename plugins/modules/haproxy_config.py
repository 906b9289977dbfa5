#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_config
short_description: Give HAProxy a configuration, without losing traffic, a backend or what drains
version_added: 0.1.0
description:
  - Has HAProxy check the configuration, refuses it if it loses a backend or a server in rotation, saves the state of the
    servers, writes the file, reloads through the master socket, and waits until the new process runs it.
  - The configuration carries its own hash as C(description). So a reload that was missed, because a run was killed or
    somebody wrote the file by hand, is noticed and made up for.
  - When HAProxy does not take the configuration over, the old file is put back; the old process never stops serving.
author:
  - The mainstay maintainers (@mainstay)
options:
  content:
    description: The configuration. Its global section must have the line C(description @configuration@) once.
    type: str
    required: true
  path:
    description: HAProxy's configuration file.
    type: path
    default: /etc/haproxy/haproxy.cfg
  forget:
    description: Backends that the configuration may lose. Traffic to them ends.
    type: list
    elements: str
    default: []
  socket:
    description: HAProxy's Runtime API, a C(stats socket) with C(level admin).
    type: path
    default: /run/haproxy/admin.sock
  master_socket:
    description: The master's command line, C(-S) of HAProxy. Nobody answering there means that HAProxy does not run.
    type: path
    default: /run/haproxy-master.sock
  state_file:
    description: HAProxy's C(server-state-file).
    type: path
    default: /var/lib/haproxy/server-state
  reload_timeout:
    description: How long a reload may take.
    type: str
    default: 20s
  program:
    description: HAProxy itself.
    type: path
    default: /usr/sbin/haproxy
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing. The configuration is checked by HAProxy all the same.
  diff_mode:
    support: full
    description: Shows the file before and after.
"""

EXAMPLES = r"""
- name: Configure HAProxy
  mainstay.ops.haproxy_config:
    content: "{{ lookup('ansible.builtin.template', 'haproxy.cfg.j2') }}"

- name: Configure HAProxy, and let go of a service that is no more
  mainstay.ops.haproxy_config:
    content: "{{ lookup('ansible.builtin.template', 'haproxy.cfg.j2') }}"
    forget: [shop_reviews]
"""

RETURN = r"""
configuration:
  description: The mark of the configuration. HAProxy tells it as its description.
  returned: always
  type: str
  sample: 3f1c9a2b7d40
running:
  description: Whether HAProxy ran when the module began. If not, the file was written and nothing was reloaded.
  returned: always
  type: bool
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: reload, subject: haproxy, before: runs 0a44e0f1c2d3, after: runs 3f1c9a2b7d40}]
"""

from ..module_utils._edge.run import run
from ..module_utils._router.operation_config import CONFIG


def main() -> None:
    run(
        {
            "content": {"type": "str", "required": True},
            "path": {"type": "path", "default": "/etc/haproxy/haproxy.cfg"},
            "forget": {"type": "list", "elements": "str", "default": []},
            "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
            "master_socket": {"type": "path", "default": "/run/haproxy-master.sock"},
            "state_file": {"type": "path", "default": "/var/lib/haproxy/server-state"},
            "reload_timeout": {"type": "str", "default": "20s"},
            "program": {"type": "path", "default": "/usr/sbin/haproxy"},
        },
        CONFIG,
    )


if __name__ == "__main__":
    main()
