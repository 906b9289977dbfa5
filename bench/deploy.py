# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows ``deploy-noop``, ``deploy-rolling``, ``overhead`` and ``rollback``: whole playbooks on a fleet, beside stock modules.

Ten hosts are too many for a small machine, so deploy-noop stops at three. The peer does not watch a release bake before it goes
on, so neither does our side here. Both run the same services on the same hosts behind an HAProxy of their own, with the images
present.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from cost import Cost
from fleet import NETWORK, PEERS, Fleet, fleet
from row import Measured, Row, measure, row

from sandbox.customers import shopping

IDS = ("deploy-noop", "deploy-rolling", "overhead", "rollback")
HOSTS = 4
REQUESTS = 40.0  # in a second
NOOP_GOALS = {1: "0.15x", 3: "0.15x"}
OURS = "mainstay.ops.deploy"
PLAIN = {"mainstay_bake": "0s"}
SWITCHED = {"strategy": "blue_green", **PLAIN}
ROUTERS = (f"{NETWORK}.31", f"{NETWORK}.32")
STOCK = "haproxy, docker_container and uri, serial: 1"
REMOVE = "docker ps -aq --filter label=ops.mainstay.version={version} | xargs -r docker rm -f"


@dataclass(frozen=True)
class Rollout:
    """One rolling deploy: what it cost the controller, and what the customers got meanwhile."""

    cost: Cost
    requests: float
    failed: float


Pair = tuple[Rollout, Rollout]


def rows(runs: int, wanted: Sequence[str] = IDS) -> Iterator[Row]:
    """The rows that are wanted, each as soon as it is known."""
    with fleet(HOSTS) as made:
        if "deploy-noop" in wanted:
            yield from noop_rows(made, runs)
        if {"deploy-rolling", "overhead"} & set(wanted):
            pairs = rolling_pairs(made, runs)
            yield from (found for found in (*rolling_rows(pairs), *overhead_rows(pairs)) if _is_of(found, wanted))
        if "rollback" in wanted:
            yield rollback_row(made, runs)


def _is_of(found: Row, wanted: Sequence[str]) -> bool:
    return any(found.id.startswith(name) for name in wanted)


def noop_rows(made: Fleet, runs: int) -> Iterator[Row]:
    """Everything is as it is wanted already; the fleet grows between the rows."""
    for apps, goal in NOOP_GOALS.items():
        settle(made, apps)
        ours, peer = measure(runs, partial(again, made, OURS, apps), partial(again, made, str(PEERS / "converged.yml"), apps))
        name = f"deploy-noop, {apps} host{'s' if apps > 1 else ''}"
        yield row(name, ours, peer, goal=goal, unit="s", against="40 stock tasks, pipelined")


def again(made: Fleet, playbook: str, apps: int) -> float:
    return made.play(playbook, {"version": "v2"}, apps).seconds


def settle(made: Fleet, apps: int) -> None:
    """Both sides run v2, and have what is measured next at hand."""
    made.play(str(PEERS / "prepare.yml"), {"version": "v2"}, apps)
    made.play(OURS, {"version": "v2", **PLAIN}, apps)


def rolling_pairs(made: Fleet, runs: int) -> list[Pair]:
    """To v3 and back to v2 and so on, ours and the peer's in turn."""
    settle(made, HOSTS)
    versions = cycle(("v3", "v2"))
    return [
        (_rollout(made, OURS, 80, version), _rollout(made, str(PEERS / "rolling.yml"), 8080, version))
        for version, _ in zip(versions, range(runs), strict=False)
    ]


def _rollout(made: Fleet, playbook: str, port: int, version: str) -> Rollout:
    with shopping([f"{router}:{port}" for router in ROUTERS], REQUESTS) as customers:
        cost = made.play(playbook, {"version": version, **PLAIN})
    return Rollout(cost, customers.count, customers.failed)


def rolling_rows(pairs: Sequence[Pair]) -> Iterator[Row]:
    """A median would hide the one run that failed requests, so these are counted over all runs."""
    took = sides(pairs, lambda done: done.cost.seconds)
    yield row("deploy-rolling", *took, goal="0.35x", unit=f"s, {HOSTS} hosts", against=STOCK)
    ours, peer = (Measured((sum(side.values),)) for side in sides(pairs, lambda done: done.failed))
    asked = " and ".join(f"{sum(side.values):.0f}" for side in sides(pairs, lambda done: done.requests))
    yield Row("deploy-rolling, failed", ours, peer, None, "0 or less", f"failed in all, of {asked} requests", STOCK)


def overhead_rows(pairs: Sequence[Pair]) -> Iterator[Row]:
    cpu, sent = sides(pairs, lambda done: done.cost.cpu_seconds), sides(pairs, lambda done: done.cost.bytes_sent / 1000)
    yield row("overhead, CPU", *cpu, goal="0.3x", unit="CPU s of the controller", against=STOCK)
    yield row("overhead, sent", *sent, goal="0.1x", unit="kB sent over SSH", against=STOCK)


def sides(pairs: Sequence[Pair], figure: Callable[[Rollout], float]) -> tuple[Measured, Measured]:
    ours, peer = (Measured(tuple(figure(pair[side]) for pair in pairs)) for side in (0, 1))
    return ours, peer


def rollback_row(made: Fleet, runs: int) -> Row:
    """Back to v2, which still runs beside; then to v3 by our own deploy, where nothing of v3 runs any more."""
    made.play(OURS, {"version": "v2", **PLAIN})
    made.play(OURS, {"version": "v3", **SWITCHED})

    def back() -> float:
        cost = made.play("mainstay.ops.rollback", {"version": "v2", **SWITCHED})
        made.ask("app", "ansible.builtin.shell", {"cmd": REMOVE.format(version="v3")})
        return cost.seconds

    def cold() -> float:
        return made.play(OURS, {"version": "v3", **SWITCHED}).seconds

    ours, peer = measure(runs, back, cold)
    return row(
        "rollback",
        ours,
        peer,
        goal="0.25x; 5 s or less",
        unit=f"s, {HOSTS} hosts",
        against="a deploy of a version that does not run",
    )
