"""pdm, working on an empty project in an active virtual environment.

With hishel 2, which a fresh install brings, no pdm up to 2.29 can fetch anything; so each is had with the libraries of
its time.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers, python_tools
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox

APART = "[tool.pdm]\ndistribution = false\n"


_BESIDE = {"newest": ("hishel<2",), "2.22.4": ("hishel<0.2", "unearth<0.18")}
"""Version to what it needs beside it."""


class Pdm:
    """See `drivers.Driver`."""

    ecosystem = "pypi"
    versions = tuple(_BESIDE)
    lock = "pdm.lock"

    def fetch(self, version: str) -> Path:
        return python_tools.folder("pdm", version, *_BESIDE[version])

    def places(self, box: Sandbox) -> list[Path]:
        return [box.root / "bin"]

    def variables(self, box: Sandbox) -> dict[str, str]:
        return {"VIRTUAL_ENV": str(box.venv), "PDM_CHECK_UPDATE": "0"}

    def prepare(self, box: Sandbox) -> None:
        python_tools.program(box.root / "bin" / "pdm", box.client.folder, "pdm.core:main")
        clients.fresh_venv(box.venv)
        write(box, {})

    def use(self, box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
        pdm_settings(box, registry, *extra)

    def install(self, *names: str) -> list[str]:
        return ["pdm", "add", *names]

    def installed(self, box: Sandbox) -> dict[str, str]:
        return drivers.site_packages(box.venv)

    def empty(self, box: Sandbox) -> None:
        """A fresh environment and a project that requires nothing; the caches stay."""
        shutil.rmtree(box.venv)
        clients.fresh_venv(box.venv)
        (box.project / self.lock).unlink(missing_ok=True)
        write(box, {})

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        return write(box, needs)

    def relock(self) -> list[str]:
        return ["pdm", "lock"]

    def sync(self) -> list[str]:
        return ["pdm", "sync"]


def write(box: Sandbox, needs: Mapping[str, str], more: str = "") -> Path:
    """A project that is no package itself."""
    return drivers.python_manifest(box, needs, APART + more)


def pdm_settings(box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
    """pdm's own configuration of this user."""
    tables = [f'[pypi.extra{n}]\nurl = "{url}"\n' for n, url in enumerate(extra)]
    box.write("~/.config/pdm/config.toml", f'[pypi]\nurl = "{registry.url}"\n' + "".join(tables))


DRIVER = Pdm()
