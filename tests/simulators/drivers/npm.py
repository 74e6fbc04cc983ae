"""npm, in an empty project."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers
from tests.simulators.npm import Npm as Registry
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox


class Npm:
    """See `drivers.Driver`."""

    ecosystem = "npm"
    versions = clients.NPMS
    lock = "package-lock.json"

    def fetch(self, version: str) -> Path:
        if version == "machine":
            npm = shutil.which("npm")
            if npm is None:
                raise clients.Unavailable("this machine has no npm of its own")
            return Path(npm).parent
        return clients.node_tool("npm", version)

    def places(self, box: Sandbox) -> list[Path]:
        return [box.client.folder]

    def variables(self, box: Sandbox) -> dict[str, str]:
        return {}

    def prepare(self, box: Sandbox) -> None:
        """Nothing: npm makes what it needs."""

    def use(self, box: Sandbox, registry: PyPI | Registry, *extra: str) -> None:
        npm_settings(box, registry)

    def install(self, *names: str) -> list[str]:
        return ["npm", "install", *names]

    def installed(self, box: Sandbox) -> dict[str, str]:
        return dict(sorted(drivers.node_modules(box.project / "node_modules")))

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        return drivers.npm_manifest(box, needs)

    def relock(self) -> list[str]:
        return ["npm", "install", "--package-lock-only"]

    def sync(self) -> list[str]:
        return ["npm", "ci"]


def npm_settings(box: Sandbox, registry: PyPI | Registry) -> None:
    """npm's own configuration of this user."""
    box.write("~/.npmrc", f"registry={registry.url}\nupdate-notifier=false\nfund=false\n")


DRIVER = Npm()
