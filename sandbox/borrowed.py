"""Root's rights for debootstrap, lent by the Docker Engine to whoever may use it: a container with this machine's programs."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

from docker.errors import ContainerError

from .errors import SandboxError

NAME = "mainstay-sandbox/borrowed"
LINKS = {name: f"usr/{name}" for name in ("bin", "sbin", "lib", "lib64")}
EMPTY = ("usr", "etc", "proc", "sys", "dev", "tmp", "work")
SCRIPT = """
debootstrap --variant=minbase "$@"
cp -r /work/recipe/. /work/root/
chown -R 0:0 /work/root/usr/sbin/policy-rc.d /work/root/etc/apt /work/root/etc/dpkg
rm -rf $LEFT && mkdir -p $NEEDED
tar -cf /work/packed.tar -C /work/root .
chown "$OWNER" /work/packed.tar
rm -rf /work/root
"""


def bootstrap(client: Any, scratch: Path, arguments: list[str], left: list[str], needed: list[str]) -> Path:
    """Debian with the files of ``scratch/recipe``, packed; raises ``SandboxError`` with what debootstrap said last."""
    client.api.import_image_from_data(skeleton(), repository=NAME, tag="latest")
    here = [f"/work/root/{path}" for path in left], [f"/work/root/{path}" for path in needed]
    owner = scratch.stat()
    try:
        client.containers.run(
            NAME,
            ["/bin/sh", "-euc", SCRIPT, "sh", *arguments],
            remove=True,
            network_mode="host",
            cap_add=["SYS_ADMIN"],
            security_opt=["apparmor=unconfined"],
            volumes=[f"{scratch}:/work", "/usr:/usr:ro", "/etc:/etc:ro"],
            environment={"LEFT": " ".join(here[0]), "NEEDED": " ".join(here[1]), "OWNER": f"{owner.st_uid}:{owner.st_gid}"},
            stdout=True,
            stderr=True,
        )
    except ContainerError as error:
        said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        raise SandboxError(f"debootstrap failed in a container: {(said or ['it said nothing'])[-1]}") from None
    finally:
        client.images.remove(NAME, force=True)
    return scratch / "packed.tar"


def skeleton() -> bytes:
    """A file system with places for this machine's directories, and nothing else."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name in EMPTY:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            archive.addfile(entry)
        for name, target in LINKS.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return content.getvalue()
