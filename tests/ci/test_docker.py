"""The recipes for images, built without Docker (see `docker.py`): what the image holds, and what it must not hold."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.ci.dockerfile import DockerfileError, read
from tests.ci.images import GATE, Builder, secret_words
from tests.ci.project import GHOST, HOOKS, Project
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients
BOTH = pytest.mark.parametrize("kind", ["python", "node"])


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
    assert all(secret_words(text) for text in builder.about["secrets"].values())
    builder.clean()


def test_tokens_of_ones_own_are_not_handed_to_the_build(builder: Builder) -> None:
    builder.env["npm_config_//registry.example/:_authToken"] = own = "mine-and-nobody-else's"
    with (builder.project.home / ".npmrc").open("a") as settings:
        settings.write(f"//registry.example/:_authToken={own}\n")
    assert builder.gated("Dockerfile.gated-node").code == 0
    assert "_authToken=" in builder.about["secrets"]["npmrc"]
    assert own not in json.dumps(builder.about)


@BOTH
def test_an_address_that_is_no_gates_is_not_handed_to_the_build(builder: Builder, kind: str) -> None:
    """As on a machine without that client: its variable is then what it was before `slopguard run`."""
    named = {"PIP_INDEX_URL": builder.project.pypi.url, "npm_config_registry": builder.project.npm.url}
    builder.env |= {"SLOPGUARD_RUN": "somewhere", **named}
    ran = builder.run("bash", str(HOOKS / "docker-build.sh"), "-f", str(HOOKS / f"Dockerfile.gated-{kind}"), ".")
    assert ran.code == 1, ran
    assert "not found" in ran.log
    assert not builder.image.exists()


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


def test_an_image_that_is_switched_on_guards_what_follows(builder: Builder) -> None:
    ran = builder.build("Dockerfile.enabled")
    assert ran.code == 0, ran
    assert builder.installed["sg-alpha"] == "1.2"
    ghost(builder.project, "python")
    builder.build("Dockerfile.enabled").refused(1, "not-found", GHOST)
    assert not builder.image.exists()


def test_a_dockerfile_that_is_not_understood_is_an_error() -> None:
    for text in ("RUN true", "FROM a:1\nHEALTHCHECK x", "FROM a b"):
        with pytest.raises(DockerfileError):
            read(text)


@pytest.mark.parametrize("name", sorted(path.name for path in HOOKS.glob("Dockerfile.*")))
def test_images_are_pinned(name: str) -> None:
    assert all(re.search(r":[\w.-]+@sha256:PIN-[A-Z]+$", stage.base) for stage in read((HOOKS / name).read_text()))


def test_the_searches_find_what_the_recipes_avoid(builder: Builder) -> None:
    """Bait: the whole home folder copied out of the stage; npm's logs and lock left in the image."""
    text = (HOOKS / "Dockerfile.python").read_text()
    builder.project.write({"Dockerfile": text.replace("COPY app.py ./", "COPY --from=build /root ./root")})
    assert builder.run("docker", "build", "-t", "app", ".").code == 0
    with pytest.raises(AssertionError):
        builder.clean()
    text = (HOOKS / "Dockerfile.gated-node").read_text()
    builder.project.write({"Dockerfile": text.replace("--mount=type=tmpfs,target=/root/.npm", "")})
    assert builder.gated(str(builder.project.folder / "Dockerfile")).code == 0
    held = {Path(name).parts[0] for name, content in builder.pieces() if GATE.search(content)}
    assert held == {"root"}, "npm's logs and cache"


def test_a_lock_file_with_addresses_of_the_npm_registry_leads_to_the_gate_too(builder: Builder) -> None:
    asked = builder.run("npm", "config", "get", "registry", "--userconfig", os.devnull)
    lock = json.loads(builder.project.node("sg-beta")["package-lock.json"])
    lock["packages"]["node_modules/sg-beta"]["resolved"] = f"{asked.log.strip()}sg-beta/-/sg-beta-1.2.0.tgz"
    builder.project.write({"package-lock.json": json.dumps(lock)})
    ran = builder.gated("Dockerfile.gated-node")
    assert ran.code == 0, ran
    assert builder.installed == EXPECTED["node"]
    builder.clean()
