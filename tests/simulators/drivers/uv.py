"""uv with an active virtual environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers
from tests.simulators.drivers.pip import pip_settings
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox


class Uv:
    """See `drivers.Driver`."""

    ecosystem = "pypi"
    versions = ("newest",)
    lock = "uv.lock"

    def fetch(self, version: str) -> Path:
        return clients.python_package("uv", version) / "bin"

    def places(self, box: Sandbox) -> list[Path]:
        return [box.client.folder]

    def variables(self, box: Sandbox) -> dict[str, str]:
        return {"VIRTUAL_ENV": str(box.venv)}

    def prepare(self, box: Sandbox) -> None:
        clients.fresh_venv(box.venv)

    def use(self, box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
        """pip's settings too: other commands of ours ask whichever of the two is there."""
        pip_settings(box, registry, *extra)
        uv_settings(box, registry, *extra)

    def install(self, *names: str) -> list[str]:
        return ["uv", "pip", "install", *names]

    def installed(self, box: Sandbox) -> dict[str, str]:
        return drivers.site_packages(box.venv, box.project / ".venv")

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        return drivers.python_manifest(box, needs)

    def relock(self) -> list[str]:
        return ["uv", "lock"]

    def sync(self) -> list[str]:
        return ["uv", "sync", "--frozen"]


def uv_settings(box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
    """uv's own configuration of this user."""
    tables = [f'[[index]]\nname = "extra{n}"\nurl = "{url}"\n' for n, url in enumerate(extra)]
    tables.append(f'[[index]]\nname = "main"\nurl = "{registry.url}"\ndefault = true\n')
    box.write("~/.config/uv/uv.toml", "python-downloads = 'never'\n" + "\n".join(tables))


DRIVER = Uv()
