# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups and what was found of them, in the words of a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .._core.text import moment
from .._core.verdict import Verdict, overall
from .._store.textfile import Sample
from .evidence import Finding
from .model import Backup, BackupsUnsafe, NothingProven, Settings, Stanza
from .take import Taken

HELP = {
    "mainstay_backup_good": "1 if the last check of the backups passed, 0 if it failed or proved nothing.",
    "mainstay_backup_checked_timestamp_seconds": "When the backups were checked last.",
    "mainstay_backup_check_good": "1 if this part of the last check passed, 0 if it failed or proved nothing.",
    "mainstay_backup_check_value": "The number that this part of the check is about: seconds, bytes or a count.",
    "mainstay_backup_check_limit": "What the number is held against.",
}
MOST_TOLD = 6


def described(backup: Backup) -> dict[str, Any]:
    """A backup as a module returns it."""
    return {
        **{name: value for name, value in asdict(backup).items() if name not in ("kind", "references", "annotations")},
        "type": backup.kind,
        "references": list(backup.references),
        "annotations": dict(backup.annotations),
        "started": moment(backup.start),
        "stopped": moment(backup.stop),
        "seconds": backup.seconds,
        "bytes_per_second": int(backup.rate),
    }


def taken(one: Taken) -> dict[str, Any]:
    """As measured here, which is finer than the whole seconds that pgBackRest keeps."""
    return {**described(one.backup), "seconds": round(one.seconds, 3), "bytes_per_second": int(one.rate)}


def stanza(found: Stanza, settings: Settings) -> Mapping[str, Any]:
    """All that lies in the repositories."""
    kinds = {one.number: one.kind for one in settings.repositories}
    return {
        "stanza": found.name,
        "busy": found.busy,
        "repositories": [
            {"number": one.number, "type": kinds.get(one.number, ""), "cipher": one.cipher, "status": one.problem or "ok"}
            for one in found.repositories
        ],
        "backups": [described(backup) for backup in found.backups],
        "archives": [asdict(archive) for archive in found.archives],
        "clusters": [asdict(identity) for identity in found.identities],
    }


def checked(found: Sequence[Finding]) -> Mapping[str, Any]:
    """The verdict, a sentence, and each finding."""
    verdict = overall(one.verdict for one in found)
    checks = [{**asdict(one), "verdict": str(one.verdict)} for one in found]
    return {"verdict": str(verdict), "told": _told(verdict, found), "checks": checks}


def demand_pass(told: Mapping[str, Any]) -> None:
    """Raise ``BackupsUnsafe`` if something failed, and ``NothingProven`` if something is not known, unless all passed."""
    if told["verdict"] != Verdict.PASS:
        raise (BackupsUnsafe if told["verdict"] == Verdict.FAIL else NothingProven)(told["told"], **told)


def samples(name: str, found: Sequence[Finding], now: float) -> Iterator[Sample]:
    """The findings as metrics; a part that could not be known is not good."""
    scope = {"stanza": name}
    good = overall(one.verdict for one in found) is Verdict.PASS
    yield "mainstay_backup_good", scope, f"{good:d}"
    yield "mainstay_backup_checked_timestamp_seconds", scope, f"{now:.3f}"
    for one in found:
        labels = {**scope, "check": one.check, "repository": str(one.repository or "")}
        yield "mainstay_backup_check_good", labels, f"{one.verdict is Verdict.PASS:d}"
        if one.value is not None:
            yield "mainstay_backup_check_value", labels, f"{one.value:.3f}"
        if one.limit is not None:
            yield "mainstay_backup_check_limit", labels, f"{one.limit:.3f}"


def _told(verdict: Verdict, found: Sequence[Finding]) -> str:
    bad = [one for one in found if one.verdict is verdict]
    if verdict is Verdict.PASS:
        return f"the backups are fresh, whole and protected: {len(found)} checks passed"
    what = "the backups are not safe" if verdict is Verdict.FAIL else "the backups could not be proven safe"
    rest = f"; and {len(bad) - MOST_TOLD} more" if len(bad) > MOST_TOLD else ""
    return f"{what}: {'; '.join(f'{_where(one)}{one.check}: {one.told}' for one in bad[:MOST_TOLD])}{rest}"


def _where(one: Finding) -> str:
    return f"repository {one.repository}, " if one.repository else ""
