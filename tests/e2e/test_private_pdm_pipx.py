"""pdm and pipx at a private index: credentials found where each keeps them, sent to that origin, written nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.conftest import MakeSandbox
from tests.e2e.test_private_indexes import (
    BELOW,
    FORMS,
    SECRET,
    USER,
    keyring,
    netrc,
    pip_conf,
    uv_toml,
    with_user,
    written,
)
from tests.e2e.world import World
from tests.simulators.drivers.pdm import write
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox
from tests.simulators.server import basic

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

NAME = "sg-alpha"


def config(box: Sandbox, text: str) -> None:
    box.write("~/.config/pdm/config.toml", text)


def address(box: Sandbox, url: str) -> Mapping[str, str]:
    config(box, f'[pypi]\nurl = "{with_user(url)}"\n')
    return {}


def settings(box: Sandbox, url: str) -> Mapping[str, str]:
    config(box, f'[pypi]\nurl = "{url}"\nusername = "{USER}"\npassword = "{SECRET}"\n')
    return {}


def variables(box: Sandbox, url: str) -> Mapping[str, str]:
    config(box, f'[pypi]\nurl = "{url}"\n')
    return {"PDM_PYPI_USERNAME": USER, "PDM_PYPI_PASSWORD": SECRET}


def of_a_source(box: Sandbox, url: str) -> Mapping[str, str]:
    """The project names the source, the user's settings its address too, and the credentials."""
    config(box, f'[pypi.own]\nurl = "{url}"\nusername = "{USER}"\npassword = "{SECRET}"\n')
    write(box, {}, f'[[tool.pdm.source]]\nname = "own"\nurl = "{url}"\n')
    return {"PDM_IGNORE_STORED_INDEX": "1"}


def from_netrc(box: Sandbox, url: str) -> Mapping[str, str]:
    config(box, f'[pypi]\nurl = "{url}"\n')
    netrc(box)
    return {}


def from_keyring(box: Sandbox, url: str) -> Mapping[str, str]:
    config(box, f'[pypi]\nurl = "{with_user(url, USER)}"\n')
    keyring(box)
    return {}


def pips(box: Sandbox, url: str) -> Mapping[str, str]:
    pip_conf(box, with_user(url))
    return {}


def uvs(box: Sandbox, url: str) -> Mapping[str, str]:
    uv_toml(box, with_user(url))
    return {}


Configure = Callable[[Sandbox, str], Mapping[str, str]]
PLACES: list[tuple[str, str, Configure]] = [
    *(("pdm", "newest", each) for each in (address, settings, variables, of_a_source, from_netrc, from_keyring)),
    ("pipx", "newest", pips),
    ("pipx", "with-uv", uvs),
]


@pytest.fixture(params=PLACES, ids=[f"{family}-{each.__name__}" for family, _, each in PLACES])
def private(request: pytest.FixtureRequest, make_sandbox: MakeSandbox) -> Iterator[tuple[World, Mapping[str, str]]]:
    """A world whose registry wants credentials, and the variables that its user has set."""
    family, version, configure = request.param
    box = make_sandbox(family, version)
    with PyPI(markers=box.markers, below=BELOW, credentials=basic(USER, SECRET)) as registry:
        yield World(box, registry), configure(box, registry.url)


def test_credentials_are_found_where_the_client_keeps_them_and_stay_there(
    private: tuple[World, Mapping[str, str]],
) -> None:
    world, env = private
    world.established(NAME)
    ran = world.install(NAME, env=env)
    assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed == {NAME: "1.2.0"}
    assert not any(form.decode() in ran.text for form in FORMS), ran
    assert [path for path in written(world.box) if not path.endswith("/pdm/config.toml")] == []


def test_credentials_that_the_index_refuses_are_unchecked(private: tuple[World, Mapping[str, str]]) -> None:
    world, env = private
    world.established(NAME)
    world.registry.server.credentials = basic(USER, "changed since")
    ran = world.install(NAME, env=env)
    world.refuses_all(ran, 4, "upstream-auth", NAME)
    assert not any(form.decode() in ran.text for form in FORMS), ran
