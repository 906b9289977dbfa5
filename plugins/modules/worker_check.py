#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: worker_check
short_description: Have workers prove that they take jobs and finish them
version_added: 0.1.0
description:
  - A worker has no requests to count. This reads the page of metrics of each, in Prometheus' text format, and watches its
    jobs and its heartbeat. It only reads, so check mode does the same.
  - V(fail) means that a heart stopped, that a worker started again, or that in the end too many jobs had failed or wait.
    V(pass) means that every worker has done as many jobs as O(jobs) since the check began. V(inconclusive) means that some
    did fewer, or could not be read. No data is never a pass.
  - A metric with several labels counts as their sum.
requirements:
  - prometheus_client
author:
  - The mainstay maintainers (@mainstay)
options:
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
    description: How many jobs may wait at the end. It needs O(waiting).
    type: int
  stale:
    description: How long a heartbeat may stay as it is.
    type: str
    default: 30s
  duration:
    description: How long to watch at least. The check ends before this only when a worker is at fault.
    type: str
    default: 0s
  longer:
    description: How much longer to watch at most until every worker has proven itself.
    type: str
    default: 1m
  interval:
    description: The pause between two looks.
    type: str
    default: 1s
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
- name: Have the new workers do ten jobs each before the old ones stop
  mainstay.ops.worker_check:
    workers:
      - name: worker 1 on app1
        url: http://app1:22200/metrics
    done: shop_jobs_done_total
    failed: shop_jobs_failed_total
    heartbeat: shop_worker_heartbeat_seconds
    waiting: shop_jobs_waiting
    jobs: 10
    lag: 1000
    longer: 2m
"""

RETURN = r"""
verdict:
  description: The worst verdict of all workers.
  returned: always
  type: str
  choices: [pass, fail, inconclusive]
  sample: fail
told:
  description: What it rests on.
  returned: always
  type: str
  sample: "worker 1 on app1: 4 of 10 jobs failed"
workers:
  description: The results, in the order of O(workers). Returned when the module fails, too.
  returned: always
  type: list
  elements: dict
  sample:
    - {name: worker 1 on app1, verdict: fail, done: 6, failed: 4, told: 4 of 10 jobs failed}
seconds:
  description: How long they were watched.
  returned: always
  type: float
  sample: 12.0
"""

from ..module_utils._edge.run import run
from ..module_utils._judge.operation_worker import PROOF, WORKER


def main() -> None:
    run(
        {
            **PROOF,
            "duration": {"type": "str", "default": "0s"},
            "must_pass": {"type": "bool", "default": True},
        },
        WORKER,
    )


if __name__ == "__main__":
    main()
