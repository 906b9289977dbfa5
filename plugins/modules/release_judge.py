#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_judge
short_description: Judge phases of a run over the whole inventory
version_added: 0.1.0
description:
  - Counts every host that had to take part, whatever became of it; one that failed, could not be reached, was skipped
    or never ran the phase is no pass.
  - Then asks the endpoints, once or for as long as the release bakes. No data is never a pass.
  - Writes the verdict into the journal and gives the lock the time that the next phase may take.
  - Runs on the operations host. It does not fail on a bad verdict; the next phases act on it.
options:
  run:
    description: The name of the run, the same as was given to M(mainstay.ops.ops_lock).
    type: str
    required: true
  phases:
    description:
      - The phases since the last verdict, in their order. One after a phase that did not pass is not judged.
    type: list
    elements: dict
    required: true
    suboptions:
      phase:
        description: Name of the phase. Results of any other phase do not count.
        type: str
        required: true
      hosts:
        description: Every host that had to take part.
        type: list
        elements: str
        required: true
      results:
        description: What was registered on each host.
        type: dict
        default: {}
      any_will_do:
        description: Whether one host that did well is enough. Only for going back, when a host that is down must not keep others.
        type: bool
        default: false
      share:
        description: Percent of the traffic that the new release has, if the phase is a step of a canary. The report shows it.
        type: int
        default: 0
  endpoints:
    description: What must be well now.
    type: list
    elements: dict
    default: []
    suboptions: &endpoint
      name:
        description: The name under which the result is told. No two endpoints have the same.
        type: str
        required: true
      url:
        description:
          - Where it is, such as V(http://app1:21000/health), V(https://shop.example.com/health), V(tcp://app1:21000),
            V(postgresql://monitor@db1:5432/shop?sslmode=require), V(redis://cache1:6379/0) or V(rediss://cache1:6380).
          - Several servers of one cluster of PostgreSQL are parted by commas, V(postgresql://db1:5432,db2:5432/shop). Whoever of
            them takes writes answers for all.
          - It may hold credentials, so it is never shown. Results show the host and the port.
        type: str
        required: true
      username:
        description: Who asks. Goes before the one in the URL.
        type: str
      password:
        description: The password of O(endpoints[].username). Goes before the one in the URL.
        type: str
      headers:
        description: Headers of an HTTP request.
        type: dict
        default: {}
      secret_headers:
        description: Headers that no output may show, such as C(Authorization).
        type: dict
        default: {}
      status:
        description: Status codes of HTTP that are right.
        type: list
        elements: int
        default: [200]
      json:
        description:
          - Fields of the body, a JSON document, and their values. A dot leads into an inner field or an element, such as in
            C(checks.database) or C(servers.0.name).
        type: dict
        default: {}
      version:
        description: What the field C(version) of the body shall be.
        type: str
      timeout:
        description: How long one probe may take, from looking up the name to the last byte.
        type: str
        default: 5s
      ca_path:
        description: PEM file of certificate authorities to trust instead of the system's.
        type: path
      validate_certs:
        description: Whether TLS certificates are verified.
        type: bool
        default: true
  dependencies:
    description: What the release depends on. While one of them is not well, the release is not to blame.
    type: list
    elements: dict
    default: []
    suboptions: *endpoint
  healthy:
    description: How many good answers in a row each endpoint must give.
    type: int
    default: 1
  deadline:
    description: How long the endpoints have to become well.
    type: str
    default: 30s
  bake:
    description: How long they have to stay well afterwards.
    type: str
    default: 0s
  canary:
    description:
      - A comparison with the release beside it while it bakes, as M(mainstay.ops.canary_check) makes it. Whichever is bad first,
        the canary or an endpoint, ends it.
    type: dict
    suboptions:
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
              - Give this, or O(canary.metrics[].requests) and O(canary.metrics[].bad), or O(canary.metrics[].latency).
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
          - The page of statistics of every router, for O(canary.metrics[].backends). Each is compared by itself, and what speaks
            against the canary adds up.
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
        description: The Prometheus that has scraped the metrics which are not O(canary.metrics[].backends).
        type: dict
        suboptions: *place
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
          - How often a canary as good as the live side may be failed, 0.000001 to 0.2, by any of the metrics.
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
      slower:
        description:
          - How many times as large the odds of a slow answer must have become, at each quantile, to have been found before a
            pass; 1.5 to 100. With V(4), 1 % of slow answers have become 4 %, 10 % have become 31 %, and a half has become 80 %.
        type: float
        default: 4.0
  workers:
    description:
      - Workers that must prove themselves while it bakes, as M(mainstay.ops.worker_check) has them do it.
    type: list
    elements: dict
    default: []
    suboptions:
      workers:
        description: The workers.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: The name under which the result is told. No two workers have the same.
            type: str
            required: true
          url:
            description: Its page of metrics, such as V(http://app1:21200/metrics), without credentials.
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
      done:
        description: The metric that counts the jobs done.
        type: str
        required: true
      failed:
        description: The metric that counts the jobs failed.
        type: str
      heartbeat:
        description: A metric that changes with each beat of the worker's heart, such as the time of the last one.
        type: str
      waiting:
        description: The metric that says how many jobs wait.
        type: str
      jobs:
        description: How many jobs each worker must have done, well or badly, before anything is said of it.
        type: int
        default: 1
      failures:
        description:
          - The largest share of jobs that a good worker fails. More than that by chance, with a probability of 1 %, is V(fail).
        type: float
        default: 0.05
      lag:
        description: How many jobs may wait at the end. It needs O(workers[].waiting).
        type: int
      stale:
        description: How long a heartbeat may stay as it is.
        type: str
        default: 30s
      longer:
        description: How much longer to watch at most until every worker has proven itself.
        type: str
        default: 1m
      interval:
        description: The pause between two looks.
        type: str
        default: 1s
  ask:
    description:
      - How long to wait for a person, who answers with M(mainstay.ops.release_decide). What is watched is watched on meanwhile.
    type: dict
    default: {}
    suboptions:
      promotion:
        description: Of what has passed. When nobody answers it has not.
        type: str
        default: 0s
      inconclusive:
        description: Of what could not be judged.
        type: str
        default: 0s
      another:
        description: Whether it must be another person than the one who started the run.
        type: bool
        default: false
  lease:
    description: How long the next phase may take. The lock is kept while this one is watched, however long that is.
    type: str
    default: 60s
  directory:
    description: Where the operations host keeps the state of its environments.
    type: path
    default: /var/lib/mainstay
extends_documentation_fragment:
  - mainstay.ops.fence
  - mainstay.ops.promises
  - mainstay.ops.monitoring
requirements:
  - prometheus_client, where workers have to prove themselves
author:
  - The mainstay maintainers (@mainstay)
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing.
  diff_mode:
    support: full
    description: Shows what was found and what is wanted.
"""

EXAMPLES = r"""
- name: Judge whether every replica started
  mainstay.ops.release_judge:
    run: 9b2c7a51
    fence:
      environment: production
      token: 17
    phases:
      - "{{ groups['app'] | mainstay.ops.registered(hostvars, 'mainstay_started', 'start 1') }}"
"""

RETURN = r"""
verdict:
  description: V(pass), V(fail) or V(inconclusive).
  returned: always
  type: str
why:
  description: What did not pass, where, with the last answer.
  returned: always
  type: str
blames_release:
  description: Whether the release itself was at fault, and not a host or a server that it needs.
  returned: always
  type: bool
numbers:
  description: What M(mainstay.ops.canary_check) returns of the comparison, empty where there was none.
  returned: always
  type: dict
judged:
  description: The last of the phases.
  returned: always
  type: str
touched_hosts:
  description:
    - Whether this run, or an interrupted one before it, may have changed an application host or a router before this phase.
    - Where it is false there is nothing to undo.
  returned: always
  type: bool
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._health.operation import ENDPOINT
from ..module_utils._judge.operation_canary import COMPARISON
from ..module_utils._judge.operation_slo import WATCHED
from ..module_utils._judge.operation_worker import PROOF
from ..module_utils._release.operation_judge import RELEASE_JUDGE
from ..module_utils._release.operation_monitoring import MONITORING

PHASE = {
    "phase": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "results": {"type": "dict", "default": {}},
    "any_will_do": {"type": "bool", "default": False},
    "share": {"type": "int", "default": 0},
}
ASKING = {
    "promotion": {"type": "str", "default": "0s"},
    "inconclusive": {"type": "str", "default": "0s"},
    "another": {"type": "bool", "default": False},
}


def main() -> None:
    run(
        {
            "run": {"type": "str", "required": True},
            "fence": {"type": "dict", "required": True, "options": FENCE},
            "phases": {"type": "list", "elements": "dict", "required": True, "options": PHASE},
            "endpoints": {"type": "list", "elements": "dict", "default": [], "options": ENDPOINT},
            "dependencies": {"type": "list", "elements": "dict", "default": [], "options": ENDPOINT},
            "healthy": {"type": "int", "default": 1},
            "deadline": {"type": "str", "default": "30s"},
            "bake": {"type": "str", "default": "0s"},
            "canary": {"type": "dict", "options": COMPARISON},
            "workers": {"type": "list", "elements": "dict", "default": [], "options": PROOF},
            "slo": {"type": "dict", "options": WATCHED},
            "ask": {"type": "dict", "default": {}, "options": ASKING},
            "lease": {"type": "str", "default": "60s"},
            "monitoring": {"type": "dict", "default": {}, "options": MONITORING},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
        },
        RELEASE_JUDGE,
    )


if __name__ == "__main__":
    main()
