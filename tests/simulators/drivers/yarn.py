"""yarn, in an empty project: the newest, which installs into `node_modules` as its user set it to, and yarn 1."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers
from tests.simulators.npm import Npm as Registry
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox

CLASSIC = "1.22.22"


class Yarn:
    """See `drivers.Driver`."""

    ecosystem = "npm"
    versions = ("newest", CLASSIC)
    reads = {"newest": "yarn 4", CLASSIC: "yarn 1"}
    lock = "yarn.lock"

    def fetch(self, version: str) -> Path:
        """Yarn 2 and later are in a package of another name."""
        return clients.node_tool("yarn" if version.startswith("1.") else "@yarnpkg/cli-dist", version)

    def places(self, box: Sandbox) -> list[Path]:
        return [box.client.folder]

    def variables(self, box: Sandbox) -> dict[str, str]:
        """Where yarn keeps things: yarn 1 of root would keep them outside the home."""
        return {f"YARN_{name.upper()}_FOLDER": str(box.home / ".yarn-classic" / name) for name in ("cache", "global")}

    def prepare(self, box: Sandbox) -> None:
        """An empty project; without it yarn would take a folder above for the project."""
        drivers.npm_manifest(box, {})
        box.write("yarn.lock", "")

    def empty(self, box: Sandbox) -> None:
        """Take out what is installed; the cache stays."""
        shutil.rmtree(box.project / "node_modules", ignore_errors=True)
        self.prepare(box)

    def use(self, box: Sandbox, registry: PyPI | Registry, *extra: str) -> None:
        """Both yarns' settings of this user; each reads its own."""
        host = registry.server.origin.partition("://")[2].partition(":")[0]
        modern = f"npmRegistryServer: {registry.url!r}\nunsafeHttpWhitelist: [{host!r}]\nnodeLinker: node-modules\n"
        modern += "enableTelemetry: false\nnpmMinimalAgeGate: 0\n"
        if box.client.version == CLASSIC:
            place = box.home / ".yarn-classic" / "prefix"
            box.write("~/.yarnrc", f'registry "{registry.url}"\nprefix "{place}"\ndisable-self-update-check true\n')
        else:
            box.write("~/.yarnrc.yml", modern)

    def install(self, *names: str) -> list[str]:
        return ["yarn", "add", *names]

    def installed(self, box: Sandbox) -> dict[str, str]:
        return dict(sorted(drivers.node_modules(box.project / "node_modules")))

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        return drivers.npm_manifest(box, needs)

    def relock(self) -> list[str]:
        return ["yarn", "install"]

    def sync(self) -> list[str]:
        return ["yarn", "install", "--frozen-lockfile"]


DRIVER = Yarn()
