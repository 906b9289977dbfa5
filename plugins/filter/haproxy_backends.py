# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.errors import MainstayError
from ..module_utils._router.layout import backends

DOCUMENTATION = r"""
name: haproxy_backends
short_description: The backends, servers and rules that a router needs for the services of an application
version_added: 0.1.0
description:
  - Turns C(mainstay_services) into what a template of HAProxy's configuration prints.
  - A backend has a server for each host, slot and possible replica. Services that are not of kind V(web) or V(websocket)
    are left out.
author:
  - The mainstay maintainers (@mainstay)
positional: _input, application, addresses
options:
  _input:
    description: Services by name.
    type: dict
    required: true
  application:
    description: The application that the services belong to.
    type: str
    required: true
  addresses:
    description: Addresses of the hosts that replicas run on, by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the backends
  ansible.builtin.debug:
    msg: "{{ mainstay_services | mainstay.ops.haproxy_backends('shop', {'app1': '192.0.2.11'}) }}"
"""

RETURN = r"""
_value:
  description:
    - Backends with C(name), C(kind), C(health), C(rule), the condition under which requests go there, empty for the one that
      gets the rest, C(sticky) and C(testers), a cookie and a header or empty, and C(servers) with C(name), C(address) and
      C(slot). Those with the narrowest rules come first.
  type: list
  elements: dict
"""


def haproxy_backends(services: Mapping[str, Any], application: str, addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    """Backends as dictionaries, for a template."""
    try:
        return [asdict(backend) for backend in backends(services, application, addresses)]
    except MainstayError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"haproxy_backends": haproxy_backends}
