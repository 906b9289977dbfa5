# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says what was promised to users, for the modules that hold a release to it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  slo:
    description:
      - What was promised to users, as M(mainstay.ops.slo_check) takes it.
      - New code is refused while it is not kept, or while nobody knows, and undone when it is broken while the new code is
        watched. Going back, repairs and the first release are not asked for it.
    type: dict
    suboptions:
      prometheus:
        description: The Prometheus that is asked.
        type: dict
        required: true
        suboptions:
          url:
            description: Where it is, without credentials.
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
      objectives:
        description: What was promised.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The name under which the result is told.
            type: str
            required: true
          target:
            description: The part of answers that must be good, 0.95 to 0.999999. For 99.95 % it is V(0.9995).
            type: float
            required: true
          bad:
            description:
              - Query of the rate of bad answers over C($window), one number. For a latency, of the answers that took too long.
              - Write C(or vector(0)) behind a sum of series that are not there before the first bad answer.
            type: str
            required: true
          total:
            description: Query of the rate of all answers over C($window), one number.
            type: str
            required: true
          period:
            description: The time for which the error budget is, or as much of it as Prometheus remembers.
            type: str
            default: 30d
      rules:
        description: What must not be.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The name under which the result is told.
            type: str
            required: true
          query:
            description: Query of the value, one number.
            type: str
            required: true
          above:
            description: The value must not be above this all the time. Give this or O(slo.rules[].below).
            type: float
          below:
            description: The value must not be below this all the time.
            type: float
          lasting:
            description:
              - For how long the rule must be broken without a break, from one second to a day. It is looked at 20 times in this,
                and kept if it was kept at any of them.
            type: str
            default: 5m
      every:
        description: The pause between two looks while the release is watched.
        type: str
        default: 15s
"""
