"""The recipes for images, built without Docker (see `docker.py`): what the image holds, and what it must not hold."""

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

import pytest

from tests.ci.dockerfile import DockerfileError, read
from tests.ci.project import GHOST, HOOKS, Project
from tests.simulators import drivers
from tests.simulators.clients import client, fresh_venv
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import PASSED_ON

pytestmark = pytest.mark.clients
REPOSITORY = HOOKS.parent
BOTH = pytest.mark.parametrize("kind", ["python", "node"])
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
        guard.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m slopguard "$@"\n')
        for tool in (docker, guard):
            tool.chmod(0o755)
        pip, npm = client("pip", "newest"), client("npm", "newest")
        fresh_venv(self.root / "tool", pip)
        settings = shutil.copytree(project.home, self.root / "settings")
        images = {"pip": pip.folder, "npm": npm.folder, "settings": settings}
        (self.root / "images.json").write_text(json.dumps({name: str(place) for name, place in images.items()}))
        places = [self.root / "bin", self.root / "tool" / "bin", npm.folder, "/usr/bin", "/bin"]
        kept = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
        self.env = kept | {"HOME": str(project.home), "EMULATED": str(self.root), "PATH": ":".join(map(str, places))}

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
        secrets = [word.encode() for text in self.about["secrets"].values() for word in _words(text)]
        for name, content in self.pieces():
            assert "slopguard" not in name
            assert b"slopguard" not in content, name
            assert not GATE.search(content), name
            assert not [word for word in secrets if word in content], name


def _words(text: str) -> list[str]:
    """The secret parts of what a build was given: a gate's password and token."""
    return re.findall(r"(?<=:)[\w-]{20,}(?=@)|(?<=_authToken=)\S+", text)


@pytest.fixture
def builder(tmp_path: Path, pypi: PyPI, npm: Npm) -> Builder:
    return Builder(Project(tmp_path / "p", pypi, npm))


EXPECTED = {"python": {"sg-alpha": "1.2"}, "node": {"sg-beta": "1.2.0"}}


def ghost(project: Project, kind: str) -> None:
    project.write({"requirements.txt": f"sg-alpha\n{GHOST}\n"} if kind == "python" else project.node("sg-beta", GHOST))


@BOTH
def test_of_the_stage_that_is_thrown_away_only_the_packages_stay(builder: Builder, kind: str) -> None:
    ran = builder.build(f"Dockerfile.{kind}")
    assert ran.code == 0, ran
    assert builder.installed == EXPECTED[kind]
    assert builder.started() == "the app runs\n"
    assert (builder.root / "stage0").exists()
    builder.clean()


@BOTH
def test_an_invented_name_ends_the_build(builder: Builder, kind: str) -> None:
    ghost(builder.project, kind)
    builder.build(f"Dockerfile.{kind}").refused(1, "not-found", GHOST)
    assert not builder.image.exists()


@BOTH
def test_the_settings_of_the_project_count_in_the_stage(builder: Builder, kind: str) -> None:
    builder.project.write({"slopguard.toml": 'mode = "strict"\n'})
    ran = builder.build(f"Dockerfile.{kind}")
    ran.refused(1, "unverified", next(iter(EXPECTED[kind])))
    assert "exit code: 3" in ran.log
    assert not builder.image.exists()


@BOTH
def test_an_image_built_through_the_gate_holds_nothing_of_it(builder: Builder, kind: str) -> None:
    ran = builder.gated(f"Dockerfile.gated-{kind}")
    assert ran.code == 0, ran
    assert builder.installed == EXPECTED[kind]
    assert builder.started() == "the app runs\n"
    assert builder.about["network"] == "host"
    assert all(_words(text) for text in builder.about["secrets"].values())
    builder.clean()


@BOTH
def test_an_invented_name_ends_the_build_through_the_gate(builder: Builder, kind: str) -> None:
    ghost(builder.project, kind)
    ran = builder.gated(f"Dockerfile.gated-{kind}")
    ran.refused(1, "not-found", GHOST)
    assert ran.log.splitlines()[-1].startswith("slopguard: "), ran
    assert not builder.image.exists()


@BOTH
def test_what_is_not_invented_keeps_its_code_through_the_gate(builder: Builder, kind: str) -> None:
    """Docker ends with 1 whatever went wrong in it."""
    builder.project.write({"slopguard.toml": 'mode = "strict"\n'})
    builder.gated(f"Dockerfile.gated-{kind}").refused(3, "unverified", next(iter(EXPECTED[kind])))


@BOTH
def test_without_a_gate_nothing_is_built(builder: Builder, kind: str) -> None:
    ran = builder.build(f"Dockerfile.gated-{kind}", "--network=host")
    assert ran.code == 1, ran
    assert "not found" in ran.log
    script = builder.run("bash", str(HOOKS / "docker-build.sh"), "-f", str(HOOKS / f"Dockerfile.gated-{kind}"), ".")
    assert script.code == 1, script
    assert "slopguard run -- bash docker-build.sh" in script.log
    assert not builder.image.exists()


def test_a_build_argument_works_too_and_stays_in_the_history(builder: Builder) -> None:
    text = (HOOKS / "Dockerfile.gated-python").read_text()
    argument = re.sub(r"RUN --mount=\S+ \\\n\s+", "ARG PIP_INDEX_URL\nRUN ", text)
    assert argument != text
    builder.project.write({"Dockerfile": argument})
    command = "docker build --network=host --build-arg PIP_INDEX_URL -t app ."
    ran = builder.run("slopguard", "run", "--", *command.split())
    assert ran.code == 0, ran
    assert builder.installed == EXPECTED["python"]
    held = {name for name, content in builder.pieces() if GATE.search(content)}
    assert held == {""}, "in the history, and in no file"


def test_a_dockerfile_that_is_not_understood_is_an_error() -> None:
    for text in ("RUN true", "FROM a:1\nHEALTHCHECK x", "FROM a b"):
        with pytest.raises(DockerfileError):
            read(text)


@pytest.mark.parametrize("name", sorted(path.name for path in HOOKS.glob("Dockerfile.*")))
def test_images_are_pinned(name: str) -> None:
    assert all(re.search(r":[\w.-]+@sha256:PIN-[A-Z]+$", stage.base) for stage in read((HOOKS / name).read_text()))
