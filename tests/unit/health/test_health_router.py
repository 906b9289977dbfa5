"""A router's own page is not an answer of the application."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._health.model import Answer
from ansible_collections.mainstay.ops.plugins.module_utils._health.router import router_of

HTML = {"content-type": "text/html"}
HAPROXY = b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
NGINX = b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502</h1></center><hr><center>nginx/1.22.1</center>"


@pytest.mark.parametrize(
    ("answer", "router"),
    [
        (Answer(status=503, headers=HTML, body=HAPROXY), "HAProxy"),
        (Answer(status=502, headers={**HTML, "server": "nginx/1.22.1"}, body=NGINX), "nginx"),
        (Answer(status=503, headers={**HTML, "server": "awselb/2.0"}, body=b"<html>"), "an AWS load balancer"),
        (Answer(status=503, headers={"server": "envoy"}, body=b"no healthy upstream"), "Envoy"),
        (Answer(status=502, headers={"content-type": "text/plain"}, body=b"Bad Gateway"), "Traefik"),
        (Answer(status=503, headers=HTML, body=b"<h1>We are down</h1>"), "a router"),
        (Answer(status=503, headers={**HTML, "server": "uvicorn"}, body=b"<h1>sick</h1>"), ""),
        (Answer(status=503, headers={"content-type": "application/json"}, body=b'{"status": "unhealthy"}'), ""),
        (Answer(status=503, headers={"content-type": "application/json", "server": "nginx"}, body=b"{}"), ""),
        (Answer(status=500, headers=HTML, body=HAPROXY), ""),
        (Answer(status=200, headers=HTML, body=HAPROXY), ""),
    ],
)
def test_a_router_is_known_by_its_own_page(answer: Answer, router: str) -> None:
    assert router_of(answer, expects_json=True) == router


def test_unsigned_html_says_nothing_where_no_json_is_expected() -> None:
    assert router_of(Answer(status=503, headers=HTML, body=b"<h1>We are down</h1>"), expects_json=False) == ""
