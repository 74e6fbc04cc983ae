"""Every reader, whatever the file holds: a reading or an `InputError` of this file, never anything else, and soon."""

from __future__ import annotations

import json
from importlib import import_module

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.errors import InputError
from slopguard.readers.interface import Context, Reading

from .files import HERE, holding_paths

TOML = {
    "pyproject": "pyproject.toml",
    "uv_toml": "uv.toml",
    "hatch_toml": "hatch.toml",
    "pixi_toml": "pixi.toml",
    "pdm_toml": "pdm.toml",
    "pipfile": "Pipfile",
    "uv_lock": "uv.lock",
    "poetry_lock": "poetry.lock",
    "pdm_lock": "pdm.lock",
    "pylock": "pylock.toml",
}
JSON = {
    "package_json": "package.json",
    "package_lock": "package-lock.json",
    "pipfile_lock": "Pipfile.lock",
    "deno_json": "deno.json",
    "deno_lock": "deno.lock",
    "bun_lock": "bun.lock",
    "sbom": "bom.json",
}
YAML = {
    "pnpm_lock": "pnpm-lock.yaml",
    "pnpm_workspace": "pnpm-workspace.yaml",
    "yarn_lock": "yarn.lock",
    "yarnrc": ".yarnrc.yml",
    "conda": "environment.yml",
    "pre_commit": ".pre-commit-config.yaml",
}
TEXT = {"requirements": "requirements.txt", "setup_cfg": "setup.cfg", "setup_py": "setup.py", "pep723": "tool.py"}
EVERY = {**TOML, **JSON, **YAML, **TEXT}
FULL = Context(cwd=HERE, env={"A": "b"}, sources=True, poetry=True, catalogs=True)

KEYS = [
    *("name", "version", "dependencies", "devDependencies", "optional-dependencies", "dynamic", "project", "tool"),
    *(
        "uv",
        "poetry",
        "pdm",
        "hatch",
        "flit",
        "rye",
        "pixi",
        "setuptools",
        "metadata",
        "hooks",
        "envs",
        "build",
        "file",
    ),
    *("pypi-dependencies", "dependency-groups", "build-system", "requires", "source", "sources", "index", "url", "git"),
    *(
        "path",
        "package",
        "packages",
        "default",
        "develop",
        "_meta",
        "imports",
        "scopes",
        "npm",
        "jsr",
        "remote",
        "jsr:a",
    ),
    *("specifiers", "workspaces", "workspace", "overrides", "resolutions", "pnpm", "catalog", "catalogs", "resolution"),
    *(
        "files",
        "wheels",
        "sdist",
        "hash",
        "hashes",
        "repos",
        "repo",
        "additional_dependencies",
        "language",
        "pip",
        "id",
    ),
    *(
        "group",
        "dev-dependencies",
        "target",
        "feature",
        "overrides",
        "matrix",
        "members",
        "extras",
        "importMap",
        "lint",
    ),
    *("components", "purl", "bomFormat", "specVersion", "spdxVersion", "externalRefs", "@graph", "compilerOptions"),
    *("node_modules/a", "a@1.0.0", "/a/1.0.0", "@s/a@npm:1", "__metadata", "resolved", "integrity", "link", "peers"),
    *("packageManager", "configDependencies", "packageExtensions", "importers", "snapshots", "tarball", "info", "."),
]
WORDS = [
    *("", "*", "1.0.0", "==1.0", "a", "@s/a", "npm:a@1", "git+https://h.example/a", "https://h.example/a.tgz", "../x"),
    *("file:x", "workspace:*", "catalog:", "jsr:@a/b", "${A}", "a[b]>=1; python_version > '3'", "-r x", "pnpm@1", "\0"),
    *("CycloneDX", "1.5", "SPDX-2.3", "pkg:npm/a@1", "{root:uri}", "%", "é", "a" * 300, "sha512-AAAA", "attr: x", "a@"),
]
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.sampled_from(WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)
TOPS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)


def read(kind: str, text: str) -> Reading | str:
    """The reading, or the words of the refusal."""
    path = HERE / EVERY[kind]
    try:
        found = import_module(f"slopguard.readers.{kind}").read(path, holding_paths({EVERY[kind]: text}), FULL)
    except InputError as error:
        return str(error)
    assert isinstance(found, Reading)
    return found


