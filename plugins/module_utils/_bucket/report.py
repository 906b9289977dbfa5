# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was found of a bucket, in the words of a module and of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .._core.verdict import Verdict, overall
from .._store.textfile import Sample
from .model import BucketUnproven, BucketUnsafe
from .verdict import Finding

HELP = {
    "mainstay_bucket_good": "1 if the last check of the bucket passed, 0 if it failed or proved nothing.",
    "mainstay_bucket_checked_timestamp_seconds": "When the bucket was checked last.",
    "mainstay_bucket_check_good": "1 if this part of the last check passed, 0 if it failed or proved nothing.",
}


def checked(name: str, found: Sequence[Finding]) -> Mapping[str, Any]:
    """The verdict, a sentence, and each finding."""
    verdict = overall(one.verdict for one in found)
    checks = [{**asdict(one), "verdict": str(one.verdict)} for one in found]
    return {"verdict": str(verdict), "told": _told(name, verdict, found), "checks": checks}


def demand_pass(told: Mapping[str, Any]) -> None:
    """Raise ``BucketUnsafe`` if something failed, and ``BucketUnproven`` if something is not known, unless all passed."""
    if told["verdict"] != Verdict.PASS:
        raise (BucketUnsafe if told["verdict"] == Verdict.FAIL else BucketUnproven)(told["told"], **told)


def samples(name: str, found: Sequence[Finding], now: float) -> Iterator[Sample]:
    scope = {"bucket": name}
    good = overall(one.verdict for one in found) is Verdict.PASS
    yield "mainstay_bucket_good", scope, f"{good:d}"
    yield "mainstay_bucket_checked_timestamp_seconds", scope, f"{now:.3f}"
    for one in found:
        yield "mainstay_bucket_check_good", {**scope, "check": one.check}, f"{one.verdict is Verdict.PASS:d}"


def _told(name: str, verdict: Verdict, found: Sequence[Finding]) -> str:
    if verdict is Verdict.PASS:
        return f"the bucket {name} is as wanted: {len(found)} checks passed"
    what = "is not as wanted" if verdict is Verdict.FAIL else "could not be proven to be as wanted"
    bad = "; ".join(f"{one.check}: {one.told}" for one in found if one.verdict is verdict)
    return f"the bucket {name} {what}: {bad}"
