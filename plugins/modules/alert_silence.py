#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_silence
short_description: Silence alerts in Alertmanager for a while, and take the silence away again
version_added: 0.1.0
description:
  - A silence is found again by its O(key), which is kept at the end of its comment. Silences without this key are left alone,
    whoever made them.
  - With V(present) there is one silence of this key afterwards. One that matches something else is replaced.
  - It ends by itself, also where nobody takes it away.
author:
  - The mainstay maintainers (@mainstay)
options:
  alertmanager:
    description: The Alertmanager, or one of a cluster.
    type: dict
    required: true
    suboptions:
      url:
        description: Where it is, without credentials. Its API is below C(/api/v2).
        type: str
        required: true
      username:
        description: Who asks.
        type: str
      password:
        description: The password that goes with it.
        type: str
      ca_path:
        description: PEM file of certificate authorities to trust instead of the system's.
        type: path
      validate_certs:
        description: Whether TLS certificates are verified.
        type: bool
        default: true
  key:
    description: The name by which the silence is found again, such as C(production/patching).
    type: str
    required: true
  state:
    description:
      - V(present) makes the silence, or lets it end O(duration) from now. One that ends about then, within a tenth, is left.
      - V(absent) ends it.
    type: str
    choices: [present, absent]
    default: present
  matchers:
    description:
      - What alerts must be like to be silenced, all of it. Matchers that would silence every alert are refused.
    type: list
    elements: dict
    suboptions:
      name:
        description: A label.
        type: str
        required: true
      value:
        description: What it must be.
        type: str
        required: true
      regex:
        description: Whether O(matchers[].value) is a regular expression of the whole value.
        type: bool
        default: false
      equal:
        description: With V(false) it must not be like that. Needs another matcher that says what alerts must be like.
        type: bool
        default: true
  duration:
    description: For how long, from now, a second to 30 days.
    type: str
  comment:
    description: Why, for people.
    type: str
  creator:
    description: Who.
    type: str
    default: mainstay.ops
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing.
  diff_mode:
    support: full
    description: Shows the silences of this key before and after.
"""

EXAMPLES = r"""
- name: Silence the alert that taking replicas away is going to cause
  mainstay.ops.alert_silence:
    alertmanager:
      url: http://monitoring1:9093
    key: production/patching
    matchers:
      - name: alertname
        value: ReplicaGone
      - name: application
        value: shop
    duration: 10m
    comment: app1 is patched

- name: Take the silence away
  mainstay.ops.alert_silence:
    alertmanager:
      url: http://monitoring1:9093
    key: production/patching
    state: absent
"""

RETURN = r"""
silence:
  description: The silence of this key as Alertmanager has it, empty if there is none.
  returned: always
  type: dict
  sample:
    id: 4c50bf95-e414-4f67-9e46-1b86c6784c0a
    state: active
    ends: "2026-11-21 22:53:41Z"
    comment: app1 is patched [mainstay production/patching]
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: silence, subject: '{alertname="ReplicaGone"}', before: '', after: 'until 2026-11-21 22:53:41Z'}]
"""

from ..module_utils._alert.operation import ALERT_SILENCE, MATCHER
from ..module_utils._edge.run import run
from ..module_utils._judge.operation_place import PLACE


def main() -> None:
    run(
        {
            "alertmanager": {"type": "dict", "required": True, "options": PLACE},
            "key": {"type": "str", "required": True, "no_log": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "matchers": {"type": "list", "elements": "dict", "options": MATCHER},
            "duration": {"type": "str"},
            "comment": {"type": "str"},
            "creator": {"type": "str", "default": "mainstay.ops"},
        },
        ALERT_SILENCE,
        required_if=[("state", "present", ("matchers", "duration", "comment"))],
    )


if __name__ == "__main__":
    main()
