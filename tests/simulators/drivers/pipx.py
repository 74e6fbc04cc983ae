"""pipx, with a home of its own in the sandbox; `with-uv` has uv on PATH, which pipx then works with."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers, python_tools
from tests.simulators.drivers.pip import pip_settings
from tests.simulators.drivers.uv import uv_settings
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox

FILE = "tools.json"


class Pipx:
    """See `drivers.Driver`. pipx has no lock file; its manifest is what `pipx list --json` prints."""

    ecosystem = "pypi"
    versions = ("newest", "with-uv")
    lock = ""
    reads: Mapping[str, str] = {"newest": "pip", "with-uv": "uv"}

    def fetch(self, version: str) -> Path:
        return python_tools.folder("pipx", "newest")

    def places(self, box: Sandbox) -> list[Path]:
        with_uv = box.client.version == "with-uv"
        return [box.root / "bin", *([clients.client("uv", "newest").folder] if with_uv else [])]

    def variables(self, box: Sandbox) -> dict[str, str]:
        return {"PIPX_USE_EMOJI": "0"}

    def prepare(self, box: Sandbox) -> None:
        """pipx itself, and its shared pip as it stands there after the first use."""
        python_tools.program(box.root / "bin" / "pipx", box.client.folder, "pipx.main:cli")
        clients.fresh_venv(home(box) / "shared", clients.client("pip", "newest"))

    def use(self, box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
        if box.client.version == "with-uv":
            uv_settings(box, registry, *extra)
        else:
            pip_settings(box, registry, *extra)

    def install(self, *names: str) -> list[str]:
        return ["pipx", "install", *names]

    def installed(self, box: Sandbox) -> dict[str, str]:
        return drivers.site_packages(*sorted((home(box) / "venvs").glob("*")))

    def empty(self, box: Sandbox) -> None:
        """No environments any more; the caches stay."""
        shutil.rmtree(home(box) / "venvs", ignore_errors=True)

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        return box.write(FILE, spec_file({name: f"{name}{spec}" for name, spec in needs.items()}))

    def relock(self) -> list[str]:
        return ["pipx", "install-all", FILE]

    def sync(self) -> list[str]:
        return self.relock()


def home(box: Sandbox) -> Path:
    """Where pipx keeps its environments."""
    return box.home / ".local" / "share" / "pipx"


def spec_file(tools: Mapping[str, str], pip_args: tuple[str, ...] = (), backend: str = "pip") -> str:
    """A file for `pipx install-all`: environment to requirement."""
    found = {
        name: {
            "metadata": {
                "main_package": package(name, spec, pip_args),
                "injected_packages": {},
                "python_version": f"Python {sys.version.partition(' ')[0]}",
                "venv_args": [],
                "backend": backend,
                "pipx_metadata_version": "0.6",
            }
        }
        for name, spec in tools.items()
    }
    return json.dumps({"pipx_spec_version": "0.1", "venvs": found})


def package(name: str, spec: str, pip_args: tuple[str, ...] = ()) -> dict[str, object]:
    """One package as pipx's metadata describes it."""
    return {
        "package": name,
        "package_or_url": spec,
        "pip_args": list(pip_args),
        "include_apps": True,
        "include_dependencies": False,
        "apps": [name],
        "app_paths": [],
        "apps_of_dependencies": [],
        "app_paths_of_dependencies": {},
        "package_version": "",
        "suffix": "",
    }


DRIVER = Pipx()
