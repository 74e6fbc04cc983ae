"""Imports of JavaScript and TypeScript: the package behind every specifier, in code and nowhere else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Parser
from tree_sitter_typescript import language_tsx

from slopguard.model import Ecosystem
from slopguard.readers import js_imports

from .files import HERE

FILE = HERE / "app.tsx"
PARSER = Parser(Language(language_tsx()))


def packages(text, known=lambda name: False, file=FILE):
    return [each.module for each in js_imports.read(file, text, known)]


def optional(text):
    return [each.module for each in js_imports.read(FILE, text) if each.optional]


@pytest.mark.parametrize(
    ("specifier", "name"),
    [
        ("a", "a"),
        ("a/b/c.js", "a"),
        ("@s/a", "@s/a"),
        ("@s/a/b", "@s/a"),
        ("a?raw", "a"),
        ("lodash.merge", "lodash.merge"),
        ("style-loader!css-loader!a/b.css", "a"),
        ("npm:a@1.2/b", "a"),
        ("npm:@s/a@^1", "@s/a"),
        ("fs/promises", "fs"),
    ],
)
def test_the_package_of_a_specifier(specifier, name):
    assert js_imports.package(specifier) == name


@pytest.mark.parametrize(
    "specifier",
    [
        "./a",
        "../a",
        "/a",
        ".",
        "#a",
        "node:fs",
        "bun:test",
        "https://x.example/a.js",
        "jsr:@std/a",
        "data:text/css,",
        "@/a",
        "~/a",
        "~a",
        "virtual:a",
        "$lib/a",
        "@site/a",
        "@s",
        "",
        "C:\\a",
        "astro:content",
        "!!./a",
        "npm:",
    ],
)
def test_what_names_no_package(specifier):
    assert js_imports.package(specifier) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import 'a'", ["a"]),
        ("import a from 'a'", ["a"]),
        ("import a, {b as c} from \"a\";import*as d from'd'", ["a", "d"]),
        ("import {\n  a,\n  b,\n} from 'a'", ["a"]),
        ("export * from 'a'; export {b} from 'b'", ["a", "b"]),
        ("const a = await import('a')", ["a"]),
        ("import(/* webpackChunkName: 'x' */ 'a')", ["a"]),
        ("import(`a`)", ["a"]),
        ("const a = require('a'), b = require ( 'b/c' )", ["a", "b"]),
        ("require.resolve('a')", ["a"]),
        ("import a = require('a')", ["a"]),
        ("type A = import('a').B", ["a"]),
        ("import a from 'a' with {type: 'json'}", ["a"]),
        ("const r = /['\"`]/; require('a')", ["a"]),
        ("const r = a / b; const s = 'c / d'; require('a')", ["a"]),
        ("const t = `x ${require('a')} ${`y ${{z: require('b')}}`}`; require('c')", ["a", "b", "c"]),
        ("<p>Don't</p>\nrequire('a')", ["a"]),
        ("function broken( {{{ \nimport a from 'a'", ["a"]),
    ],
)
def test_what_is_imported(text, found):
    assert packages(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "// import 'a'",
        "/* import 'a' */",
        "/**\n * import a from 'a'\n */",
        "const s = \"import 'a'\"",
        "const s = `import a from 'a'`",
        "const s = `${b} require('a')`",
        "const r = /require('a')/",
        '/// <reference types="a" />',
        "require(a)",
        "require('",
        "import(`a/${b}`)",
        "Array.from('a')",
        "x.require('a')",
        "myrequire('a')",
        "import a from './a'",
        "",
    ],
)
def test_what_is_no_import_of_a_package(text):
    assert packages(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "try { require('a') } catch {}",
        "try {\n  if (b) {\n    c = require('a')\n  }\n} catch (e) {}",
        "import type {A} from 'a'",
        "import type A from 'a'",
        "export type {A} from 'a'",
    ],
)
def test_what_a_program_does_without_is_optional(text):
    assert optional(text) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "require('a')",
        "import type from 'a'",
        "import {type A} from 'a'",
        "import type {B} from './b'\nimport a from 'a'",
        "try {\n  b()\n} catch {}\nrequire('a')",
        "function f() {\n  return import('a')\n}",
    ],
)
def test_what_a_program_needs_is_not_optional(text):
    assert packages(text) == ["a"]
    assert optional(text) == []


@pytest.mark.parametrize("suffix", ["vue", "svelte"])
def test_of_a_page_only_its_scripts_count(suffix):
    text = "<template>import 'x'; require('y')</template>\n<script setup lang=\"ts\">\nimport a from 'a'\n</script>\n"
    found = js_imports.read(HERE / f"a.{suffix}", text + "<style>@import 'z'</style><SCRIPT>import 'b'</SCRIPT>")
    assert [(each.module, each.location.line) for each in found] == [("a", 3), ("b", 5)]


def test_every_import_has_its_line_path_and_ecosystem():
    found = js_imports.read(FILE, "import 'a'\n\nimport {\n  b\n} from 'b'\n")
    assert [(each.location.path, each.location.line) for each in found] == [(str(FILE), 1), (str(FILE), 5)]
    assert {each.ecosystem for each in found} == {Ecosystem.NPM}


def test_nothing_is_said_of_what_the_caller_knows():
    assert packages("import 'a'; require('@s/b/c'); import 'd'", {"a", "@s/b"}.__contains__) == ["d"]


def test_a_bundle_is_left_alone():
    assert packages("import 'a'\n" + "x = 1\n" * js_imports.LIMIT) == []


_PIECES = st.sampled_from(
    [
        "import 'a'",
        'import b from "b"',
        "require('c')",
        "import('d')",
        "`",
        "${",
        "{",
        "}",
        "'",
        '"',
        "/",
        "//",
        "/*",
        "*/",
        "\\",
        "\n",
        "(",
        ")",
        "[",
        "]",
        "x",
        " ",
        "é",
        "<p>",
        "</p>",
        "try {",
        "type ",
        "from",
        "!",
        "@s/e",
    ]
)
_STATEMENTS = st.sampled_from(
    [
        "import a from 'a'",
        'export {b} from "b"',
        "const c = require('c')",
        "await import('d')",
        "import type E from 'e'",
        "// import 'x'",
        "/* require('x') */",
        "const s = \"import 'x'\"",
        "const t = `require('x') ${require('f')} '`",
        "const u = `\n${`import 'x' ${x}`}\nimport 'x'`",
        "const r = /['\"]/g",
        "const d = a / b / c",
        "const e = '\\''",
        "const j = <p title='x'>import x</p>",
        "if (x) { y = {z: {}} }",
        'const q = "it\'s"',
        "f(/[/'`]/)",
        "x = y\n/z",
    ]
)


@given(st.lists(_PIECES, max_size=60).map("".join) | st.text(max_size=300), st.sampled_from(["a.ts", "a.vue"]))
def test_any_text_gives_packages_that_stand_in_it(text, name):
    for each in js_imports.read(HERE / name, text):
        assert each.module in text
        assert 1 <= each.location.line <= text.count("\n") + 1


@given(st.lists(_STATEMENTS, max_size=12).map(";\n".join))
def test_a_parser_finds_the_same_in_statements_that_it_can_read(text):
    assert sorted(packages(text)) == sorted(_by_parser(text))


def _by_parser(text):
    """What the grammar of TSX finds."""
    found, waiting = [], [PARSER.parse(re.sub(r"[^\x00-\x7f]", "_", text).encode()).root_node]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.type == "call_expression" and node.child_by_field_name("function").type in ("import", "identifier"):
            inside = node.child_by_field_name("arguments").named_children[:1]
            source = inside[0] if inside and inside[0].type == "string" else None
            called = node.child_by_field_name("function").text in (b"import", b"require")
            source = source if called else None
        else:
            source = node.child_by_field_name("source")
        if source:
            found.append(source.text.decode()[1:-1])
    return [name for each in found if (name := js_imports.package(each))]
