"""The world that pip and uv install from: 40 packages of a web application, five layers deep, about 40 MB of wheels.

Invariants: see `bench.worlds`. Only the newest wheel of a package is there to be fetched; the older ones, and those for
other machines, stand on its page and nowhere else.
"""

from __future__ import annotations

import base64
import functools
import html
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from bench.mirror import ORIGIN, Route
from bench.worlds import UNLISTED, Node, World, dates, falling, graph, noise, stamp
from tests.simulators.pypi import HTML_TYPE, JSON_TYPE

LISTED = (
    "fastapi", "uvicorn", "sqlalchemy", "celery", "pandas", "boto3", "httpx", "jinja2",
    "starlette", "pydantic", "numpy", "botocore", "kombu", "requests", "rich", "alembic", "aiohttp", "cryptography",
    "anyio", "s3transfer", "urllib3", "yarl", "multidict", "pydantic-core", "cffi", "pygments", "markdown-it-py",
    "python-dateutil", "idna", "certifi", "pycparser", "typing-extensions", "six", "pytz", "markupsafe", "mdurl",
    "sniffio",
)  # fmt: skip
LAYERS = (8, 12, 10, 7, 3)
TAGS = [
    f"cp3{minor}-cp3{minor}-{platform}"
    for minor in (8, 9, 10)
    for platform in ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "macosx_11_0_arm64", "win_amd64")
]
"""Wheels for other machines, of packages that are compiled."""
_AGE = 600
_EPOCH = (2020, 1, 1, 0, 0, 0)
_MODULE = 3_000


@dataclass(frozen=True, slots=True)
class _Package:
    node: Node
    versions: tuple[str, ...]
    compiled: bool
    wheel: bytes
    metadata: bytes

    @property
    def escaped(self) -> str:
        return self.node.name.replace("-", "_")

    @property
    def filename(self) -> str:
        return f"{self.escaped}-{self.versions[-1]}-py3-none-any.whl"


def world() -> World:
    """The world."""
    packages = _packages()
    return World(
        "pypi",
        {package.node.name: ">=1.0" for package in packages if not package.node.depth},
        {package.node.name: package.versions[-1] for package in packages},
        lambda: _routes(packages),
        lambda: ((package.filename, package.wheel) for package in packages),
    )


@functools.cache
def _packages() -> tuple[_Package, ...]:
    random = Random("pypi")
    names = [*LISTED, *(UNLISTED.format(number) for number in range(sum(LAYERS) - len(LISTED)))]
    nodes = graph(names, LAYERS, 2, random)
    pages = falling(len(nodes), 500_000, 10_000, 4, random)
    wheels = falling(len(nodes), 6_000_000, 10_000, 18, random)
    return tuple(_package(*sizes, random) for sizes in zip(nodes, pages, wheels, strict=True))


def _package(node: Node, page: int, size: int, random: Random) -> _Package:
    """One package whose page and whose wheel are of about these sizes."""
    compiled = page > 60_000
    count = max(3, page // (540 * (len(TAGS) + 2 if compiled else 2)))
    versions = tuple(f"{1 + number // 12}.{number % 12}.{number % 3}" for number in range(count))
    lines = ["Metadata-Version: 2.2", f"Name: {node.name}", f"Version: {versions[-1]}", "Summary: made for a benchmark"]
    lines += ["Requires-Python: >=3.8", *(f"Requires-Dist: {name}>=1.0" for name in node.requires)]
    lines += ["Description-Content-Type: text/plain", "", noise(random.randint(2_000, 10_000), random)]
    metadata = "\n".join(lines).encode()
    return _Package(node, versions, compiled, _wheel(node.name, versions[-1], metadata, size, random), metadata)


def _wheel(name: str, version: str, metadata: bytes, size: int, random: Random) -> bytes:
    """A wheel of about this size: modules, one for 40 kB, and for the rest data."""
    module = name.replace("-", "_")
    info, count = f"{module}-{version}.dist-info", 3 + size // 40_000
    files = {f"{module}/part_{number}.py": _source(number, random) for number in range(count)}
    files[f"{module}/__init__.py"] = b'"""Made for a benchmark."""\n'
    files[f"{module}/data.bin"] = random.randbytes(max(0, size - count * 900 - len(metadata)))
    files[f"{info}/METADATA"] = metadata
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _record(files: dict[str, bytes], own: str) -> bytes:
    rows = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(content)}")
    return "\n".join([*rows, f"{own},,", ""]).encode()


