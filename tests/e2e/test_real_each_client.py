"""Every client in every version under test installs one small, well-known package from the registry itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.test_real_registries import box, fine
from tests.e2e.world import ALL, OTHERS
from tests.simulators.drivers import poetry
from tests.simulators.sandbox import Sandbox

pytestmark = [pytest.mark.clients, pytest.mark.real, pytest.mark.matrix]

KNOWN = {"pypi": "six", "npm": "ms"}
APPLICATION = "pycowsay"
"""For pipx, which installs nothing but applications."""
GHOST = {"pypi": "flask-auth-magic", "npm": "slopguard-ghost-helper-of-a-test"}


def unconfigured(made: Sandbox) -> Sandbox:
    """The client as it is when nobody configured an index; yarn without its own way of installing."""
    if made.client.family == "poetry":
        source = (made.client.folder / "poetry" / "repositories" / "pypi_repository.py").read_text(encoding="utf-8")
        built_in = re.search(r'url: str = "([^"]+)"', source)
        assert built_in
        poetry.place_poetry(made, built_in[1])
    made.write("~/.yarnrc.yml", "nodeLinker: node-modules\n")
    return made


@pytest.mark.parametrize(("family", "version"), [*ALL, *OTHERS], ids=lambda part: part)
def test_a_well_known_package_installs_and_an_invented_one_does_not(tmp_path: Path, family: str, version: str) -> None:
    made = unconfigured(box(tmp_path, family, version))
    name = APPLICATION if family == "pipx" else KNOWN[made.driver.ecosystem]
    fine(made.guarded(*made.install(name)))
    assert name in made.installed
    lock = made.project / made.driver.lock
    assert not (made.driver.lock and lock.is_file()) or b"127.0.0.1" not in lock.read_bytes()
    ran = made.guarded(*made.install(GHOST[made.driver.ecosystem]))
    assert ran.rc == 1, ran
    assert any(f"'{GHOST[made.driver.ecosystem]}' (not-found)" in line for line in ran.lines), ran
