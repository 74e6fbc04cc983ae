"""Internal names come from the private index only; a public package of that name is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.world import ALL, PYTHON, World, for_clients
from tests.simulators.pypi import PyPI
from tests.simulators.server import basic

pytestmark = pytest.mark.clients

NAME = {"pypi": "sgcorp-billing", "npm": "@sgcorp/billing"}


def declare_internal(world: World, private: str = "") -> None:
    index = f'index = ["{private}"]\n' if private else ""
    globs = {"pypi": "sgcorp-*", "npm": "@sgcorp/*"}[world.ecosystem]
    world.box.settings(f'[internal]\n{index}{world.ecosystem} = ["{globs}"]\n')


@for_clients(ALL)
def test_an_internal_name_on_a_public_index_is_refused_whatever_its_age(world: World) -> None:
    declare_internal(world)
    name = NAME[world.ecosystem]
    for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
        world.release(name, version, days_old=days, armed=True)
    world.refuses_all(world.install(name), 1, "internal-name", name)


@for_clients(ALL)
def test_an_internal_name_is_refused_as_a_dependency_too(world: World) -> None:
    declare_internal(world)
    name = NAME[world.ecosystem]
    world.release(name, "1.0.0", days_old=900, armed=True)
    world.established("sg-parent", needs={name: ""})
    ran = world.install("sg-parent")
    world.refuses(ran, 1, "internal-name", name)
    assert world.box.installed == {}


@pytest.fixture
def private() -> Iterator[PyPI]:
    """The organisation's own index, behind a password."""
    with PyPI(credentials=basic("ann", "s3cret")) as registry:
        yield registry.add("sgcorp-billing", "1.0.0", days_old=20)


@for_clients(PYTHON)
def test_dependency_confusion_ends_at_the_private_index(world: World, private: PyPI) -> None:
    url = private.url.replace("http://", "http://ann:s3cret@")
    world.box.use(world.registry, url)
    declare_internal(world, private.url)
    world.release("sgcorp-billing", "99.0.0", days_old=900, armed=True)
    ran = world.install("sgcorp-billing")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sgcorp-billing": "1.0.0"}
    assert world.box.traces == []
    assert "s3cret" not in ran.text
    assert world.registry.downloads == []
    leaked = [seen for seen in world.registry.requests if "authorization" in seen.headers]
    assert leaked == []