def _source(number: int, random: Random) -> bytes:
    """A module that is read and compiled as any other."""
    text = f'"""Part {number}."""\n\nfrom __future__ import annotations\n'
    while len(text) < _MODULE:
        one, two = (f"value_{random.randrange(10**6)}" for _ in range(2))
        text += f'\n\ndef make_{one}({one}: int, {two}: str = "") -> dict[str, int]:\n    """Count {one} in {two}."""\n'
        text += f"    found = {{}}\n    for index, each in enumerate({two}):\n        if {one} > index:\n"
        text += f"            found[each] = found.get(each, {random.randrange(999)}) + {one}\n    return found\n"
    return text.encode()


def _routes(packages: tuple[_Package, ...]) -> Iterator[Route]:
    for package in packages:
        page, path = _page(package), f"/simple/{package.node.name}/"
        yield Route(path, JSON_TYPE, json.dumps(page, separators=(",", ":")).encode(), _AGE, JSON_TYPE)
        text = _html(page)
        yield Route(path, HTML_TYPE, text, _AGE, HTML_TYPE)
        yield Route(path, "text/html", text, _AGE)
        file = f"/files/{package.node.name}/{package.filename}"
        yield Route(file, "application/octet-stream", package.wheel, 365_000_000)
        yield Route(f"{file}.metadata", "application/octet-stream", package.metadata, 365_000_000)


def _page(package: _Package) -> dict[str, Any]:
    random = Random(package.node.name)
    files = []
    for version, moment in zip(package.versions, dates(len(package.versions)), strict=True):
        tags = [*(TAGS if package.compiled else ()), "py3-none-any"]
        names = [f"{package.escaped}-{version}-{tag}.whl" for tag in tags] + [f"{package.escaped}-{version}.tar.gz"]
        files += [_entry(package, name, stamp(moment, 6), random) for name in names]
    versions = list(package.versions)
    return {"meta": {"api-version": "1.4"}, "name": package.node.name, "versions": versions, "files": files}


def _entry(package: _Package, name: str, moment: str, random: Random) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": name,
        "url": f"{ORIGIN.decode()}/files/{package.node.name}/{name}",
        "hashes": {"sha256": random.randbytes(32).hex()},
        "size": random.randrange(10**4, 10**7),
        "upload-time": moment,
        "yanked": False,
        "requires-python": ">=3.8",
        "provenance": None,
    }
    if name.endswith(".whl"):
        entry["core-metadata"] = entry["data-dist-info-metadata"] = {"sha256": random.randbytes(32).hex()}
    if name == package.filename:
        entry["hashes"], entry["size"] = {"sha256": sha256(package.wheel).hexdigest()}, len(package.wheel)
        entry["core-metadata"] = entry["data-dist-info-metadata"] = {"sha256": sha256(package.metadata).hexdigest()}
    return entry


def _html(page: dict[str, Any]) -> bytes:
    """The same page as PEP 503 has it."""
    links = []
    for entry in page["files"]:
        metadata = entry.get("core-metadata", {}).get("sha256")
        more = (
            f' data-core-metadata="sha256={metadata}" data-dist-info-metadata="sha256={metadata}"' if metadata else ""
        )
        more += f' data-requires-python="{html.escape(entry["requires-python"])}"'
        links.append(f'<a href="{entry["url"]}#sha256={entry["hashes"]["sha256"]}"{more}>{entry["filename"]}</a><br />')
    head = (
        f'<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4"><title>Links for {page["name"]}'
    )
    return "\n".join([f"{head}</title></head><body><h1>Links</h1>", *links, "</body></html>", ""]).encode()
