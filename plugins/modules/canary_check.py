#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: canary_check
short_description: Compare a new release with the one beside it, by the errors and the speed of both at the same time
version_added: 0.1.0
description:
  - Watches what two slots answer, by HAProxy's counters of errors, or by counters and histograms that Prometheus has scraped, and
    says as soon as it is known that the canary has more errors or is slower. It only reads, so check mode does the same.
  - V(fail) means that the canary is worse. A canary as good as the live side is failed at most as often as O(false_alarms) says,
    however often one looks and whatever happens to both sides alike. V(pass) means that nothing was found, and that a
    rise by O(detects) would have been, with the probability O(power). V(inconclusive) means that too little was seen
    for either, or that one side of a critical metric did not answer, or could not be read, for longer than O(stale). No data is
    never a pass.
  - For HAProxy, bad are answers with status 5xx, and requests that a server did not take or did not answer to the end.
  - Of a latency, the slow answers are compared, at the bounds of its buckets nearest to the quantiles of 50, 90 and 99 % of both
    sides together. One bucket with more than 95 % of the live side's answers is too coarse for a pass.
  - The test is sequential. It bets on Fisher's noncentral hypergeometric distribution with several odds ratios, and fails the
    canary once a bet has grown to 1 / O(false_alarms). All metrics that the verdict depends on share the false alarms.
  - What Prometheus scraped counts once every target of both slots was scraped three times more; it fails a canary after three
    such blocks at least. A target or a series that is not there, or is no number, is trouble and never a pass.
  - Answers are taken to be independent of each other. A client that repeats one failing request a hundred times breaks this.
author:
  - The mainstay maintainers (@mainstay)
options:
  canary:
    description: The slot of the new release.
    type: str
    choices: [blue, green]
    required: true
  live:
    description: The slot of the release beside it.
    type: str
    choices: [blue, green]
    required: true
  metrics:
    description: What is compared.
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
      dry_run:
        description:
          - Whether it is only tried. It is judged and told as if the verdict depended on it, which it does not, and does not
            share the false alarms.
        type: bool
        default: false
      backends:
        description:
          - Backends of HAProxy, such as C(shop_api), whose errors are compared. Each must have servers in both slots.
          - Give this, or O(metrics[].requests) and O(metrics[].bad), or O(metrics[].latency).
        type: list
        elements: str
      requests:
        description:
          - Selector of the counters of all answers in Prometheus, such as C(shop_requests_total{slot="$slot"}). C($slot)
            becomes the name of either slot. Series are added up here, so it has no functions, sums or ranges.
        type: str
      bad:
        description:
          - Selector of the counters of the bad ones among them, written likewise. One of either slot must be there, if only
            with 0.
        type: str
      latency:
        description:
          - Selector of the buckets of a histogram of times in seconds, such as C(shop_request_seconds_bucket{slot="$slot"}),
            written likewise. It is compared how many answers were slow, by quantiles of 50, 90 and 99 %.
        type: str
  haproxy:
    description:
      - The page of statistics of every router, for O(metrics[].backends). Each is compared by itself, and what speaks against the
        canary adds up.
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
    description: The Prometheus that has scraped the metrics which are not O(metrics[].backends).
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
    description:
      - How long a critical metric may go without a new answer on both sides before what was seen proves nothing.
      - What Prometheus has not scraped for as long is not there, so it must be longer than the pause between two scrapes.
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
  slower:
    description:
      - How many times as large the odds of a slow answer must have become, at each quantile, to have been found before a
        pass; 1.5 to 100. With V(4), 1 % of slow answers have become 4 %, 10 % have become 31 %, and a half has become 80 %.
    type: float
    default: 4.0
  synthetic:
    description:
      - Requests of our own while it is compared, for when users send too few. They go where users' requests go, and count.
    type: dict
    suboptions:
      places:
        description: Where they are sent in turn, an address of each router with a path that may be asked at any time.
        type: list
        elements: dict
        required: true
        suboptions: *place
      rate:
        description: How many a second in all, 0.1 to 100.
        type: float
        default: 5.0
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
- name: Watch the canary for ten minutes, and longer while there is too little traffic for a verdict
  mainstay.ops.canary_check:
    canary: green
    live: blue
    haproxy:
      - url: http://proxy1:8404
      - url: http://proxy2:8404
    metrics:
      - name: errors
        backends: [shop_api]
      - name: chat
        backends: [shop_chat]
        critical: false
    duration: 10m
    longer: 20m

