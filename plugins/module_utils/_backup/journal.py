# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restore has done so far, in a file beside the data, so that one that was killed can be finished or cleaned up."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from .._core.errors import Corrupt
from .._store.durable import sync
from .restoration import Journal


def journal_path(data: Path) -> Path:
    return data.with_name(f"{data.name}.restore.json")


def read_journal(data: Path) -> Journal | None:
    """None where no restore ever began; raises ``Corrupt`` where the file is not ours."""
    path = journal_path(data)
    try:
        return Journal(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise Corrupt(f"{path} is not the journal of a restore: see what is in it and move it away, then run again") from None


def write_journal(data: Path, journal: Journal) -> None:
    """Beside, then renamed; on stable storage when it returns."""
    path = journal_path(data)
    fresh = path.with_name(f".{path.name}.new")
    with open(fresh, "w") as file:
        json.dump(asdict(journal), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def forget_journal(data: Path) -> None:
    journal_path(data).unlink(missing_ok=True)
    sync(data.parent)
