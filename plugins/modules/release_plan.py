#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_plan
short_description: Decide what a deploy, a rollback or a recovery is going to do
version_added: 0.1.0
description:
  - Chooses the release, pins its images by digest once, finds the live slot, and returns the run as data which the roles follow.
  - Refuses a release that is known bad, a fleet of which some host does not answer, and a rollback that the schema forbids.
  - Opens the journal. When there is nothing to do it gives back the lock instead.
  - Runs on the operations host under the lock.
options:
  run:
    description: The name of the run, the same as was given to M(mainstay.ops.ops_lock).
    type: str
    required: true
  verb:
    description: What is wanted. V(recover) takes back what an interrupted run began, and does nothing where there was none.
    type: str
    choices: [deploy, rollback, recover]
    default: deploy
  version:
    description:
      - The version to deploy, a tag of the images in their registry.
      - With O(verb=rollback) the version to go back to; without one, the last release that was proven good.
    type: str
    default: ""
  strategy:
    description:
      - V(rolling) goes through the hosts in batches, V(blue_green) switches all of them at once, V(canary) moves the traffic
        in steps and compares both sides in each.
      - A rollback does not take the steps of a canary but switches.
    type: str
    choices: [rolling, blue_green, canary]
    default: rolling
  batch:
    description: How many hosts are in a batch of a rolling deploy, such as V(1) or V(25%).
    type: str
    default: "1"
  bake:
    description: How long a release must stay well after each batch.
    type: str
    default: 0s
  application:
    description: Name of the application, after which the backends of the routers are called.
    type: str
    default: ""
  canary:
    description: The steps of a canary, and how it is compared with what serves beside it.
    type: dict
    default: {}
    suboptions:
      steps:
        description:
          - The steps, each with a larger share than the one before it, the last with all traffic.
          - Without steps these are 10 % for 30 minutes, 50 % for 10 minutes, and all traffic for 5 minutes.
        type: list
        elements: dict
        suboptions:
          share:
            description: Percentage of the traffic of each routed service. The release runs on as large a share of the hosts.
            type: int
            required: true
          watch:
            description: How long the step is watched.
            type: str
            default: 5m
          pause:
            description: How long a person has, once the step has passed, to let it go on with M(mainstay.ops.release_decide).
            type: str
            default: 0s
      metrics:
        description: What is compared. Without metrics the errors of all services of the kind C(web).
        type: list
        elements: dict
        suboptions:
          name:
            description: The name under which the result is told.
            type: str
            required: true
          services:
            description:
              - Services whose errors it counts. Give this, or O(canary.metrics[].requests) and O(canary.metrics[].bad), or
                O(canary.metrics[].latency).
            type: list
            elements: str
          critical:
            description: Whether the verdict depends on it. With V(false) it is only told.
            type: bool
            default: true
          dry_run:
            description:
              - Whether it is only tried. It is judged and told as if the verdict depended on it, which it does not, and does
                not share the false alarms.
            type: bool
            default: false
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
      prometheus:
        description: The Prometheus that has scraped the metrics which are not of O(canary.metrics[].services).
        type: dict
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
      ask:
        description: How long a person has to decide about a step that proved nothing. It is undone when nobody does.
        type: str
        default: 0s
      another:
        description: Whether the person who lets a run go on must be another than the one who started it.
        type: bool
        default: false
      longer:
        description: How much longer a step is watched at most while it proves nothing.
        type: str
        default: 10m
      interval:
        description: The pause between two looks.
        type: str
        default: 1s
      stale:
        description: How long both sides may go without a new answer before what was seen proves nothing.
        type: str
        default: 30s
      false_alarms:
        description: How often a canary as good as the live side may be failed, over all steps together.
        type: float
        default: 0.01
      detects:
        description: The rise of the share of bad answers that must have been found, if it were there, before a step passes.
        type: float
        default: 0.05
      power:
        description: The probability with which it must have been found.
        type: float
        default: 0.95
      synthetic:
        description:
          - Requests of our own while it is compared, for when users send too few. They go through the routers, and count.
        type: dict
        suboptions:
          path:
            description: What they ask for. It must be harmless to ask for it at any time.
            type: str
            required: true
          rate:
            description: How many a second over all routers, 0.1 to 100.
            type: float
            default: 5.0
      slower:
        description:
          - How many times as large the odds of a slow answer must have become, at each quantile, to have been found before a
            pass; 1.5 to 100. With V(4), 1 % of slow answers have become 4 %, 10 % have become 31 %, and a half has become 80 %.
        type: float
        default: 4.0
  keep_previous:
    description: Whether V(blue_green) and V(canary) leave the previous release running, so that going back takes one switch.
    type: bool
    default: true
  services:
    description: The services of the application by name, see the guide to bringing your own application.
    type: dict
    required: true
  secrets:
    description: Values of the secrets that services name. They are never stored, only told apart.
    type: dict
    default: {}
  fleet:
    description: What every host of the inventory answered.
    type: dict
    required: true
    suboptions:
      replicas:
        description: Replicas by application host, as M(mainstay.ops.docker_replicas_info) returns them.
        type: dict
        default: {}
      servers:
        description: Servers by router, as M(mainstay.ops.haproxy_route_info) returns them.
        type: dict
        default: {}
      addresses:
        description: Addresses of the application hosts as the operations host reaches them.
        type: dict
        default: {}
      entrances:
        description: URLs of the routers as the operations host reaches them.
        type: dict
        default: {}
      statistics:
        description: Pages of statistics of the routers as the operations host reaches them.
        type: dict
        default: {}
      silent:
        description: Hosts that did not answer, and why.
        type: dict
        default: {}
  schema:
    description: Applied migrations, oldest first, and whether each is declared compatible with older code.
    type: dict
    default: {}
  newest_migration:
    description: The newest migration that the version brings.
    type: str
    default: ""
  migrates:
    description:
      - Whether the run changes the schema, so that it cannot pass without that phase.
      - V(once) is for a release that was not in service before, V(always) for a repair too, because nothing is done twice.
    type: str
    choices: ["no", once, always]
    default: "no"
  force_schema:
    description: Roll back although a later migration is not declared compatible with older code.
    type: bool
    default: false
  registry:
    description: How to talk to the registry of the images.
    type: dict
    default: {}
    suboptions:
      username:
        description: User of the registry.
        type: str
      password:
        description: Password of the registry.
        type: str
      ca_path:
        description: PEM file of the registry's certificate authority, where the system does not trust it.
        type: path
  who:
    description: Who runs it.
    type: str
    default: ""
  lease:
    description:
      - How long the lock is kept from one verdict to the next, at least.
      - RV(rollout) has as C(lease) what the timeouts of the services add up to, if that is longer.
    type: str
    default: 60s
  override:
    description:
      - Why new code shall be deployed although O(slo) is not kept, 3 to 500 characters. It goes into the ledger and the report.
    type: str
    default: ""
  directory:
    description: Where the operations host keeps the state of its environments.
    type: path
    default: /var/lib/mainstay
