# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases, operations and what the ledger says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SLOTS = ("blue", "green")
KINDS = ("web", "websocket", "worker")
ROUTED = ("web", "websocket")
PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
BEFORE_HOSTS = ("plan", "migrate")
"""Phases before the first that changes an application host or a router."""

Spec = Mapping[str, Any]
"""A service as the inventory describes it, checked by ``services.check``."""


def other(slot: str) -> str:
    """The slot beside this one."""
    return SLOTS[1 - SLOTS.index(slot)]


@dataclass(frozen=True)
class Release:
    """An immutable record of what was, or is to be, put into service.

    ``images`` maps services to ``repository@digest``; ``services`` is their configuration without any secret, so that a
    rollback restores both together. ``schema`` is the newest migration that the release knows.
    """

    id: str
    version: str
    images: Mapping[str, str]
    services: Mapping[str, Spec]
    configuration: str
    schema: str = ""
    who: str = ""
    when: float = 0.0


@dataclass(frozen=True)
class Mark:
    """What became of a release: ``proven`` good, ``withdrawn`` by a rollback, ``bad``, or ``cleared`` of it by somebody."""

    release: str
    mark: str
    why: str = ""
    who: str = ""
    when: float = 0.0


@dataclass(frozen=True)
class Performed:
    """An operation that ended. ``slot`` is the live one afterwards, ``release`` what runs in it.

    ``override`` is why it went on although users did not get what was promised to them, where somebody said so. ``accepted`` are
    the rules that its migrations break on purpose: file, line, rule and reason of each.
    """

    run: str
    verb: str
    release: str
    slot: str
    verdict: str
    asked: str = ""
    why: str = ""
    who: str = ""
    started: float = 0.0
    when: float = 0.0
    override: str = ""
    accepted: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Work:
    """Work on the data of a database host, such as a backup: that it began, where ``verdict`` is "", or how it ended.

    Times are seconds since the epoch; ``within`` is how many seconds it may take at most. ``about`` names what did not pass.
    ``measured`` maps what was measured to numbers, ``rpo_s`` and ``rto_s`` among them, and ``targets`` the same names to what
    they are held against.
    """

    run: str
    verb: str
    host: str
    verdict: str = ""
    why: str = ""
    who: str = ""
    started: float = 0.0
    when: float = 0.0
    within: float = 0.0
    about: Sequence[str] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """The fold of all records: releases by id in the order of their first deploy, the last mark of each, operations."""

    releases: Mapping[str, Release] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    operations: tuple[Performed, ...] = ()

    @property
    def live(self) -> Performed | None:
        """The operation that put the present release into service; operations that changed nothing name it again."""
        ended = [done for done in self.operations if done.slot]
        return ended[-1] if ended else None

    def is_bad(self, release: str) -> bool:
        return release in self.marks and self.marks[release].mark == "bad"

    def is_proven(self, release: str) -> bool:
        return release in self.marks and self.marks[release].mark == "proven"


@dataclass(frozen=True)
class Phase:
    """The verdict on one phase of a run, with the reason where it is not ``pass``, and the ``numbers`` of a canary.

    ``last_words`` are what replicas that failed, or were taken back, wrote last: host, replica, container and lines of each.
    ``share`` is the percentage of the traffic that the release had in a step of a canary, 0 elsewhere.
    ``accepted`` are the rules that migrations break on purpose: file, line, rule and reason of each.
    """

    name: str
    verdict: str
    why: str = ""
    blames_release: bool = False
    at: float = 0.0
    numbers: Mapping[str, Any] = field(default_factory=dict)
    last_words: Sequence[Mapping[str, Any]] = ()
    share: int = 0
    accepted: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Journal:
    """The operation under way: from where it started, what it is after, which phases it must pass, which were judged.

    ``origin`` is the release id that was live at the start ("" before the first deploy), in slot ``origin_slot``; ``resumes``
    says that the run before was interrupted, and may have left the fleet between two releases. ``tolerated`` are the promises to
    users that were not kept already when it began, and ``override`` is why it went on in spite of that. ``application`` is "" in
    the journal of a run that began before it was written down.
    """

    run: str
    verb: str
    release: str
    slot: str
    origin: str = ""
    origin_slot: str = ""
    who: str = ""
    started: float = 0.0
    expected: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    resumes: bool = False
    application: str = ""
    override: str = ""
    tolerated: tuple[str, ...] = ()

    @property
    def has_touched_hosts(self) -> bool:
        """Something may have to be undone; planning and migrating leave application hosts and routers alone."""
        return self.resumes or any(phase.name not in BEFORE_HOSTS for phase in self.phases)

    @property
    def decisive(self) -> Phase:
        """The first phase that did not pass, or that was never judged although it had to be; else the last one."""
        judged = [phase.name for phase in self.phases]
        bad = [phase for phase in self.phases if phase.verdict != PASS]
        missed = [Phase(name, INCONCLUSIVE, f"the phase {name} was never judged") for name in self.expected if name not in judged]
        return next(iter([*bad, *missed]), Phase("all", PASS))

    @property
    def verdict(self) -> str:
        """``pass`` only if every phase that had to be passed was."""
        return self.decisive.verdict

    @property
    def why(self) -> str:
        return self.decisive.why

    @property
    def blames_release(self) -> bool:
        """The release itself was seen to be at fault, not a host or a server that it needs.

        Phases that are not expected, those of recovering and of undoing, speak of the release before.
        """
        return any(phase.blames_release for phase in self.phases if phase.verdict == FAIL and phase.name in self.expected)


@dataclass(frozen=True)
class Fleet:
    """What every host answered: replicas by application host, servers by router, and who did not answer and why.

    ``addresses`` and ``entrances`` are where the operations host reaches the application hosts and the routers, ``statistics``
    the pages on which the routers tell what they count.
    """

    replicas: Mapping[str, Sequence[Mapping[str, Any]]]
    servers: Mapping[str, Sequence[Mapping[str, Any]]]
    addresses: Mapping[str, str]
    entrances: Mapping[str, str]
    statistics: Mapping[str, str] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
