"""A project that the recipes are tried on, its registries, and a `slopguard` that can be installed from them.

Invariants: the `slopguard` on the registry is a wheel that leads to this checkout, so that the recipe's own step
installs it, digest and all, and what then guards is the code under test. Registries are simulated; git repositories are
real.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import slopguard
from tests.simulators.artefacts import Artefact, core_metadata
from tests.simulators.npm import Npm
from tests.simulators.pypi import File, PyPI
from tests.simulators.registry import ago

HOOKS = Path(__file__).resolve().parents[2] / "hooks"
GHOST = "sg-ghost"
LEADS_HERE = f"""import os, sys

def main():
    os.execv({sys.executable!r}, [{sys.executable!r}, "-P", "-m", "slopguard", *sys.argv[1:]])
"""


def own_wheel() -> Artefact:
    """A wheel whose `slopguard` is the one under test."""
    about = core_metadata("slopguard", slopguard.__version__)
    info = f"slopguard-{slopguard.__version__}.dist-info"
    files = {
        "slopguard_leads_here.py": LEADS_HERE.encode(),
        f"{info}/METADATA": about,
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": b"[console_scripts]\nslopguard = slopguard_leads_here:main\n",
    }
    rows = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return Artefact(f"slopguard-{slopguard.__version__}-py3-none-any.whl", buffer.getvalue(), about)


def own_source(folder: Path) -> Path:
    """A folder that pip can install as it would this checkout; what it builds is `own_wheel`, and needs no network."""
    folder.mkdir(parents=True)
    made = own_wheel()
    (folder / made.filename).write_bytes(made.content)
    build = '[build-system]\nrequires = []\nbuild-backend = "builds_here"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(build)
    (folder / "builds_here.py").write_text(BUILDS_HERE.format(name=made.filename))
    return folder


BUILDS_HERE = """import pathlib, shutil

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    shutil.copy(pathlib.Path(__file__).parent / "{name}", wheel_directory)
    return "{name}"
"""


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


class Project:
    """A repository `origin` with the branch `main`, and the registries that its machines are configured for.

    Args:
        root: an empty folder; its path must not hold the word that images are searched for.
    """

    def __init__(self, root: Path, pypi: PyPI, npm: Npm) -> None:
        self.root, self.pypi, self.npm = root, pypi, npm
        self.home, self.folder, self.origin = root / "home", root / "work", root / "origin"
        for name in ("sg-alpha", "sg-gamma"):
            pypi.add_established(name)
        npm.add_established("sg-beta")
        made = own_wheel()
        pypi.projects["slopguard"] = [File(made, slopguard.__version__, ago(days=400))]
        self._configure()
        self.folder.mkdir(parents=True)
        pinned = f"slopguard=={slopguard.__version__} --hash=sha256:{made.sha256}\n"
        self.write({
            "slopguard.toml": "",
            "ci/slopguard.txt": pinned,
            "requirements.txt": "sg-alpha\n",
            "Makefile": "install:\n\tpip install sg-gamma\n",
            "app.py": 'import sg_alpha\nprint("the app runs")\n',
            "app.js": 'require("sg-beta");\nconsole.log("the app runs");\n',
            ".gitignore": "node_modules/\n",
            **self.node("sg-beta"),
        })  # fmt: skip
        self.git("init", "-q", "--initial-branch=main")
        self.git("init", "-q", "--bare", "--initial-branch=main", str(self.origin))
        self.git("remote", "add", "origin", self.origin.as_uri())
        self.push("main")

    def _configure(self) -> None:
        """The machines' own settings of the clients."""
        (self.home / ".config" / "pip").mkdir(parents=True)
        (self.home / ".config" / "pip" / "pip.conf").write_text(f"[global]\nindex-url = {self.pypi.url}\n")
        (self.home / ".npmrc").write_text(f"registry={self.npm.url}\nupdate-notifier=false\n")
        (self.home / ".gitconfig").write_text("[user]\nname = Ana\nemail = ana@acme.example\n")

    def node(self, *names: str) -> dict[str, str]:
        """package.json and package-lock.json that need these; a lock without addresses, as npm can be told to write."""
        needs = dict.fromkeys(names, "1.2.0")
        mine = {"name": "mine", "version": "0.0.0", "dependencies": needs}
        packages = {"": mine} | {
            f"node_modules/{name}": {"version": "1.2.0", "integrity": self._integrity(name)} for name in names
        }
        lock = {"name": "mine", "version": "0.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
        return {"package.json": json.dumps(mine, indent=2), "package-lock.json": json.dumps(lock, indent=2)}

    def _integrity(self, name: str) -> str:
        known = self.npm.packages.get(name, self.npm.packages["sg-beta"])
        return known["1.2.0"].artefact.integrity

    def write(self, files: Mapping[str, str]) -> None:
        """Files of the project."""
        for path, text in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

    def git(self, *words: str) -> str:
        """One git command in the project."""
        env = {"HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(["git", *words], cwd=self.folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def push(self, branch: str) -> None:
        """Commit what was written, on this branch."""
        self.git("checkout", "-q", "-B", branch)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "Work")
        self.git("push", "-q", "-f", "origin", branch)

    def propose(self, files: Mapping[str, str]) -> None:
        """Somebody proposes a change: the branch `change`, and `merge`, what a host would merge."""
        self.write(files)
        self.push("change")
        self.git("checkout", "-q", "-B", "merge", "main")
        self.git("merge", "-q", "--no-ff", "-m", "Merge", "change")
        self.git("push", "-q", "-f", "origin", "merge")
