#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: health_check
short_description: Ask many endpoints at once whether they are healthy
version_added: 0.1.0
description:
  - Asks all endpoints at the same time, again and again, until each has given enough right answers in a row or the
    deadline is over. It only reads, so check mode does the same.
  - Every endpoint gets a verdict. V(pass) means that its last answers were right, O(healthy) of them in a row. V(fail) means
    that an answer spoke against it, being wrong, late, cut off or refused, and that no pass came after. V(inconclusive) means
    that nothing spoke against it and nothing proves it, because it was never reached or gave too few answers. No data is
    never a pass.
  - Redirects are not followed, proxies of the environment are not used, and at most 64 KiB of a body are read.
  - Endpoints of PostgreSQL answer with a document that has the fields C(role), which is V(primary) or V(replica), and
    C(version). Those of Redis have C(link) besides on a replica, which is V(up) or V(down). They can be expected with
    O(endpoints[].json) and O(endpoints[].version) like the fields of a body.
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3.1 or newer, for endpoints of PostgreSQL only
  - redis 4.3 or newer, for endpoints of Redis only
options:
  endpoints:
    description: What to ask, and what the answer should be. At least one, at most 1000.
    type: list
    elements: dict
    required: true
    suboptions:
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
  healthy:
    description: How many right answers in a row make an endpoint healthy, 1 to 100.
    type: int
    default: 1
  deadline:
    description:
      - How long to go on asking. The last probe begins no later than this. With V(0s) every endpoint is asked once.
    type: str
    default: 30s
  interval:
    description: The pause between two probes of an endpoint.
    type: str
    default: 1s
  jitter:
    description: By how much a pause may be longer, by chance, so that endpoints are not asked in step.
    type: str
    default: 100ms
  must_pass:
    description: Whether the module fails unless every endpoint passes. With V(false) it only reports.
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
- name: Wait until both replicas are healthy and run the new release
  mainstay.ops.health_check:
    healthy: 3
    deadline: 1m
    endpoints:
      - name: api-1
        url: http://127.0.0.1:21000/health
        json: {status: healthy, checks.database: healthy}
        version: v1.4.0
      - name: api-2
        url: http://127.0.0.1:21001/health
        json: {status: healthy, checks.database: healthy}
        version: v1.4.0

- name: See whether the database is the primary and the cache answers
  mainstay.ops.health_check:
    must_pass: false
    deadline: 0s
    endpoints:
      - name: database
        url: postgresql://db1:5432/shop?sslmode=require
        username: monitor
        password: "{{ monitor_password }}"
        json: {role: primary}
      - name: cache
        url: redis://cache1:6379/0
  register: health
"""

RETURN = r"""
verdict:
  description: The worst verdict of all endpoints.
  returned: always
  type: str
  choices: [pass, fail, inconclusive]
  sample: pass
endpoints:
  description: The results, in the order of O(endpoints). Returned when the module fails, too.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    address:
      description: Its host and port.
      type: str
    verdict:
      description: V(pass), V(fail) or V(inconclusive).
      type: str
    cause:
      description:
        - Who or what is to blame, empty when it passed or only gave too few answers.
        - V(router), a proxy answered in the application's place because it has no backend that can. V(application), the
          application is sick. V(version), it is well but another release. V(login), the credentials are wrong. V(garbled), the
          answer breaks its protocol. V(timeout), connected but no full answer in time. V(reset), it hung up. V(refused), nobody
          listens there. V(tls), its certificate or handshake is not to be trusted. V(unreachable), no route or no connection in
          time. V(dns), its name could not be resolved.
      type: str
    attempts:
      description: How many probes were made.
      type: int
    consecutive:
      description: How many answers in a row were right at the end.
      type: int
    p50_ms:
      description: Half of the probes that got an answer took no longer, in milliseconds. None if none got one.
      type: float
    p95_ms:
      description: The same for 95 %.
      type: float
    status:
      description: The last status of HTTP.
      type: int
    excerpt:
      description: The first 500 characters of the last body, on one line.
      type: str
    error:
      description: What was wrong the last time that something was.
      type: str
  sample:
    - name: api-1
      address: 127.0.0.1:21000
      verdict: pass
      cause: ""
      attempts: 3
      consecutive: 3
      p50_ms: 1.9
      p95_ms: 2.4
      status: 200
      excerpt: '{"status": "healthy", "version": "v1.4.0"}'
      error: ""
seconds:
  description: How long the check took.
  returned: always
  type: float
  sample: 2.1
"""

from ..module_utils._edge.run import run
from ..module_utils._health.operation import ENDPOINT, HEALTH


def main() -> None:
    run(
        {
            "endpoints": {"type": "list", "elements": "dict", "required": True, "options": ENDPOINT},
            "healthy": {"type": "int", "default": 1},
            "deadline": {"type": "str", "default": "30s"},
            "interval": {"type": "str", "default": "1s"},
            "jitter": {"type": "str", "default": "100ms"},
            "must_pass": {"type": "bool", "default": True, "no_log": False},
        },
        HEALTH,
    )


if __name__ == "__main__":
    main()
