"""The schema changes once for a release, and old code is kept from a schema that it cannot live with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import fleet
import pytest

pytestmark = pytest.mark.fleet

COUNT = (
    "CREATE TABLE counted (tag text)",
    "CREATE FUNCTION count_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER "
    "AS 'BEGIN INSERT INTO public.counted VALUES (tg_tag); END'",
    "CREATE EVENT TRIGGER count_ddl ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION count_ddl()",
)
INDEX = """-- mainstay: accept require-concurrent-index-creation because the table is small
CREATE INDEX orders_by_item ON orders (item);
"""
FORGET = (
    "DROP EVENT TRIGGER IF EXISTS count_ddl",
    "DROP FUNCTION IF EXISTS count_ddl",
    "DROP TABLE IF EXISTS counted",
    "DROP INDEX IF EXISTS orders_by_item",
    "DELETE FROM mainstay.migrations WHERE name = 'index_orders'",
)


@pytest.fixture
def migrations(calm: fleet.Snapshot, tmp_path: Path) -> Iterator[dict[str, object]]:
    """One migration more than the application has, not declared compatible; the database counts how often it runs."""
    directory = tmp_path / "migrations"
    shutil.copytree(fleet.ROOT / "sandbox/application/migrations/v3", directory)
    (directory / "0003_index_orders.up.sql").write_text(INDEX)
    for statement in (*FORGET, *COUNT):
        fleet.sql(statement)
    yield {**fleet.inventory("mainstay_migration"), "src": str(directory)}
    for statement in FORGET:
        fleet.sql(statement)


def test_the_schema_changes_once_and_keeps_old_code_from_coming_back(calm: fleet.Snapshot, migrations: dict[str, object]) -> None:
    wanted = calm.next
    ran = fleet.playbook("deploy", version=wanted, strategy="rolling", batch="1", mainstay_migration=migrations)
    assert ran.rc == 0, ran.output
    assert fleet.sql("SELECT count(*) FROM counted").strip() == "1", "three batches, one migration"
    before = fleet.snapshot()
    refused = fleet.playbook("rollback", mainstay_migration=migrations)
    assert refused.rc != 0
    assert "0003_index_orders came after it and is not declared compatible with older code" in refused.words
    assert fleet.snapshot() == before
    forced = fleet.playbook("rollback", mainstay_migration=migrations, force_schema=True)
    assert forced.rc == 0, forced.output
    assert fleet.snapshot().version == calm.version
    assert fleet.what_hinders() == []