extends_documentation_fragment:
  - mainstay.ops.fence
  - mainstay.ops.promises
  - mainstay.ops.monitoring
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
- name: Decide what is to be done
  mainstay.ops.release_plan:
    run: 9b2c7a51
    fence:
      environment: production
      token: 17
    version: v2
    strategy: blue_green
    services: "{{ mainstay_services }}"
    secrets: "{{ mainstay_secrets }}"
    fleet: "{{ found }}"
  register: plan
"""

RETURN = r"""
rollout:
  description:
    - The run as data. C(kind) is V(nothing), V(repair) or V(replace); C(release) and C(origin) are what is to be in service
      and what was; C(batches) holds for each batch its hosts, the routes afterwards and the endpoints to ask.
  returned: always
  type: dict
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._judge.operation_slo import WATCHED
from ..module_utils._release.operation_course import COURSE
from ..module_utils._release.operation_monitoring import MONITORING
from ..module_utils._release.operation_plan import RELEASE_PLAN

FLEET = ("replicas", "servers", "addresses", "entrances", "statistics", "silent")


def main() -> None:
    run(
        {
            "run": {"type": "str", "required": True},
            "fence": {"type": "dict", "required": True, "options": FENCE},
            "verb": {"type": "str", "choices": ["deploy", "rollback", "recover"], "default": "deploy"},
            "version": {"type": "str", "default": ""},
            "strategy": {"type": "str", "choices": ["rolling", "blue_green", "canary"], "default": "rolling"},
            "batch": {"type": "str", "default": "1"},
            "bake": {"type": "str", "default": "0s"},
            "application": {"type": "str", "default": ""},
            "canary": {"type": "dict", "default": {}, "options": COURSE},
            "keep_previous": {"type": "bool", "default": True},
            "services": {"type": "dict", "required": True},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "fleet": {
                "type": "dict",
                "required": True,
                "options": {key: {"type": "dict", "default": {}} for key in FLEET},
            },
            "schema": {"type": "dict", "default": {}},
            "newest_migration": {"type": "str", "default": ""},
            "migrates": {"type": "str", "choices": ["no", "once", "always"], "default": "no"},
            "force_schema": {"type": "bool", "default": False},
            "registry": {
                "type": "dict",
                "default": {},
                "options": {
                    "username": {"type": "str"},
                    "password": {"type": "str", "no_log": True},
                    "ca_path": {"type": "path"},
                },
            },
            "who": {"type": "str", "default": ""},
            "lease": {"type": "str", "default": "60s"},
            "slo": {"type": "dict", "options": WATCHED},
            "override": {"type": "str", "default": ""},
            "monitoring": {"type": "dict", "default": {}, "options": MONITORING},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
        },
        RELEASE_PLAN,
        required_if=[("strategy", "canary", ("application",))],
    )


if __name__ == "__main__":
    main()
