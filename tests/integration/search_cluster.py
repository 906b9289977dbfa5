"""The state of a cluster of search_server: its indices, aliases, repositories and snapshots, and how they change in time.

Errors are those of Elasticsearch 8, word for word where its pages and public answers of servers show them.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

Document = dict[str, Any]
NODES = ("search1", "search2", "search3")


class Wrong(Exception):
    """An answer that is an error, as servers write it."""

    def __init__(self, status: int, kind: str, reason: str, **more: Any) -> None:
        super().__init__(reason)
        cause = {"type": kind, "reason": reason, **more}
        self.status = status
        self.body: Document = {"error": {"root_cause": [cause], **cause}, "status": status}


class Plain(Wrong):
    """An error that is a sentence only; ``headers`` go with it."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(status, "", reason)
        self.headers = headers
        self.body = {"error": reason, "status": status}


def missing(index: str) -> Wrong:
    named = {"resource.type": "index_or_alias", "resource.id": index, "index_uuid": "_na_", "index": index}
    return Wrong(404, "index_not_found_exception", f"no such index [{index}]", **named)


def check_index(name: str) -> None:
    """The rules of the page Create index API."""
    for is_wrong, reason in (
        (name != name.lower(), "must be lowercase"),
        (
            any(sign in name for sign in '\\/*?"<>| ,'),
            "must not contain the following characters ['\\','/','*','?','\"','<','>','|',' ',',']",
        ),
        ("#" in name, "must not contain '#'"),
        (":" in name, "must not contain ':'"),
        (name[:1] in ("_", "-", "+"), "must not start with '_', '-', or '+'"),
        (len(name.encode()) > 255, f"index name is too long, ({len(name.encode())} > 255)"),
        (name in (".", ".."), "must not be '.' or '..'"),
    ):
        if is_wrong:
            raise Wrong(400, "invalid_index_name_exception", f"Invalid index name [{name}], {reason}", index=name)


@dataclass
class Index:
    """An index: its documents, its primary shards, and when those are started."""

    documents: int = 0
    shards: int = 1
    started_at: float = 0.0
    is_closed: bool = False
    origin: Document = field(default_factory=dict)
    settings: Document = field(default_factory=dict)


@dataclass
class Taken:
    """A snapshot: what it holds, when it ends, and how."""

    name: str
    indices: dict[str, Index]
    metadata: Document
    ends: float
    failures: list[Document] = field(default_factory=list)
    outcome: str = "SUCCESS"
    global_state: bool = False
    begun: float = field(default_factory=time.time)
    uuid: str = field(default_factory=lambda: uuid.uuid4().hex[:22])

    @property
    def is_running(self) -> bool:
        return time.time() < self.ends

    @property
    def state(self) -> str:
        return "IN_PROGRESS" if self.is_running else self.outcome

    @property
    def shards(self) -> int:
        return sum(index.shards for index in self.indices.values())

    def described(self) -> Document:
        failed = len(self.failures)
        document: Document = {
            "snapshot": self.name,
            "uuid": self.uuid,
            "version_id": 8150099,
            "version": "8.15.0",
            "indices": list(self.indices),
            "data_streams": [],
            "include_global_state": self.global_state,
            "metadata": self.metadata,
            "state": self.state,
            "start_time": stamp(self.begun),
            "start_time_in_millis": int(self.begun * 1000),
            "failures": [],
            "shards": {"total": 0, "failed": 0, "successful": 0},
            "feature_states": [],
        }
        if not self.is_running:
            document |= {
                "end_time": stamp(self.ends),
                "end_time_in_millis": int(self.ends * 1000),
                "duration_in_millis": int((self.ends - self.begun) * 1000),
                "failures": self.failures,
                "shards": {"total": self.shards, "failed": failed, "successful": self.shards - failed},
            }
        return document


def stamp(when: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when)) + f".{int(when % 1 * 1000):03d}Z"


@dataclass
class Repository:
    type: str
    settings: dict[str, str]
    snapshots: dict[str, Taken] = field(default_factory=dict)


