"""Clients that slopguard does not guard name packages too."""

from __future__ import annotations

import pytest

from slopguard import commands
from tests.commands.reading import HERE, names


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("pipenv install --dev 'x~=1' y", ["pypi:x", "pypi:y"]),
        ("pipenv install", []),
        ("easy_install x", ["pypi:x"]),
        ("rye add x && rye tools install y && rye sync", ["pypi:x", "pypi:y"]),
        ("deno run -A npm:x@1.0.0/bin", ["npm:x==1.0.0 run"]),
        ("deno add npm:@a/b jsr:@c/d", ["npm:@a/b"]),
        ("ni x && nlx y && nr build", ["npm:x", "npm:y run"]),
        ("lerna add x --scope=y", ["npm:x"]),
        ("npx lerna run build", ["npm:lerna run"]),
        ("volta install node@20 x", ["npm:x"]),
        ("corepack prepare pnpm@9.0.0 --activate", ["npm:pnpm==9.0.0"]),
        ("corepack enable yarn", []),
        ("mise use npm:x pipx:y node@20", ["npm:x", "pypi:y"]),
        ("pixi add --pypi x && pixi add y", ["pypi:x"]),
        ("ng add @angular/material", ["npm:@angular/material"]),
        ("npm pkg set devDependencies.x=^1 'dependencies[@a/b]=1.0.0' name=c", ["npm:x", "npm:@a/b==1.0.0"]),
        ("conda install x; mamba install y", []),
    ],
)
def test_their_packages_are_found(text: str, wanted: list[str]) -> None:
    assert names(commands.read(text, HERE / "line")) == wanted


def test_packages_of_unknown_ecosystems_are_counted() -> None:
    assert commands.read("deno add jsr:@a/b jsr:@c/d", HERE / "line").skipped == 2
