"""pnpm, in an empty project."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers
from tests.simulators.npm import Npm as Registry
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox


class Pnpm:
    """See `drivers.Driver`; a version is `newest` or a major one, the newest of which is meant."""

    ecosystem = "npm"
    versions = ("newest", "11", "10")
    lock = "pnpm-lock.yaml"
    reads: Mapping[str, str] = {"10": "npm"}
    """pnpm 10 reads npm's variables, later ones their own."""

    def fetch(self, version: str) -> Path:
        return clients.node_tool("pnpm", version)

    def places(self, box: Sandbox) -> list[Path]:
        return [box.client.folder]

    def variables(self, box: Sandbox) -> dict[str, str]:
        return {}

    def prepare(self, box: Sandbox) -> None:
        """An empty manifest: without one pnpm works for the nearest project above."""
        drivers.npm_manifest(box, {})

    def use(self, box: Sandbox, registry: PyPI | Registry, *extra: str) -> None:
        box.write("~/.npmrc", f"registry={registry.url}\nupdate-notifier=false\nfetch-retries=0\n")
        box.write("~/.config/pnpm/config.yaml", "updateNotifier: false\nfetchRetries: 0\n")

    def empty(self, box: Sandbox) -> None:
        """As after `prepare`, caches and store kept."""
        shutil.rmtree(box.project / "node_modules", ignore_errors=True)
        (box.project / self.lock).unlink(missing_ok=True)
        self.prepare(box)

    def install(self, *names: str) -> list[str]:
        return ["pnpm", "add", *names]

    def installed(self, box: Sandbox) -> dict[str, str]:
        """Those that the project asked for, and in `.pnpm` what they need."""
        store = box.project / "node_modules" / ".pnpm"
        folders = [box.project / "node_modules", *(store.glob("*/node_modules") if store.is_dir() else ())]
        return dict(sorted(pair for folder in folders for pair in drivers.node_modules(folder)))

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        return drivers.npm_manifest(box, needs)

    def relock(self) -> list[str]:
        return ["pnpm", "install", "--lockfile-only"]

    def sync(self) -> list[str]:
        return ["pnpm", "install", "--frozen-lockfile"]


DRIVER = Pnpm()
