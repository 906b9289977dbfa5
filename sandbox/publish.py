"""Building the sample application's releases and pushing them into the fleet's registry."""

from __future__ import annotations

import gzip
import json
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from .images import BY_NAME, PREFIX, build_directory, built_inputs, digest, file_parts, inputs
from .registry import CONFIG, LAYER, Blob, Registry
from .releases import RELEASES, SERVICES, Release
from .settings import INPUTS_LABEL, Settings
from .terminal import say, step

APPLICATION = Path(__file__).parent / "application"
CODE_TAG = f"{PREFIX}/shop"
DOCKERFILE = """\
FROM {parent}
COPY release.json /app/release.json
CMD ["python3", "-m", "shop", "{service}"]
"""


@dataclass(frozen=True)
class Product:
    """One image of one release, as ``shop/SERVICE:VERSION``."""

    release: Release
    service: str

    @property
    def repository(self) -> str:
        return f"shop/{self.service}"

    @property
    def tag(self) -> str:
        return f"{self.repository}:{self.release.version}"

    @property
    def dockerfile(self) -> str:
        return DOCKERFILE.format(parent=CODE_TAG, service=self.service)

    def inputs(self) -> str:
        return digest([code_inputs().encode(), self.dockerfile.encode(), self.release.baked(self.service).encode()])


PRODUCTS = tuple(Product(release, service) for release in RELEASES for service in SERVICES)


@cache
def code_inputs() -> str:
    code = [(APPLICATION / "Dockerfile").read_bytes(), *file_parts(APPLICATION / "shop")]
    return digest([inputs(BY_NAME["runtime"]).encode(), *code])


def build_products(client: Any, settings: Settings) -> None:
    if built_inputs(client, CODE_TAG) != code_inputs():
        with step(f"built {CODE_TAG}"):
            build_directory(client, APPLICATION, CODE_TAG, {**settings.labels, INPUTS_LABEL: code_inputs()})
    stale = [product for product in PRODUCTS if built_inputs(client, product.tag) != product.inputs()]
    if stale:
        with step(f"built {len(stale)} images of releases"), ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(lambda product: build_product(client, settings, product), stale))


def build_product(client: Any, settings: Settings, product: Product) -> None:
    labels = {**settings.labels, INPUTS_LABEL: product.inputs()}
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "Dockerfile").write_text(product.dockerfile)
        baked = Path(scratch) / "release.json"
        baked.write_text(product.release.baked(product.service))
        baked.chmod(0o644)
        build_directory(client, Path(scratch), product.tag, labels)


def push_products(client: Any, settings: Settings) -> None:
    """Pushes what the registry lacks or has in an older build; the record of what was pushed dies with the fleet."""
    record = settings.state / "pushed.json"
    pushed = json.loads(record.read_text()) if record.exists() else {}
    registry = Registry(f"{settings.address(10)}:5000", settings.state / "ca.pem")
    stale = [product for product in PRODUCTS if not is_pushed(registry, pushed, product)]
    if stale:
        with step(f"pushed {len(stale)} images to {settings.registry}"):
            pushed |= push(client, registry, stale)
        record.write_text(json.dumps(pushed, indent=2) + "\n")
    say(f"  {len(PRODUCTS)} images are in the registry {settings.registry}")


def is_pushed(registry: Registry, pushed: dict[str, list[str]], product: Product) -> bool:
    found = registry.digest_of(product.repository, product.release.version)
    return found is not None and pushed.get(product.tag) == [product.inputs(), found]


def push(client: Any, registry: Registry, products: list[Product]) -> dict[str, list[str]]:
    """All from one archive, because the engine writes a layer that many images share only once."""
    with tempfile.TemporaryFile() as file:
        save(client, [product.tag for product in products], file)
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            return push_archive(archive, registry, products)


def save(client: Any, tags: list[str], file: IO[bytes]) -> None:
    """The SDK saves one image at a time only; its session asks the engine for many."""
    address = f"{client.api.base_url}/v{client.api.api_version}/images/get"
    with client.api.get(address, params={"names": tags}, stream=True) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_content(2**20):
            file.write(chunk)


def push_archive(archive: tarfile.TarFile, registry: Registry, products: list[Product]) -> dict[str, list[str]]:
    listed = {tag: entry for entry in json.loads(member(archive, "manifest.json")) for tag in entry["RepoTags"]}
    layers: dict[str, Blob] = {}
    pushed = {}
    for product in products:
        entry = listed[product.tag]
        for name in entry["Layers"]:
            if name not in layers:
                layers[name] = pack_layer(member(archive, name))
        config = Blob(CONFIG, member(archive, entry["Config"]))
        found = registry.push(product.repository, product.release.version, config, [layers[name] for name in entry["Layers"]])
        pushed[product.tag] = [product.inputs(), found]
    return pushed


def pack_layer(content: bytes) -> Blob:
    """Without a time in its header, so that the same layer always has the same digest."""
    packed = content if content[:2] == b"\x1f\x8b" else gzip.compress(content, compresslevel=3, mtime=0)
    return Blob(LAYER, packed)


def member(archive: tarfile.TarFile, name: str) -> bytes:
    """The engine may store a layer that occurs twice as a link to the first; ``extractfile`` follows it."""
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file in the archive")
    return file.read()
