"""What a poetry command line means, compared with poetry itself where it can be asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.clients.interface import Invocation
from slopguard.clients.poetry import Poetry
from slopguard.clients.poetry_split import split
from slopguard.errors import UsageError
from slopguard.model import SourceKind
from slopguard.readers.poetry_tables import exact, typed
from slopguard.readers.uv_tables import canonical
from tests.simulators.clients import client

WORDS = (
    "flask",
    "flask@^3.0",
    "flask@latest",
    "flask==3.0.1",
    "flask=3.0.1",
    "flask:3.0",
    "flask 3.0",
    "flask>=3,<4",
    "flask!=3.0",
    "flask@~3.0",
    "flask@>=3",
    "flask[async]",
    "flask[async,dotenv]@^3.0",
    "flask[async]>=3",
    "Flask.Ext_x@1.*",
    "flask ; python_version >= '3.8'",
    "flask>=3 ; python_version >= '3.8'",
)
ASK = """
import json, sys
from pathlib import Path
from poetry.utils.dependency_specification import RequirementsParser
parser = RequirementsParser(artifact_cache=None, cwd=Path("/"))
print(json.dumps([parser.parse(word) for word in json.loads(sys.argv[1])]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1"\n')
    (tmp_path / "poetry.lock").write_text('[metadata]\nlock-version = "2.1"\n')
    (tmp_path / "lib").mkdir()
    (tmp_path / "below" / "deep").mkdir(parents=True)
    return tmp_path


def parse(cwd: Path, line: str, **env: str) -> Invocation:
    return Poetry().parse("poetry", line.split(), cwd, {"HOME": str(cwd), **env})


@pytest.mark.clients
@pytest.mark.parametrize("version", ["newest", "1.8.5"])
def test_packages_are_read_as_poetry_reads_them(version: str, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(client("poetry", version).folder), "HOME": str(tmp_path)}
    asked = [sys.executable, "-c", ASK, json.dumps(WORDS)]
    said = json.loads(subprocess.run(asked, env=env, capture_output=True, text=True, check=True).stdout)
    for word, theirs in zip(WORDS, said, strict=True):
        ours = typed(word, tmp_path)
        assert canonical(ours.raw) == canonical(theirs["name"]), word
        assert set(filter(None, ours.extra.get("extras", "").split(","))) == set(theirs.get("extras", [])), word
        constraint = theirs.get("version", "").replace(" ", "").removeprefix("==")
        assert ours.specifier.replace(" ", "").removeprefix("==") == constraint, word


@pytest.mark.parametrize(
    ("constraint", "version"),
    [
        ("1.2.3", "1.2.3"),
        ("==1.2.3", "1.2.3"),
        ("=1.2", "1.2"),
        ("^1.2", None),
        ("1.*", None),
        (">=1", None),
        ("", None),
    ],
)
def test_only_one_version_is_a_version(constraint: str, version: str | None) -> None:
    assert exact(constraint) == version


@pytest.mark.parametrize(
    ("line", "command", "names"),
    [
        ("add flask", "add", ["flask"]),
        ("add flask@^3 click==8.1", "add", ["flask", "click"]),
        ("add -D flask", "add", ["flask"]),
        ("add --group lint ruff", "add", ["ruff"]),
        ("add -Glint ruff", "add", ["ruff"]),
        ("add --optional web flask", "add", ["flask"]),
        ("add --optional flask", "add", ["flask"]),
        ("add --python ^3.8 --platform linux --markers x flask", "add", ["flask"]),
        ("add -E async flask", "add", ["flask"]),
        ("add flask -- click", "add", ["flask", "click"]),
        ("-C below add flask", "add", ["flask"]),
        ("-P below -n -vvv add flask", "add", ["flask"]),
        ("--proj below add flask", "add", ["flask"]),
        ("add flask -C below", "add", ["flask"]),
        ("self add poetry-plugin-export", "self add", ["poetry-plugin-export"]),
        ("self update", "self update", []),
        ("self sync", "self sync", []),
        ("debug resolve flask", "debug resolve", ["flask"]),
        ("init -n --name mine --dependency flask --dev-dependency pytest", "init", ["flask", "pytest"]),
        ("new --dependency flask there", "new", ["flask"]),
        ("install", "install", []),
        ("install --with docs --only main", "install", []),
        ("sync", "sync", []),
        ("lock", "lock", []),
        ("update flask", "update", []),
        ("remove flask", "remove", []),
        ("build", "build", []),
        ("publish --build", "publish", []),
        ("show --latest", "show", []),
        ("show -o", "show", []),
        ("up --latest", "up", []),
    ],
)
def test_packages_named_on_the_command_line(project: Path, line: str, command: str, names: list[str]) -> None:
    call = parse(project, line)
    assert (call.command, call.installs) == (command, True)
    assert [sighting.raw for sighting in call.typed] == names


@pytest.mark.parametrize(
    "line",
    [
        "", "--version", "about", "config --list", "env use 3.11", "env info --path", "run pip install x", "run add x",
        "show", "show --tree", "self show plugins", "source add x https://r.example/s", "search x", "version patch",
        "check", "cache clear --all x", "python install 3.12", "publish", "publish -r corp", "shell", "add --help",
        "-C nowhere add x", "list", "debug info",
    ],
)  # fmt: skip
def test_commands_that_install_nothing_go_straight_to_poetry(project: Path, line: str) -> None:
    assert not parse(project, line).installs


def test_publishing_is_known_as_writing(project: Path) -> None:
    assert parse(project, "publish").writes


@pytest.mark.parametrize(
    "line", ["--no-plugins add x", "add x --no-plugins", "--no-plug add x", "-n --no-plugins lock"]
)
def test_without_plugins_nothing_could_guard_it(project: Path, line: str) -> None:
    with pytest.raises(UsageError, match="cannot be guarded"):
        parse(project, line)


def test_places_are_places(project: Path) -> None:
    found = {
        word: typed(word, project)
        for word in ("./lib", "lib/", "git+https://git.example/x.git#v1", "x@git+ssh://git@git.example/x")
    }
    assert [s.source.kind for s in found.values()] == [SourceKind.PATH, SourceKind.PATH, SourceKind.VCS, SourceKind.VCS]
    assert typed("https://files.example/x-1.0.tar.gz", project).source.kind is SourceKind.URL


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("install", ["pyproject.toml", "poetry.lock"]),
        ("add flask", ["pyproject.toml", "poetry.lock"]),
        ("lock", ["pyproject.toml", "poetry.lock"]),
        ("update flask", ["pyproject.toml", "poetry.lock"]),
        ("lock --regenerate", ["pyproject.toml"]),
        ("update", ["pyproject.toml"]),
        ("remove flask", []),
        ("self add x", []),
        ("-C below/deep install", ["pyproject.toml", "poetry.lock"]),
        ("-P below install", ["pyproject.toml", "poetry.lock"]),
    ],
)
def test_what_it_installs_from(project: Path, line: str, files: list[str]) -> None:
    assert parse(project, line).files == tuple(project / name for name in files)


