"""The fake is as strict as the servers: what nobody documented is refused with the error that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from search_cluster import Document, Index, Repository
from search_server import Search, searching

JSON = "application/json"
BAD_NAME = '{"indices": "orders", "rename_pattern": "(.+)", "rename_replacement": "$1#"}'
BAD_ALIAS = '{"actions": [{"add": {"index": "orders", "alias": "orders"}}]}'
RESTORE = "/_snapshot/nightly/s1/_restore"


@pytest.fixture(scope="module")
def search() -> Iterator[Search]:
    with searching() as server:
        server.cluster.indices = {"orders": Index(5)}
        server.cluster.aliases = {"sales": {"orders": {}}}
        server.cluster.repositories = {"nightly": Repository("fs", {"location": "/m"})}
        server.cluster.lasts = 0
        server.cluster.take("nightly", "s1", {"indices": "orders"})
        yield server


def said(search: Search, method: str, path: str, body: str = "", kind: str = JSON) -> tuple[int, Document]:
    asked = Request(search.url + path, body.encode() or None, {"Content-Type": kind} if body else {}, method=method)
    try:
        with urlopen(asked, timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/a/b/c", "", 400, "no handler found for uri [/a/b/c] and method [GET]"),
        ("GET", "/_nodes", "", 400, "no handler found for uri [/_nodes] and method [GET]"),
        ("PUT", "/_aliases", "{}", 405, "Incorrect HTTP method for uri [/_aliases] and method [PUT], allowed: [POST]"),
        ("PUT", "/_snapshot/new", "{", 400, "parse_exception"),
        ("PUT", "/_snapshot/new", '{"kind": "fs"}', 400, "illegal_argument_exception"),
        ("PUT", "/_snapshot/new", '{"type": "tape"}', 500, "repository_exception"),
        ("PUT", "/_snapshot/new?verified=no", '{"type": "fs"}', 400, "illegal_argument_exception"),
        ("GET", "/_snapshot/nothere", "", 404, "repository_missing_exception"),
        ("GET", "/_snapshot/nightly/nothere", "", 404, "snapshot_missing_exception"),
        ("PUT", "/_snapshot/nightly/s1", '{"indices": "orders"}', 400, "invalid_snapshot_name_exception"),
        ("PUT", "/_snapshot/nightly/Upper", '{"indices": "orders"}', 400, "invalid_snapshot_name_exception"),
        ("PUT", "/_snapshot/nightly/s2", '{"indices": "nothere"}', 404, "index_not_found_exception"),
        ("POST", RESTORE, '{"indices": "orders"}', 500, "snapshot_restore_exception"),
        ("POST", RESTORE, BAD_NAME, 400, "invalid_index_name_exception"),
        ("GET", "/nothere/_count", "", 404, "index_not_found_exception"),
        ("GET", "/_alias/nothere", "", 404, "alias [nothere] missing"),
        ("POST", "/_aliases", BAD_ALIAS, 400, "invalid_alias_name_exception"),
        ("DELETE", "/sales", "", 400, "illegal_argument_exception"),
    ],
)  # fmt: skip
def test_what_is_wrong_gets_the_error_that_is_documented(
    search: Search, method: str, path: str, body: str, status: int, error: str
) -> None:
    got, answer = said(search, method, path, body)
    assert got == answer["status"] == status
    assert (answer["error"] if isinstance(answer["error"], str) else answer["error"]["type"]) == error


def test_a_body_that_is_no_json_by_its_header_is_refused(search: Search) -> None:
    got, answer = said(search, "PUT", "/_snapshot/new", "{}", "text/plain")
    assert (got, answer["error"]) == (406, "Content-Type header [text/plain] is not supported")


def test_aliases_change_all_at_once_or_not_at_all(search: Search) -> None:
    actions = [{"remove": {"index": "orders", "alias": "sales"}}, {"add": {"index": "nothere", "alias": "sales"}}]
    assert said(search, "POST", "/_aliases", json.dumps({"actions": actions}))[0] == 404
    assert search.cluster.aliases == {"sales": {"orders": {}}}
