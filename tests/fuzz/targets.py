"""What is fuzzed: every reader that `check` has, as a function of text that may do nothing but return or refuse.

Invariant: a target touches no file: includes are answered from memory, and paths lie in a folder that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from slopguard import commands
from slopguard.check.kinds import KINDS, Kind
from slopguard.errors import InputError
from slopguard.readers import js_imports, python_imports
from slopguard.readers.interface import Context

HERE = Path("/nowhere/project")
NAMES: Mapping[str, str] = {
    "uv_lock": "uv.lock", "poetry_lock": "poetry.lock", "pdm_lock": "pdm.lock", "pylock": "pylock.toml",
    "pipfile_lock": "Pipfile.lock", "package_lock": "package-lock.json", "pnpm_lock": "pnpm-lock.yaml",
    "yarn_lock": "yarn.lock", "bun_lock": "bun.lock", "deno_lock": "deno.lock", "sbom": "bom.json",
    "pyproject": "pyproject.toml", "uv_toml": "uv.toml", "requirements": "requirements.txt", "pipfile": "Pipfile",
    "setup_cfg": "setup.cfg", "setup_py": "setup.py", "conda": "environment.yml", "pep723": "script.py",
    "package_json": "package.json", "pnpm_workspace": "pnpm-workspace.yaml", "yarnrc": ".yarnrc.yml",

    "bunfig": "bunfig.toml", "pnpmfile": ".pnpmfile.cjs", "deno_json": "deno.json",
    "pre_commit": ".pre-commit-config.yaml",
    "hatch_toml": "hatch.toml", "pixi_toml": "pixi.toml", "pdm_toml": "pdm.toml", "yarnrc_classic": ".yarnrc",
    "shell_file": "run.sh", "dockerfile": "Dockerfile",
    "github_workflow": ".github/workflows/ci.yml", "ci_yaml": ".gitlab-ci.yml", "makefile": "Makefile",
    "devcontainer": ".devcontainer/devcontainer.json", "notebook": "book.ipynb", "markdown": "README.md",
    "mcp_config": ".mcp.json", "package_scripts": "package.json", "tox": "tox.ini", "nox": "noxfile.py",
}  # fmt: skip
"""A file name for each kind."""
Target = Callable[[str], object]


def targets() -> dict[str, Target]:
    """Every target by its name: the kinds of file, shell text, prose, and imports."""
    found: dict[str, Target] = {kind.name: _reader(kind) for kind in KINDS}
    found["shell"] = lambda text: commands.read(text, HERE / "x.sh")
    found["prose"] = lambda text: commands.phrase(text, HERE / "x.md")
    found["python_imports"] = lambda text: python_imports.read(HERE / "x.py", text)
    found["js_imports"] = lambda text: js_imports.read(HERE / "x.ts", text)
    return found


def _reader(kind: Kind) -> Target:
    path = HERE / NAMES[kind.name]

    def read(text: str) -> object:
        def load(wanted: Path) -> str:
            if wanted != path:
                raise InputError(f"{wanted}: cannot be read")
            return text

        try:
            return kind.read(path, load, Context(catalogs=True))
        except InputError as error:
            return error

    return read
