"""Several indexes: each keeps its own route, and which one a package comes from is the client's own rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import MakeSandbox
from tests.e2e.world import World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.registry import ago
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

PIP, UV, NPM = ("pip", "newest"), ("uv", "newest"), ("npm", "newest")
OLD = ("pip", "22.3.1")
BEST = {"UV_INDEX_STRATEGY": "unsafe-best-match"}


@pytest.fixture
def extra(world: World) -> Iterator[PyPI]:
    """A second index that the user configured beside the default one; uv asks it first."""
    with PyPI(markers=world.box.markers) as registry:
        world.box.use(world.registry, registry.url)
        yield registry


def chosen(world: World, *specs: str, env: dict[str, str] | None = None) -> dict[str, str]:
    """What the guarded client installs, which must be what the bare one says it would."""
    said = world.box.direct(*world.box.install("--dry-run", *specs), env=env)
    ran = world.install(*specs, env=env)
    assert (said.rc, ran.rc) == (0, 0), f"{said}\n{ran}"
    for name, version in world.box.installed.items():
        assert f"{name}-{version}" in said.text or f"{name}=={version}" in said.text, said
    return world.box.installed


@for_clients([PIP, OLD, UV])
def test_each_client_keeps_its_own_way_of_choosing_among_indexes(world: World, extra: PyPI) -> None:
    """pip takes the newest of all; uv the first index that has the name, unless told otherwise."""
    World(world.box, extra).established("sg-both", "sg-extra")
    world.established("sg-both", "sg-main")
    world.release("sg-both", "2.0.0", days_old=100)
    installed = chosen(world, "sg-both", "sg-extra", "sg-main")
    newest = "1.2.0" if world.box.client.family == "uv" else "2.0.0"
    assert installed == {"sg-both": newest, "sg-extra": "1.2.0", "sg-main": "1.2.0"}


@for_clients([UV])
def test_uv_may_be_told_to_take_the_best_match(world: World, extra: PyPI) -> None:
    World(world.box, extra).established("sg-both")
    world.release("sg-both", "2.0.0", days_old=100)
    assert chosen(world, "sg-both", env=BEST) == {"sg-both": "2.0.0"}


@for_clients([UV])
def test_an_index_keeps_its_own_cut_off(world: World) -> None:
    world.established("sg-alpha")
    cut = f"exclude-newer = '{ago(days=400):%Y-%m-%dT%H:%M:%SZ}'"
    index = f'[[index]]\nname = "main"\nurl = "{world.registry.url}"\ndefault = true\n{cut}\n'
    world.box.write("~/.config/uv/uv.toml", f"python-downloads = 'never'\n{index}")
    assert chosen(world, "sg-alpha") == {"sg-alpha": "1.1.0"}


@for_clients([PIP, UV])
def test_a_version_is_stepped_over_on_whichever_index_has_it(world: World, extra: PyPI) -> None:
    world.established("sg-both")
    World(world.box, extra).established("sg-both")
    for registry in (world.registry, extra):
        World(world.box, registry).release("sg-both", "2.0.0", hours_old=5)
    ran = world.install("sg-both", env=BEST)
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-both": "1.2.0"}
    assert any("NOTE pypi 'sg-both' (too-new)" in line for line in ran.lines), ran


@for_clients([PIP, UV])
def test_a_denied_dependency_is_refused_on_every_route(world: World, extra: PyPI) -> None:
    """Neither the index that has it nor the one that has not lets a resolver slip to an older parent."""
    world.release("sg-parent", "1.0.0", days_old=900)
    world.established("sg-parent", needs={"sg-evil": "==1.0.0"})
    for registry in (world.registry, extra):
        World(world.box, registry).established("sg-evil")
        for env in ({}, BEST) if world.box.client.family == "uv" else ({},):
            ran = world.install("sg-parent", deny=["sg-evil"], env=env)
            world.refuses(ran, 1, "denied", "sg-evil")
            assert world.box.installed == {}, ran
        assert isinstance(registry, PyPI)
        del registry.projects["sg-evil"]


@for_clients([PIP, UV])
def test_a_name_on_no_index_is_refused_and_one_silent_index_leaves_it_unchecked(world: World, extra: PyPI) -> None:
    world.refuses_all(world.install("sg-ghost"), 1, "not-found", "sg-ghost")
    assert "sg-ghost" in world.registry.pages
    assert "sg-ghost" in extra.pages
    extra.fail("*", Break.STATUS, status=503)
    world.refuses_all(world.install("sg-ghost"), 4, "upstream-down", "sg-ghost")


@for_clients([PIP, UV])
def test_an_internal_name_is_asked_of_the_private_index_only(world: World, extra: PyPI) -> None:
    world.box.settings(f'[internal]\nindex = ["{extra.url}"]\npypi = ["sgcorp-*"]\n')
    extra.add("sgcorp-billing", "1.0.0", days_old=20)
    world.release("sgcorp-billing", "99.0.0", days_old=900, armed=True)
    ran = world.install("sgcorp-billing")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sgcorp-billing": "1.0.0"}
    assert "sgcorp-billing" not in world.registry.pages


@for_clients([PIP, UV])
def test_a_foreign_index_beside_trusted_ones_is_never_asked(world: World, extra: PyPI) -> None:
    world.established("sg-alpha")
    with PyPI(markers=world.box.markers) as rogue:
        rogue.add("sg-alpha", "9.0.0", days_old=900)
        flag = "--extra-index-url" if world.box.client.family == "pip" else "--index"
        world.refuses_all(world.install(flag, rogue.url, "sg-alpha"), 1, "foreign-source", "sg-alpha")
        assert rogue.requests == []


@for_clients([UV])
def test_the_name_of_a_trusted_index_lends_no_trust_to_another_address(world: World, extra: PyPI) -> None:
    World(world.box, extra).established("sg-alpha")
    with PyPI(markers=world.box.markers) as rogue:
        rogue.add("sg-alpha", "9.0.0", days_old=900)
        for argv, env in ((["--index", f"extra0={rogue.url}"], {}), ([], {"UV_INDEX": f"extra0={rogue.url}"})):
            ran = world.install(*argv, "sg-alpha", env=env)
            world.refuses_all(ran, 1, "foreign-source", "sg-alpha")
        assert rogue.requests == []


PROJECT = """[project]
name = "mine"
version = "0"
requires-python = ">=3.11"
dependencies = ["sg-alpha", "sg-beta"]
[tool.uv.sources]
sg-alpha = { index = "corp" }
[[tool.uv.index]]
name = "corp"
url = "URL"
explicit = true
"""


@for_clients([UV])
def test_an_explicit_index_serves_what_names_it_and_nothing_else(world: World, extra: PyPI) -> None:
    world.established("sg-alpha", "sg-beta")
    extra.add("sg-alpha", "3.0.0", days_old=900).add("sg-alpha", "3.1.0", days_old=600)
    extra.add("sg-alpha", "3.2.0", days_old=300).add("sg-beta", "9.0.0", days_old=300)
    accepted = f'[[index]]\nname = "corp"\nurl = "{extra.url}"\nexplicit = true\n'
    main = f'[[index]]\nname = "main"\nurl = "{world.registry.url}"\ndefault = true\n'
    world.box.write("~/.config/uv/uv.toml", f"python-downloads = 'never'\n{accepted}{main}")
    manifest = world.box.write("pyproject.toml", PROJECT.replace("URL", extra.url))
    text = manifest.read_text()
    ran = world.guarded("uv", "sync", env={"VIRTUAL_ENV": ""})
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "3.2.0", "sg-beta": "1.2.0"}
    lock = (world.box.project / "uv.lock").read_text()
    assert f'registry = "{extra.url}"' in lock
    assert f'registry = "{world.registry.url}"' in lock
    assert lock.count("127.0.0.1") == lock.count(extra.server.origin[7:]) + lock.count(world.registry.server.origin[7:])
    assert manifest.read_text() == text
    assert "sg-beta" not in extra.pages
    assert world.box.direct("uv", "lock", "--check").rc == 0


@dataclass(slots=True)
class Scoped(World):
    """A world whose scope `@sgacme` has a registry of its own, behind a token."""

    scope: Npm


@pytest.fixture
def scoped(make_sandbox: MakeSandbox) -> Iterator[Scoped]:
    box = make_sandbox(*NPM)
    with Npm(markers=box.markers) as main, Npm(markers=box.markers, credentials="Bearer s3cret") as scope:
        bound = scope.url.removeprefix("http:")
        box.write(
            "~/.npmrc", f"registry={main.url}\n@sgacme:registry={scope.url}\n{bound}:_authToken=s3cret\nfund=false\n"
        )
        yield Scoped(box, main, scope)


def test_an_npm_scope_comes_from_its_own_registry_with_its_own_token(scoped: Scoped) -> None:
    World(scoped.box, scoped.scope).established("@sgacme/lib", needs={"sg-alpha": "*"})
    World(scoped.box, scoped.scope).established("sg-alpha")
    scoped.established("sg-alpha", "@sgacme/lib")
    scoped.release("@sgacme/lib", "9.0.0", days_old=200)
    ran = scoped.install("@sgacme/lib")
    assert ran.rc == 0, ran
    assert scoped.box.installed == {"@sgacme/lib": "1.2.0", "sg-alpha": "1.2.0"}
    assert scoped.registry.pages == ["sg-alpha"]
    assert set(scoped.scope.pages) == {"@sgacme/lib"}
    assert [seen for seen in scoped.registry.requests if "authorization" in seen.headers] == []
    assert "s3cret" not in ran.text


def test_a_denied_name_of_an_npm_scope_is_refused_and_a_ghost_is_not_looked_for_elsewhere(scoped: Scoped) -> None:
    World(scoped.box, scoped.scope).established("@sgacme/lib")
    scoped.established("@sgacme/ghost")
    scoped.refuses_all(scoped.install("@sgacme/lib", deny=["@sgacme/lib"]), 1, "denied", "@sgacme/lib")
    scoped.refuses_all(scoped.install("@sgacme/ghost"), 1, "not-found", "@sgacme/ghost")
    assert scoped.registry.requests == []
