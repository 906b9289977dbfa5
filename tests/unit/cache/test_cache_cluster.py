"""The primaries of a cluster, from the table that its nodes tell."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._cache.cluster import primaries
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Refused, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._redis.model import Server

KNOWN = Server(host="cache1", password="word", port=7000)
WHOLE = """\
aa 10.0.0.1:7000@17000,cache1 myself,master - 0 0 1 connected 0-5460
bb 10.0.0.2:7000@17000 master - 0 1 2 connected 5461-10922 10923
cc 10.0.0.3:7000@17000 slave aa 0 1 1 connected
dd 10.0.0.4:7000@17000 master - 0 1 3 connected 10924-16383
ee 10.0.0.5:7000@17000 master - 0 1 4 connected
"""


def test_every_owner_of_slots_is_a_primary_reached_like_the_known_one() -> None:
    found = primaries(WHOLE, KNOWN)
    assert [server.address for server in found] == ["cache1:7000", "10.0.0.2:7000", "10.0.0.4:7000"]
    assert {server.password for server in found} == {"word"}


@pytest.mark.parametrize("mark", [" [93-<-bb]", " [93->-bb]"])
def test_a_cluster_that_moves_slots_is_refused(mark: str) -> None:
    with pytest.raises(Refused, match=r"moves slots of 10\.0\.0\.2:7000"):
        primaries(WHOLE.replace("10923\n", f"10923{mark}\n"), KNOWN)


@pytest.mark.parametrize("change", [("10.0.0.4:7000@17000 master", "10.0.0.4:7000@17000 master,fail"), (" 10924-16383", "")])
def test_a_cluster_that_is_not_whole_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(Unavailable, match="the cluster is not whole"):
        primaries(WHOLE.replace(*change), KNOWN)
