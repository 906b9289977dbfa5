"""A fake of Elasticsearch 8 and OpenSearch 2: no real server could be had where this was built.

It speaks real HTTP, over TLS where asked, has state (search_cluster.py), and is as strict as the servers are: unknown paths,
methods, parameters, content types and fields of a body are refused with the errors that they document. It was written from these
pages, and from what public issues and projects show of answers:

- elastic.co/guide/en/elasticsearch/reference/8.x: put-snapshot-repo-api, get-snapshot-repo-api, verify-snapshot-repo-api,
  delete-snapshot-repo-api, create-snapshot-api, get-snapshot-api, get-snapshot-status-api, delete-snapshot-api,
  restore-snapshot-api, indices-resolve-index-api, indices-aliases, indices-get-alias, indices-create-index (names),
  indices-recovery, cluster-health, search-count, indices-delete-index. Read as they stand were those on getting a snapshot and
  its status, on restoring and on resolving (docs/reference/snapshot-restore/apis and docs/reference/indices/resolve.asciidoc in
  github.com/elastic/elasticsearch), and excerpts of creating a snapshot, putting and verifying a repository
- elastic.co/docs/api/doc/elasticsearch/operation/operation-snapshot-status-1
- docs.opensearch.org: api-reference/snapshots/{get-snapshot,restore-snapshot,verify-snapshot-repository} and
  api-reference/index-apis/resolve-index, in excerpts
- Errors as github.com/elastic/elasticsearch throws them (RestController, MetadataCreateIndexService, RepositoriesService,
  RestoreService, AliasValidator), and as opensearch-project/OpenSearch#4686, #6457 and elastic/elasticsearch#22921 show them

The others are from memory of them: indices-aliases, indices-recovery, cluster-health and search-count.
Where the pages leave it open, such as whether a status says STARTED or IN_PROGRESS, a test can have it both ways.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from search_cluster import Cluster, Document, Plain, Wrong

USERNAME, PASSWORD, API_KEY = "backup", "correct-horse-battery", "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="
COMMON = {"pretty", "human", "error_trace", "filter_path", "master_timeout", "timeout"}
Act = Callable[..., Document]
ROUTES: list[tuple[str, re.Pattern[str], set[str], set[str], Act]] = []


@dataclass
class Search:
    """The server of a test: where it is, its cluster, and what it was asked."""

    cluster: Cluster
    url: str = ""
    is_locked: bool = False
    asked: list[str] = field(default_factory=list)
    bodies: list[tuple[str, Document]] = field(default_factory=list)

    @property
    def writes(self) -> list[str]:
        return [line for line in self.asked if not line.startswith("GET ")]


def route(method: str, path: str, parameters: str = "", fields: str = "") -> Callable[[Act], Act]:
    """A method and a path with ``{names}``, the query parameters and the fields of a body that it takes."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def put(act: Act) -> Act:
        ROUTES.append((method, pattern, set(parameters.split()), set(fields.split()), act))
        return act

    return put


@route("GET", "/_snapshot")
def all_repositories(cluster: Cluster, **_: Any) -> Document:
    return {name: {"type": one.type, "uuid": "u", "settings": one.settings} for name, one in cluster.repositories.items()}


@route("GET", "/_snapshot/_status")
def all_running(cluster: Cluster, **_: Any) -> Document:
    held = [(name, taken) for name, one in cluster.repositories.items() for taken in one.snapshots.values()]
    return {"snapshots": [cluster.status(name, taken) for name, taken in held if taken.is_running]}


@route("GET", "/_snapshot/{repository}")
def one_repository(cluster: Cluster, repository: str, **_: Any) -> Document:
    found = cluster.repository(repository)
    return {repository: {"type": found.type, "uuid": "u", "settings": found.settings}}


@route("PUT", "/_snapshot/{repository}", "verify", "type settings")
def register(cluster: Cluster, repository: str, body: Document, query: dict[str, str]) -> Document:
    cluster.register(repository, body)
    if query.get("verify", "true") == "true":
        cluster.verify(repository)
    return {"acknowledged": True}


@route("POST", "/_snapshot/{repository}/_verify")
def verify(cluster: Cluster, repository: str, **_: Any) -> Document:
    return cluster.verify(repository)


@route("DELETE", "/_snapshot/{repository}")
def unregister(cluster: Cluster, repository: str, **_: Any) -> Document:
    cluster.repository(repository)
    del cluster.repositories[repository]
    return {"acknowledged": True}


