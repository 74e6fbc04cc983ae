"""Corepack's shims: a `yarn` or `pnpm` on PATH that downloads the manager itself before it runs it.

Follows corepack 0.34 (`corepackUtils`, `specUtils`, `Engine`). Invariants: corepack is not started; the manager is
a package like any other, to be judged by its name in the registry and to be fetched through the gate; what corepack
already holds is not asked about again, as an installed npm is not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.clients.interface import GateAddress
from slopguard.indexes import Index
from slopguard.model import REGISTRY, Ecosystem, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places

_MARK = re.compile(rb"corepack\.cjs['\"]?\)\.runMain\(|corepack\.js['\"]\)\.runMain\(")
_DEFAULT = regex(r"""DEFAULT_NPM_REGISTRY_URL = [`'"]([^`'"]+)[`'"]""")
_TRANSPARENT = {"yarn": ("init", "dlx"), "pnpm": ("init", "dlx")}
"""Commands that run another manager than the project's, if the project has another."""
_MODERN_YARN = "@yarnpkg/cli-dist"
"""The package that holds yarn 2 and later; `yarn` holds yarn 1 alone."""
_DIGEST = regex(r"(sha1|sha512)\.([0-9a-f]+)")
_HEAD = 2048


@dataclass(frozen=True, slots=True)
class Manager:
    """What corepack would run.

    Args:
        package: its name in the registry.
        version: `None` for whatever is the newest.
        held: the folder it lies in, if corepack has it already.
        digests: `algo:hex` of its tarball, where the project names it.
        url: the address that the project wants it from instead.
        location: where the project says so.
    """

    package: str
    version: str | None
    held: Path | None = None
    digests: frozenset[str] = frozenset()
    url: str = ""
    location: Location | None = None


def is_shim(path: Path) -> bool:
    """Whether an executable is one of corepack's shims."""
    try:
        with path.resolve().open("rb") as stream:
            return bool(_MARK.search(stream.read(_HEAD)))
    except OSError:
        return False


def wanted(folder: Path, name: str, env: Mapping[str, str], argv: Sequence[str] = ()) -> Sighting | None:
    """The manager that a shim would download, as a package to judge; `None` if corepack has it or would refuse.

    Args:
        folder: where the command is run.
        name: `yarn`, `yarnpkg`, `pnpm` or `pnpx`.
        argv: what follows the name.
    """
    found = manager(folder, name, env, argv)
    if found is None or found.held:
        return None
    source = Source(SourceKind.URL, places.clean(found.url), trusted=False) if found.url else REGISTRY
    return Sighting(
        Ecosystem.NPM, found.package, found.version or "", found.version, found.digests, source, found.location
    )


def manager(folder: Path, name: str, env: Mapping[str, str], argv: Sequence[str] = ()) -> Manager | None:
    """What a shim called `name` would run in a folder; `None` if corepack would refuse."""
    family = "pnpm" if name.startswith("pnp") else "yarn"
    transparent = name == "pnpx" or tuple(argv[:1]) in {(word,) for word in _TRANSPARENT[family]}
    spec, location = (None, None) if env.get("COREPACK_ENABLE_PROJECT_SPEC") == "0" else project_spec(folder)
    if spec is not None and spec.partition("@")[0] != family:
        if not transparent and env.get("COREPACK_ENABLE_STRICT") != "0":
            return None
        spec = None
    if spec is None:
        return _default(family, env, newest_yarn=transparent and family == "yarn")
    reference = spec.partition("@")[2]
    if "://" in reference:
        return Manager(family, None, url=reference, location=location)
    version, _, build = reference.partition("+")
    held = _held(family, version, env)
    package = _package(family, version)
    digests = frozenset(f"{algo}:{text}" for algo, text in _DIGEST.findall(build)) if package == family else frozenset()
    return Manager(package, version, held, digests, location=location)


