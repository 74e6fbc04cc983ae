"""What `npx NAME` and its like would fetch, without what the project has installed for itself.

Invariant: only a name that a `package.json` beside or above asks for is left out, so that it is judged there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from slopguard.errors import InputError
from slopguard.model import Ecosystem, Sighting, SourceKind
from slopguard.readers.interface import Load, Reading
from slopguard.readers.text import json_object, table

_TABLES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_BINARIES = {
    "tsc": "typescript",
    "tsserver": "typescript",
    "ng": "@angular/cli",
    "nest": "@nestjs/cli",
    "babel": "@babel/cli",
    "biome": "@biomejs/biome",
    "cap": "@capacitor/cli",
    "changeset": "@changesets/cli",
    "commitlint": "@commitlint/cli",
    "electron-rebuild": "@electron/rebuild",
    "graphql-codegen": "@graphql-codegen/cli",
    "playwright": "@playwright/test",
    "run-p": "npm-run-all",
    "run-s": "npm-run-all",
    "svelte-kit": "@sveltejs/kit",
    "tailwindcss": "@tailwindcss/cli",
    "tauri": "@tauri-apps/cli",
    "vue-cli-service": "@vue/cli-service",
    "wdio": "@wdio/cli",
    "webpack": "webpack-cli",
}
"""Commands that are called otherwise than the package that brings them."""

_ABOVE = 4
"""How many folders above it a project may have its dependencies in common with others."""


def fetched(reading: Reading, text: str, folder: Path, load: Load) -> Reading:
    """A reading of commands without what is started from the project's own `node_modules`.

    Args:
        text: the commands; what `dlx` stands in front of is always fetched.
        folder: where they run.
    """
    if "dlx" in text or not any(map(_may_be_local, reading.sightings)):
        return reading
    names = set().union(*_declared(folder, load))
    kept = [
        each
        for each in reading.sightings
        if not _may_be_local(each) or not names & {each.raw, _BINARIES.get(each.raw, each.raw)}
    ]
    return replace(reading, sightings=tuple(kept))


def _may_be_local(sighting: Sighting) -> bool:
    """Whether a sighting is one of a command that is looked for in the project first."""
    return (
        "run" in sighting.extra
        and sighting.ecosystem is Ecosystem.NPM
        and sighting.source.kind is SourceKind.REGISTRY
        and not sighting.specifier
    )


def _declared(folder: Path, load: Load) -> Iterator[set[str]]:
    """What the projects in a folder and above it depend on."""
    for place in [folder, *list(folder.parents)[:_ABOVE]]:
        try:
            document = json_object(load(place / "package.json"), place)
        except InputError:
            continue
        yield {name for key in _TABLES for name in table(document.get(key))}