@route("GET", "/_snapshot/{repository}/{snapshot}", "ignore_unavailable verbose")
def snapshots(cluster: Cluster, repository: str, snapshot: str, **_: Any) -> Document:
    held = cluster.repository(repository).snapshots
    names = [one for one in held if snapshot == "_all" or fnmatchcase(one, snapshot)]
    if not names and snapshot != "_all" and "*" not in snapshot:
        cluster.snapshot(repository, snapshot)
    found = [{"repository": repository, **held[name].described()} for name in names]
    return {"snapshots": found, "total": len(found), "remaining": 0}


@route(
    "PUT",
    "/_snapshot/{repository}/{snapshot}",
    "wait_for_completion",
    "indices ignore_unavailable include_global_state partial metadata",
)
def take(cluster: Cluster, repository: str, snapshot: str, body: Document, **_: Any) -> Document:
    cluster.take(repository, snapshot, body)
    return {"accepted": True}


@route("DELETE", "/_snapshot/{repository}/{snapshot}")
def delete(cluster: Cluster, repository: str, snapshot: str, **_: Any) -> Document:
    cluster.snapshot(repository, snapshot)
    del cluster.repositories[repository].snapshots[snapshot]
    return {"acknowledged": True}


@route("GET", "/_snapshot/{repository}/{snapshot}/_status", "ignore_unavailable")
def status(cluster: Cluster, repository: str, snapshot: str, **_: Any) -> Document:
    return {"snapshots": [cluster.status(repository, cluster.snapshot(repository, snapshot))]}


@route(
    "POST",
    "/_snapshot/{repository}/{snapshot}/_restore",
    "wait_for_completion",
    "indices ignore_unavailable include_global_state include_aliases partial rename_pattern rename_replacement "
    "ignore_index_settings index_settings feature_states",
)
def restore(cluster: Cluster, repository: str, snapshot: str, body: Document, **_: Any) -> Document:
    cluster.restore(repository, snapshot, body)
    return {"accepted": True}


@route("GET", "/_resolve/index/{name}", "expand_wildcards")
def resolve(cluster: Cluster, name: str, **_: Any) -> Document:
    indices = [
        {
            "name": one,
            "attributes": ["closed" if index.is_closed else "open"],
            **({"aliases": held} if (held := [a for a, at in cluster.aliases.items() if one in at]) else {}),
        }
        for one, index in sorted(cluster.indices.items())
        if fnmatchcase(one, name)
    ]
    aliases = [{"name": alias, "indices": sorted(at)} for alias, at in cluster.aliases.items() if fnmatchcase(alias, name)]
    return {"indices": indices, "aliases": aliases, "data_streams": []}


@route("GET", "/_cluster/health", "level")
def health(cluster: Cluster, query: dict[str, str], **_: Any) -> Document:
    now = time.time()
    told = {
        name: {
            "status": "green" if now >= one.started_at else "red",
            "number_of_shards": one.shards,
            "number_of_replicas": 1,
            "active_primary_shards": one.shards if now >= one.started_at else 0,
        }
        for name, one in cluster.indices.items()
    }
    return {"cluster_name": "shop", "timed_out": False, **({"indices": told} if query.get("level") == "indices" else {})}


@route("GET", "/_alias/{alias}")
def alias(cluster: Cluster, alias: str, **_: Any) -> Document:
    if alias not in cluster.aliases:
        raise Plain(404, f"alias [{alias}] missing")
    return {index: {"aliases": {alias: properties}} for index, properties in cluster.aliases[alias].items()}


@route("POST", "/_aliases", fields="actions")
def change_aliases(cluster: Cluster, body: Document, **_: Any) -> Document:
    cluster.change_aliases(body["actions"])
    return {"acknowledged": True, "errors": False}


@route("GET", "/{index}/_count")
def count(cluster: Cluster, index: str, **_: Any) -> Document:
    found = [cluster.indices[name] for name in cluster.resolved(index)]
    if any(one.is_closed for one in found):
        raise Wrong(400, "index_closed_exception", "closed", index=index)
    if any(time.time() < one.started_at for one in found):
        raise Wrong(503, "search_phase_execution_exception", "all shards failed")
    shards = sum(one.shards for one in found)
    told = {"total": shards, "successful": shards, "skipped": 0, "failed": 0}
    return {"count": sum(one.documents for one in found), "_shards": told}


