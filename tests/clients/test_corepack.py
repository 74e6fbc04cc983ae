"""Which manager corepack would run and download, found out without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slopguard.clients import corepack
from slopguard.clients.interface import GateAddress
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer
from tests.simulators.clients import client, node_tool

SHA512 = "ab" * 64


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "project" / "below").mkdir(parents=True)
    return {"HOME": str(tmp_path)}


def project(env: dict[str, str], **fields: object) -> Path:
    folder = Path(env["HOME"]) / "project"
    (folder / "package.json").write_text(json.dumps(fields))
    return folder


def held(env: dict[str, str], family: str, version: str) -> None:
    """Corepack has this manager already."""
    folder = Path(env["HOME"]) / ".cache" / "node" / "corepack" / "v1" / family / version
    folder.mkdir(parents=True)
    (folder / ".corepack").write_text("{}")


def asked(folder: Path, env: dict[str, str], line: str = "yarn install") -> tuple[str, str | None] | None:
    name, *argv = line.split()
    found = corepack.wanted(folder, name, env, argv)
    return (found.raw, found.version) if found else None


@pytest.mark.parametrize("name", ["yarn", "yarnpkg", "pnpm", "pnpx"])
def test_a_shim_is_known_by_what_it_is(name: str) -> None:
    assert corepack.is_shim(node_tool("corepack", "newest") / name)


def test_managers_themselves_are_no_shims(tmp_path: Path) -> None:
    for version in ("newest", "1.22.22"):
        assert not corepack.is_shim(client("yarn", version).folder / "yarn")
    assert not corepack.is_shim(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("manager", "line", "expected"),
    [
        ("yarn@1.22.22", "yarn install", ("yarn", "1.22.22")),
        ("yarn@4.1.0", "yarn install", ("@yarnpkg/cli-dist", "4.1.0")),
        ("yarn@2.0.0-rc.1", "yarnpkg", ("@yarnpkg/cli-dist", "2.0.0-rc.1")),
        ("pnpm@10.1.0", "pnpm add x", ("pnpm", "10.1.0")),
        ("pnpm@10.1.0", "pnpx x", ("pnpm", "10.1.0")),
        ("pnpm@10.1.0", "yarn add x", None),
        ("pnpm@10.1.0", "yarn dlx x", ("@yarnpkg/cli-dist", None)),
        ("yarn@4.1.0", "pnpm dlx x", ("pnpm", None)),
        ("yarn@4.1.0", "pnpx x", ("pnpm", None)),
        ("", "yarn install", ("yarn", None)),
        ("", "pnpm install", ("pnpm", None)),
    ],
)
def test_the_package_that_would_be_downloaded(
    env: dict[str, str], manager: str, line: str, expected: tuple[str, str | None] | None
) -> None:
    folder = project(env, packageManager=manager) if manager else project(env)
    assert asked(folder / "below", env, line) == expected


def test_a_digest_that_the_project_names_is_the_tarballs(env: dict[str, str]) -> None:
    found = corepack.wanted(project(env, packageManager=f"pnpm@10.1.0+sha512.{SHA512}"), "pnpm", env)
    assert found is not None
    assert found.digests == {f"sha512:{SHA512}"}
    assert found.location is not None
    assert found.location.line == 1


def test_of_yarn_2_and_later_it_is_that_of_one_file_in_it(env: dict[str, str]) -> None:
    found = corepack.wanted(project(env, packageManager=f"yarn@4.1.0+sha512.{SHA512}"), "yarn", env)
    assert found is not None
    assert found.digests == frozenset()


def test_what_corepack_has_already_is_not_asked_about(env: dict[str, str]) -> None:
    folder = project(env, packageManager="pnpm@10.1.0")
    held(env, "pnpm", "10.1.0")
    assert asked(folder, env, "pnpm install") is None
    assert asked(folder, {**env, "COREPACK_HOME": str(folder)}, "pnpm install") == ("pnpm", "10.1.0")


def test_without_a_project_the_last_one_used_counts(env: dict[str, str]) -> None:
    home = Path(env["HOME"]) / ".cache" / "node" / "corepack"
    home.mkdir(parents=True)
    (home / "lastKnownGood.json").write_text(json.dumps({"yarn": "1.22.19+sha1.00"}))
    assert asked(project(env), env) == ("yarn", "1.22.19")
    held(env, "yarn", "1.22.19")
    assert asked(project(env), env) is None


@pytest.mark.parametrize("variable", ["COREPACK_ENABLE_PROJECT_SPEC", "COREPACK_ENABLE_STRICT"])
def test_the_project_is_not_asked_where_the_user_says_so(env: dict[str, str], variable: str) -> None:
    folder = project(env, packageManager="pnpm@10.1.0")
    assert asked(folder, {**env, variable: "0"}) == ("yarn", None)


def test_an_address_is_an_address(env: dict[str, str]) -> None:
    folder = project(env, packageManager="yarn@https://me:secret@files.example/yarn.tgz")
    found = corepack.wanted(folder, "yarn", env)
    assert found is not None
    assert (found.source.index, found.source.trusted) == ("https://files.example/yarn.tgz", False)


@pytest.mark.parametrize("manager", [1, None, [], "yarn", "yarn@", "@", "../yarn@../../x"])
def test_nonsense_is_read_to_an_end(env: dict[str, str], manager: object) -> None:
    corepack.wanted(project(env, packageManager=manager), "yarn", env)
    corepack.wanted(project(env, devEngines={"packageManager": manager}), "yarn", env)


def test_engines_name_a_manager_too(env: dict[str, str]) -> None:
    folder = project(env, devEngines={"packageManager": {"name": "pnpm", "version": "10.1.0"}})
    assert asked(folder, env, "pnpm install") == ("pnpm", "10.1.0")


def test_corepack_goes_to_the_gate_and_to_nothing_a_project_names(env: dict[str, str]) -> None:
    index = Index(Ecosystem.NPM, "abc", "https://registry.example/", IndexKind.DEFAULT, Layer.USER)
    made = corepack.environment(GateAddress("http://127.0.0.1:9", "user", "secret"), index)
    assert made["COREPACK_NPM_REGISTRY"] == "http://127.0.0.1:9/npm/abc"
    assert made["COREPACK_ENV_FILE"] == "0"
    assert made["COREPACK_ENABLE_UNSAFE_CUSTOM_URLS"] == "0"
