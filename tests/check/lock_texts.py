"""Lock files of every format for a few invented packages, and the manifests that they are written for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from slopguard import readers
from slopguard.readers.interface import Context, Reading

from ..readers.files import HERE, holding_paths

INDEX = "https://registry.example/simple"
NPM_INDEX = "https://registry.example/"
FILES = "https://files.registry.example"
HASH = "ab" * 32


@dataclass(frozen=True)
class Package:
    """A locked package.

    Args:
        name: its name.
        requires: what the lock file says it requires.
        host: where its file lies, `None` for the usual place.
        digest: of its file, in hexadecimal; empty for none.
        file: the name that its file is of, if that is another.
    """

    name: str
    requires: tuple[str, ...] = ()
    version: str = "1.0.0"
    host: str | None = None
    digest: str = HASH
    file: str = ""

    @property
    def integrity(self) -> str:
        return f"sha256-{base64.b64encode(bytes.fromhex(self.digest)).decode()}" if self.digest else ""

    @property
    def wheel(self) -> str:
        return f"{self.host or FILES}/{(self.file or self.name).replace('-', '_')}-{self.version}-py3-none-any.whl"

    @property
    def tarball(self) -> str:
        file = self.file or self.name
        return f"{self.host or 'https://registry.example'}/{file}/-/{file.rpartition('/')[2]}-{self.version}.tgz"


def uv_lock(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of uv."""
    listed = "".join(f'    {{ name = "{name}" }},\n' for name in direct)
    text = f'version = 1\n\n[[package]]\nname = "app"\nsource = {{ virtual = "." }}\ndependencies = [\n{listed}]\n'
    for each in packages:
        wanted = ", ".join(f'{{ name = "{name}" }}' for name in each.requires)
        text += (
            f'\n[[package]]\nname = "{each.name}"\nversion = "{each.version}"\nsource = {{ registry = "{INDEX}" }}\n'
        )
        digest = f', hash = "sha256:{each.digest}"' if each.digest else ""
        text += f'dependencies = [{wanted}]\nwheels = [{{ url = "{each.wheel}"{digest} }}]\n'
    return text