def test_its_own_project_lies_beside_the_users_settings(project: Path) -> None:
    own = project / "settings" / "pyproject.toml"
    own.parent.mkdir()
    own.write_text("[tool.poetry.group.additional.dependencies]\nx = '*'\n")
    assert parse(project, "self add y", POETRY_CONFIG_DIR=str(own.parent)).files == (own,)


def test_a_source_named_for_what_is_typed_is_the_only_one_that_counts(project: Path) -> None:
    (found,) = parse(project, "add --source Corp acme-lib").typed
    assert found.extra["index"] == "corp"


@pytest.mark.parametrize(
    ("line", "first", "then"),
    [
        ("publish --build", "build", "publish"),
        ("-n publish --build -r corp -u me -v", "-n build -v", "-n publish -r corp -u me -v"),
        ("-C below publish --dist-dir out --build", "-C below build --output out", "-C below publish --dist-dir out"),
    ],
)
def test_publishing_what_is_built_first_is_two_commands(project: Path, line: str, first: str, then: str) -> None:
    assert split(parse(project, line)) == (tuple(first.split()), tuple(then.split()))


@pytest.mark.parametrize("line", ["publish", "build", "add flask", "install"])
def test_other_commands_stay_one(project: Path, line: str) -> None:
    assert split(parse(project, line)) is None
