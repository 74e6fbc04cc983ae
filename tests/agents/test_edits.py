"""What edits add to manifests, locks, scripts and settings: new names only, in the places that the agent named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.agents.editing.edits import look
from slopguard.agents.editing.patches import parse
from slopguard.agents.model import Edit, Replacement
from slopguard.config import Settings
from slopguard.model import Arrival, Ecosystem
from slopguard.readers.interface import Reading
from tests.agents.edited import asked, names, project_in, replaced, suggested, unclear, written


@pytest.fixture
def project(tmp_path, monkeypatch):
    return project_in(tmp_path, monkeypatch)


def test_only_what_a_file_did_not_hold_before_is_asked_about(project):
    project.write({"requirements.txt": "flask\nrequests==2.32.0\n"})
    added = project.look(replaced("requirements.txt", "flask\n", "flask\nhttpx\nrequests==2.33.0\n"))
    assert asked(added) == [("httpx", "", "requirements.txt", 2), ("requests", "2.33.0", "requirements.txt", 3)]
    assert added.requests[0].arrived is Arrival.INTRODUCED
    assert not added.suggested
    assert not added.unclear


def test_a_place_is_told_with_the_path_that_the_agent_gave(project):
    path = f"{project.root}/api/../requirements.txt"
    assert asked(project.look(written(path, "httpx\n"))) == [("httpx", "", path, 1)]
    uri = f"file://{project.root}/requirements.txt"
    assert asked(project.look(written(uri, "httpx\n"))) == [("httpx", "", uri, 1)]


def test_a_home_folder_is_the_users(project, monkeypatch):
    monkeypatch.setenv("HOME", str(project.root))
    project.write({"requirements.txt": "flask\n"})
    assert asked(project.look(written("~/requirements.txt", "flask\nhttpx\n")))[0][0] == "httpx"


@pytest.mark.parametrize(
    ("path", "content", "wanted"),
    [
        ("pyproject.toml", '[project]\nname = "p"\ndependencies = ["one>=1"]\n', ["one"]),
        ("package.json", '{"dependencies": {"one": "^1"}, "scripts": {"x": "npx two"}}', ["one", "two"]),
        ("Dockerfile", "FROM scratch\nRUN pip install one && npm i two\n", ["one", "two"]),
        (".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: pip install one\n", ["one"]),
        ("setup.sh", "#!/bin/sh\npip install one\n", ["one"]),
        ("bin/setup", "#!/usr/bin/env bash\npip install one\n", ["one"]),
        ("bin/tool", '#!/usr/bin/env -S uv run\n# /// script\n# dependencies = ["one"]\n# ///\n', ["one"]),
        ("Makefile", "all:\n\tpip install one\n", ["one"]),
        (".mcp.json", '{"mcpServers": {"a": {"command": "npx", "args": ["-y", "one"]}}}', ["one"]),
        (
            "a.ipynb",
            json.dumps({"cells": [{"cell_type": "code", "source": ["!pip install one"]}], "nbformat": 4}),
            ["one"],
        ),
        ("a.py", '# /// script\n# dependencies = ["one"]\n# ///\n', ["one"]),
        ("environment.yml", "dependencies:\n  - pip:\n    - one\n", ["one"]),
        ("notes.txt", "one\n", []),
        ("src/a.css", "one", []),
    ],
)
def test_every_kind_of_file_that_check_reads_is_read(project, path, content, wanted):
    assert sorted(names(project.look(written(path, content)))) == wanted


def test_what_a_document_tells_its_readers_is_a_suggestion_and_never_unclear(project):
    text = "# Use\n\n```sh\npip install one $MORE\n```\n"
    added = project.look(written("README.md", text), written("requirements.txt", "two\n"))
    assert (names(added), suggested(added), unclear(added)) == (["two"], ["one"], [])


def test_prose_added_to_a_document_is_not_worth_reading_it(project, monkeypatch):
    project.write({"README.md": "# Tool\n\n```sh\npip install one\n```\n"})
    read = []
    monkeypatch.setattr("slopguard.commands.markdown.read", lambda path, *_: read.append(path) or Reading(path))
    project.look(replaced("README.md", "# Tool\n", "# Tool\n\nIt's a tool for installing.\n"))
    assert not read
    project.look(replaced("README.md", "# Tool\n", "# Tool\n\nRun pip install two first.\n"))
    assert read


def test_what_is_told_in_a_document_and_done_in_a_script_is_both(project):
    added = project.look(written("README.md", "```sh\npip install one\n```\n"), written("a.sh", "pip install one\n"))
    assert asked(added) == [("one", "", "a.sh", 1)]
    assert [place.path for place in added.suggested[0].locations] == ["README.md"]


def test_a_document_that_tells_to_install_the_project_itself_suggests_nothing(project):
    project.write({"pyproject.toml": '[project]\nname = "my-tool"\n'})
    added = project.look(written("README.md", "```sh\npip install my-tool other\n```\n"))
    assert suggested(added) == ["other"]


def test_edits_of_one_call_are_seen_together(project):
    added = project.look(
        written("setup.sh", "pip install -r deps.list\n"),
        written("deps.list", "one\n"),
        replaced("setup.sh", "pip install", "uv pip install two"),
    )
    assert sorted(names(added)) == ["one", "two"]


def test_a_file_that_is_named_now_and_was_not_before_is_read(project):
    project.write({"odd.list": "one\n", "requirements.txt": "flask\n"})
    assert asked(project.look(replaced("requirements.txt", "flask\n", "flask\n-r odd.list\n"))) == [
        ("one", "", "odd.list", 1)
    ]
    project.write({"requirements.txt": "-r odd.list\n"})
    assert not names(project.look(written("requirements.txt", "-r odd.list\n\n")))


def test_a_file_outside_the_project_is_not_opened(project, tmp_path):
    (tmp_path / "secret.txt").write_text("s3cret-token\n")
    added = project.look(written("requirements.txt", "-r ../secret.txt\n"))
    assert not names(added)
    assert unclear(added)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("setup.sh", "pip install $WHAT\n"),
        ("pyproject.toml", "[project\n"),
        ("package.json", "{"),
        ("bun.lockb", "x"),
    ],
)
def test_what_cannot_be_decided_or_read_is_unclear(project, path, content):
    assert [place for place, _ in unclear(project.look(written(path, content)))] == [path]


def test_what_was_unclear_before_is_not_told_again(project):
    project.write({"setup.sh": "pip install $WHAT\n"})
    assert not unclear(project.look(replaced("setup.sh", "$WHAT\n", "$WHAT\necho done\n")))


@pytest.mark.parametrize(
    ("edit", "wanted"),
    [
        (replaced("requirements.txt", "not there", "httpx"), [("requirements.txt", None)]),
        (Edit("requirements.txt", unread=True), [("requirements.txt", None)]),
        (replaced("README.md", "not there", "httpx"), []),
        (replaced("a.py", "not there", "pass"), []),
        (Edit("a.bin", unread=True), []),
        (Edit("", unread=True), [("patch", None)]),
    ],
)
def test_content_that_cannot_be_told_is_unclear_where_it_matters(project, edit, wanted):
    project.write({"requirements.txt": "flask\n", "README.md": "x", "a.py": "pass\n"})
    assert unclear(project.look(edit)) == wanted


def test_of_content_that_cannot_be_told_what_is_added_is_asked_about(project):
    project.write({"requirements.txt": "flask\n"})
    assert names(project.look(replaced("requirements.txt", "not there", "httpx\n"))) == ["httpx"]


def test_a_piece_that_stands_twice_is_unclear_where_its_place_matters(project):
    held = '{"a": {\n"x": 1\n},\n"dependencies": {\n"x": 1\n}}\n'
    project.write({"package.json": held, "requirements.txt": "x\ny\nx\n"})
    assert unclear(project.look(replaced("package.json", '"x": 1\n', '"x": 1, "one": "1"\n')))
    added = project.look(replaced("requirements.txt", "x\n", "x\none\n"))
    assert (names(added), unclear(added)) == (["one"], [])


def test_a_file_that_was_not_readable_before_holds_only_news(project):
    project.write({"package.json": '{"dependencies": {"one": "1"'})
    assert names(project.look(written("package.json", '{"dependencies": {"one": "1"}}'))) == ["one"]


def test_a_file_that_goes_away_adds_nothing(project):
    project.write({"requirements.txt": "one\n"})
    assert not names(project.look(Edit("requirements.txt", removed=True)))


def test_a_moved_file_holds_what_it_held_unless_it_meant_nothing_under_its_old_name(project):
    project.write({"requirements.txt": "one\n", "odd.list": "two\n"})
    patch = "*** Begin Patch\n*** Update File: {}\n*** Move to: {}\n {}\n+three\n*** End Patch"
    moved = project.look(*parse(patch.format("requirements.txt", "requirements-dev.txt", "one")))
    renamed = project.look(*parse(patch.format("odd.list", "requirements-odd.txt", "two")))
    assert (names(moved), names(renamed)) == (["three"], ["two", "three"])
    tool = (Edit("odd.list", removed=True), Edit("requirements-odd.txt", unread=True))
    assert names(project.look(*tool)) == ["two"]


def test_contents_are_told_for_each_edit_in_order(project):
    project.write({"a.txt": "one\n"})
    added = project.look(
        replaced("a.txt", "one", "two"),
        replaced("a.txt", "two", "three"),
        Edit("a.txt", removed=True),
        written("b", "x"),
    )
    assert [(each.before, each.after) for each in added.contents] == [
        ("one\n", "two\n"),
        ("two\n", "three\n"),
        ("three\n", ""),
        (None, "x"),
    ]
    assert added.contents[0].full == project.root / "a.txt"


def test_a_folder_may_be_relative(project, monkeypatch):
    monkeypatch.chdir(project.root)
    project.write({"api/requirements.txt": "one\n"})
    project.root = Path("api")
    assert asked(project.look(written("requirements.txt", "one\ntwo\n"))) == [("two", "", "requirements.txt", 2)]


def test_a_link_that_leads_nowhere_yet_is_the_file_behind_it(project):
    (project.root / "requirements.txt").symlink_to("real.txt")
    assert asked(project.look(written("requirements.txt", "one\n"))) == [("one", "", "requirements.txt", 1)]


def test_an_internal_name_is_asked_of_the_private_index(project):
    added = project.look(
        written("requirements.txt", "acme-one\nother\n"),
        internal={Ecosystem.PYPI: ("acme-*",)},
        private_indexes=("https://packages.example/",),
    )
    assert [(r.name, r.source.private) for r in added.requests] == [("acme-one", True), ("other", False)]


def test_a_member_of_the_same_workspace_is_nobodys_to_fetch(project):
    project.write(
        {
            "package.json": '{"name": "root", "workspaces": ["packages/*"]}',
            "packages/a/package.json": '{"name": "a"}',
            "packages/b/package.json": '{"name": "@acme/b", "version": "1.2.0"}',
        }
    )
    needs = '{{"name": "a", "dependencies": {{"@acme/b": "{}", "other": "1"}}}}'
    assert names(project.look(written("packages/a/package.json", needs.format("^1.0.0")))) == ["other"]
    assert names(project.look(written("packages/a/package.json", needs.format("^9.0.0")))) == ["@acme/b", "other"]


def test_a_new_member_of_a_workspace_in_the_same_call_is_own_too(project):
    project.write({"package.json": '{"name": "root", "workspaces": ["packages/*"]}'})
    added = project.look(
        written("packages/a/package.json", '{"name": "a", "dependencies": {"@acme/b": "*"}}'),
        written("packages/b/package.json", '{"name": "@acme/b", "version": "1.2.0"}'),
    )
    assert not names(added)


_PATHS = st.sampled_from(
    [
        "requirements.txt",
        "package.json",
        "pyproject.toml",
        "a.sh",
        "Dockerfile",
        "README.md",
        "a.py",
        "x",
        "..",
        "\0",
        "",
    ]
)
_EDITS = st.builds(
    Edit,
    path=st.one_of(_PATHS, st.text(max_size=9)),
    content=st.one_of(st.none(), st.text()),
    replacements=st.lists(st.builds(Replacement, st.text(max_size=5), st.text(), st.booleans()), max_size=2).map(tuple),
    removed=st.booleans(),
    unread=st.booleans(),
)


@given(st.lists(_EDITS, max_size=3))
def test_any_edit_is_looked_at(tmp_path_factory, edits):
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    settings = Settings(home=folder / "home", offline=True)
    added = look(edits, folder, settings, ask=lambda ecosystem, place: ())
    assert len(added.contents) == len(edits)