def poetry_lock(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of poetry, which holds no addresses of files."""
    text = ""
    for each in packages:
        digest = f'{{file = "x.whl", hash = "sha256:{each.digest}"}}' if each.digest else ""
        text += f'[[package]]\nname = "{each.name}"\nversion = "{each.version}"\nfiles = [{digest}]\n\n'
        text += "[package.dependencies]\n" + "".join(f'{name} = "*"\n' for name in each.requires) + "\n"
    return text + '[metadata]\nlock-version = "2.1"\n'


def pdm_lock(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of pdm with the addresses of files."""
    text = '[metadata]\nlock_version = "4.5.0"\n'
    for each in packages:
        wanted = json.dumps([f"{name}>=1" for name in each.requires])
        digest = f', hash = "sha256:{each.digest}"' if each.digest else ""
        text += f'\n[[package]]\nname = "{each.name}"\nversion = "{each.version}"\ndependencies = {wanted}\n'
        text += f'files = [{{url = "{each.wheel}"{digest}}}]\n'
    return text


def pylock(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of PEP 751."""
    text = 'lock-version = "1.0"\n'
    for each in packages:
        wanted = ", ".join(f'{{name = "{name}"}}' for name in each.requires)
        hashes = f'hashes = {{sha256 = "{each.digest}"}}' if each.digest else "hashes = {}"
        text += f'\n[[packages]]\nname = "{each.name}"\nversion = "{each.version}"\nindex = "{INDEX}"\n'
        text += f'dependencies = [{wanted}]\nwheels = [{{url = "{each.wheel}", {hashes}}}]\n'
    return text


def package_lock(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of npm, version 3."""
    entries: dict[str, object] = {"": {"name": "app", "dependencies": dict.fromkeys(direct, "*")}}
    for each in packages:
        entry = {"version": each.version, "resolved": each.tarball, "integrity": each.integrity}
        entries[f"node_modules/{each.name}"] = {**entry, "dependencies": dict.fromkeys(each.requires, "*")}
    return json.dumps({"lockfileVersion": 3, "packages": entries}, indent=2)


def package_lock_1(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of npm, version 1."""
    entries = {
        each.name: {
            "version": each.version,
            "resolved": each.tarball,
            "integrity": each.integrity,
            "requires": dict.fromkeys(each.requires, "*"),
        }
        for each in packages
    }
    return json.dumps({"lockfileVersion": 1, "requires": True, "dependencies": entries}, indent=2)


def _pnpm_table(names: Iterable[str], indent: int, value: Callable[[str], str]) -> str:
    return "".join(f"{' ' * indent}'{name}': {value(name)}\n" for name in names)


def _pnpm_key(package: Package) -> str:
    key = f"{package.name}@{package.version}"
    return f"'{key}'" if key.startswith("@") else key


def pnpm_lock(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of pnpm, version 9."""
    packages, direct = list(packages), list(direct)
    versions = {each.name: each.version for each in packages}
    text = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n"
    text += _pnpm_table(direct, 6, lambda name: f"{{specifier: '*', version: {versions.get(name, '1.0.0')}}}")
    text += "\npackages:\n\n"
    for each in packages:
        address = f", tarball: {each.tarball}" if each.host else ""
        resolution = f"integrity: '{each.integrity}'{address}" if each.digest else f"x: 1{address}"
        text += f"  {_pnpm_key(each)}:\n    resolution: {{{resolution}}}\n"
    text += "\nsnapshots:\n\n"
    for each in packages:
        text += f"  {_pnpm_key(each)}:\n    dependencies:\n"
        text += _pnpm_table(each.requires, 6, lambda name: versions.get(name, "1.0.0"))
    return text


def pnpm_lock_5(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of pnpm, version 5, of a single project."""
    packages = list(packages)
    text = "lockfileVersion: 5.4\n\ndependencies:\n" + _pnpm_table(direct, 2, lambda name: "1.0.0") + "\npackages:\n\n"
    for each in packages:
        text += (
            f"  /{each.name}/{each.version}:\n    resolution: {{integrity: '{each.integrity}'}}\n    dependencies:\n"
        )
        text += _pnpm_table(each.requires, 6, lambda name: "1.0.0")
    return text


def yarn_lock(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of yarn 1."""
    text = "# yarn lockfile v1\n"
    for each in packages:
        text += f'\n"{each.name}@*":\n  version "{each.version}"\n  resolved "{each.tarball}"\n'
        text += f"  integrity {each.integrity}\n" if each.digest else ""
        text += "  dependencies:\n" + "".join(f'    "{name}" "*"\n' for name in each.requires)
    return text


def yarn_lock_berry(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of yarn 4."""

    def wanted(names: Iterable[str]) -> str:
        return "  dependencies:\n" + "".join(f'    "{name}": "npm:*"\n' for name in names)

    text = '__metadata:\n  version: 8\n\n"app@workspace:.":\n  version: 0.0.0-use.local\n'
    text += f'  resolution: "app@workspace:."\n{wanted(direct)}  languageName: unknown\n  linkType: soft\n'
    for each in packages:
        address = f"::__archiveUrl={each.tarball.replace(':', '%3A').replace('/', '%2F')}" if each.host else ""
        text += f'\n"{each.name}@npm:*":\n  version: {each.version}\n'
        text += f'  resolution: "{each.name}@npm:{each.version}{address}"\n{wanted(each.requires)}'
        text += f"  checksum: 10/{each.digest}\n" if each.digest else ""
        text += "  languageName: node\n  linkType: hard\n"
    return text


def bun_lock(packages: Iterable[Package], direct: Iterable[str]) -> str:
    """A lock file of bun."""
    entries = {
        each.name: [
            f"{each.name}@{each.version}",
            each.tarball if each.host or each.file else "",
            {"dependencies": dict.fromkeys(each.requires, "*")},
            *([each.integrity] if each.digest else []),
        ]
        for each in packages
    }
    project = {"name": "app", "dependencies": dict.fromkeys(direct, "*")}
    return json.dumps({"lockfileVersion": 1, "workspaces": {"": project}, "packages": entries}, indent=2)


WRITERS: dict[str, tuple[str, Callable[[Iterable[Package], Iterable[str]], str]]] = {
    "uv": ("uv.lock", uv_lock),
    "poetry": ("poetry.lock", poetry_lock),
    "pdm": ("pdm.lock", pdm_lock),
    "pylock": ("pylock.toml", pylock),
    "npm": ("package-lock.json", package_lock),
    "npm 1": ("package-lock.json", package_lock_1),
    "pnpm": ("pnpm-lock.yaml", pnpm_lock),
    "pnpm 5": ("pnpm-lock.yaml", pnpm_lock_5),
    "yarn 1": ("yarn.lock", yarn_lock),
    "yarn 4": ("yarn.lock", yarn_lock_berry),
    "bun": ("bun.lock", bun_lock),
}
"""Format to the file's name and what writes it."""
PYTHON = ("uv", "poetry", "pdm", "pylock")
ROOTED = ("uv", "npm", "pnpm", "pnpm 5", "yarn 4", "bun")
"""Formats that record what the project itself asks for."""


def read(name: str, text: str, context: Context | None = None) -> Reading:
    """The reading of a file below `HERE`."""
    return readers.read(HERE / name, holding_paths({name: text}), context or Context())


def lock(format_: str, packages: Iterable[Package], direct: Iterable[str] = (), folder: str = "") -> Reading:
    """The reading of a lock file in one of the formats."""
    name, write = WRITERS[format_]
    return read(str(Path(folder) / name), write(packages, direct))


def manifest(format_: str, direct: Iterable[str], folder: str = "") -> Reading:
    """The reading of the manifest beside a lock file of that format; `NAME` or `NAME RANGE` is asked for."""
    pairs = [text.partition(" ")[::2] for text in direct]
    if format_ in PYTHON:
        listed = json.dumps([name + wanted for name, wanted in pairs], indent=2)
        text = f'[project]\nname = "app"\nversion = "1"\ndependencies = {listed}\n'
        return read(str(Path(folder) / "pyproject.toml"), text)
    text = json.dumps({"name": "app", "dependencies": {name: wanted or "*" for name, wanted in pairs}}, indent=2)
    return read(str(Path(folder) / "package.json"), text)
