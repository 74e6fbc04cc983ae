"""A git repository of 5,000 files of an ordinary mix, that nobody wrote: two languages, a workspace, services, locks.

Invariants: the same seed gives the same files; all packages that they name are listed ones, so that a check of them
ends in 0; what source code imports is declared, its own, or of the language itself, as in most repositories.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench import lockfiles, sources

SEED = 20261126
FILES = 5_000
LEAST, MOST = 2_000, 12_000
"""How long source files are, in characters."""
PYTHON, SCRIPTS = 2_250, 1_750
WORKSPACE = 40
_IDENTITY = ("-c", "user.name=bench", "-c", "user.email=bench@registry.example", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class Packages:
    """Names that the repository may name, of each ecosystem."""

    pypi: Sequence[str]
    npm: Sequence[str]


def make(folder: Path, packages: Packages) -> int:
    """Write the repository into an empty folder and commit it; gives the number of its files."""
    written: dict[str, str | bytes] = {}
    for path, content in _files(Random(SEED), packages):
        if len(written) < FILES:
            written[path] = content
    for path, content in written.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "Everything")):
        subprocess.run(["git", *_IDENTITY, *words], cwd=folder, check=True, capture_output=True)
    return len(written)


def _files(chance: Random, packages: Packages) -> Iterator[tuple[str, str | bytes]]:
    """Everything, what is few first."""
    yield from _locked(packages)
    yield from _workspace(chance, packages)
    yield from _python(chance, packages)
    yield from _scripts(chance, packages)
    yield from _others(chance, packages)


def _locked(packages: Packages) -> Iterator[tuple[str, str]]:
    """Ten projects with a lock file each."""
    makers: list[tuple[str, Callable[[Sequence[str]], dict[str, str]], int]] = [
        ("backend", lockfiles.uv_lock, 400),
        ("services/billing", lockfiles.uv_lock, 120),
        ("services/search", lockfiles.poetry_lock, 200),
        ("services/mail", lockfiles.poetry_lock, 80),
        ("tools/report", lockfiles.pipfile_lock, 60),
        ("site", lockfiles.yarn_lock, 500),
        ("docs-site", lockfiles.pnpm_lock, 400),
        ("examples/first", lockfiles.package_lock, 150),
        ("examples/second", lockfiles.package_lock, 150),
        ("desktop", lockfiles.package_lock, 900),
    ]
    for at, (folder, maker, count) in enumerate(makers):
        names = packages.npm if maker in _NPM else packages.pypi
        for name, text in maker(names[at : at + count]).items():
            yield f"{folder}/{name}", text


_NPM = (lockfiles.package_lock, lockfiles.yarn_lock, lockfiles.pnpm_lock)


def _workspace(chance: Random, packages: Packages) -> Iterator[tuple[str, str]]:
    """The package.json files of a workspace; its packages ask for each other."""
    members = [f"@sg/{sources.words(chance, 1, 1)}-{number}" for number in range(WORKSPACE)]
    scripts = {"scripts": {"build": "tsc -p .", "test": "vitest run", "lint": "eslint . && prettier --check ."}}
    yield (
        "package.json",
        lockfiles.package_json("sg-root", packages.npm[:25], {"workspaces": ["packages/*"], **scripts}),
    )
    for number, name in enumerate(members):
        own = {f"{other}": "workspace:*" for other in members[number + 1 : number + 3]}
        more = {"devDependencies": own, **scripts}
        yield f"packages/p{number}/package.json", lockfiles.package_json(name, packages.npm[number : number + 12], more)
        yield f"packages/p{number}/tsconfig.json", json.dumps({"extends": "../../tsconfig.json", "include": ["src"]})


def _python(chance: Random, packages: Packages) -> Iterator[tuple[str, str]]:
    """Python sources in packages of 25 modules; they import what `backend` declares."""
    known = [name.replace("-", "_") for name in packages.pypi[: lockfiles.DIRECT]]
    for number in range(PYTHON):
        own = [f"app.part{chance.randrange(PYTHON // 25)}.module_{chance.randrange(25)}" for _ in range(3)]
        text = sources.python(chance, chance.randint(LEAST, MOST), chance.sample(known, 3), own)
        yield f"backend/app/part{number // 25}/module_{number % 25}.py", text


def _scripts(chance: Random, packages: Packages) -> Iterator[tuple[str, str]]:
    """JavaScript and TypeScript sources of the workspace."""
    endings = ("ts", "ts", "tsx", "js", "jsx", "mjs", "vue")
    for number in range(SCRIPTS):
        member, ending = number % WORKSPACE, endings[number % len(endings)]
        own = [f"./file{chance.randrange(40)}", f"../{sources.words(chance, 1, 1)}"]
        names = chance.sample(packages.npm[member : member + 12], 3)
        text = sources.script(chance, chance.randint(LEAST, MOST), names, own, typed=ending in ("ts", "tsx"))
        text = f"<template><p>it</p></template>\n<script setup>\n{text}</script>\n" if ending == "vue" else text
        yield f"packages/p{member}/src/file{number // WORKSPACE}.{ending}", text


def _others(chance: Random, packages: Packages) -> Iterator[tuple[str, str | bytes]]:
    """Prose, settings, commands and what is no text, as many as are left."""

    def few(names: Sequence[str]) -> list[str]:
        return chance.sample(list(names[:500]), 3)

    for n in range(30):
        yield f"requirements/part{n}.txt", "".join(f"{name}>=1.0\n" for name in few(packages.pypi))
        yield f"scripts/do{n}.sh", sources.shell(chance, few(packages.pypi))
        yield f"deploy/{n}/Dockerfile", sources.dockerfile(chance, few(packages.pypi))
        yield f".github/workflows/run{n}.yml", sources.workflow(chance, few(packages.pypi))
        yield f"notebooks/n{n}.ipynb", sources.notebook(chance, few(packages.pypi))
    for n in range(FILES):
        size = chance.randint(LEAST, MOST)
        yield f"docs/part{n % 20}/page{n}.md", sources.markdown(chance, size, few(packages.pypi), few(packages.npm))
        yield f"config/{n}.yaml", sources.settings(chance, size // 4)
        yield f"data/{n}.json", sources.data(chance, size)
        yield f"config/{n}.toml", f'[section]\nkey = "{sources.words(chance, 3, 9)}"\n'
        yield f"images/{n}.png", chance.randbytes(size)
