"""What of a dump's list of contents some tables need."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._dump.choice import inside, outward
from ansible_collections.mainstay.ops.plugins.module_utils._dump.contents import kept
from ansible_collections.mainstay.ops.plugins.module_utils._dump.model import ForeignKey, Table

ORDERS = (Table("public", "orders", 5), Table("public", "lines", 7))
KEYS = (
    ForeignKey("public.lines", "lines_order", "public.orders"),
    ForeignKey("public.orders", "orders_customer", "public.customers"),
    ForeignKey("public.refunds", "refunds_order", "public.orders"),
)


@pytest.mark.parametrize(
    ("entry", "stays"),
    [
        ("1; 1247 16386 TYPE public state shop", True),
        ("2; 1259 16390 TABLE public customers shop", True),
        ("3; 0 16390 TABLE DATA public orders shop", True),
        ("4; 0 16390 TABLE DATA public customers shop", False),
        ("5; 0 16390 TABLE DATA public orders_old shop", False),
        ("6; 0 16390 TABLE DATA archive orders shop", False),
        ("7; 0 0 SEQUENCE SET public orders_id_seq shop", True),
        ("8; 2606 16400 CONSTRAINT public orders orders_pkey shop", True),
        ("9; 2606 16401 FK CONSTRAINT public lines lines_order shop", True),
        ("10; 2606 16402 FK CONSTRAINT public orders orders_customer shop", False),
        ("11; 2606 16403 FK CONSTRAINT public refunds refunds_order shop", False),
        ("12; 0 16404 MATERIALIZED VIEW DATA public totals shop", False),
        ("13; 2613 16405 BLOB - 16405 shop", False),
        ("14; 3466 16406 EVENT TRIGGER - watch postgres", False),
        ("15; 6104 16407 PUBLICATION - all postgres", False),
        ("16; 6106 16408 PUBLICATION TABLE public all orders postgres", False),
        ("17; 6100 16409 SUBSCRIPTION - from_a postgres", False),
        ("; Archive created at 2026-11-22 03:40:00 UTC", False),
        ("", False),
    ],
)
def test_definitions_stay_and_rows_of_others_go(entry: str, stays: bool) -> None:
    assert kept(f"{entry}\n", ORDERS, inside(KEYS, ORDERS)) == (f"{entry}\n" if stays else "")


def test_a_foreign_key_to_what_is_not_loaded_is_told() -> None:
    assert [key.name for key in inside(KEYS, ORDERS)] == ["lines_order"]
    assert [key.name for key in outward(KEYS, ORDERS)] == ["orders_customer"]
