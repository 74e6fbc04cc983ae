"""A machine that builds images with the stand-in for Docker, and what can be said about an image."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ci.project import HOOKS, LEADS_HERE, Project
from tests.simulators import drivers
from tests.simulators.clients import client, fresh_venv, ready_pip
from tests.simulators.sandbox import PASSED_ON

REPOSITORY = HOOKS.parent
GATE = re.compile(rb"/(?:pypi|npm)/[0-9a-f]{12}/")
"""What every address of a gate has in it."""


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    log: str

    def refused(self, code: int, rule: str, name: str) -> None:
        assert self.code == code, self
        assert f"'{name}' ({rule}): " in self.log, self


class Builder:
    """A machine that builds images of the project; `docker` on it is the one of `docker.py`."""

    def __init__(self, project: Project) -> None:
        self.project, self.root = project, project.root / "builder"
        (self.root / "bin").mkdir(parents=True)
        docker = self.root / "bin" / "docker"
        docker.write_text(f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" -m tests.ci.docker "$@"\n')
        guard = self.root / "bin" / "slopguard"
        guard.write_text(f"#!{sys.executable}\n{LEADS_HERE}\n\nmain()\n")  # sh would drop variables with odd names
        for tool in (docker, guard):
            tool.chmod(0o755)
        pip, npm = client("pip", "newest"), client("npm", "newest")
        fresh_venv(self.root / "tool", pip)
        settings = shutil.copytree(project.home, self.root / "settings")
        images = {"pip": pip.folder, "npm": npm.folder, "settings": settings, "ready": ready_pip()}
        (self.root / "images.json").write_text(json.dumps({name: str(place) for name, place in images.items()}))
        places = [self.root / "bin", self.root / "tool" / "bin", npm.folder, "/usr/bin", "/bin"]
        kept = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
        self.env = kept | {"HOME": str(project.home), "EMULATED": str(self.root), "PATH": ":".join(map(str, places))}

    def path(self, folder: Path) -> None:
        """A folder more on PATH."""
        self.env["PATH"] = f"{folder}:{self.env['PATH']}"

    def run(self, *argv: str) -> Ran:
        """One command in the project's folder."""
        done = subprocess.run(argv, cwd=self.project.folder, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
        return Ran(done.returncode, done.stdout)

    def build(self, name: str, *options: str) -> Ran:
        """`docker build` of one of the pieces."""
        return self.run("docker", "build", *options, "-t", "app", "-f", str(HOOKS / name), ".")

    def gated(self, name: str) -> Ran:
        """The same, through the script that hands over the gate's address."""
        shutil.copy(HOOKS / "docker-build.sh", self.root / "docker-build.sh")
        script = str(self.root / "docker-build.sh")
        file = str(HOOKS / name)
        return self.run("slopguard", "run", "--", "bash", script, "-t", "app", "-f", file, ".")

    @property
    def image(self) -> Path:
        return self.root / "image"

    @property
    def about(self) -> dict[str, Any]:
        """The image's environment and history, and what the build was given."""
        found: dict[str, Any] = json.loads((self.root / "image.json").read_text())
        return found

    @property
    def installed(self) -> dict[str, str]:
        """The packages in the image."""
        node = drivers.node_modules(self.image / "srv" / "app" / "node_modules")
        found = drivers.site_packages(self.image / "opt" / "app", self.image / "usr" / "local") | dict(node)
        return {name: version for name, version in found.items() if name != "setuptools"}  # older venvs bring it

    def started(self) -> str:
        """What the image's command prints."""
        env = {key: value.replace(self.about["stage"], str(self.image)) for key, value in self.about["env"].items()}
        where = self.image / "srv" / "app"
        done = subprocess.run(self.about["command"].split(), cwd=where, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pieces(self) -> Iterator[tuple[str, bytes]]:
        """All that is in the image: names and content of its files, its environment and its history."""
        for place in self.image.rglob("*"):
            content = b"" if place.is_symlink() or place.is_dir() else place.read_bytes()
            yield str(place.relative_to(self.image)), content
        yield "", json.dumps([self.about["env"], self.about["history"]]).encode()

    def clean(self) -> None:
        """Claim: nothing of slopguard's and no gate's address or secret is in the image."""
        secrets = [word.encode() for text in self.about["secrets"].values() for word in secret_words(text)]
        for name, content in self.pieces():
            assert "slopguard" not in name
            assert b"slopguard" not in content, name
            assert not GATE.search(content), name
            assert not [word for word in secrets if word in content], name


def secret_words(text: str) -> list[str]:
    """The secret parts of what a build was given: a gate's password and token."""
    return re.findall(r"(?<=:)[\w-]{20,}(?=@)|(?<=_authToken=)\S+", text)
