"""What counts as the project's own, or as held by what it declares: erring that way costs nothing."""

from __future__ import annotations

import pytest

from slopguard.check.own import Project
from slopguard.model import Ecosystem

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM


def python(module, *paths, declared=(), own=()):
    project = Project.of(paths, [(PYPI, name) for name in declared], [(PYPI, name) for name in own])
    return project.holds(PYPI)(module)


def npm(name, *paths, declared=(), own=()):
    return Project.of(paths, [(NPM, each) for each in declared], [(NPM, each) for each in own]).holds(NPM)(name)


@pytest.mark.parametrize(
    "path",
    [
        "app/__init__.py",
        "app.py",
        "src/app/core.py",
        "app/deep/only/here.py",
        "packages/one/src/app/__init__.py",
        "tests/app.py",
        "src/app.pyx",
        "lib/app.cpython-311-x86_64-linux-gnu.so",
        "stubs/app.pyi",
    ],
)
def test_a_python_module_of_the_tree_is_own_wherever_it_lies(path):
    assert python("app", path)
    assert not python("other", path)


def test_what_a_protocol_file_is_compiled_to_is_own():
    assert python("app_pb2", "proto/app.proto")


def test_a_folder_without_sources_is_no_module():
    assert not python("data", "data/a.csv")


def test_the_project_itself_is_own():
    assert python("my_app", own=["my-app"])


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("flask", "Flask"),
        ("foo_bar", "foo-bar"),
        ("foo_bar", "Foo.Bar"),
        ("google", "google-cloud-storage"),
        ("dateutil", "python-dateutil"),
        ("serial", "pyserial"),
        ("rest_framework", "django-rest-framework"),
        ("psycopg2", "psycopg2-binary"),
        ("bs", "bs4"),
        ("mysql", "mysql-connector-python"),
    ],
)
def test_a_declared_distribution_holds_modules_that_its_name_tells(module, name):
    assert python(module, declared=[name])


@pytest.mark.parametrize(("module", "name"), [("flask_magic", "flask"), ("magic", "flask"), ("clou", "google-cloud")])
def test_a_declared_distribution_holds_no_other_modules(module, name):
    assert not python(module, declared=[name])


@pytest.mark.parametrize(
    ("name", "own"),
    [("utils", "src/utils/index.ts"), ("utils", "src/utils.js"), ("Button", "app/components/Button.vue")],
)
def test_a_folder_or_file_of_scripts_is_own(name, own):
    assert npm(name, own)


def test_members_of_a_workspace_and_aliases_are_own():
    assert npm("lib", own=["lib"])
    assert npm("@app/anything", own=["@app"])
    assert not npm("lib-other", own=["lib"])


@pytest.mark.parametrize(("name", "declared"), [("a", "a"), ("estree", "@types/estree"), ("@s/a", "@types/s__a")])
def test_a_declared_package_is_known_by_its_name_or_its_types(name, declared):
    assert npm(name, declared=[declared])


def test_a_scope_that_the_project_uses_is_its_publishers_alone():
    assert npm("@acme/other", declared=["@acme/one"])
    assert not npm("@acme-2/other", declared=["@acme/one"])


def test_a_declared_name_that_is_none_changes_nothing():
    assert not python("a", declared=["a b", ""])
