"""Reports of runs as they come to be, and as nasty as they may be, in a directory of their own."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._report import page
from ansible_collections.mainstay.ops.plugins.module_utils._report.model import (
    Doing,
    Four,
    Gate,
    Line,
    Measurement,
    Record,
    Recovery,
)

T = 1_795_280_000.0
LONG = "v2024.11.21-feature_checkout.new-payment-provider-x-0a1b2c3d"
EVIL = "<script>document.title='taken over'</script>"
REASON = (
    f"app2 failed: replica 1 of api, shop-api-green-1, ended with exit code 3 {EVIL} while its health at port 22000 was waited "
    f'for. It wrote last: /srv/{"very_" * 40}long/path.py:1\nsecond line of what it wrote & "quotes"'
)
TRACE = ["Traceback (most recent call last):", f"  File '/srv/{'deep/' * 55}app.py', line 3", f"{EVIL}: no database at db1:5432"]
WORDS = ({"host": "app2", "replica": "api 1", "container": "shop-api-green-1", "lines": TRACE},) * 2


def compared(seconds: float, bad: float, verdict: str, metrics: Sequence[str] = ("api_errors", "web_errors")) -> dict[str, Any]:
    """What canary_check tells of so many seconds, in which this share of the canary's answers was bad."""
    chance = random.Random(7)
    counts = {metric: {"canary": [0, 0], "live": [0, 0]} for metric in metrics}
    timeline = []
    for second in range(0, int(seconds) + 1, max(1, int(seconds) // 120)):
        for sides in counts.values():
            for side, asked, rate in (("canary", 40, bad), ("live", 360, 0.004)):
                sides[side][0] += asked
                sides[side][1] += sum(chance.random() < rate for _answer in range(asked))
        timeline.append(
            {"at": float(second), "metrics": {name: {s: [*c] for s, c in one.items()} for name, one in counts.items()}}
        )
    seen = [
        {
            "name": name,
            "verdict": verdict,
            "chance": 0.0004,
            "told": f"{sides['canary'][1]} of {sides['canary'][0]} bad, beside {sides['live'][1]} of {sides['live'][0]}",
            **{side: {"requests": count[0], "bad": count[1]} for side, count in sides.items()},
        }
        for name, sides in counts.items()
    ]
    return {"seconds": seconds, "timeline": timeline, "metrics": seen}


def record(verdict: str, gates: Sequence[Gate], **changed: Any) -> Record:
    values: Mapping[str, Any] = {
        "environment": "production",
        "run": "9b2c7a51",
        "verb": "deploy",
        "asked": "v2-1a2b3c4d",
        "who": "dana",
        "started": T,
        "ended": gates[-1].at + 2,
        "verdict": verdict,
        "why": "",
        "before": "v1-5e6f7a8b",
        "now": "v2-1a2b3c4d" if verdict == "pass" else "v1-5e6f7a8b",
        "gates": tuple(gates),
    }
    return Record(**{**values, **changed})


def told(share: int) -> str:
    return f"the canary did as well as the live side with {share} % of the traffic"


CANARY = (
    Gate("plan", "pass", "", T + 1),
    Gate("migrate", "pass", "", T + 9),
    Gate("start 1", "pass", "", T + 640, share=0),
    Gate("route 1", "pass", told(10), T + 640, compared(600, 0.005, "pass"), share=10),
    Gate("route 2", "pass", told(50), T + 950, compared(300, 0.003, "pass"), share=50),
    Gate("route 3", "pass", "", T + 1010, share=100),
    Gate("retire 1", "pass", "", T + 1022),
)
FAILED_CANARY = (
    *CANARY[:2],
    Gate("start 1", "pass", "", T + 640),
    CANARY[3],
    Gate("route 2", "fail", REASON, T + 668, compared(24, 0.2, "fail"), share=50),
    Gate("undo", "pass", "", T + 669),
    Gate("undo route", "pass", "", T + 671),
    Gate("undo retire", "pass", "", T + 683, last_words=WORDS),
)
CRASHED = (
    Gate("plan", "pass", "", T + 1),
    Gate("start 1", "fail", REASON, T + 9, last_words=WORDS),
    Gate("undo retire", "inconclusive", "app1 unreachable: no route to host", T + 42),
)
ROLLING = tuple(Gate(f"{verb} {n}", "pass", "", T + 30 * n) for n in range(1, 9) for verb in ("start", "route"))
LINES = [
    Line(
        T - 3600 * n,
        ("deploy", "rollback")[n % 2],
        LONG if n % 5 == 0 else f"v{n}-1a2b3c4d",
        "dana" if n % 3 else "a.very.long.name.of.a.person@operations.example.com",
        ("pass", "fail", "inconclusive")[n % 3],
        REASON if n % 3 == 1 else "",
        61.0 * (n + 1),
        ("proven", "bad", "withdrawn", "")[n % 4],
        f"r{n}.html" if n % 2 else "",
    )
    for n in range(200)
]
MEASURED = tuple(
    Measurement(T - 604800.0 * n, None if n == 3 else (4.2, 31.0, 912.5)[n % 3], 140.0 + 35 * n, 300.0, 3600.0)
    for n in reversed(range(20))
)
DOINGS = tuple(
    Doing(
        T - 7200.0 * n,
        ("backup", "verify_backup", "check_backup", "restore")[n % 4],
        "db1" if n % 3 else f"{'long-' * 12}name.example.com",
        "timer",
        None if n % 4 == 2 else 95.0,
        ("pass", "fail", "under way", "unfinished", "inconclusive")[n % 5],
        REASON if n % 5 == 1 else "",
        MEASURED[n % 20] if n % 4 == 1 else Measurement(T),
    )
    for n in range(30)
)
RECOVERY = Recovery(T, DOINGS[0], DOINGS[1], DOINGS[3:4], MEASURED, DOINGS)
NOTHING_KNOWN = Recovery(T)
PAGES = {
    "passed_canary": page.report(record("pass", CANARY)),
    "failed_canary": page.report(record("fail", FAILED_CANARY, why=REASON, asked=LONG)),
    "crashed": page.report(record("fail", CRASHED, why=REASON, asked=f"{EVIL}-1", now="")),
    "rolling": page.report(record("pass", ROLLING, asked=LONG, before="", who="")),
    "index": page.index("production", Four(30, 14, 3.2, 19800.0, 0.07, 84.0), LINES, RECOVERY),
    "first_index": page.index(
        "staging", Four(1, 0, 0, None, None, None), LINES[:1], replace(RECOVERY, measurements=MEASURED[-1:])
    ),
    "empty_index": page.index("staging", Four(30, 0, 0, None, None, None), [], NOTHING_KNOWN),
}


def written(directory: Path) -> dict[str, str]:
    """The pages as files; their addresses by name."""
    for name, text in PAGES.items():
        (directory / f"{name}.html").write_text(text)
    return {name: (directory / f"{name}.html").as_uri() for name in PAGES}
