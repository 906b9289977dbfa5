"""What makes one container this host: its host key, who may log in, its certificate and its passwords."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass

from .fleet import Host
from .identity import host_key, read_passwords
from .settings import Settings

OPERATOR_UID = 1000  # fixed in images/host/Dockerfile


@dataclass(frozen=True)
class Item:
    """A file to put into a container before its first start; root's own unless said otherwise."""

    path: str
    content: str
    mode: int = 0o644
    uid: int = 0


def parcel(settings: Settings, host: Host) -> tuple[Item, ...]:
    own = SPECIAL[host.image](settings) if host.image in SPECIAL else ()
    return (*login_items(settings, host), *own)


def login_items(settings: Settings, host: Host) -> tuple[Item, ...]:
    authorized = read(settings, "id_ed25519.pub")
    key = host_key(settings, host)
    return (
        Item("etc/ssh/ssh_host_ed25519_key", key.read_text(), 0o600),
        Item("etc/ssh/ssh_host_ed25519_key.pub", key.with_name(f"{key.name}.pub").read_text()),
        Item("root/.ssh/authorized_keys", authorized, 0o600),
        Item("home/operator/.ssh/authorized_keys", authorized, 0o600, OPERATOR_UID),
        Item("usr/local/share/ca-certificates/mainstay-sandbox.crt", read(settings, "ca.pem")),
    )


def registry_items(settings: Settings) -> tuple[Item, ...]:
    return (
        Item("etc/mainstay/registry.crt", read(settings, "registry.crt")),
        Item("etc/mainstay/registry.key", read(settings, "registry.key"), 0o600),
    )


def engine_items(settings: Settings) -> tuple[Item, ...]:
    """The registry's authority under both of its names; an engine looks it up by the name in the image's reference."""
    names = (settings.registry, f"{settings.address(10)}:5000")
    return tuple(Item(f"etc/docker/certs.d/{name}/ca.crt", read(settings, "ca.pem")) for name in names)


def database_items(settings: Settings) -> tuple[Item, ...]:
    passwords = read_passwords(settings)
    owner, app = passwords["database_owner_password"], passwords["database_app_password"]
    return (Item("etc/mainstay/database.env", f"SHOP_OWNER_PASSWORD={owner}\nSHOP_APP_PASSWORD={app}\n", 0o600),)


def cache_items(settings: Settings) -> tuple[Item, ...]:
    password = read_passwords(settings)["redis_password"]
    config = f"bind 0.0.0.0\nprotected-mode yes\nappendonly yes\nrequirepass {password}\n"
    return (
        Item("etc/mainstay/redis.conf", config, 0o600),
        Item("etc/mainstay/redis-exporter.env", f"REDIS_PASSWORD={password}\n", 0o600),
    )


def store_items(settings: Settings) -> tuple[Item, ...]:
    """The account that backups are written with may do so in their bucket, and nothing else anywhere."""
    passwords = read_passwords(settings)
    keys = {"accessKey": passwords["store_access_key"], "secretKey": passwords["store_secret_key"]}
    actions = [f"{action}:backups" for action in ("Read", "Write", "List", "Tagging")]
    accounts = {"identities": [{"name": "backup", "credentials": [keys], "actions": actions}]}
    return (
        Item("etc/mainstay/s3.json", json.dumps(accounts, indent=1), 0o600),
        Item("etc/mainstay/store.crt", read(settings, "store.crt")),
        Item("etc/mainstay/store.key", read(settings, "store.key"), 0o600),
    )


SPECIAL = {
    "operations": registry_items,
    "app": engine_items,
    "database": database_items,
    "cache": cache_items,
    "store": store_items,
}


def read(settings: Settings, name: str) -> str:
    return (settings.state / name).read_text()


def pack(items: tuple[Item, ...]) -> bytes:
    """A tar archive, which is what the engine takes files in."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for item in items:
            archive.addfile(header(item), io.BytesIO(item.content.encode()))
    return buffer.getvalue()


def header(item: Item) -> tarfile.TarInfo:
    info = tarfile.TarInfo(item.path)
    info.size, info.mode, info.uid = len(item.content.encode()), item.mode, item.uid
    return info
