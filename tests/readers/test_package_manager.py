"""`packageManager` in a package.json: a package that corepack fetches and runs."""

from __future__ import annotations

import json

import pytest

from slopguard import readers
from slopguard.clients.interface import Invocation
from slopguard.guard.prejudge import plan
from slopguard.model import Actor

from .files import HERE, brief, holding_paths


def read(value):
    text = json.dumps({"name": "own", "packageManager": value}, indent=1)
    return readers.read(HERE / "package.json", holding_paths({"package.json": text}))


@pytest.mark.parametrize(
    ("value", "expected", "digests"),
    [
        ("pnpm@9.1.0+sha512.ab01", ("pnpm", "9.1.0", "9.1.0", "registry", None), {"sha512:ab01"}),
        ("npm@10.0.0", ("npm", "10.0.0", "10.0.0", "registry", None), set()),
        ("yarn@1.22.1", ("yarn", "1.22.1", "1.22.1", "registry", None), set()),
        ("yarn@4.1.0", ("@yarnpkg/cli-dist", "4.1.0", "4.1.0", "registry", None), set()),
        ("yarn@https://h.example/y.js", ("yarn", "", None, "url", "https://h.example/y.js"), set()),
    ],
)
def test_the_manager_is_a_package_like_any_other(value, expected, digests):
    (found,) = read(value).sightings
    assert brief(found) == expected
    assert found.digests == digests
    assert (found.extra["group"], found.location.line) == ("packageManager", 3)


@pytest.mark.parametrize("value", ["bun@1.0.0", "pnpm", "", 5, None, ["pnpm@9"]])
def test_what_corepack_would_refuse_is_none(value):
    assert read(value).sightings == ()


def test_a_guarded_client_leaves_it_to_the_module_that_knows_whether_it_is_fetched():
    call = Invocation("npm", ("install",), "install", installs=True, cwd=HERE)
    assert plan(call, [read("pnpm@9.1.0")], (), Actor.HUMAN).requests == []


def test_what_pnpm_configures_itself_with_is_a_package_too():
    text = json.dumps({"pnpm": {"configDependencies": {"conf": "1.0.0+sha512-AAAA"}}}, indent=1)
    (found,) = readers.read(HERE / "package.json", holding_paths({"package.json": text})).sightings
    assert brief(found) == ("conf", "1.0.0", "1.0.0", "registry", None)
    assert (found.extra["group"], found.location.line, len(found.digests)) == ("configDependencies", 4, 1)
