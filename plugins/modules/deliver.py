#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: deliver
short_description: Call a module that sends a notice, and never fail for it
version_added: 0.1.0
description:
  - Calls a module of another collection that sends something, such as M(community.general.slack).
  - Where it does not get through, there is a warning that says to whom and, in words of its own, why. What servers and modules
    say is not shown, because it may repeat a token or an address. The task never fails, and never takes longer than O(patience).
  - In check mode nothing is called. Not every such module leaves it at that by itself.
author:
  - The mainstay maintainers (@mainstay)
options:
  to:
    description: Who does not get it if it does not get through, for the warning.
    type: str
    required: true
  module:
    description: Full name of the module.
    type: str
    required: true
  args:
    description: Its options. One that is null or empty is left out.
    type: dict
    required: true
  patience:
    description: How many seconds it may take in all.
    type: int
    default: 12
attributes:
  action:
    support: full
    description: Runs on the controller.
  check_mode:
    support: full
    description: Sends nothing.
  diff_mode:
    support: none
    description: There is nothing to compare.
"""

EXAMPLES = r"""
- name: Tell a room of Slack, from the controller
  mainstay.ops.deliver:
    to: slack
    module: community.general.slack
    args: { token: "{{ vault_slack_token }}", msg: the night's backup is there }
  delegate_to: localhost
  vars: { ansible_become: false }
  no_log: true
"""

RETURN = r"""
sent:
  description: Whether it got through.
  returned: always
  type: bool
  sample: false
why:
  description: Why it did not.
  returned: always
  type: str
  sample: the server answered 500
"""
