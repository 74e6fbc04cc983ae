"""Ask a real resolver one scenario against one index, in an empty environment.

Invariant: two runs differ in the index URL only, and every run starts with an empty cache.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.differential.scenario import Scenario
from tests.simulators.clients import SYSTEM, client, fresh_venv

Resolver = str
"""`uv` or `pip`."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a resolver said.

    Args:
        rc: its exit code.
        answer: the resolution, hashes included; empty if there is none.
        names: the packages in it.
        said: everything it printed, for a person.
    """

    rc: int
    answer: tuple[str, ...]
    names: frozenset[str]
    said: str

    def same(self, other: Resolution) -> bool:
        """Whether both are the same to somebody who used the client: exit code and every resolved file."""
        return (self.rc, self.answer) == (other.rc, other.answer)


def resolve(scenario: Scenario, index: str, resolver: Resolver, pip: str = "newest") -> Resolution:
    """Resolve the root of `scenario` against `index`."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        if resolver == "uv":
            return _uv(scenario, index, home)
        return _pip(scenario, index, home, pip)


def _run(argv: Iterable[str], home: Path, path: str) -> tuple[int, str, str]:
    env = {"HOME": str(home), "PATH": f"{path}:{SYSTEM}", "LANG": "C.UTF-8", "TMPDIR": str(home)}
    done = subprocess.run([*argv], cwd=home, env=env, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


@functools.cache
def interpreter(version: str | None) -> str:
    """The Python a scenario asks to run on, if PATH has it, else the one running this."""
    minor = ".".join((version or "").split(".")[:2])
    return (shutil.which(f"python{minor}") if minor else None) or sys.executable


def _uv(scenario: Scenario, index: str, home: Path) -> Resolution:
    wanted, options = home / "root", scenario.options
    wanted.mkdir()
    bound = f'requires-python = "{scenario.requires_python}"\n' if scenario.requires_python else ""
    dependencies = json.dumps(list(scenario.requires))
    project = f'[project]\nname = "root"\nversion = "0"\n{bound}dependencies = {dependencies}\n'
    if options.required_environments:
        project += f"[tool.uv]\nrequired-environments = {json.dumps(list(options.required_environments))}\n"
    (wanted / "pyproject.toml").write_text(project, encoding="utf-8")
    folder = client("uv", "newest").folder
    argv = [str(folder / "uv"), "pip", "compile", str(wanted / "pyproject.toml"), "--default-index", index]
    argv += ["--no-cache", "--no-header", "--generate-hashes", "--no-python-downloads", "--color", "never"]
    argv += ["--python", interpreter(options.interpreter), *_uv_options(scenario)]
    rc, out, err = _run(argv, home, str(folder))
    lines = tuple(line.replace(str(home), "~") for line in out.splitlines())
    names = frozenset(line.split("==")[0] for line in lines if "==" in line and not line.startswith(" "))
    return Resolution(rc, lines, names, out + err)


def _uv_options(scenario: Scenario) -> list[str]:
    options = scenario.options
    argv = ["--universal"] if options.universal else []
    argv += ["--prerelease", "allow"] if options.prereleases else []
    argv += ["--python-version", options.python] if options.python else []
    argv += ["--python-platform", options.python_platform] if options.python_platform else []
    argv += [part for name in options.no_binary for part in ("--no-binary", name)]
    return argv + [part for name in options.no_build for part in ("--only-binary", name)]


def _pip(scenario: Scenario, index: str, home: Path, version: str) -> Resolution:
    fresh_venv(home / "venv", client("pip", version))
    options, report = scenario.options, home / "report.json"
    argv = [str(home / "venv" / "bin" / "pip"), "install", "--dry-run", "--report", str(report), "--no-input"]
    argv += ["--index-url", index, "--disable-pip-version-check", "--no-cache-dir", "--retries", "0"]
    argv += ["--pre"] if options.prereleases else []
    argv += [part for name in options.no_binary for part in ("--no-binary", name)]
    argv += [part for name in options.no_build for part in ("--only-binary", name)]
    rc, out, err = _run([*argv, *scenario.requires], home, str(home / "venv" / "bin"))
    items = json.loads(report.read_text())["install"] if report.exists() else []
    lines = tuple(sorted(_pip_item(item) for item in items))
    return Resolution(rc, lines, frozenset(line.split("==")[0] for line in lines), out + err)


def _pip_item(item: dict[str, dict[str, object]]) -> str:
    about, download = item["metadata"], item["download_info"]
    archive = download.get("archive_info")
    filename = str(download["url"]).rpartition("/")[2].partition("#")[0]
    return f"{about['name']}=={about['version']} {filename} {archive}"
