"""Imports that an edit adds and nothing in the project accounts for: suggestions, about the package that holds them."""

from __future__ import annotations

import pytest

from slopguard.agents.editing.surroundings import Surroundings
from slopguard.check.tree import from_disk
from slopguard.lists import Lists
from slopguard.model import Ecosystem
from tests.agents.edited import project_in, replaced, suggested, written


@pytest.fixture
def project(tmp_path, monkeypatch):
    return project_in(tmp_path, monkeypatch)


@pytest.fixture
def no_lists(monkeypatch):
    def load(*_args, **_more):
        raise AssertionError("the lists were looked at")

    monkeypatch.setattr(Lists, "load", load)


def test_a_new_import_is_a_suggestion_at_its_place(project):
    added = project.look(written("src/a.py", "import os\nfrom sg_invented.sub import x\n"))
    (request,) = added.suggested
    place = request.locations[0]
    assert (request.ecosystem, request.name) == (Ecosystem.PYPI, "sg-invented")
    assert (place.path, place.line) == ("src/a.py", 2)
    assert not added.requests
    assert not added.unclear


def test_the_distribution_that_holds_a_module_is_what_is_suggested(project):
    assert suggested(project.look(written("a.py", "import yaml\n"))) == ["pyyaml"]


def test_an_import_of_a_script_is_found_by_its_first_line(project):
    text = "#!/usr/bin/env python3\nimport sg_invented\n"
    assert suggested(project.look(written("bin/run", text))) == ["sg-invented"]


@pytest.mark.parametrize("path", ["a.ts", "a.jsx", "src/a.vue"])
def test_npm_packages_are_suggested_too(project, path):
    text = 'import fs from "fs";\nimport x from "sg-invented/sub";\nimport y from "./own";\n'
    text = f"<script>\n{text}</script>\n" if path.endswith(".vue") else text
    assert suggested(project.look(written(path, text))) == ["sg-invented"]


@pytest.mark.usefixtures("no_lists")
@pytest.mark.parametrize(
    "edit",
    [
        replaced("a.py", "import sg_old\n", "import sg_old\nfrom sg_old import more\nimport json, os.path\n"),
        written("a.py", "x = 1\n"),
        written("a.py", "from . import sg_new\n"),
        written("tests/fixtures/b.py", "import sg_new\n"),
        replaced("a.py", "not there", "x"),
    ],
)
def test_where_no_module_is_new_nothing_is_looked_up(project, edit):
    project.write({"a.py": "import sg_old\n"})
    assert not suggested(project.look(edit))


def test_an_import_that_the_program_does_without_is_left_out(project):
    assert not suggested(
        project.look(written("a.py", "try:\n    import sg_new\nexcept ImportError:\n    sg_new = None\n"))
    )


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "sg-new\n"},
        {"pyproject.toml": '[project]\nname = "p"\ndependencies = ["sg-new"]\n'},
        {"requirements/dev.txt": "sg-new\n"},
        {"services/api/setup.cfg": "[options]\ninstall_requires =\n    sg-new\n"},
        {"sg_new.py": ""},
        {"services/api/src/sg_new/__init__.py": ""},
        {"services/sg_new/core.py": ""},
        {"lib/sg_new.py": ""},
        {"pyproject.toml": '[project]\nname = "sg-new"\n'},
    ],
)
def test_what_manifests_and_modules_around_a_file_account_for_is_no_suggestion(project, files):
    project.write(files)
    assert not suggested(project.look(written("services/api/src/a.py", "import sg_new\n")))


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": '{"dependencies": {"sg-new": "1"}}'},
        {"tsconfig.json": '{"compilerOptions": {"paths": {"sg-new": ["./src"]}}}'},
        {"src/sg-new/index.ts": ""},
    ],
)
def test_so_is_what_an_npm_project_accounts_for(project, files):
    project.write(files)
    assert not suggested(project.look(written("src/a.ts", 'import x from "sg-new";\n')))


def test_settings_that_cannot_be_read_account_for_nothing(project):
    (project.root / "tsconfig.json").write_bytes(b'{"compilerOptions": {"paths": {"sg-new": ["./src"]}}}\xff')
    assert suggested(project.look(written("src/a.ts", 'import x from "sg-new";\n'))) == ["sg-new"]


def test_what_the_same_call_declares_or_writes_accounts_for_it(project):
    text = "import sg_new\nimport sg_own\n"
    added = project.look(written("a.py", text), written("requirements.txt", "sg-new\n"), written("sg_own.py", ""))
    assert (suggested(added), [r.name for r in added.requests]) == ([], ["sg-new"])


def test_a_script_declares_for_itself(project):
    text = '# /// script\n# dependencies = ["sg-new"]\n# ///\nimport sg_new\n'
    assert not suggested(project.look(written("a.py", text)))


def test_what_lies_above_the_repository_accounts_for_nothing(project):
    (project.root.parent / "requirements.txt").write_text("sg-new\n")
    assert suggested(project.look(written("a.py", "import sg_new\n"))) == ["sg-new"]


def test_a_file_outside_every_project_is_looked_at_alone(project, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "sg_own.py").touch()
    text = "import sg_own\nimport sg_new\n"
    assert suggested(project.look(written(str(tmp_path / "elsewhere" / "a.py"), text))) == ["sg-new"]


def test_generated_code_of_a_size_nobody_writes_is_not_searched(project):
    assert not suggested(project.look(written("a.py", "import sg_new\n" + "x = 1\n" * 1_000_000)))


def test_a_large_tree_is_looked_at_in_part(project):
    for number in range(400):
        (project.root / f"part{number:03}" / "deep").mkdir(parents=True)
        (project.root / f"part{number:03}" / "requirements.txt").write_text("x\n")
    around = Surroundings((project.root / "a.py",), project.root, from_disk)
    assert len(around._listed) <= 200
    assert not around.read.read
