#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: canary_check
short_description: Compare a new release with the one beside it, by what both answer at the same time
version_added: 0.1.0
description:
  - Watches errors and latencies of the canary and of the live side, and says as soon as it is known that the canary is worse.
    It only reads, so check mode does the same.
  - V(fail) means that the canary is worse. A canary as good as the live side is failed at most as often as O(false_alarms) says,
    however often one looks and whatever happens to both sides alike. V(pass) means that nothing was found, and that a
    rise by O(detects) would have been, with the probability O(power). V(inconclusive) means that too little was seen
    for either, or that one of the critical metrics could not be read for longer than O(stale). No data is never a pass.
  - The test of the rate of errors is sequential. It bets on Fisher's noncentral hypergeometric distribution with several odds
    ratios, and fails the canary once a bet has grown to 1 / O(false_alarms). The test of a latency does the same with
    the share of answers that were slower than each bound of a histogram. All critical metrics share the false alarms.
  - Answers are taken to be independent of each other. A client that repeats one failing request a hundred times breaks this.
author:
  - The mainstay maintainers (@mainstay)
options:
  canary:
    description:
      - What the canary is called where the numbers are, by name. C(slot) tells which servers of HAProxy it has.
      - A query of Prometheus has C($name) where the value belongs, such as C($slot) or C($version).
    type: dict
    required: true
  live:
    description: The same of the live side.
    type: dict
    required: true
  metrics:
    description:
      - What is compared. A metric has one of O(metrics[].backends), O(metrics[].buckets), O(metrics[].requests) with
        O(metrics[].bad), or O(metrics[].requests) with O(metrics[].bad_values).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name under which the result is told. No two metrics have the same.
        type: str
        required: true
      critical:
        description: Whether the verdict depends on it. With V(false) it is only told.
        type: bool
        default: true
      backends:
        description:
          - Backends of HAProxy, such as C(shop_api). Bad are answers with status 5xx, and requests that a server did not take
            or did not answer to the end.
        type: list
        elements: str
      requests:
        description: Query of Prometheus that gives counters of all answers of a side, as they are, without C(rate).
        type: str
      bad:
        description:
          - Query that gives counters of the bad ones. If it gives nothing, nothing is known; write C(sum(...) or vector(0))
            where the counter is not there before the first error.
        type: str
      bad_label:
        description: Label of O(metrics[].requests) that tells which answers are bad, with O(metrics[].bad_values).
        type: str
        default: status
      bad_values:
        description: Regular expression of the values of O(metrics[].bad_label) that are bad, such as V(5..).
        type: str
      buckets:
        description: Query that gives the buckets of a histogram in seconds, with their label C(le).
        type: str
  haproxy:
    description:
      - The page of statistics of every router, for metrics with O(metrics[].backends). What all of them counted is added up.
    type: list
    elements: dict
    default: []
    suboptions: &place
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
  prometheus:
    description: The Prometheus that has all other metrics.
    type: dict
    suboptions: *place
  duration:
    description: How long to watch. The check ends before this only when the canary is worse.
    type: str
    default: 5m
  longer:
    description: How much longer to watch at most while the verdict is V(inconclusive).
    type: str
    default: 0s
  interval:
    description: The pause between two looks.
    type: str
    default: 1s
  stale:
    description: How long a critical metric may go without a new answer on both sides before what was seen proves nothing.
    type: str
    default: 30s
  false_alarms:
    description:
      - How often a canary as good as the live side may be failed, 0.000001 to 0.2, in the whole check and by any of its metrics.
    type: float
    default: 0.01
  detects:
    description: The rise of the share of bad answers that must have been found, if it were there, before a pass.
    type: float
    default: 0.05
  power:
    description: The probability with which it must have been found, 0.5 to 0.999.
    type: float
    default: 0.95
  tolerance:
    description: The odds ratio of bad answers that still counts as good, from 1. With V(1.5), 1.5 % is no worse than 1 %.
    type: float
    default: 1.0
  must_pass:
    description: Whether the module fails unless the verdict is V(pass). With V(false) it only reports.
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
- name: Watch errors by what HAProxy counts
  mainstay.ops.canary_check:
    canary: { slot: green }
    live: { slot: blue }
    haproxy:
      - url: http://proxy1:8404
      - url: http://proxy2:8404
    metrics:
      - name: errors
        backends: [shop_api]

