"""Which names are projects of the tree itself: what an install would link, and nothing that it would fetch."""

from __future__ import annotations

import json
import time

import pytest

from slopguard.check.projects import Own
from slopguard.check.tree import read_tree
from slopguard.check.walk import places


def own(folder, files):
    """The names that each package.json may leave unasked, by its folder."""
    for name, document in files.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "package.json").write_text(json.dumps(document))
    read = read_tree(places([folder], folder)).read
    projects = Own.of(read)
    return {
        str(each.reading.path.parent.relative_to(folder)): [
            s.raw for s in each.reading.sightings if projects.names(each, s)
        ]
        for each in read
        if each.kind.name == "package_json" and each.reading.sightings
    }


def asks(name, wanted, **more):
    return {"dependencies": {name: wanted}} | more


@pytest.mark.parametrize(("wanted", "linked"), [("^1.0.0", True), ("*", True), ("next", True), ("^2.0.0", False)])
def test_a_member_is_linked_where_its_version_is_one_that_is_asked_for(tmp_path, wanted, linked):
    files = {".": {"workspaces": ["*"]}, "a": asks("b", wanted), "b": {"name": "b", "version": "1.2.0"}}
    assert own(tmp_path, files) == {"a": ["b"] if linked else []}


@pytest.mark.parametrize("origin", ["https://git.example/Acme/tool.git", "git@git.example:acme/tool", ""])
def test_a_document_may_say_how_to_install_the_repository_that_it_lies_in(tmp_path, origin):
    own = ["git+https://git.example/acme/tool", "git+ssh://git@git.example/acme/tool.git@main#egg=tool"]
    own += ["https://git.example/acme/tool/archive/main.zip"]
    others = ["git+https://git.example/acme/toolbox", "git+https://evil.example/acme/tool", "./tool.whl"]
    text = "".join(f"pip install {each}\n" for each in own + others)
    (tmp_path / "README.md").write_text(f"```sh\n{text}```\n")
    (tmp_path / "setup.sh").write_text(text)
    read = read_tree(places([tmp_path], tmp_path)).read
    projects = Own.of(read, origin)
    told = {each.kind.name: [projects.names(each, s) for s in each.reading.sightings] for each in read}
    assert told == {"markdown": [bool(origin)] * 3 + [False, False, True], "shell_file": [False] * 6}


def test_a_member_without_a_version_is_linked(tmp_path):
    assert own(tmp_path, {".": {"workspaces": ["*"]}, "a": asks("b", "^2.0.0"), "b": {"name": "b"}}) == {"a": ["b"]}


@pytest.mark.parametrize("left_out", ["!b", "!{b,c}", "!@(b|c)"])
def test_what_is_left_out_of_a_workspace_is_not_linked(tmp_path, left_out):
    assert own(tmp_path, {".": {"workspaces": ["*", left_out]}, "a": asks("b", "*"), "b": {"name": "b"}}) == {"a": []}


def test_what_lies_outside_of_a_workspace_links_nothing_of_it(tmp_path):
    assert own(tmp_path, {"x": {"workspaces": ["*"]}, "x/b": {"name": "b"}, "y": asks("b", "*")}) == {"y": []}


def test_many_workspaces_of_many_members_are_told_fast(tmp_path):
    names = [f"p{number}" for number in range(1000)]
    files = {each: {"name": each, "workspaces": ["**"]} for each in names}
    began = time.monotonic()
    assert own(tmp_path, {".": {"workspaces": names}} | files | {"p7": asks("p0", "*")}) == {"p7": ["p0"]}
    assert time.monotonic() - began < 5