@dataclass
class Cluster:
    """What a test sets up, and what the next snapshots and restores do.

    ``fails_as`` is PARTIAL, FAILED or INCOMPATIBLE for the next snapshots, ``loses`` what a restore loses of each index.
    """

    indices: dict[str, Index] = field(default_factory=dict)
    aliases: dict[str, dict[str, Document]] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    running: str = "STARTED"
    lasts: float = 0.15
    recovers: float = 0.15
    fails_as: str = ""
    loses: int = 0
    is_forgetful: bool = False
    unreachable: tuple[str, ...] = ()
    before_restore: Callable[[], None] = lambda: None

    def resolved(self, expression: str) -> list[str]:
        """The indices of a comma-separated list of names and patterns; raises for one that is not there."""
        found: list[str] = []
        for name in expression.split(","):
            if "*" in name:
                found += [index for index in self.indices if fnmatchcase(index, name)]
            elif name in self.aliases:
                found += list(self.aliases[name])
            elif name in self.indices:
                found.append(name)
            else:
                raise missing(name)
        return sorted(set(found))

    def repository(self, name: str) -> Repository:
        if name not in self.repositories:
            raise Wrong(404, "repository_missing_exception", f"[{name}] missing")
        return self.repositories[name]

    def snapshot(self, repository: str, name: str) -> Taken:
        found = self.repository(repository).snapshots
        if name not in found:
            raise Wrong(404, "snapshot_missing_exception", f"[{repository}:{name}] is missing")
        return found[name]

    def register(self, name: str, document: Document) -> None:
        if any(sign in name for sign in '\\/*?"<>| ,#'):
            raise Wrong(400, "repository_exception", f"[{name}] Invalid repository name [{name}], must not contain '#'")
        kind, settings = document.get("type"), document.get("settings", {})
        if kind not in ("fs", "s3"):
            raise Wrong(500, "repository_exception", f"[{name}] repository type [{kind}] does not exist")
        needed = {"fs": "location", "s3": "bucket"}[kind]
        if needed not in settings:
            raise Wrong(500, "repository_exception", f"[{name}] failed to create repository")
        if name in self.repositories and any(one.is_running for one in self.repositories[name].snapshots.values()):
            reason = f"[{name}] trying to modify or unregister repository that is currently used"
            raise Wrong(409, "repository_conflict_exception", reason)
        kept = self.repositories[name].snapshots if name in self.repositories else {}
        self.repositories[name] = Repository(kind, {key: _text(value) for key, value in settings.items()}, kept)

    def verify(self, name: str) -> Document:
        self.repository(name)
        if self.unreachable:
            reason = f"[{name}] path  is not accessible on master node"
            raise Wrong(500, "repository_verification_exception", reason)
        return {"nodes": {f"id-of-{node}": {"name": node} for node in NODES}}

    def take(self, repository: str, name: str, asked: Document) -> None:
        kept = self.repository(repository)
        self._check_snapshot(repository, name, kept)
        names = self.resolved(asked.get("indices", "*"))
        taken = Taken(
            name, {one: replace(self.indices[one]) for one in names}, asked.get("metadata", {}), time.time() + self.lasts
        )
        taken.global_state = asked.get("include_global_state", True)
        if self.fails_as:
            taken.outcome = self.fails_as
            taken.failures = [_failure(names[0])]
        kept.snapshots[name] = taken

    def _check_snapshot(self, repository: str, name: str, kept: Repository) -> None:
        for is_wrong, reason in (
            (name in kept.snapshots, "snapshot with the same name already exists"),
            (name != name.lower(), "must be lowercase"),
            (" " in name, "must not contain whitespace"),
            ("," in name, "must not contain ','"),
            ("#" in name, "must not contain '#'"),
            (name.startswith("_"), "must not start with '_'"),
        ):
            if is_wrong:
                said = f"[{repository}:{name}] Invalid snapshot name [{name}], {reason}"
                raise Wrong(400, "invalid_snapshot_name_exception", said)

    def status(self, repository: str, taken: Taken) -> Document:
        done = taken.shards // 2 if taken.is_running else taken.shards - len(taken.failures)
        stats = {"initializing": 0, "started": taken.shards - done if taken.is_running else 0, "finalizing": 0, "done": done}
        total = {"file_count": 4, "size_in_bytes": 1000 * sum(one.documents for one in taken.indices.values())}
        return {
            "snapshot": taken.name,
            "repository": repository,
            "uuid": taken.uuid,
            "state": self.running if taken.is_running else taken.outcome,
            "include_global_state": taken.global_state,
            "shards_stats": {**stats, "failed": len(taken.failures) if not taken.is_running else 0, "total": taken.shards},
            "stats": {
                "incremental": total,
                "total": total,
                "start_time_in_millis": int(taken.begun * 1000),
                "time_in_millis": 205,
            },
            "indices": {},
        }

    def restore(self, repository: str, name: str, asked: Document) -> None:
        self.before_restore()
        taken = self.snapshot(repository, name)
        where = f"[{repository}:{name}/{taken.uuid}]"
        if taken.outcome != "SUCCESS" and not asked.get("partial"):
            raise Wrong(500, "snapshot_restore_exception", f"{where} unsupported snapshot state [{taken.state}]")
        back = {}
        for index in str(asked.get("indices", "*")).split(","):
            if index not in taken.indices:
                raise missing(index)
            back[index] = self._renamed(index, asked)
            if back[index] in self.indices:
                raise Wrong(
                    500,
                    "snapshot_restore_exception",
                    f"{where} cannot restore index [{back[index]}] because an open index with same name already exists in "
                    "the cluster. Either close or delete the existing index or restore the index under a different name by "
                    "providing a rename pattern and replacement name",
                )
        for index, target in back.items():
            self._bring_back(taken, index, target, asked, repository)

    def _renamed(self, index: str, asked: Document) -> str:
        replacement = re.sub(r"\$(\d)", r"\\\1", asked.get("rename_replacement", "\\g<0>"))
        renamed = re.sub(asked.get("rename_pattern", "$^"), replacement, index)
        check_index(renamed)
        return renamed

    def _bring_back(self, taken: Taken, index: str, target: str, asked: Document, repository: str) -> None:
        source = taken.indices[index]
        ignored = asked.get("ignore_index_settings", [])
        origin = {"repository": repository, "snapshot": taken.name, "version": "8.15.0", "index": index, "restoreUUID": "r"}
        self.indices[target] = Index(
            source.documents - self.loses,
            source.shards,
            time.time() + self.recovers,
            origin={} if self.is_forgetful else origin,
            settings={key: value for key, value in source.settings.items() if not _is_ignored(key, ignored)},
        )
        if asked.get("include_aliases", True):
            for holders in self.aliases.values():
                if index in holders:
                    holders[target] = {}

    def change_aliases(self, actions: list[Document]) -> None:
        """All or nothing, as the page Aliases API says."""
        changed = {alias: dict(holders) for alias, holders in self.aliases.items()}
        for action in actions:
            [(verb, asked)] = action.items()
            alias, index = asked["alias"], asked["index"]
            if index not in self.indices:
                raise missing(index)
            if alias in self.indices:
                reason = f"Invalid alias name [{alias}]: an index or data stream exists with the same name as the alias"
                raise Wrong(400, "invalid_alias_name_exception", reason, index=alias)
            if verb == "remove":
                if index not in changed.get(alias, {}) and asked.get("must_exist"):
                    raise Wrong(404, "aliases_not_found_exception", f"aliases [{alias}] missing")
                changed.get(alias, {}).pop(index, None)
            elif verb == "add":
                changed.setdefault(alias, {})[index] = {k: v for k, v in asked.items() if k not in ("alias", "index")}
            else:
                raise Wrong(400, "x_content_parse_exception", f"[1:15] [aliases] unknown field [{verb}]")
        self.aliases = {alias: holders for alias, holders in changed.items() if holders}

    def drop(self, name: str) -> None:
        if name in self.aliases:
            said = f"The provided expression [{name}] matches an alias, specify the corresponding concrete indices instead."
            raise Wrong(400, "illegal_argument_exception", said)
        if name not in self.indices:
            raise missing(name)
        del self.indices[name]
        for holders in self.aliases.values():
            holders.pop(name, None)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_ignored(key: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def _failure(index: str) -> Document:
    return {
        "index": index,
        "index_uuid": index,
        "shard_id": 0,
        "reason": "IndexShardSnapshotFailedException[No space left on device]",
        "node_id": "id-of-search2",
        "status": "INTERNAL_SERVER_ERROR",
    }
