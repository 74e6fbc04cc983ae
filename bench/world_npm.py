"""The world that npm, pnpm and bun install from: 300 packages, six layers deep, 60 MB of packuments, 12 MB of tarballs.

Invariants: see `bench.worlds`. Only the newest tarball of a package is there to be fetched.
"""

from __future__ import annotations

import base64
import functools
import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha1, sha512
from random import Random
from typing import Any

from bench.mirror import ORIGIN, Route
from bench.worlds import UNLISTED, Node, World, dates, falling, graph, listed, noise, stamp
from tests.simulators.npm import CORGI, KEPT_IN_CORGI

LAYERS = (20, 60, 90, 70, 40, 20)
UNKNOWN = 12
"""How many of the names are on no list."""
FIRST_MAJOR, MINORS = 1, 20
_AGE = 300
_DATE = 499_162_500


@dataclass(frozen=True, slots=True)
class _Package:
    node: Node
    versions: tuple[str, ...]
    ranges: Mapping[str, str]
    development: tuple[str, ...]
    tarball: bytes

    def filename(self, version: str) -> str:
        return f"{self.node.name.rpartition('/')[2]}-{version}.tgz"


def world() -> World:
    """The world."""
    packages = _packages()
    return World(
        "npm",
        {package.node.name: _range(package.versions[-1]) for package in packages if not package.node.depth},
        {package.node.name: package.versions[-1] for package in packages},
        lambda: _routes(packages),
        lambda: iter(()),
    )


@functools.cache
def _packages() -> tuple[_Package, ...]:
    random = Random("npm")
    names = listed("npm", sum(LAYERS) - UNKNOWN) + [UNLISTED.format(number) for number in range(UNKNOWN)]
    random.shuffle(names)
    nodes = graph(names, LAYERS, 3, random)
    documents = falling(len(nodes), 2_000_000, 5_000, 80, random)
    tarballs = falling(len(nodes), 1_000_000, 1_000, 12, random)
    counts = {node.name: max(3, size // 2_130) for node, size in zip(nodes, documents, strict=True)}
    newest = {name: _version(count - 1) for name, count in counts.items()}
    return tuple(
        _package(node, counts[node.name], newest, names, size, random)
        for node, size in zip(nodes, tarballs, strict=True)
    )


def _version(number: int) -> str:
    return f"{FIRST_MAJOR + number // MINORS}.{number % MINORS}.0"


def _range(version: str) -> str:
    return f"^{version.partition('.')[0]}.0.0"


def _package(
    node: Node, count: int, newest: Mapping[str, str], names: list[str], size: int, random: Random
) -> _Package:
    versions = tuple(map(_version, range(count)))
    ranges = {name: _range(newest[name]) for name in node.requires}
    manifest = {"name": node.name, "version": versions[-1], "main": "lib/part-0.js", "license": "MIT"}
    tarball = _tarball(manifest | ({"dependencies": ranges} if ranges else {}), size, random)
    return _Package(node, versions, ranges, tuple(random.sample(names, 12)), tarball)


def _tarball(manifest: Mapping[str, Any], size: int, random: Random) -> bytes:
    """A tarball of about this size, in files of 10 kB on average."""
    files = {"package.json": json.dumps(manifest, indent=2).encode(), "LICENSE": noise(300, random).encode()}
    left = size * 5 // 4 - 800
    while left > 0:
        part = min(left, random.randint(1_000, 20_000))
        files[f"lib/part-{len(files) - 2}.js"] = f"/*\n{noise(part, random)}*/\nmodule.exports = {part};\n".encode()
        left -= part
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size, member.mode, member.mtime = len(content), 0o644, _DATE
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), compresslevel=1, mtime=0)


def _routes(packages: tuple[_Package, ...]) -> Iterator[Route]:
    for package in packages:
        document, name = _packument(package), package.node.name
        yield Route(f"/{name}", "application/json", _dump(document), _AGE)
        short = {each: document[each] for each in ("name", "dist-tags")} | {"modified": document["time"]["modified"]}
        short["versions"] = {
            number: {key: manifest[key] for key in KEPT_IN_CORGI if key in manifest}
            for number, manifest in document["versions"].items()
        }
        yield Route(f"/{name}", CORGI, _dump(short), _AGE, CORGI)
        file = f"/{name}/-/{package.filename(package.versions[-1])}"
        yield Route(file, "application/octet-stream", package.tarball, 31_557_600)


def _dump(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _packument(package: _Package) -> dict[str, Any]:
    random, name = Random(package.node.name), package.node.name
    moments = [stamp(moment) for moment in dates(len(package.versions))]
    times = {"created": moments[0], "modified": moments[-1], **dict(zip(package.versions, moments, strict=True))}
    return {
        "_id": name,
        "_rev": f"{len(moments)}-{random.randbytes(16).hex()}",
        "name": name,
        "description": "Made for a benchmark.",
        "dist-tags": {"latest": package.versions[-1]},
        "versions": {version: _manifest(package, version, random) for version in package.versions},
        "time": times,
        "maintainers": _people(random),
        "license": "MIT",
        "readme": noise(1_500, random),
        "readmeFilename": "README.md",
    }


def _manifest(package: _Package, version: str, random: Random) -> dict[str, Any]:
    """What a registry says of one version."""
    name = package.node.name
    home = f"https://forge.example/{name}"
    return {
        "name": name,
        "version": version,
        "description": "Made for a benchmark.",
        "keywords": ["benchmark", "fast", "small", "typed"],
        "homepage": f"{home}#readme",
        "bugs": {"url": f"{home}/issues"},
        "license": "MIT",
        "author": {"name": "Some Body", "email": "somebody@registry.example"},
        "main": "lib/part-0.js",
        "types": "lib/part-0.d.ts",
        "files": ["lib"],
        "scripts": {"build": "tsc -p .", "lint": "eslint src", "test": "jest --ci", "prepublishOnly": "npm run build"},
        "repository": {"type": "git", "url": f"git+{home}.git"},
        "engines": {"node": ">=10"},
        "dependencies": dict(package.ranges),
        "devDependencies": dict.fromkeys(package.development, "^1.0.0"),
        "gitHead": random.randbytes(20).hex(),
        "_id": f"{name}@{version}",
        "_nodeVersion": "18.17.0",
        "_npmVersion": "9.6.7",
        "dist": _dist(package, version, random),
        "_npmUser": {"name": "somebody", "email": "somebody@registry.example"},
        "directories": {},
        "maintainers": _people(random),
        "_npmOperationalInternal": {"host": "s3://registry", "tmp": f"tmp/{version}_{random.randbytes(8).hex()}"},
        "_hasShrinkwrap": False,
    }


def _dist(package: _Package, version: str, random: Random) -> dict[str, Any]:
    real = package.tarball if version == package.versions[-1] else random.randbytes(64)
    return {
        "integrity": "sha512-" + base64.b64encode(sha512(real).digest()).decode(),
        "shasum": sha1(real, usedforsecurity=False).hexdigest(),
        "tarball": f"{ORIGIN.decode()}/{package.node.name}/-/{package.filename(version)}",
        "fileCount": random.randint(3, 60),
        "unpackedSize": random.randint(2_000, 900_000),
        "signatures": [
            {"keyid": f"SHA256:{random.randbytes(32).hex()}", "sig": base64.b64encode(random.randbytes(71)).decode()}
        ],
    }


def _people(random: Random) -> list[dict[str, str]]:
    return [{"name": f"body-{random.randint(1, 9)}", "email": "somebody@registry.example"} for _ in range(3)]
