"""poetry: certificates of a source, and the way to it through a proxy. A project has no say in whom to believe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import MakeSandbox
from tests.e2e.world import World
from tests.registries.indexes import Authority
from tests.simulators.drivers.poetry import write
from tests.simulators.proxy import Proxy
from tests.simulators.pypi import PyPI

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

NAME = "sg-corp"
HOST = "registry.example"
ADD = ("poetry", "add", "--source", "corp", NAME)


@dataclass(slots=True)
class Secure(World):
    """A world whose project names a source of the user's own, which nobody's system knows the authority of."""

    bundle: Path

    def settings(self, said: str = "", project: str = "") -> None:
        """The user's settings, which name the source, with more; and the project's."""
        own = f'[repositories.corp]\nurl = "{self.registry.url}"\n{said}'
        self.box.write("~/.config/pypoetry/config.toml", own)
        self.box.write("poetry.toml", project)
        source = f'[[tool.poetry.source]]\nname = "corp"\nurl = "{self.registry.url}"\npriority = "explicit"\n'
        write(self.box, {}, source)


@pytest.fixture
def secure(make_sandbox: MakeSandbox, tmp_path: Path) -> Iterator[Secure]:
    authority = Authority(tmp_path / "ca.pem")
    box = make_sandbox("poetry", "newest")
    with PyPI(markers=box.markers) as built_in, PyPI(markers=box.markers, tls=authority.server()) as corp:
        box.use(built_in)
        world = Secure(box, corp, authority.bundle)
        world.established(NAME)
        yield world


@pytest.mark.parametrize("place", ["cert", "variable", "REQUESTS_CA_BUNDLE", "off"])
def test_the_users_own_word_on_certificates_counts(secure: Secure, place: str) -> None:
    said = {"cert": f'[certificates.corp]\ncert = "{secure.bundle}"\n', "off": "[certificates.corp]\ncert = false\n"}
    variables = {"variable": "POETRY_CERTIFICATES_CORP_CERT", "REQUESTS_CA_BUNDLE": "REQUESTS_CA_BUNDLE"}
    secure.settings(said.get(place, ""))
    ran = secure.guarded(*ADD, env={variables[place]: str(secure.bundle)} if place in variables else {})
    assert (ran.rc, ran.lines) == (0, []), ran
    assert secure.box.installed == {NAME: "1.2.0"}


@pytest.mark.parametrize("place", ["nothing", "cert", "off", "variable"])
def test_without_it_or_with_the_projects_alone_the_source_is_not_believed(secure: Secure, place: str) -> None:
    project = {"cert": f'[certificates.corp]\ncert = "{secure.bundle}"\n', "off": "[certificates.corp]\ncert = false\n"}
    secure.settings(project=project.get(place, ""))
    env = {"POETRY_CERTIFICATES_CORP_CERT": "false"} if place == "variable" else {}
    ran = secure.guarded(*ADD, env=env)
    secure.refuses(ran, 4, "upstream-down", NAME)
    assert secure.registry.requests == []


def test_the_way_to_a_source_leads_through_the_users_proxy_and_the_way_to_the_gate_does_not(
    make_sandbox: MakeSandbox,
) -> None:
    box = make_sandbox("poetry", "newest")
    with PyPI(markers=box.markers) as registry, Proxy({HOST: registry.server.origin}) as proxy:
        box.use(registry)
        world = World(box, registry)
        world.established(NAME)
        url = registry.url.replace(registry.server.origin, f"http://{HOST}")
        box.write("~/.config/pypoetry/config.toml", f'[repositories.corp]\nurl = "{url}"\n')
        write(box, {}, f'[[tool.poetry.source]]\nname = "corp"\nurl = "{url}"\npriority = "explicit"\n')
        ran = world.guarded(*ADD, env={"HTTP_PROXY": proxy.url})
        assert ran.rc == 0, ran
        assert box.installed == {NAME: "1.2.0"}
        assert {line.rpartition(" ")[2] for line in proxy.asked} == {f"{HOST}:80"}
        assert url.rstrip("/").encode() in (box.project / "poetry.lock").read_bytes()
