"""What a dump and a load would do, and what they refuse before anything is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import (
    InvalidInput,
    LibraryMissing,
    MainstayError,
    NotFound,
    Refused,
)
from ansible_collections.mainstay.ops.plugins.module_utils._dump.manifest import understood, written
from ansible_collections.mainstay.ops.plugins.module_utils._dump.model import (
    Dump,
    DumpDamaged,
    ForeignKey,
    Found,
    Load,
    Loadable,
    Locale,
    Manifest,
    RightMissing,
    Server,
    Shelf,
    Source,
    StillConnected,
    Table,
)
from ansible_collections.mainstay.ops.plugins.module_utils._dump.operation_load import LOAD
from ansible_collections.mainstay.ops.plugins.module_utils._dump.plan import dump_plan, load_plan
from ansible_collections.mainstay.ops.plugins.module_utils._dump.programs import errors, version
from ansible_collections.mainstay.ops.plugins.module_utils._dump.ready import RESERVE, differing, needed
from ansible_collections.mainstay.ops.plugins.module_utils._postgres.model import Database

GIB = 1024**3
SHOP = Database("shop", user="shop_owner")
LOCALE = Locale("UTF8", "C.UTF-8", "C.UTF-8")
ORDERS, LINES = Table("public", "orders", 5), Table("public", "lines", 7)
EVENTS, PART = Table("public", "events"), Table("public", "events_1", 3, "public.events")
TABLES = (EVENTS, PART, LINES, ORDERS)
STAMP = "20261122_034000"
MANIFEST = Manifest(
    file=f"shop_{STAMP}.dump", sha256="0" * 64, bytes=GIB, database="shop", server="15.8", pg_dump="15.8",
    when="2026-11-22T03:40:00Z", seconds=1.5, whole=True, locale=LOCALE, tables=TABLES,
    foreign_keys=(ForeignKey("public.lines", "lines_fkey", "public.orders"),),
)  # fmt: skip
SOURCE = Source(15, "15.8", LOCALE, TABLES, size=4 * GIB)
FOUND = Found(SOURCE, Shelf(free=10 * GIB), "15.8", STAMP)
DUMP = Dump(SHOP, "/srv/dumps", keep=1)
LOAD_ALL = Load(SHOP, "/srv/dumps/a.dump")
SERVER = Server(15, "shop_owner", ("postgres", "shop"))
LOADABLE = Loadable(MANIFEST, SERVER, "15.8", STAMP)
REPLACE = replace(LOAD_ALL, replace=True, environment="staging", confirm="staging shop")


def dumps(*minutes: int, **changed: Any) -> tuple[Manifest, ...]:
    return tuple(replace(MANIFEST, file=f"shop_20261122_03{minute:02}00.dump", **changed) for minute in minutes)


def actions(plan: Any) -> list[tuple[str, str]]:
    return [(step.action, step.subject.rsplit("/", 1)[-1]) for step in plan.steps]


def test_leftovers_go_first_and_older_ones_of_the_same_last() -> None:
    shelf = Shelf((*dumps(1, 2, 3), *dumps(4, whole=False, tables=(ORDERS,))), ("/srv/dumps/.x.part",), 10 * GIB)
    assert actions(dump_plan(DUMP, replace(FOUND, shelf=shelf))) == [
        ("remove", ".x.part"),
        ("dump", f"shop_{STAMP}.dump"),
        ("remove", "shop_20261122_030100.dump"),
        ("remove", "shop_20261122_030200.dump"),
    ]


def test_a_dump_of_tables_is_a_series_of_its_own() -> None:
    some = {"whole": False, "tables": (EVENTS, PART)}
    shelf = Shelf((*dumps(1, 2), *dumps(3, 4, **some), *dumps(5, 6, database="other", **some)), free=10 * GIB)
    made = dump_plan(replace(DUMP, tables=("events",)), replace(FOUND, shelf=shelf))
    assert actions(made) == [("dump", f"shop_{STAMP}.dump"), ("remove", "shop_20261122_030300.dump")]
    assert made.steps[0].after == "rows of 2 of 4 tables of shop"


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"program": "14.9"}, Refused, "postgresql-client-15"),
        ({"source": replace(SOURCE, unreadable=("public.lines",))}, RightMissing, "GRANT pg_read_all_data TO shop_owner"),
        ({"shelf": Shelf(free=4 * GIB)}, Refused, "4096 MiB left, and a dump of shop may take 4160 MiB"),
    ],
)
def test_what_speaks_against_a_dump_is_said(changed: dict[str, Any], error: type[MainstayError], words: str) -> None:
    with pytest.raises(error, match=words):
        dump_plan(DUMP, replace(FOUND, **changed))


@pytest.mark.parametrize(
    ("before", "bytes_"),
    [((), 4 * GIB), ((GIB,), 2 * GIB), ((GIB, 3 * GIB), 4 * GIB), ((5 * GIB, 1), 2)],
)
def test_the_last_dump_tells_how_much_room_the_next_one_needs(before: tuple[int, ...], bytes_: int) -> None:
    assert needed(4 * GIB, [replace(MANIFEST, bytes=one) for one in before]) == bytes_ + RESERVE


@pytest.mark.parametrize(
    ("tables", "error", "words"),
    [
        (("Orders",), NotFound, "no table public.Orders in database shop, only public.events"),
        (("events_1",), Refused, "is a partition of public.events"),
    ],
)
def test_a_table_that_cannot_be_dumped_is_named(tables: tuple[str, ...], error: type[MainstayError], words: str) -> None:
    with pytest.raises(error, match=words):
        dump_plan(replace(DUMP, tables=tables), FOUND)


def test_a_whole_dump_becomes_another_database() -> None:
    found = replace(LOADABLE, server=replace(SERVER, leftovers=("mainstay_scratch_1",)))
    assert actions(load_plan(LOAD_ALL, found)) == [("drop", "mainstay_scratch_1"), ("load", f"shop_restored_{STAMP}")]
    swap = load_plan(REPLACE, LOADABLE).steps
    assert [step.after for step in swap[1:]] == [f"shop_before_{STAMP}", "shop"]


def test_tables_go_into_a_schema_with_their_partitions() -> None:
    made = load_plan(replace(LOAD_ALL, tables=("events", "public.orders")), LOADABLE)
    names = [f"shop: restored_{STAMP}.{name}" for name in ("events", "events_1", "orders")]
    assert [step.subject for step in made.steps] == names


@pytest.mark.parametrize(
    ("wanted", "changed", "error", "words"),
    [
        (LOAD_ALL, {"manifest": replace(MANIFEST, whole=False, tables=(ORDERS,))}, Refused, "rows of public.orders only"),
        (LOAD_ALL, {"manifest": replace(MANIFEST, pg_dump="16.1")}, Refused, "pg_restore 15.8 cannot"),
        (LOAD_ALL, {"server": replace(SERVER, may_create_databases=False)}, RightMissing, "ALTER ROLE shop_owner CREATEDB"),
        (replace(LOAD_ALL, into="shop"), {}, Refused, "none is overwritten"),
        (replace(LOAD_ALL, tables=("no",)), {}, NotFound, "in the dump shop_"),
        (REPLACE, {"server": replace(SERVER, connected=("app of web",))}, StillConnected, "1 sessions .* .app of web."),
        (REPLACE, {"server": replace(SERVER, owns=False)}, RightMissing, "does not own shop"),
        (REPLACE, {"server": replace(SERVER, databases=("postgres",))}, NotFound, "as into: shop"),
        (REPLACE, {"manifest": replace(MANIFEST, database="other")}, Refused, "is a dump of other"),
        (
            replace(LOAD_ALL, tables=("orders",)), {"server": replace(SERVER, may_create_schemas=False)},
            RightMissing, "GRANT CREATE ON DATABASE shop TO shop_owner",
        ),
        (
            replace(LOAD_ALL, tables=("orders", "old.orders")),
            {"manifest": replace(MANIFEST, tables=(*TABLES, Table("old", "orders", 1)))}, InvalidInput, "one by one",
        ),
    ],
)  # fmt: skip
def test_what_speaks_against_a_load_is_said(
    wanted: Load, changed: dict[str, Any], error: type[MainstayError], words: str
) -> None:
    with pytest.raises(error, match=words):
        load_plan(wanted, replace(LOADABLE, **changed))


def test_who_gave_disconnect_may_replace_a_database_in_use() -> None:
    found = replace(LOADABLE, server=replace(SERVER, connected=("app of web",)))
    assert load_plan(replace(REPLACE, disconnect=True), found).changed


@pytest.mark.parametrize("confirm", ["", "shop", "production shop", "staging  shop", "STAGING shop"])
def test_a_replacement_has_to_be_typed(confirm: str) -> None:
    given = {"database": {"dbname": "shop"}, "src": "/a.dump", "replace": True, "environment": "staging"}
    with pytest.raises(Refused, match='confirm: "staging shop"') as refused:
        LOAD.parse({**given, "confirm": confirm})
    assert refused.value.details == {"confirm": "staging shop"}
    assert LOAD.parse({**given, "confirm": "staging shop"}).load.word == "staging shop"


@pytest.mark.parametrize(
    "given",
    [{"name": "../up"}, {"name": "-x"}, {"name": "a\nb"}, {"tables": ('"x"',)}, {"tables": ("a.b.c",)}, {"tables": ("*",)},
     {"tables": ("orders; DROP TABLE orders",)}, {"keep": 0}, {"dest": "up"}, {"dest": "/a/../b"}, {"dest": "/$(id)"}],
    ids=str,
)  # fmt: skip
def test_a_name_with_odd_characters_is_no_dump(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        replace(DUMP, **given)


@pytest.mark.parametrize(
    "given",
    [
        {"into": "x y"},
        {"into": "a'b"},
        {"into": "a=b"},
        {"tables": ("-t",)},
        {"jobs": 0},
        {"src": "a.dump"},
        {"maintenance": "a b"},
    ],
    ids=str,
)
def test_nor_a_load(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        replace(LOAD_ALL, **given)


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert understood(written(MANIFEST), "a.json") == MANIFEST


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"format": 1}', '{"format": 2}', written(MANIFEST).replace("whole", "hole")]
)
def test_what_is_no_manifest_is_damage(text: str) -> None:
    with pytest.raises(DumpDamaged, match=r"is no manifest|later version"):
        understood(text, "a.json")


def test_rows_that_are_missing_or_too_many_are_told() -> None:
    assert differing({"a": 1, "b": 2, "c": 0}, {"a": 1, "b": 3, "c": 0}) == ["b has 3 rows instead of 2"]
    assert differing({"a": 1}, {}) == ["a has 0 rows instead of 1"]


def test_a_program_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LibraryMissing, match="postgresql-client"):
        version("pg_dump")


def test_what_a_program_says_quotes_no_rows() -> None:
    said = (
        "pg_restore: while PROCESSING TOC:\npg_restore: error: could not execute query: ERROR:  duplicate key\n"
        "DETAIL:  Key (mail)=(ann@example.com) already exists.\nCommand was: COPY x\nCONTEXT:  COPY orders, line 1: 7 secret\n"
    )
    assert errors(said) == "could not execute query: ERROR: duplicate key"