- name: Compare how long answers take, and try a metric of the application's own
  mainstay.ops.canary_check:
    canary: green
    live: blue
    prometheus:
      url: https://monitoring1:9090
      username: deploy
      password: "{{ vault_prometheus_password }}"
    metrics:
      - name: latency
        latency: shop_request_seconds_bucket{slot="$slot"}
      - name: orders
        requests: shop_orders_total{slot="$slot"}
        bad: shop_orders_total{slot="$slot", result="refused"}
        dry_run: true
    duration: 10m
    longer: 20m
"""

RETURN = r"""
verdict:
  description: The worst verdict of the metrics that it depends on.
  returned: always
  type: str
  choices: [pass, fail, inconclusive]
  sample: pass
told:
  description: The verdict as a sentence, with the numbers of the metrics that it rests on.
  returned: always
  type: str
  sample: "the canary does worse than the live side: errors: 12 of 214 bad (5.61%) of the canary, 2 of 1911 bad (0.10%) of ..."
metrics:
  description: The results, in the order of O(metrics). Returned when the module fails, too.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    kind:
      description: V(errors) or V(latency).
      type: str
    critical:
      description: Whether the verdict depends on it.
      type: bool
    dry_run:
      description: Whether it was only tried. C(verdict) is then what it would be.
      type: bool
    verdict:
      description: V(pass), V(fail) or V(inconclusive).
      type: str
    canary:
      description:
        - How many C(requests) the canary answered while it was watched, and how many were C(bad).
        - Of a latency, C(requests) and the quantiles C(p50), C(p90) and C(p99) in seconds, as Prometheus' histogram_quantile
          estimates them; none where there was no answer.
      type: dict
    live:
      description: The same of the live side.
      type: dict
    chance:
      description: A canary as good as the live side ever looks as bad as this with no larger probability.
      type: float
    needed:
      description: How many answers of both sides together it takes for a pass; none where the live side is too sick for one.
      type: int
    told:
      description: The numbers as a sentence, and what is missing for a verdict.
      type: str
  sample:
    - name: errors
      kind: errors
      critical: true
      dry_run: false
      verdict: fail
      canary: {requests: 214, bad: 12}
      live: {requests: 1911, bad: 2}
      chance: 0.0000041
      needed: 2710
      told: 12 of 214 bad (5.61%) of the canary, 2 of 1911 bad (0.10%) of the live side
    - name: latency
      kind: latency
      critical: true
      dry_run: false
      verdict: inconclusive
      canary: {requests: 210, p50: 0.061, p90: 0.148, p99: 0.24}
      live: {requests: 1903, p50: 0.062, p90: 0.151, p99: 0.243}
      chance: 1.0
      needed: 4133
      told: p50 61 ms, p90 148 ms, p99 240 ms in 210 answers of the canary, ...
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
  description:
    - For plots. At so many seconds, answers and bad ones so far, by metric and side; at most 500 points.
    - Of a latency, C(requests) and quantiles so far, as in RV(metrics).
  returned: always
  type: list
  elements: dict
  sample:
    - {at: 1.0, metrics: {errors: {canary: [10, 0], live: [88, 0]}}}
"""

from ..module_utils._edge.run import run
from ..module_utils._judge.operation_canary import CANARY, COMPARISON


def main() -> None:
    run(
        {
            **COMPARISON,
            "duration": {"type": "str", "default": "5m"},
            "must_pass": {"type": "bool", "default": True},
        },
        CANARY,
    )


if __name__ == "__main__":
    main()
