"""poetry in an environment of its own, working on an empty project in an active virtual environment.

poetry has no setting for the index it uses where a project names none, so this one is a poetry whose built-in index is
the test's registry: its one file that names an index is a copy with another address, as a distributor would make it.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.simulators import clients, drivers, python_tools
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox

PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
HEAD = '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11,<4"\n'
OLD = '[tool.poetry]\nname = "mine"\nversion = "0"\ndescription = ""\nauthors = []\n'
"""poetry 1 knows no `[project]`."""
APART = "[tool.poetry]\npackage-mode = false\n"
BUILT_IN = re.compile(r'(url: str = ")[^"]+(")')


class Poetry:
    """See `drivers.Driver`."""

    ecosystem = "pypi"
    versions = ("newest", "1.8.5")
    lock = "poetry.lock"

    def fetch(self, version: str) -> Path:
        return python_tools.folder("poetry", version)

    def places(self, box: Sandbox) -> list[Path]:
        return [own(box) / "bin"]

    def variables(self, box: Sandbox) -> dict[str, str]:
        return {"VIRTUAL_ENV": str(box.venv), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}

    def prepare(self, box: Sandbox) -> None:
        clients.fresh_venv(box.venv)
        clients.fresh_venv(own(box))
        write(box, {})

    def use(self, box: Sandbox, registry: PyPI | Npm, *extra: str) -> None:
        """The registry as the built-in index; extra ones as the project's sources, known to the user's settings."""
        place_poetry(box, registry.url.removesuffix("simple/"))
        configured(box, {f"extra{n}": url for n, url in enumerate(extra)})

    def install(self, *names: str) -> list[str]:
        return ["poetry", "add", *names]

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
        return ["poetry", "lock"]

    def sync(self) -> list[str]:
        return ["poetry", "install"]


def own(box: Sandbox) -> Path:
    """The environment that poetry itself lives in."""
    return box.root / "poetry"


def place_poetry(box: Sandbox, base: str) -> None:
    """poetry in its environment, with an index of the test's as the built-in one; all but that one file is linked."""
    packages = own(box) / "lib" / PYTHON / "site-packages"
    shutil.rmtree(packages / "poetry", ignore_errors=True)
    mirrored(box.client.folder / "poetry", packages / "poetry", ("repositories",))
    file = packages / "poetry" / "repositories" / "pypi_repository.py"
    text = file.read_text(encoding="utf-8")
    file.unlink()
    file.write_text(BUILT_IN.sub(rf"\g<1>{base}\g<2>", text, count=1), encoding="utf-8")
    (packages / "poetry.pth").write_text(f"{box.client.folder}\n", encoding="utf-8")
    script = own(box) / "bin" / "poetry"
    start = "import sys\nfrom poetry.console.application import main\nsys.exit(main())\n"
    script.write_text(f"#!{own(box) / 'bin' / 'python'}\n{start}", encoding="utf-8")
    script.chmod(0o755)


def mirrored(source: Path, target: Path, opened: tuple[str, ...] = ()) -> None:
    """A folder of links to everything in another one; the folders in `opened` are made of links in turn."""
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.name in opened:
            mirrored(entry, target / entry.name)
        elif entry.name != "__pycache__":
            (target / entry.name).symlink_to(entry)


def configured(box: Sandbox, sources: Mapping[str, str]) -> None:
    """The user's settings name these indexes; the project uses them beside the built-in one."""
    settings = "".join(f'[repositories.{name}]\nurl = "{url}"\n' for name, url in sources.items())
    box.write("~/.config/pypoetry/config.toml", settings)
    tables = [
        f'[[tool.poetry.source]]\nname = "{name}"\nurl = "{url}"\npriority = "supplemental"\n'
        for name, url in sources.items()
    ]
    (box.root / "sources.toml").write_text("\n".join(tables), encoding="utf-8")
    write(box, {})


def write(box: Sandbox, needs: Mapping[str, str], more: str = "") -> Path:
    """The project's manifest; of the notation that this poetry knows."""
    kept = box.root / "sources.toml"
    sources = kept.read_text(encoding="utf-8") if kept.is_file() else ""
    if box.client.version.startswith("1."):
        lines = "".join(f'{name} = "{spec or "*"}"\n' for name, spec in needs.items())
        text = f'{OLD}package-mode = false\n\n[tool.poetry.dependencies]\npython = "^3.11"\n{lines}'
    else:
        wanted = ", ".join(f'"{name}{spec}"' for name, spec in needs.items())
        text = f"{HEAD}dependencies = [{wanted}]\n\n{APART}"
    return box.write("pyproject.toml", f"{text}\n{more}\n{sources}")


DRIVER = Poetry()
