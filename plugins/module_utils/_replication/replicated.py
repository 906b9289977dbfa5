# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a running server says of replication, over a connection or by psql on its socket: one question, one answer in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._backup.owner import said
from .._backup.wal import lsn
from .._postgres.model import Database, Limits
from .._postgres.postgres import session
from .model import Instance, Server, Slot, Standby

LIMITS = Limits(lock=5, statement=60, deadline=3600)
ASK_S = 30.0
SEGMENT = 16 * 2**20
TIMELINE = "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"
POSITION = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"
STANDBYS = """
SELECT json_agg(json_build_object('pid', pid, 'name', application_name, 'state', state,
  'address', coalesce(host(client_addr), 'local'), 'replayed', coalesce(replay_lsn, '0/0')::text, 'sync', sync_state,
  'lag_bytes', greatest(0, pg_wal_lsn_diff(@position@, coalesce(replay_lsn, '0/0'))),
  'lag_seconds', extract(epoch FROM replay_lag)) ORDER BY application_name, pid) FROM pg_stat_replication
"""
SLOTS = """
SELECT json_agg(json_build_object('name', slot_name, 'active', active, 'pid', active_pid, 'wal_status', wal_status,
  'kept', coalesce(greatest(0, pg_wal_lsn_diff(@position@, restart_lsn)), 0)) ORDER BY slot_name)
FROM pg_replication_slots WHERE slot_type = 'physical'
"""
LOOK = """
SELECT json_build_object(
  'system_id', (SELECT system_identifier::text FROM pg_control_system()),
  'in_recovery', pg_is_in_recovery(),
  'timeline', CASE WHEN pg_is_in_recovery() THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver),
    (SELECT timeline_id FROM pg_control_checkpoint())) ELSE @timeline@ END,
  'position', (@position@)::text,
  'received', pg_last_wal_receive_lsn()::text,
  'oldest', (SELECT min(substr(name, 9)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'),
  'segment', (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
  'streaming', EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'),
  'upstream', (SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver),
  'slot', current_setting('primary_slot_name', true),
  'delay', CASE WHEN pg_is_in_recovery() THEN CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END END,
  'version', current_setting('server_version_num')::int / 10000,
  'settled', CASE WHEN pg_is_in_recovery() THEN true
    ELSE (SELECT timeline_id FROM pg_control_checkpoint()) = @timeline@ END,
  'size', (SELECT sum(pg_database_size(oid)) FROM pg_database),
  'tablespaces', (SELECT count(*) - 2 FROM pg_tablespace),
  'standbys', (@standbys@), 'slots', (@slots@))
"""
for _mark, _part in {"standbys": STANDBYS, "slots": SLOTS, "position": POSITION, "timeline": TIMELINE}.items():
    LOOK = LOOK.replace(f"@{_mark}@", _part)


def remote(database: Database) -> Server:
    """The server at the other end; its rights are those of pg_monitor. Raises ``Unavailable``."""
    with session(database, LIMITS) as connection:
        [(found,)] = connection.execute(LOOK.encode()).fetchall()
    return server(found if isinstance(found, Mapping) else json.loads(found))


def here(instance: Instance, binaries: Path) -> Server | None:
    """The server of this host, None where it does not answer (yet)."""
    code, text = psql(instance, binaries, LOOK)
    if code:
        return None
    try:
        return server(json.loads(text))
    except ValueError:
        return None


def psql(instance: Instance, binaries: Path, query: str, timeout: float = ASK_S) -> tuple[int, str]:
    """As the owner over the server's own socket, which needs no password."""
    place = address(Path(instance.data))
    if place is None:
        return 1, "the server does not run"
    directory, port = place
    where = ["-h", directory, "-p", port, "-U", instance.superuser, "-d", "postgres"]
    return said(instance.user, [str(binaries / "psql"), "-XAtq", *where, "-c", query], timeout, {"PGCONNECT_TIMEOUT": "5"})


def address(data: Path) -> tuple[str, str] | None:
    """Directory of the socket and port, as the server wrote them into postmaster.pid (miscadmin.h: lines 4 and 5)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return (lines[4], lines[3]) if lines[4] else None
    except (OSError, IndexError):
        return None


def server(found: Mapping[str, Any]) -> Server:
    """From the answer in JSON."""
    standbys = {row["pid"]: _standby(row) for row in found["standbys"] or ()}
    return Server(
        system_id=int(found["system_id"]) % 2**64,
        in_recovery=found["in_recovery"],
        timeline=int(found["timeline"]),
        position=lsn(found["position"] or "0/0"),
        oldest=_begin(found["oldest"], int(found["segment"] or SEGMENT)),
        received=lsn(found["received"] or "0/0"),
        streaming=found["streaming"],
        upstream=found["upstream"] or "",
        slot=found["slot"] or "",
        delay=None if found["delay"] is None else float(found["delay"]),
        version=str(found["version"]),
        settled=found["settled"],
        size=int(found["size"] or 0),
        tablespaces=int(found["tablespaces"]),
        standbys=tuple(standbys.values()),
        slots=tuple(_slot(row, standbys.get(row["pid"])) for row in found["slots"] or ()),
    )


def _begin(segment: str | None, size: int) -> int:
    """Where the segment begins; its name is without the timeline."""
    return (int(segment[:8], 16) * (2**32 // size) + int(segment[8:], 16)) * size if segment else 0


def _standby(row: Mapping[str, Any]) -> Standby:
    return Standby(
        name=row["name"] or "unnamed",
        state=row["state"] or "",
        address=row["address"],
        replayed=lsn(row["replayed"]),
        lag_bytes=int(row["lag_bytes"]),
        lag_seconds=None if row["lag_seconds"] is None else float(row["lag_seconds"]),
        sync=row["sync"] or "async",
    )


def _slot(row: Mapping[str, Any], standby: Standby | None) -> Slot:
    return Slot(row["name"], bool(row["active"]), int(row["kept"]), row["wal_status"] or "", standby)