def as_toml(value: object) -> str:
    """A value in TOML's notation; it has no null."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(item) for item in value if item is not None) + "]"
    return json.dumps(value)


@pytest.mark.parametrize("kind", EVERY)
@settings(max_examples=40)
@given(text=st.text())
def test_any_text_is_read_or_refused(kind, text):
    found = read(kind, text)
    assert isinstance(found, Reading) or found.startswith(str(HERE))


@pytest.mark.parametrize("kind", JSON)
@settings(max_examples=60)
@given(document=TOPS)
def test_no_shape_of_json_is_too_odd(kind, document):
    found = read(kind, json.dumps(document, indent=1))
    assert isinstance(found, Reading) or found.startswith(str(HERE))


@pytest.mark.parametrize("kind", TOML)
@settings(max_examples=60)
@given(document=TOPS)
def test_no_shape_of_toml_is_too_odd(kind, document):
    text = "".join(f"{json.dumps(key)} = {as_toml(value)}\n" for key, value in document.items() if value is not None)
    found = read(kind, text)
    assert isinstance(found, Reading) or found.startswith(str(HERE))


@pytest.mark.parametrize("kind", YAML)
@settings(max_examples=60)
@given(document=TOPS)
def test_no_shape_of_yaml_is_too_odd(kind, document):
    found = read(kind, yaml.safe_dump(document))
    assert isinstance(found, Reading) or found.startswith(str(HERE))


LINES = st.lists(
    st.sampled_from(
        [
            *(
                "setup(",
                ")",
                "install_requires=",
                "extras_require={",
                "}",
                "'a': ",
                "['b'] + ",
                "x",
                "x = ",
                "[",
                "]",
                ",",
            ),
            *(
                "open('r.txt')",
                ".read()",
                "\n",
                " ",
                "f'{x}'",
                "for y in x",
                "if x",
                "**x",
                "dict(",
                "x += ",
                "x.append(",
            ),
            *(
                "[options]\n",
                "install_requires = ",
                "a; b",
                "file: r.txt",
                "[metadata]\n",
                "name = x",
                ":",
                "=",
                "  ",
                "#",
            ),
            *(
                "# /// script\n",
                "# dependencies = ['a']\n",
                "# ///\n",
                "-r x",
                "--hash=sha256:00",
                "\\\n",
                "${A}",
                "@",
                "-e ",
            ),
        ]
    ),
    max_size=25,
).map("".join)


@pytest.mark.parametrize("kind", TEXT)
@settings(max_examples=150)
@given(text=LINES)
def test_no_order_of_their_own_words_is_too_odd(kind, text):
    found = read(kind, text)
    assert isinstance(found, Reading) or found.startswith(str(HERE))


DEEP = 100_000
NESTED = {
    "brackets": "[" * DEEP,
    "braces": '{"a":' * DEEP,
    "brackets of a key": '{"dependencies": ' + "[" * DEEP,
    "value in brackets": "a = " + "[" * DEEP,
    "inline tables": "a = " + "{a = " * DEEP,
    "dotted key": "a." * DEEP + "a = 1",
    "dotted header": "[" + "a." * DEEP + "a]\n" + "b = 1\n" * 1000,
    "block list": "- " * DEEP,
    "block map": "\n".join(" " * depth + "a:" for depth in range(1500)),
    "question marks": "? " * DEEP,
    "parentheses": "a(" * DEEP,
    "quotes": '"' + '\\"' * DEEP,
    "comments": "/*" * DEEP,
}


@pytest.mark.parametrize("shape", NESTED)
@pytest.mark.parametrize("kind", EVERY)
def test_nesting_that_nobody_writes_ends_in_words(kind, shape):
    found = read(kind, NESTED[shape])
    assert isinstance(found, Reading) or found.startswith(str(HERE))


MERGES = "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))
LISTS = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
WIDE = (
    "d: &d ["
    + "x," * 5000
    + "]\nh: &h {id: a, additional_dependencies: *d}\nrepos: [{hooks: ["
    + "*h," * 5000
    + "]}]\n"
)


@pytest.mark.parametrize("kind", YAML)
@pytest.mark.parametrize(
    "text",
    [
        f"a0: &a0 {{x: 1, y: 2}}\n{MERGES}dependencies: []\n",
        f"a0: &a0 [x, x, x]\n{LISTS}dependencies: []\n",
        WIDE + "dependencies: []\n",
        "dependencies: &a [*a]\n",
        "dependencies: &a {pip: *a}\n",
    ],
    ids=["merges", "lists", "wide", "itself", "itself, in a mapping"],
)
def test_aliases_that_stand_for_more_than_anybody_writes_are_refused(kind, text):
    lines = "__metadata:\n  version: 6\n" if kind == "yarn_lock" else ""
    assert str(read(kind, lines + text)).endswith("not valid YAML")


@pytest.mark.parametrize("kind", YAML)
def test_an_alias_used_as_people_use_it_is_followed(kind):
    lines = "__metadata:\n  version: 6\n" if kind == "yarn_lock" else ""
    assert isinstance(read(kind, f"{lines}x: &x {{a: b}}\ny: *x\nz: {{<<: *x}}\nrepos: []\n"), Reading)
