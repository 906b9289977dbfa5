"""The callback runbook, as ansible-playbook shows it: plain lines in a pipe, a line that counts on a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

PLAYBOOK = """
- name: Do three things
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Watch it, and then for 2s
      ansible.builtin.command: sleep 2.5
      changed_when: true
    - name: Leave this out
      ansible.builtin.debug: { msg: no }
      when: false
    - name: Tell what was done
      ansible.builtin.debug: { msg: [first, second] }
    - name: Fail in the end
      ansible.builtin.fail: { msg: "it did not\\nwork" }
"""
ENVIRONMENT = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "mainstay.ops.runbook", "ANSIBLE_NOCOLOR": "1", "TERM": "xterm"}


@pytest.fixture
def playbook(tmp_path: Path) -> list[str]:
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    return ["ansible-playbook", "-i", "localhost,", "-c", "local", str(tmp_path / "play.yml")]


def test_in_a_pipe_there_are_plain_lines_and_nothing_that_was_skipped(playbook: list[str]) -> None:
    ran = subprocess.run(playbook, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2, ran.stderr
    lines = [line.rstrip() for line in ran.stdout.splitlines() if line.strip()]
    assert lines[0] == "Do three things"
    assert re.fullmatch(r"-> +[0-9.]+ s  Watch it, and then for 2s", lines[1])
    assert lines[2].endswith("s  Tell what was done")
    assert lines[3:5] == ["            first", "            second"]
    assert lines[5].startswith("!!")
    assert lines[6:] == ["            it did not", "            work"]
    assert "\x1b" not in ran.stdout


def test_verbosely_it_is_the_default_callback(playbook: list[str]) -> None:
    ran = subprocess.run([*playbook, "-v"], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert "TASK [Leave this out]" in ran.stdout
    assert "PLAY RECAP" in ran.stdout


def test_on_a_terminal_a_line_counts_and_is_gone_in_the_end(playbook: list[str]) -> None:
    here, there = pty.openpty()
    process = subprocess.Popen(playbook, env=ENVIRONMENT, stdin=there, stdout=there, stderr=there)
    os.close(there)
    shown = read_all(here)
    assert process.wait() == 2
    assert re.search(r"0:0[01]  \[#+\.+\], 0:0[012] left  Watch it", shown), shown
    after = shown.rpartition("\r\x1b[K")[2]
    assert "left" not in after


def read_all(descriptor: int) -> str:
    """What a terminal was sent until nobody has its other end."""
    pieces = []
    try:
        while piece := os.read(descriptor, 4096):
            pieces.append(piece)
    except OSError:
        pass
    os.close(descriptor)
    return b"".join(pieces).decode(errors="replace")
