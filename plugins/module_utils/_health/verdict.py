# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From probes to a verdict. No data is never a pass.

pass          the last answers in a row were right, as many as the policy asks for
fail          an answer spoke against the endpoint: it was wrong, late, cut off or refused, and no pass came after it
inconclusive  nothing spoke against it, and nothing proves it: it was never reached, or gave too few answers
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .._core.text import without
from .._core.verdict import Verdict
from .model import NO_DATA, Answer, Cause, Endpoint, Result, Trial, Trouble
from .ready import complaint, in_a_row, is_healthy
from .router import router_of

EXCERPT = 500


def tried(endpoint: Endpoint, answer: Answer) -> Trial:
    """The answer, judged, and stripped of whatever need not be kept or must not be shown."""
    router = router_of(answer, expects_json=endpoint.expects_json)
    trouble = complaint(endpoint, answer, router)
    safe = trouble and Trouble(trouble.cause, without(trouble.text, endpoint.secrets))
    return Trial(answer.seconds, safe, answer.status, excerpt(answer.body, endpoint.secrets))


def excerpt(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The beginning of a body as one line that a terminal may show."""
    text = " ".join(without(body.decode("utf-8", "replace"), secrets).split())
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[:EXCERPT])


def judge(endpoint: Endpoint, trail: tuple[Trial, ...], healthy: int) -> Result:
    """The verdict on an endpoint after these probes."""
    verdict = verdict_of(trail, healthy)
    troubles = [trial.trouble for trial in trail if trial.trouble]
    last = trail[-1] if trail else Trial(0.0)
    times = [trial.seconds for trial in trail if not is_blind(trial)]
    return Result(
        name=endpoint.name,
        address=endpoint.target.address,
        verdict=verdict,
        cause=troubles[-1].cause if troubles and verdict is not Verdict.PASS else Cause.NONE,
        attempts=len(trail),
        consecutive=in_a_row(trail),
        p50_ms=percentile(times, 0.50),
        p95_ms=percentile(times, 0.95),
        status=last.status,
        excerpt=last.excerpt,
        error=troubles[-1].text if troubles else "",
    )


def verdict_of(trail: tuple[Trial, ...], healthy: int) -> Verdict:
    if trail and is_healthy(trail, healthy):
        return Verdict.PASS
    spoke_against = any(trial.trouble and not is_blind(trial) for trial in trail)
    return Verdict.FAIL if spoke_against else Verdict.INCONCLUSIVE


def is_blind(trial: Trial) -> bool:
    """The probe did not get far enough to learn anything of the endpoint."""
    return trial.trouble is not None and trial.trouble.cause in NO_DATA


def percentile(seconds: Sequence[float], share: float) -> float | None:
    """Milliseconds within which this share of the probes was answered (nearest rank)."""
    if not seconds:
        return None
    return round(sorted(seconds)[math.ceil(share * len(seconds)) - 1] * 1000, 2)
