"""What HAProxy prints, and what is printed to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt
from ansible_collections.mainstay.ops.plugins.module_utils._router import haproxy, state_file
from ansible_collections.mainstay.ops.plugins.module_utils._router.model import Key, Mark

COLUMNS = (
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change "
    "srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state"
)


def document(*rows: tuple[str, int, int]) -> str:
    lines = [f"3 shop_api 1 {name} 127.0.0.1 2 {admin} {weight} 100 5 15 3 4 6 0" for name, admin, weight in rows]
    return "\n".join(["1", COLUMNS, *lines, "", ""])


@pytest.mark.parametrize(
    ("admin", "state"),
    [
        (0, "ready"),
        (4, "ready"),
        (5, "maint"),
        (1, "maint"),
        (2, "maint"),
        (32, "maint"),
        (8, "drain"),
        (12, "drain"),
        (9, "maint"),
    ],
)
def test_the_administrative_mask_is_read(admin: int, state: str) -> None:
    assert haproxy.marks(document(("a-blue-1", admin, 7))) == {Key("shop_api", "a-blue-1"): Mark(state, 7)}


@pytest.mark.parametrize("text", ["", "1\n", "garbage", "1\n# be_id be_name\n3 shop_api\n"])
def test_a_document_that_says_nothing_has_no_marks(text: str) -> None:
    assert haproxy.marks(text) == {}


def test_commands_are_joined_in_order_and_within_the_buffer() -> None:
    commands = [haproxy.state_command(Key("shop_api", f"app1-blue-{n}"), "drain") for n in range(1, 1000)]
    lines = list(haproxy.batches(commands))
    assert [command for line in lines for command in line.split(";")] == commands
    assert max(map(len, lines)) <= haproxy.LONGEST_LINE
    assert len(lines) < 10


def test_a_state_file_is_never_replaced_by_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "server-state"
    state_file.write(path, document(("a-blue-1", 4, 7)))
    with pytest.raises(Corrupt, match="left as it is"):
        state_file.write(path, "Permission denied\n")
    assert state_file.read(path) == {Key("shop_api", "a-blue-1"): Mark("ready", 7)}
    assert [entry.name for entry in tmp_path.iterdir()] == ["server-state"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"1\n# be_id be_name srv_name srv_admin_state srv_uweight\n1 a b x y\n"])
def test_a_broken_state_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "server-state").write_bytes(content)
    assert state_file.read(tmp_path / "server-state") == {}
