"""pip in a virtual environment of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox


class Pip:
    """See `drivers.Driver`."""

    ecosystem = "pypi"
    versions = clients.PIPS
    lock = ""

    def fetch(self, version: str) -> Path:
        return clients.python_package("pip", version)

    def places(self, box: Sandbox) -> list[Path]:
        return [box.venv / "bin"]

    def variables(self, box: Sandbox) -> dict[str, str]:
        return {}

    def prepare(self, box: Sandbox) -> None:
        clients.fresh_venv(box.venv, box.client)

    def use(self, box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
        pip_settings(box, registry, *extra)

    def install(self, *names: str) -> list[str]:
        return ["pip", "install", *names]

    def installed(self, box: Sandbox) -> dict[str, str]:
        return drivers.site_packages(box.venv)

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        return box.write("requirements.txt", "".join(f"{name}{spec}\n" for name, spec in needs.items()))

    def relock(self) -> list[str]:
        return ["pip", "install", "-r", "requirements.txt"]

    def sync(self) -> list[str]:
        return self.relock()


def pip_settings(box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
    """pip's own configuration of this user."""
    more = f"extra-index-url = {' '.join(extra)}\n" if extra else ""
    box.write("~/.config/pip/pip.conf", f"[global]\nindex-url = {registry.url}\n{more}")


DRIVER = Pip()
