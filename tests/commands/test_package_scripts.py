"""The commands in a `package.json`: what they fetch, and what the project has installed anyway."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import package_scripts

from .found import names, reading, reads_or_refuses

NAME = "web/package.json"


def read(text, beside=None):
    return reading(package_scripts, NAME, text, beside)


def scripts(command, **others):
    return read(json.dumps({"scripts": {"x": command}, **others}))


def test_scripts_are_commands():
    found = read("""{
  "name": "x",
  "scripts": {
    "build": "tsc && vite build",
    "postinstall": "npm install --no-save left-pad",
    "serve": "npx serve@14 dist"
  },
  "lint-staged": {"*.js": ["npx one", "npx two"]},
  "husky": {"hooks": {"pre-commit": "npx three"}},
  "wireit": {"a": {"command": "npx four"}}
}
""")
    assert names(found) == [("left-pad", 5), ("serve14", 6), ("one", 8), ("two", 8), ("three", 9), ("four", 10)]
    assert ["run" in each.extra for each in found.sightings] == [False, *[True] * 5]


@pytest.mark.parametrize(
    "command", ["npx eslint .", "npx --no-install tsc", "npx tsc -p .", "bunx eslint", "npm exec eslint"]
)
def test_what_the_project_depends_on_is_not_fetched(command):
    assert names(scripts(command, devDependencies={"eslint": "9", "typescript": "5"})) == []


@pytest.mark.parametrize("command", ["pnpm dlx eslint", "yarn dlx eslint", "npx eslint@8"])
def test_what_is_fetched_all_the_same_counts(command):
    assert [each.raw for each in scripts(command, devDependencies={"eslint": "9"}).sightings] == ["eslint"]


def test_a_workspace_has_the_dependencies_of_the_folders_above():
    text = '{"scripts": {"a": "npx eslint ."}}'
    assert names(read(text)) == [("eslint", 1)]
    assert names(read(text, {"package.json": '{"devDependencies": {"eslint": "9"}}'})) == []


@pytest.mark.parametrize("command", ["npm run build", "yarn build", "pnpm test", "yarn run x && npm test", "node x.js"])
def test_other_scripts_fetch_nothing(command):
    found = scripts(command)
    assert names(found) == []
    assert found.problems == ()


@pytest.mark.parametrize("command", ["n''px serve", 'n"p"x serve', "n\\px serve", "$'\\x6epx' serve", "{npx,serve}"])
def test_no_way_of_writing_a_client_is_passed_over(command):
    assert names(scripts(command)) == [("serve", 1)]


def test_a_project_without_a_client_is_read_in_no_time():
    text = json.dumps({"scripts": {f"s{n}": "tsc && vite build --mode x" for n in range(10)}})
    start = time.perf_counter()
    for _ in range(500):
        read(text)
    assert time.perf_counter() - start < 1


@given(st.text() | st.text().map(lambda text: json.dumps({"scripts": {"npx": text}})))
def test_any_text_is_read(text):
    reads_or_refuses(package_scripts, NAME, text)


def test_tasks_of_deno_are_commands():
    text = '{"tasks": {\n"a": "npx -y one",\n"b": {"command": "npx -y two", "dependencies": ["a"]}}}'
    assert names(reading(package_scripts, "deno.json", text)) == [("one", 2), ("two", 3)]
