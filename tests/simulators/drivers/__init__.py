"""What tests must know to drive one family of clients: how it is had, configured, told to install, and looked at.

One module a family, `DRIVER` in it; `driver(family)` imports it. Invariant: whatever differs from client to client in
a claim that is made of every client stands here, not in the claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tests.simulators.npm import Npm
    from tests.simulators.pypi import PyPI
    from tests.simulators.sandbox import Sandbox


class Driver(Protocol):
    """One family of clients.

    Attributes:
        ecosystem: `pypi` or `npm`.
        versions: those under test as tests name them; the first is the one every CI run drives.
        lock: the name of the lock file in the project, `""` if there is none.
    """

    ecosystem: str
    versions: tuple[str, ...]
    lock: str

    def fetch(self, version: str) -> Path:
        """The folder of the client at this version, installed if need be (see `clients.kept`).

        Raises:
            Unavailable: it cannot be had on this machine.
        """
        ...

    def places(self, box: Sandbox) -> list[Path]:
        """The folders that come first on PATH."""
        ...

    def variables(self, box: Sandbox) -> dict[str, str]:
        """What else the client's environment needs."""
        ...

    def prepare(self, box: Sandbox) -> None:
        """What must lie there before `install` can be run: a virtual environment, an empty project."""
        ...

    def use(self, box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
        """Configure the client for this registry as a user would, outside the project, so that it is trusted."""
        ...

    def install(self, *names: str) -> list[str]:
        """The plain command that adds `names` to what `prepare` made (`pip install a b`, `poetry add a b`)."""
        ...

    def installed(self, box: Sandbox) -> dict[str, str]:
        """Name to version of everything installed by now, the client's own belongings left out."""
        ...

    def manifest(self, box: Sandbox, needs: Mapping[str, str]) -> Path:
        """Write the project's manifest so that it requires these (name to a range in the ecosystem's notation)."""
        ...

    def relock(self) -> list[str]:
        """The command that writes the lock file of the project and installs as little as possible."""
        ...

    def sync(self) -> list[str]:
        """The command that installs exactly what the lock file says (`npm ci`, `poetry sync`)."""
        ...


FAMILIES: Sequence[str] = tuple(sorted(module.name for module in iter_modules(__path__)))


def driver(family: str) -> Driver:
    """The driver of a family."""
    found: Driver = import_module(f"{__name__}.{family}").DRIVER
    return found


def site_packages(*folders: Path) -> dict[str, str]:
    """Name to version of every distribution below these environments, pip itself left out."""
    found = [p.name[: -len(".dist-info")] for f in folders for p in f.glob("lib/*/site-packages/*.dist-info")]
    pairs = (name.rpartition("-") for name in sorted(found))
    return {name.replace("_", "-"): version for name, _, version in pairs if name != "pip"}


def node_modules(folder: Path, scope: str = "") -> list[tuple[str, str]]:
    """Name and version of every package directly in a `node_modules` folder, scopes included."""
    import json

    found: list[tuple[str, str]] = []
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if place.name.startswith("@"):
            found += node_modules(place, f"{place.name}/")
        elif (place / "package.json").is_file():
            found.append((scope + place.name, json.loads((place / "package.json").read_text())["version"]))
    return found


def npm_manifest(box: Sandbox, needs: Mapping[str, str]) -> Path:
    """A package.json that requires these."""
    import json

    return box.write(
        "package.json", json.dumps({"name": "mine", "version": "0.0.0", "dependencies": dict(needs)}, indent=2) + "\n"
    )


def python_manifest(box: Sandbox, needs: Mapping[str, str], more: str = "") -> Path:
    """A pyproject.toml (PEP 621) that requires these."""
    wanted = ", ".join(f'"{name}{spec}"' for name, spec in needs.items())
    head = '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\n'
    return box.write("pyproject.toml", f"{head}dependencies = [{wanted}]\n{more}")
