"""bun, in an empty project."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers
from tests.simulators.drivers.npm import npm_settings
from tests.simulators.npm import Npm as Registry
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox


class Bun:
    """See `drivers.Driver`."""

    ecosystem = "npm"
    versions = ("newest", "1.2.23")
    lock = "bun.lock"

    def fetch(self, version: str) -> Path:
        return clients.node_tool("bun", version)

    def places(self, box: Sandbox) -> list[Path]:
        return [box.client.folder]

    def variables(self, box: Sandbox) -> dict[str, str]:
        return {}

    def prepare(self, box: Sandbox) -> None:
        """A manifest: without one bun looks for it in the folders above."""
        box.write("package.json", '{\n  "name": "mine",\n  "version": "0.0.0"\n}\n')

    def use(self, box: Sandbox, registry: PyPI | Registry, *extra: str) -> None:
        npm_settings(box, registry)

    def install(self, *names: str) -> list[str]:
        return ["bun", "add", *names]

    def installed(self, box: Sandbox) -> dict[str, str]:
        return dict(sorted(drivers.node_modules(box.project / "node_modules")))

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        return drivers.npm_manifest(box, needs)

    def relock(self) -> list[str]:
        return ["bun", "install", "--lockfile-only"]

    def sync(self) -> list[str]:
        return ["bun", "install", "--frozen-lockfile"]

    def empty(self, box: Sandbox) -> None:
        """An environment without packages; the client's cache stays."""
        shutil.rmtree(box.project / "node_modules", ignore_errors=True)


DRIVER = Bun()
