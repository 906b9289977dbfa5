"""A cluster of three as it should be, to be changed by tests: db1 leads on timeline 3, db2 and db3 stream from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._patroni.model import Cluster, Member, Said

WRITTEN = 10_000_000
LEADING = Said("running", True, 3, written=WRITTEN, followers=frozenset({"db2", "db3"}), scope="shop")
FOLLOWING = Said("running", False, 3, received=WRITTEN, replayed=WRITTEN, scope="shop", started="monday")
DB1 = Member("db1", "leader", "running", "http://db1:8008/patroni", timeline=3, said=LEADING)
DB2 = Member("db2", "replica", "running", "http://db2:8008/patroni", timeline=3, said=FOLLOWING)
DB3 = replace(DB2, name="db3", api_url="http://db3:8008/patroni")
SOUND = Cluster((DB1, DB2, DB3))


def saying(member: Member, **said: Any) -> Member:
    """The member with other words of its own."""
    assert member.said
    return replace(member, said=replace(member.said, **said))


def having(*members: Member, **changes: Any) -> Cluster:
    """The sound cluster with these members instead of those of the same names."""
    names = {one.name: one for one in members}
    return replace(SOUND, members=tuple(names.get(one.name, one) for one in SOUND.members), **changes)
