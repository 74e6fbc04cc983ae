"""What edits add where it matters from which index a package comes: lock files, indexes named in files, no clients."""

from __future__ import annotations

import json

import pytest

from slopguard.check import indexes
from slopguard.config.settings import UpstreamSetting
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer
from tests.agents.edited import project_in, unclear, written


@pytest.fixture
def project(tmp_path, monkeypatch):
    return project_in(tmp_path, monkeypatch)


def _lock(digest, **packages):
    held = {
        f"node_modules/{name}": {
            "version": version,
            "resolved": f"https://registry.example/{name}/-/{name}-{version}.tgz",
            "integrity": f"sha512-{digest * 86}==",
        }
        for name, version in packages.items()
    }
    root = {"dependencies": {"one": "^1"}}
    return json.dumps({"name": "p", "lockfileVersion": 3, "packages": {"": root, **held}})


def test_of_a_lock_file_what_is_new_is_asked_about_and_what_has_other_digests(project):
    url = "https://registry.example/"
    project.ask = lambda ecosystem, folder: (Index(ecosystem, "main", url, IndexKind.DEFAULT, Layer.USER),)
    project.write({"package-lock.json": _lock("A", one="1.0.0", two="2.0.0")})
    project.write({"package.json": '{"name": "p", "dependencies": {"one": "^1"}}'})
    more = project.look(written("package-lock.json", _lock("A", one="1.0.0", two="2.0.0", three="3.0.0")))
    assert [(r.name, r.version, r.source.trusted) for r in more.requests] == [("three", "3.0.0", True)]
    other = project.look(written("package-lock.json", _lock("B", one="1.0.0", two="2.0.0")))
    assert [r.name for r in other.mismatched] == ["one", "two"]
    assert set(other.mismatched) == set(other.requests)


@pytest.fixture
def no_clients(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    indexes.npm_built_in.cache_clear()
    yield
    indexes.npm_built_in.cache_clear()


@pytest.mark.usefixtures("no_clients")
def test_where_no_client_is_installed_the_settings_say_which_index_is_meant(project):
    project.ask = None
    project.write({"package.json": '{"name": "p", "dependencies": {"one": "^1"}}'})
    upstream = {Ecosystem.NPM: UpstreamSetting("https://registry.example/")}
    added = project.look(written("package-lock.json", _lock("A", one="1.0.0")), upstream=upstream)
    assert [(r.name, r.source.trusted) for r in added.requests] == [("one", True)]


@pytest.mark.usefixtures("no_clients")
def test_without_client_and_settings_a_lock_file_is_held_against_the_index_that_most_of_it_names(project):
    project.ask = None
    project.write({"package.json": '{"name": "p", "dependencies": {"one": "^1"}}'})
    names_ = {f"p{number}": "1.0.0" for number in range(20)}
    text = _lock("A", **names_)
    strange = text.replace("registry.example/p7/", "other.example/p7/")
    sources = {r.name: r.source for r in project.look(written("package-lock.json", strange)).requests}
    assert {name for name, source in sources.items() if not source.trusted} == {"p7"}


def test_a_host_of_which_only_the_index_can_tell_is_unclear(project):
    url = "https://registry.example/"
    project.ask = lambda ecosystem, folder: (Index(ecosystem, "main", url, IndexKind.DEFAULT, Layer.USER),)
    packages = "".join(
        f'''[[package]]
name = "{name}"
version = "1.0"
source = {{ registry = "{url}" }}
wheels = [{{ url = "https://{host}/{name}-1.0-py3-none-any.whl", hash = "sha256:{"a" * 64}" }}]
'''
        for name, host in (("one", "files.example"), ("two", "files.example"), ("three", "other.example"))
    )
    lock = f"version = 1\n{packages}"
    added = project.look(written("uv.lock", lock))
    assert all(request.source.trusted for request in added.requests)
    assert unclear(added) == [("uv.lock", 13)]


def test_an_index_that_a_file_names_is_nobodys_promise(project):
    project.ask = lambda ecosystem, folder: ()
    added = project.look(written("requirements.txt", "--index-url https://packages.example/simple\none\n"))
    assert [(r.name, r.source.trusted) for r in added.requests] == [("one", False)]


def test_clients_settings_above_count_for_a_file_below(project):
    project.ask = lambda ecosystem, folder: ()
    project.write({"bunfig.toml": '[install]\nregistry = "https://packages.example/"\n'})
    added = project.look(written("package.json", '{"dependencies": {"one": "1"}}'))
    assert [(r.name, r.source.trusted) for r in added.requests] == [("one", False)]
