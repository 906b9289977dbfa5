# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter with which the role ledger hands what a module returned to operation_record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils._release.model import FAIL, INCONCLUSIVE, PASS

VERDICTS = (PASS, FAIL, INCONCLUSIVE)
ENDED_EARLY = "it ended before it could say how"
SILENT = "the host did not answer any more, so nobody knows how it ended"
RESTORE = "restore"
RECOVER = "recover"


def outcome(result: Mapping[str, Any], finished: bool = True) -> dict[str, Any]:
    """The verdict, why, about what, and all that was measured, from what backup_take, _check, _verify or _restore returned."""
    verdict, why = _verdict(result, finished)
    return {"verdict": verdict, "why": "" if verdict == PASS else why, "about": _about(result), "measured": _measured(result)}


def _verdict(result: Mapping[str, Any], finished: bool) -> tuple[str, str]:
    said, why = result.get("verdict"), str(result.get("told") or result.get("msg") or ENDED_EARLY)
    if result.get("unreachable"):
        return INCONCLUSIVE, SILENT
    if result.get("failed") or not finished:
        return (said if said in (FAIL, INCONCLUSIVE) else FAIL) if result else INCONCLUSIVE, why
    if not result or result.get("skipped"):
        return INCONCLUSIVE, ENDED_EARLY
    return said if said in VERDICTS else PASS, why


def _about(result: Mapping[str, Any]) -> list[str]:
    """Names of checks that did not pass; backup_check calls them check, and names the repository."""
    bad = [one for one in result.get("checks") or () if one.get("verdict") != PASS]
    return [" ".join(str(one[key]) for key in ("check", "name", "repository") if one.get(key)) for one in bad]


def _measured(result: Mapping[str, Any]) -> dict[str, float]:
    """Seconds end with _s. A restore says what its parts took, and its time to recover is that of two of them."""
    parts = _numbers(result.get("measured") or {})
    found = {f"{name}_s": value for name, value in parts.items()}
    found |= _numbers({name: result.get(name) for name in ("rpo_s", "rto_s")})
    if "rto_s" not in found and {RESTORE, RECOVER} <= parts.keys():
        found["rto_s"] = parts[RESTORE] + parts[RECOVER]
    backups = result.get("backups") or ()
    if backups:
        found["seconds"] = _sum(backups, "seconds")
        found["bytes"] = _sum(backups, "stored")
    return found


def _sum(backups: Iterable[Mapping[str, Any]], name: str) -> float:
    return float(sum(backup.get(name) or 0 for backup in backups))


def _numbers(given: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for name, value in given.items() if isinstance(value, int | float) and not isinstance(value, bool)}


class FilterModule:
    """Names of the filters, see their pages in the collection's documentation."""

    def filters(self) -> dict[str, Any]:
        return {"outcome": outcome}
