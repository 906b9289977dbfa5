#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: on_hosts
short_description: Call modules on many hosts at once from one task
version_added: 0.1.0
description:
  - Calls modules that take part in a run on hosts of the inventory, all at the same time, and returns what became of each.
  - A task that Ansible runs on many hosts costs it a process for each of them, also where it is skipped. This one costs one
    process, and hosts may do different things at the same time, such as one starting replicas while another stops its own.
  - A host that fails or cannot be reached does not fail the task. It is data, for M(mainstay.ops.release_judge) to count.
  - Hosts are reached as Ansible reaches them, by their own variables, with the passwords and privileges that the command line
    and the inventory give. As many at a time as there are C(forks).
  - The default callback shows a line for each host as soon as it is done.
extends_documentation_fragment:
  - mainstay.ops.fence
author:
  - The mainstay maintainers (@mainstay)
options:
  calls:
    description: What is to be done. No two calls of one phase name the same host.
    type: list
    elements: dict
    required: true
    suboptions:
      phase:
        description: Name of the phase.
        type: str
        required: true
      hosts:
        description: Names of hosts of the inventory.
        type: list
        elements: str
        required: true
      module:
        description: Full name of a module that takes a C(fence).
        type: str
        required: true
      args:
        description: Its options but for C(fence). One that is null is left out.
        type: dict
        default: {}
attributes:
  action:
    support: full
    description: Runs on the controller.
  check_mode:
    support: full
    description: The modules run in check mode.
  diff_mode:
    support: full
    description: Shows the difference of each host under its name.
"""

EXAMPLES = r"""
- name: Look at every application host
  mainstay.ops.on_hosts:
    fence: { environment: production }
    calls:
      - phase: look at replicas
        hosts: "{{ groups['app'] }}"
        module: mainstay.ops.docker_replicas_info
        args: { application: shop }
  register: looked
"""

RETURN = r"""
phases:
  description: What each module returned, by phase and host. One that could not be reached has V(unreachable) and V(msg).
  returned: always
  type: dict
  sample:
    look at replicas:
      app1: { changed: false, phase: look at replicas, replicas: [] }
"""
