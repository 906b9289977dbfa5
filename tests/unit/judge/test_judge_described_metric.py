"""What a user may write as a metric of Prometheus: a selector for each slot, and nothing that hides when samples were taken."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._judge.described_metric import Asked, checked


@pytest.mark.parametrize(
    "selector",
    [
        'shop_request_seconds_bucket{slot="$slot"}',
        'shop:requests:total{slot="$slot", status=~"5[0-9]{2}", path!~"/(a|b)"}',
        '{__name__="shop.requests", slot="$slot"}',
        "shop_requests_$slot{a='\"'}",
        "shop_$slot",
        'shop{slot="$slot", a="it says \\"}\\""}',
        "  shop {\n slot = `$slot` }\n",
    ],
)
def test_a_selector_is_taken(selector: str) -> None:
    checked(Asked("x", latency=selector))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$$slot",
        'sum(shop{slot="$slot"})',
        'rate(shop{slot="$slot"}[5m])',
        'shop{slot="$slot"}[5m]',
        'shop{slot="$slot"} offset 5m',
        'shop{slot="$slot"} @ 0',
        'shop{slot="$slot"} or vector(0)',
        'shop{slot="$slot"} # x',
        'shop{slot="$slot"',
        'shop{slot="$slot"}}',
        'shop{slot="$slot}',
        '{slot="$slot"}{a="b"}',
        'shop{slot="$slot",a="' + "x" * 3000 + '"}',
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a selector of counters"):
        checked(Asked("x", latency=text))