- name: Watch errors and latency by what the application tells Prometheus, until there is a verdict
  mainstay.ops.canary_check:
    canary: { version: v1.4.0 }
    live: { version: v1.3.2 }
    prometheus:
      url: http://monitoring1:9090
    duration: 10m
    longer: 20m
    interval: 5s
    stale: 1m
    metrics:
      - name: errors
        requests: shop_http_requests_total{service="api", version="$version"}
        bad_values: 5..
      - name: latency
        buckets: shop_http_request_seconds_bucket{service="api", version="$version"}
      - name: lost_carts
        critical: false
        requests: shop_carts_total{version="$version"}
        bad: sum(shop_carts_lost_total{version="$version"}) or vector(0)
"""

RETURN = r"""
verdict:
  description: The worst verdict of the critical metrics.
  returned: always
  type: str
  choices: [pass, fail, inconclusive]
  sample: pass
metrics:
  description: The results, in the order of O(metrics). Returned when the module fails, too.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    critical:
      description: Whether the verdict depends on it.
      type: bool
    verdict:
      description: V(pass), V(fail) or V(inconclusive).
      type: str
    canary:
      description: How many C(requests) the canary answered while it was watched, and how many were C(bad).
      type: dict
    live:
      description: The same of the live side.
      type: dict
    bound_ms:
      description: Of a latency, the bound in milliseconds that speaks most against the canary; slower answers are the bad ones.
      type: float
    chance:
      description: A canary as good as the live side ever looks as bad as this with no larger probability.
      type: float
    needed:
      description: How many answers of both sides together it takes for a pass.
      type: int
    told:
      description: The numbers as a sentence, and what is missing for a verdict.
      type: str
  sample:
    - name: errors
      critical: true
      verdict: fail
      canary: {requests: 214, bad: 12}
      live: {requests: 1911, bad: 2}
      bound_ms: null
      chance: 0.0000041
      needed: 2710
      told: 12 of 214 bad (5.61%) of the canary, 2 of 1911 bad (0.10%) of the live side
seconds:
  description: How long the canary was watched.
  returned: always
  type: float
  sample: 21.3
looks:
  description: How often it was looked at.
  returned: always
  type: int
  sample: 22
timeline:
  description: For plots. At so many seconds, answers and bad ones so far, by metric, side and bound; at most 500 points.
  returned: always
  type: list
  elements: dict
  sample:
    - {at: 1.0, metrics: {errors: {canary: [[10, 0]], live: [[88, 0]]}}}
"""

from ..module_utils._edge.run import run
from ..module_utils._judge.operation_canary import CANARY, METRIC
from ..module_utils._judge.operation_place import PLACE


def main() -> None:
    run(
        {
            "canary": {"type": "dict", "required": True},
            "live": {"type": "dict", "required": True},
            "metrics": {"type": "list", "elements": "dict", "required": True, "options": METRIC},
            "haproxy": {"type": "list", "elements": "dict", "default": [], "options": PLACE},
            "prometheus": {"type": "dict", "options": PLACE},
            "duration": {"type": "str", "default": "5m"},
            "longer": {"type": "str", "default": "0s"},
            "interval": {"type": "str", "default": "1s"},
            "stale": {"type": "str", "default": "30s"},
            "false_alarms": {"type": "float", "default": 0.01},
            "detects": {"type": "float", "default": 0.05},
            "power": {"type": "float", "default": 0.95},
            "tolerance": {"type": "float", "default": 1.0},
            "must_pass": {"type": "bool", "default": True},
        },
        CANARY,
    )


if __name__ == "__main__":
    main()
