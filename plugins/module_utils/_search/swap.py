# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What comes back from a snapshot, under which names, and what the alias leads to afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._core.errors import NotFound
from .._core.plan import Plan, Step
from .._core.text import listed
from .model import (
    INDEX,
    AliasIsIndex,
    Catalogue,
    Restored,
    Restoring,
    Snapshot,
    SnapshotNotGood,
    StillUsed,
    Swap,
    TargetExists,
    Unconfirmed,
)
from .ready import is_good, matches, newest_good

RESTORE, SWAP, DROP = "restore", "swap", "drop"
Holders = Mapping[str, Mapping[str, Any]]
"""The indices of an alias, with its properties there."""


def chosen(wanted: Restoring, snapshots: Iterable[Snapshot]) -> Snapshot:
    """The snapshot that is meant, which must be a good one."""
    if wanted.prefix:
        newest = newest_good(wanted.prefix, snapshots)
        if not newest:
            raise NotFound(f"the repository {wanted.repository} has no good snapshot with the prefix {wanted.prefix}")
        return newest
    found = next((one for one in snapshots if one.name == wanted.snapshot), None)
    if not found:
        raise NotFound(f"the repository {wanted.repository} has no snapshot {wanted.snapshot}: see search_snapshot_info")
    if not is_good(found):
        why = listed(failure.shown for failure in found.failures[:5])
        raise SnapshotNotGood(
            f"the snapshot {found.name} is {found.state}, and would come back with holes: {why}. Choose another"
        )
    return found


def targets(wanted: Restoring, snapshot: Snapshot) -> tuple[Restored, ...]:
    """The indices that come back, with their new names."""
    missing = [pattern for pattern in wanted.indices if not any(matches(name, pattern) for name in snapshot.indices)]
    if missing:
        raise NotFound(f"the snapshot {snapshot.name} does not hold {listed(missing)}: it has {listed(snapshot.indices[:20])}")
    meant = [name for name in snapshot.indices if any(matches(name, pattern) for pattern in wanted.indices)]
    return tuple(Restored(name, INDEX.check(f"{name}{wanted.suffix}")) for name in sorted(meant))


def taken(restored: Restored, catalogue: Catalogue) -> bool:
    return restored.target in {*catalogue.indices, *catalogue.aliases, *catalogue.streams}


def refuse_taken(restored: Restored) -> None:
    if not restored.there:
        raise TargetExists(
            f"{restored.target} exists already, and the server does not say that it is from this snapshot: give another suffix, "
            "or delete it when nobody needs it"
        )


def plan_restored(wanted: Restoring, restored: tuple[Restored, ...], catalogue: Catalogue, holders: Holders, place: str) -> Plan:
    """What is not there comes back, then the alias leads to it, then goes what was named."""
    back = tuple(Step(RESTORE, one.target, "", f"from {one.source}", one) for one in restored if not one.there)
    swap = swapped(wanted, restored, catalogue, holders)
    gone = tuple(Step(DROP, name, "an index", "", name) for name in _dropped(wanted, restored, catalogue))
    plan = Plan((*back, *([_swap(swap)] if swap else []), *gone))
    _confirmed(wanted, plan, swap, place)
    return plan


def swapped(wanted: Restoring, restored: tuple[Restored, ...], catalogue: Catalogue, holders: Holders) -> Swap | None:
    """How the alias gets to lead to what came back, with the properties that it had; None if it does, or nobody asked."""
    if wanted.alias in catalogue.indices or wanted.alias in catalogue.streams:
        raise AliasIsIndex(
            f"{wanted.alias} is no alias but an index itself, so nothing can be swapped. Restore without alias; then let the "
            "application stop writing, and send one POST _aliases with remove_index of the old and add of the new index"
        )
    names = {one.target for one in restored}
    if not wanted.alias or set(holders) == names:
        return None
    only = next(iter(holders.values())) if len(holders) == 1 else {}
    leads = {one.target: holders.get(one.target, holders.get(one.source, only)) for one in restored}
    return Swap(wanted.alias, tuple(sorted(set(holders) - names)), leads)


def _swap(swap: Swap) -> Step:
    return Step(SWAP, swap.alias, listed(swap.leaves) if swap.leaves else "", listed(swap.leads), swap)


def _dropped(wanted: Restoring, restored: tuple[Restored, ...], catalogue: Catalogue) -> list[str]:
    back = {one.target for one in restored}
    for name in wanted.drop:
        using = [alias for alias, indices in catalogue.aliases.items() if name in indices and alias != wanted.alias]
        if name in back or using:
            raise StillUsed(
                f"the index {name} is still needed: {'it was restored' if name in back else f'{listed(using)} leads to it'}"
            )
    return [name for name in dict.fromkeys(wanted.drop) if name in catalogue.indices]


def _confirmed(wanted: Restoring, plan: Plan, swap: Swap | None, place: str) -> None:
    replaced = [*([swap.alias] if swap and swap.leaves else []), *(step.subject for step in plan.steps if step.action == DROP)]
    word = f"{place}/{','.join(replaced)}"
    if replaced and wanted.confirm != word:
        raise Unconfirmed(
            f"{listed(replaced)} would be replaced or deleted at {place}. If that is meant, run it again with confirm: {word}",
            confirm=word,
            steps=plan.as_list(),
        )


def short(restored: Iterable[Restored], snapshot: Snapshot, counted: Mapping[str, int], shrinkage: float) -> list[str]:
    """Restored indices that lack more documents than may be, in words; those that were never counted pass."""
    return [
        f"{one.target} has {counted[one.target]} documents, and {one.source} had {snapshot.documents[one.source]}"
        for one in restored
        if one.source in snapshot.documents and one.target in counted
        if counted[one.target] < snapshot.documents[one.source] * (1 - shrinkage)
    ]