def environment(gate: GateAddress, index: Index) -> dict[str, str]:
    """The variables that have corepack fetch a manager through the gate, and nowhere else.

    A project's `.corepack.env` has no say while it does, nor has an address that a project gives for a manager.
    """
    return {
        "COREPACK_NPM_REGISTRY": gate.npm_url(index.key).rstrip("/"),
        "COREPACK_NPM_TOKEN": gate.token,
        "COREPACK_NPM_USERNAME": "",
        "COREPACK_NPM_PASSWORD": "",
        "COREPACK_ENV_FILE": "0",
        "COREPACK_ENABLE_UNSAFE_CUSTOM_URLS": "0",
        "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
    }


def built_in_registry(shim: Path) -> str | None:
    """The registry that corepack itself is built for, read from its own file."""
    for file in (shim.resolve().parent / "lib" / "corepack.cjs", shim.resolve().parent / "corepack.js"):
        try:
            found = _DEFAULT.search(file.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if found:
            return found[1]
    return None


def project_spec(folder: Path) -> tuple[str | None, Location | None]:
    """`NAME@VERSION` of the project's `packageManager` (or `devEngines`), and where it stands.

    As corepack looks for it: the nearest package.json upwards that has the first, else the topmost with any.
    """
    chosen: tuple[Path, dict[str, object]] | None = None
    for place in (folder, *folder.parents):
        if place.name == "node_modules" or place.parent.name == "node_modules":
            continue
        manifest = _object(place / "package.json")
        if manifest is not None:
            chosen = (place / "package.json", manifest)
            if manifest.get("packageManager"):
                break
    if chosen is None:
        return None, None
    path, manifest = chosen
    spec = manifest.get("packageManager") or _engine(manifest)
    return (spec, _located(path)) if isinstance(spec, str) else (None, None)


def _engine(manifest: Mapping[str, object]) -> str | None:
    """`devEngines.packageManager` as `NAME@VERSION`."""
    engines = manifest.get("devEngines")
    engine = engines.get("packageManager") if isinstance(engines, dict) else None
    if not isinstance(engine, dict) or not isinstance(engine.get("name"), str):
        return None
    return f"{engine['name']}@{engine.get('version') or ''}"


def _located(path: Path) -> Location:
    """Where a package.json names its manager."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return Location(str(path), next((at for at, line in enumerate(lines, 1) if '"packageManager"' in line), None))


def _default(family: str, env: Mapping[str, str], *, newest_yarn: bool) -> Manager:
    """What corepack runs where the project does not say: the last it used, else the newest."""
    if newest_yarn:
        return Manager(_MODERN_YARN, None, next(iter(_versions(family, env)), None))
    known = _object(_home(env) / "lastKnownGood.json") or {}
    version = str(known.get(family) or "").partition("+")[0]
    held = _held(family, version, env) if version else None
    return Manager(_package(family, version), version or None, held)


def _package(family: str, version: str) -> str:
    """The package that holds a manager at a version."""
    major = re.match(r"\D*(\d+)", version)
    return _MODERN_YARN if family == "yarn" and major and int(major[1]) > 1 else family


def _home(env: Mapping[str, str]) -> Path:
    """Corepack's folder."""
    if env.get("COREPACK_HOME"):
        return Path(env["COREPACK_HOME"])
    cache = env.get("XDG_CACHE_HOME") or Path(env.get("HOME") or Path.home()) / ".cache"
    return Path(cache) / "node" / "corepack"


def _held(family: str, version: str, env: Mapping[str, str]) -> Path | None:
    """The folder of a manager at a version, if corepack has it."""
    if not version or os.sep in version:
        return None
    folder = _home(env) / "v1" / family / version
    return folder if (folder / ".corepack").is_file() else None


def _versions(family: str, env: Mapping[str, str]) -> list[Path]:
    """The folders of every version of yarn 2 and later that corepack has."""
    folder = _home(env) / "v1" / family
    return [path.parent for path in sorted(folder.glob("*/.corepack")) if not path.parent.name.startswith(("0.", "1."))]


def _object(path: Path) -> dict[str, object] | None:
    """A JSON object in a file; `None` when there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
