"""Corepack's shims: the manager they download is a package like any other, judged and fetched through the gate."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators import clients
from tests.simulators.npm import Npm

pytestmark = [pytest.mark.clients, pytest.mark.matrix, for_clients([("yarn", "1.22.22")])]

NAME, MODERN = "sg-alpha", "@yarnpkg/cli-dist"


@pytest.fixture(autouse=True)
def shims(world: World) -> None:
    """Corepack's `yarn` first on PATH, and yarn 1 itself as a package of the registry."""
    assert isinstance(world.registry, Npm)
    world.box.env["PATH"] = f"{clients.node_tool('corepack', 'newest')}:{world.box.env['PATH']}"
    world.established(NAME)
    world.registry.add("yarn", "1.22.22", days_old=800)
    held = world.registry.packages["yarn"]["1.22.22"]
    real = packed(world.box.client.folder.parent / "lib" / "node_modules" / "yarn")
    world.registry.packages["yarn"]["1.22.22"] = replace(held, artefact=replace(held.artefact, content=real))


def packed(folder: Path) -> bytes:
    """A package's folder as the tarball that a registry serves."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as made:
        made.add(folder, "package")
    return buffer.getvalue()


def project(world: World, manager: str) -> None:
    """A project that names its package manager."""
    world.box.write("package.json", json.dumps({"name": "mine", "version": "0.0.0", "packageManager": manager}))


def pinned(world: World) -> str:
    """`yarn@1.22.22` with the digest of its tarball, as corepack writes it."""
    assert isinstance(world.registry, Npm)
    content = world.registry.packages["yarn"]["1.22.22"].artefact.content
    return f"yarn@1.22.22+sha512.{hashlib.sha512(content).hexdigest()}"


def held(world: World) -> list[str]:
    """The managers that corepack has downloaded."""
    return sorted(path.parent.name for path in world.box.home.glob(".cache/node/corepack/v1/*/*/.corepack"))


def test_the_manager_and_what_it_installs_come_through_the_gate(world: World) -> None:
    project(world, pinned(world))
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert ran.lines == []
    assert held(world) == ["1.22.22"]
    assert world.box.installed == {NAME: "1.2.0"}
    assert world.registry.downloads == ["yarn-1.22.22.tgz", "sg-alpha-1.2.0.tgz"]


def test_yarn_4_is_another_package_and_comes_through_the_gate_too(world: World) -> None:
    assert isinstance(world.registry, Npm)
    newest = clients.client("yarn", "newest").folder.parent / "lib" / "node_modules" / MODERN
    version = json.loads((newest / "package.json").read_text())["version"]
    world.registry.add(MODERN, version, days_old=800)
    made = world.registry.packages[MODERN][version]
    world.registry.packages[MODERN][version] = replace(made, artefact=replace(made.artefact, content=packed(newest)))
    modern = f"npmRegistryServer: {world.registry.url!r}\nnodeLinker: node-modules\nnpmMinimalAgeGate: 0\n"
    world.box.write("~/.yarnrc.yml", modern)
    project(world, f"yarn@{version}")
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert held(world) == [version]
    assert world.box.installed == {NAME: "1.2.0"}


def test_a_manager_that_is_there_already_is_not_asked_about_again(world: World) -> None:
    project(world, pinned(world))
    assert world.install(NAME).rc == 0
    world.registry.forget()
    ran = world.install(NAME, deny=["yarn"])
    assert ran.rc == 0, ran
    assert "yarn" not in world.registry.pages


@pytest.mark.parametrize("version", ["1.22.99", "1.99.0"])
def test_a_version_of_the_manager_that_does_not_exist_is_refused_before_anything_starts(
    world: World, version: str
) -> None:
    project(world, f"yarn@{version}")
    ran = world.install(NAME)
    world.refuses_all(ran, 1, "not-found", "yarn")
    assert held(world) == []


def test_a_denied_manager_is_refused(world: World) -> None:
    project(world, pinned(world))
    world.refuses_all(world.install(NAME, deny=["yarn"]), 1, "denied", "yarn")
    assert held(world) == []


def test_a_manager_whose_bytes_are_not_those_the_project_names_is_refused(world: World) -> None:
    project(world, f"yarn@1.22.22+sha512.{'0' * 128}")
    ran = world.install(NAME)
    assert ran.rc == 1, ran
    assert held(world) == []
    assert world.box.installed == {}


def test_a_project_does_not_say_where_its_manager_comes_from(world: World) -> None:
    """Neither by an address, nor by a file of variables for corepack."""
    with Npm(markers=world.box.markers) as rogue:
        rogue.add("yarn", "1.22.22", days_old=800)
        project(world, f"yarn@{rogue.url}yarn/-/yarn-1.22.22.tgz")
        allowed = {"COREPACK_ENABLE_UNSAFE_CUSTOM_URLS": "1"}
        ran = world.install(NAME, env=allowed)
        assert ran.rc == 1, ran
        assert any("(foreign-source)" in line for line in ran.lines), ran
        project(world, pinned(world))
        world.box.write(".corepack.env", f"COREPACK_NPM_REGISTRY={rogue.url}\nCOREPACK_INTEGRITY_KEYS=0\n")
        assert world.install(NAME).rc == 0
        assert rogue.requests == []
