"""Which questions a command puts to the judge: what it names, what its files name, and where each would come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slopguard.clients import client_for
from slopguard.guard import lines, prejudge
from slopguard.indexes import Index, IndexKind
from slopguard.model import Actor, Arrival, Ecosystem, Layer, Request, Sighting

MAIN = Index(Ecosystem.PYPI, "aaa111", "https://registry.example/simple", IndexKind.DEFAULT, Layer.USER)
ALIEN = Index(Ecosystem.PYPI, "bbb222", "https://alien.example/simple", IndexKind.EXTRA, Layer.PROJECT)
NPM = Index(Ecosystem.NPM, "ccc333", "https://npm.example/", IndexKind.DEFAULT, Layer.USER)
SCOPE = Index(Ecosystem.NPM, "ddd444", "https://scoped.example/", IndexKind.SCOPE, Layer.PROJECT, name="@acme")
LOCAL = """[build-system]
requires = ["hatchling"]
[project]
name = "mine"
dependencies = ["flask"]
[project.optional-dependencies]
web = ["idna"]
other = ["left-out"]
[dependency-groups]
dev = ["left-out-too"]
"""


def asked(cwd: Path, line: str, *indexes: Index, mapped: frozenset[str] = frozenset()) -> list[Request]:
    client, *argv = line.split()
    env = {"HOME": str(cwd / "home")}
    call = client_for(client).parse(client, argv, cwd, env)
    return prejudge.plan(call, prejudge.read_all(call, env), indexes, Actor.HUMAN, mapped).requests


def names(requests: list[Request]) -> list[str]:
    return [request.name or request.raw for request in requests]


def test_names_typed_are_introduced(tmp_path: Path) -> None:
    (request,) = asked(tmp_path, "pip install Flask==3.0.0", MAIN)
    assert (request.name, request.version, request.arrived) == ("flask", "3.0.0", Arrival.INTRODUCED)
    assert request.source.trusted


def test_a_name_with_no_normal_form_is_asked_about_as_written(tmp_path: Path) -> None:
    (request,) = asked(tmp_path, "pip install fl\u0430sk", MAIN)
    assert (request.name, request.raw) == (None, "fl\u0430sk")


def test_one_untrusted_index_makes_every_name_untrusted(tmp_path: Path) -> None:
    (request,) = asked(tmp_path, "pip install flask", MAIN, ALIEN)
    assert (request.source.trusted, request.source.index) == (False, ALIEN.url)


@pytest.mark.parametrize(("pinned", "trusted"), [("pypi", True), ("other", False)])
def test_the_built_in_index_has_a_name_that_need_not_be_explained(pinned: str, trusted: bool) -> None:
    sighting = Sighting(Ecosystem.PYPI, "flask", extra={"index": pinned})
    assert prejudge.source_of(sighting, "flask", (MAIN, ALIEN)).trusted is trusted
    taken = replace(ALIEN, name="pypi")
    assert not prejudge.source_of(sighting, "flask", (MAIN, taken)).trusted


def test_an_untrusted_scope_concerns_its_own_packages_only(tmp_path: Path) -> None:
    plain, scoped = asked(tmp_path, "npm install left-pad @acme/x", NPM, SCOPE)
    assert (plain.source.trusted, scoped.source.trusted) == (True, False)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pip install .", ["flask", "hatchling"]),
        ("pip install .[web]", ["flask", "hatchling", "idna"]),
        ("pip install -e .", ["flask", "hatchling"]),
        ("uv pip install ./", ["flask", "hatchling"]),
    ],
)
def test_a_local_project_is_fine_and_what_it_needs_is_asked_about(tmp_path: Path, line: str, found: list[str]) -> None:
    (tmp_path / "pyproject.toml").write_text(LOCAL)
    requests = asked(tmp_path, line, MAIN)
    assert sorted(names(requests)) == found
    assert {request.arrived for request in requests} == {Arrival.INTRODUCED}


def test_a_single_archive_could_come_from_anywhere(tmp_path: Path) -> None:
    (request,) = asked(tmp_path, "pip install ./dist/mine-1.0-py3-none-any.whl", MAIN)
    assert not request.source.trusted


def test_constraints_introduce_no_name_but_their_urls_count(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("six<2\nidna @ https://files.example/idna-3.10-py3-none-any.whl\n")
    requests = asked(tmp_path, "pip install flask -c c.txt", MAIN)
    assert [(request.name, request.source.trusted) for request in requests] == [("flask", True), ("idna", False)]


LOCK = """version = 1
[[package]]
name = "flask"
version = "3.0.0"
source = { registry = "https://registry.example/simple" }
wheels = [{ url = "https://files.example/flask-3.0.0-py3-none-any.whl", hash = "sha256:aa" }]
[[package]]
name = "click"
version = "8.0.0"
source = { registry = "https://registry.example/simple/" }
[[package]]
name = "mine"
version = "1"
source = { virtual = "." }
[[package]]
name = "stray"
version = "1"
source = { registry = "https://alien.example/simple" }
"""


def test_a_lock_adds_versions_and_hashes_and_says_where_each_comes_from(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1"\ndependencies = ["flask"]\n')
    (tmp_path / "uv.lock").write_text(LOCK)
    found = {(r.name, r.version): r for r in asked(tmp_path, "uv sync --frozen", MAIN)}
    assert found["flask", "3.0.0"].arrived is Arrival.INTRODUCED
    assert found["flask", "3.0.0"].digests == {"sha256:aa"}
    assert found["click", "8.0.0"].arrived is Arrival.TRANSITIVE
    assert found["click", "8.0.0"].source.trusted
    assert not found["stray", "1"].source.trusted
    assert not any(name == "mine" for name, _ in found)


def test_what_a_lock_records_at_npms_own_registry_means_the_configured_one(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"left-pad": "1"}}')
    url = "https://builtin.example/left-pad/-/left-pad-1.3.0.tgz"
    lock = f'{{"packages": {{"": {{}}, "node_modules/left-pad": {{"version": "1.3.0", "resolved": "{url}"}}}}}}'
    (tmp_path / "package-lock.json").write_text(lock)
    plain = asked(tmp_path, "npm ci", NPM)
    mapped = asked(tmp_path, "npm ci", NPM, mapped=frozenset({"https://builtin.example"}))
    assert [request.source.trusted for request in plain] == [True, False]
    assert [request.source.trusted for request in mapped] == [True, True]


@pytest.mark.parametrize(
    ("line", "refused", "rest"),
    [
        ("pip install flask ghost", {"ghost"}, "pip install flask"),
        ("pip install flask ghost==1.0", {"ghost"}, "pip install flask"),
        ("npm install -D left-pad ghost@1", {"ghost"}, "npm install -D left-pad"),
        ("pip install ghost", {"ghost"}, ""),
        ("uv add ghost", {"ghost"}, ""),
        (
            "pip install -i https://joe:s3cret@r.example/s flask ghost",
            {"ghost"},
            "pip install -i https://r.example/s flask",
        ),
    ],
)
def test_the_rest_of_a_refused_command_that_is_fine(tmp_path: Path, line: str, refused: set[str], rest: str) -> None:
    client, *argv = line.split()
    call = client_for(client).parse(client, argv, tmp_path, {"HOME": str(tmp_path)})
    assert lines.rest_of(call, refused) == rest


def test_what_comes_from_an_explicit_index_says_from_which(tmp_path: Path) -> None:
    named = replace(ALIEN, layer=Layer.USER, kind=IndexKind.NAMED, name="acme", explicit=True)
    text = '[project]\nname = "mine"\ndependencies = ["flask", "idna"]\n[tool.uv.sources]\nflask = { index = "acme" }\n'
    (tmp_path / "pyproject.toml").write_text(text)
    flask, idna = asked(tmp_path, "uv sync", MAIN, named)
    assert (flask.source.index, flask.source.trusted, idna.source.index) == (named.url, True, None)


@pytest.mark.parametrize("name", ["deps.py", "setup.py", "Pipfile", "bom.json", "package.json", "setup.cfg"])
def test_what_pip_is_told_to_read_holds_requirements_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("flask\n--extra-index-url https://alien.example/simple\n")
    (request,) = asked(tmp_path, f"pip install -r {name}", MAIN)
    assert (request.name, request.locations[0].line) == ("flask", 1)
