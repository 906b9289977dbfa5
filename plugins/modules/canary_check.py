#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: canary_check
short_description: Compare a new release with the one beside it, by what HAProxy counts of both at the same time
version_added: 0.1.0
description:
  - Watches the errors of the servers in two slots, and says as soon as it is known that those of the canary are more.
    It only reads, so check mode does the same.
  - V(fail) means that the canary is worse. A canary as good as the live side is failed at most as often as O(false_alarms) says,
    however often one looks and whatever happens to both sides alike. V(pass) means that nothing was found, and that a
    rise by O(detects) would have been, with the probability O(power). V(inconclusive) means that too little was seen
    for either, or that one side of a critical metric did not answer, or could not be read, for longer than O(stale). No data is
    never a pass.
  - Bad are answers with status 5xx, and requests that a server did not take or did not answer to the end.
  - The test is sequential. It bets on Fisher's noncentral hypergeometric distribution with several odds ratios, and fails the
    canary once a bet has grown to 1 / O(false_alarms). All critical metrics share the false alarms.
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
      backends:
        description: Backends of HAProxy, such as C(shop_api). Each must have servers in both slots.
        type: list
        elements: str
        required: true
  haproxy:
    description: The page of statistics of every router. Each is compared by itself, and what speaks against the canary adds up.
    type: list
    elements: dict
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
"""

RETURN = r"""
verdict:
  description: The worst verdict of the critical metrics.
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
      critical: true
      verdict: fail
      canary: {requests: 214, bad: 12}
      live: {requests: 1911, bad: 2}
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
  description: For plots. At so many seconds, answers and bad ones so far, by metric and side; at most 500 points.
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
