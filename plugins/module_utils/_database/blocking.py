# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who holds up whom, as trees: a session that waits for nobody at the root, those that wait for it below.

What waits in a circle, until the server notices the deadlock, has no root; the lowest pid of it stands in for one.
A prepared transaction has no session: it stands as pid 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .model import Session

Waiting = Mapping[int, tuple[int, ...]]


@dataclass(frozen=True)
class Branch:
    """A session in a tree; ``depth`` is 0 at the root."""

    pid: int
    depth: int


@dataclass(frozen=True)
class Tree:
    """A root with all that waits behind it, each once, in the order in which a person reads a tree.

    ``behind`` is how many wait for the root in the end.
    """

    behind: int
    branches: tuple[Branch, ...]
    is_circle: bool = False

    @property
    def root(self) -> Branch:
        return self.branches[0]


def waiting(sessions: Iterable[Session]) -> Waiting:
    """Of each pid that holds up others, those that wait for it."""
    held: dict[int, set[int]] = {}
    for session in sessions:
        for pid in session.held_by:
            if pid != session.pid:
                held.setdefault(pid, set()).add(session.pid)
    return {pid: tuple(sorted(others)) for pid, others in held.items()}


def behind(pid: int, held: Waiting) -> frozenset[int]:
    """All that wait for this pid, directly or behind others that do."""
    found: set[int] = set()
    ahead = set(held.get(pid, ()))
    while ahead:
        found |= ahead
        ahead = set().union(*(held.get(other, ()) for other in ahead)) - found
    return frozenset(found - {pid})


def trees(sessions: Iterable[Session]) -> tuple[Tree, ...]:
    """The trees, those with most waiting first."""
    held = waiting(sessions)
    waiters = {pid for others in held.values() for pid in others}
    made = [_tree(pid, held) for pid in sorted(held) if pid not in waiters]
    seen = {branch.pid for tree in made for branch in tree.branches}
    for pid in sorted(held):
        if pid not in seen:
            circle = _tree(pid, held, is_circle=True)
            made.append(circle)
            seen |= {branch.pid for branch in circle.branches}
    return tuple(sorted(made, key=lambda tree: (-tree.behind, tree.root.pid)))


def _tree(root: int, held: Waiting, *, is_circle: bool = False) -> Tree:
    return Tree(len(behind(root, held)), tuple(_walk(root, held)), is_circle)


def _walk(root: int, held: Waiting) -> Iterator[Branch]:
    """Depth first, without recursion: a queue for one lock may be a thousand sessions deep."""
    seen: set[int] = set()
    ahead = [(root, 0)]
    while ahead:
        pid, depth = ahead.pop()
        if pid in seen:
            continue
        seen.add(pid)
        yield Branch(pid, depth)
        ahead += [(other, depth + 1) for other in reversed(held.get(pid, ()))]
