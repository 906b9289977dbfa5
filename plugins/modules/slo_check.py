#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: slo_check
short_description: Say whether users get what was promised to them, and what is left of the error budget
version_added: 0.1.0
description:
  - Asks Prometheus for the part of bad answers over the windows of each objective, and whether rules are broken, such as "error
    rate above 5 % for more than 5 minutes". It only reads, so check mode does the same.
  - An objective fails when its error budget is spent, or when it burns 14.4 times too fast over one hour and over 5 minutes, or 6
    times over 6 hours and over 30 minutes. A budget that burns too fast over 3 days and over 6 hours is told and fails nothing.
  - No data is never a pass. An objective or a rule whose query gives nothing, several numbers or no number is V(inconclusive).
author:
  - The mainstay maintainers (@mainstay)
options:
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
          - Query of the rate of bad answers over C($window), one number. For a latency, these are the answers that took too long.
          - Write C(or vector(0)) behind a sum of series that are not there before the first bad answer.
        type: str
        required: true
      total:
        description: Query of the rate of all answers over C($window), one number.
        type: str
        required: true
      period:
        description: The time for which the error budget is. Where Prometheus remembers less, it is told for what is remembered.
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
        description: The value must not be above this all the time. Give this or O(rules[].below).
        type: float
      below:
        description: The value must not be below this all the time.
        type: float
      lasting:
        description:
          - For how long the rule must be broken without a break, from one second to a day. It is looked at 20 times in this, and
            kept if it was kept at any of them.
        type: str
        default: 5m
  override:
    description:
      - Why the module shall not fail, whatever the verdict is; 3 to 500 characters. It is returned, and belongs into the ledger.
    type: str
  must_pass:
    description: Whether the module fails unless every objective and rule passes. With V(false) it only reports.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: Nothing is changed.
"""

EXAMPLES = r"""
- name: Refuse to deploy when the error budget is spent or burns
  mainstay.ops.slo_check:
    prometheus:
      url: http://monitoring1:9090
    objectives:
      - name: availability
        target: 0.9995
        bad: sum(rate(shop_http_requests_total{status=~"5.."}[$window])) or vector(0)
        total: sum(rate(shop_http_requests_total[$window]))
      - name: latency
        target: 0.95
        bad: >-
          sum(rate(shop_http_request_seconds_count[$window]))
          - sum(rate(shop_http_request_seconds_bucket{le="0.25"}[$window]))
        total: sum(rate(shop_http_request_seconds_count[$window]))
    rules:
      - name: error_rate
        query: >-
          (sum(rate(shop_http_requests_total{status=~"5.."}[1m])) or vector(0)) / sum(rate(shop_http_requests_total[1m]))
        above: 0.05
        lasting: 5m
"""

RETURN = r"""
verdict:
  description: The worst verdict of all objectives and rules.
  returned: always
  type: str
  choices: [pass, fail, inconclusive]
  sample: pass
told:
  description: The same as a sentence.
  returned: always
  type: str
  sample: users get what was promised
objectives:
  description: The results, in the order of O(objectives). Returned when the module fails, too.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    verdict:
      description: V(pass), V(fail) or V(inconclusive).
      type: str
    left:
      description: What is left of the error budget, 1 when nothing is spent, below 0 when more was spent than there was.
      type: float
    burns:
      description: The burn rate by window. 1 spends the whole budget in the whole period.
      type: dict
    alerts:
      description: Burn rates that are too high over a C(long) and a C(short) window, each with C(factor) and C(severity).
      type: list
    told:
      description: The same as a sentence, or why nothing is known.
      type: str
  sample:
    - name: availability
      verdict: fail
      left: 0.41
      burns: {5m: 22.1, 30m: 18.3, 1h: 16.2, 6h: 3.4, 3d: 0.8, 30d: 0.59}
      alerts: [{factor: 14.4, long: 1h, short: 5m, severity: page}]
      told: 41% of the error budget of 30d is left; it burns 16.2 times too fast for 1h (page)
rules:
  description: The results, in the order of O(rules). C(value) was at least reached, or never exceeded, all the time.
  returned: always
  type: list
  elements: dict
  sample:
    - {name: error_rate, verdict: pass, value: 0.002, told: '0.002, not above 0.05 for 5m'}
override:
  description: The reason for which a failure was passed over; empty if there is none.
  returned: always
  type: str
  sample: ""
"""

from ..module_utils._edge.run import run
from ..module_utils._judge.operation_slo import PROMISES, SLO


def main() -> None:
    run(
        {
            **PROMISES,
            "override": {"type": "str"},
            "must_pass": {"type": "bool", "default": True},
        },
        SLO,
    )


if __name__ == "__main__":
    main()