@route("GET", "/{index}/_recovery", "detailed active_only")
def recovery(cluster: Cluster, index: str, **_: Any) -> Document:
    def shard(number: int, origin: Document) -> Document:
        kind = {"type": "SNAPSHOT", "source": origin} if origin else {"type": "EXISTING_STORE", "source": {}}
        return {"id": number, **kind, "stage": "DONE", "primary": True}

    found = {name: cluster.indices[name] for name in cluster.resolved(index)}
    return {name: {"shards": [shard(number, one.origin) for number in range(one.shards)]} for name, one in found.items()}


@route("DELETE", "/{index}")
def drop(cluster: Cluster, index: str, **_: Any) -> Document:
    cluster.drop(index)
    return {"acknowledged": True}


def answer(search: Search, method: str, target: str, content: bytes, kind: str) -> Document:
    """What the server says to a request, or ``Wrong``."""
    parts = urlsplit(target)
    path, query = parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))
    fitting = [one for one in ROUTES if one[1].fullmatch(path) and _is_free(one[1], path)]
    if not fitting:
        raise Plain(400, f"no handler found for uri [{target}] and method [{method}]")
    chosen = next((one for one in fitting if one[0] == method), None)
    if not chosen:
        allowed = ", ".join(sorted({one[0] for one in fitting}))
        said = f"Incorrect HTTP method for uri [{target}] and method [{method}], allowed: [{allowed}]"
        raise Plain(405, said, Allow=allowed.replace(" ", ""))
    _, pattern, parameters, fields, act = chosen
    if strange := sorted(set(query) - parameters - COMMON):
        said = f"request [{path}] contains unrecognized parameter: [{strange[0]}]"
        raise Wrong(400, "illegal_argument_exception", said)
    named = {name: unquote(value) for name, value in _names(pattern, path).items()}
    body = _body(content, kind, fields)
    if body:
        search.bodies.append((path, body))
    return act(search.cluster, **named, body=body, query=query)


def _is_free(pattern: re.Pattern[str], path: str) -> bool:
    """Names in a path never begin with an underscore, but for those that mean all."""
    return all(not value.startswith("_") or value == "_all" for value in _names(pattern, path).values())


def _names(pattern: re.Pattern[str], path: str) -> dict[str, str]:
    found = pattern.fullmatch(path)
    return found.groupdict() if found else {}


def _body(content: bytes, kind: str, fields: set[str]) -> Document:
    if not content:
        return {}
    if kind.split(";")[0] != "application/json":
        raise Plain(406, f"Content-Type header [{kind}] is not supported")
    if not fields:
        raise Wrong(400, "illegal_argument_exception", "request does not support having a body")
    try:
        body: Document = json.loads(content)
    except ValueError:
        raise Wrong(400, "parse_exception", "Failed to parse content to map") from None
    if strange := sorted(set(body) - fields):
        raise Wrong(400, "illegal_argument_exception", f"Unknown parameter {strange[0]}")
    return body


class Handler(BaseHTTPRequestHandler):
    """One request; the class has the server's state, one class for each server."""

    search: ClassVar[Search]
    lock: ClassVar[RLock]

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.search.asked.append(f"{self.command} {self.path}")
        try:
            self._check_login()
            with self.lock:
                self._say(200, answer(self.search, self.command, self.path, content, self.headers.get("Content-Type", "")))
        except Wrong as wrong:
            self._say(wrong.status, wrong.body, getattr(wrong, "headers", {}))

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _serve

    def _check_login(self) -> None:
        basic = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        given = self.headers.get("Authorization", "")
        if self.search.is_locked and given not in (f"Basic {basic}", f"ApiKey {API_KEY}"):
            realm = 'Basic realm="security", charset="UTF-8"'
            who = f"unable to authenticate user [{USERNAME}]" if given else "missing authentication credentials"
            said = f"{who} for REST request [{self.path}]"
            raise Wrong(401, "security_exception", said, header={"WWW-Authenticate": [realm, "ApiKey"]})

    def _say(self, status: int, body: Document, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content)), "X-elastic-product": "Elasticsearch"}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def searching(*, tls: ssl.SSLContext | None = None, is_locked: bool = False) -> Iterator[Search]:
    """A server on a free port of loopback, with an empty cluster."""
    search = Search(Cluster(), is_locked=is_locked)
    handler = type("Bound", (Handler,), {"search": search, "lock": RLock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    search.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield search
    finally:
        server.shutdown()
        server.server_close()
