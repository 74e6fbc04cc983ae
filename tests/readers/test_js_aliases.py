"""Names that a JavaScript project gives to its own folders, so that they are not taken for packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.readers import js_aliases


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        (
            "tsconfig.json",
            '{"compilerOptions": {"paths": {"@app/*": ["./src/*"], "utils": ["./u"]}}}',
            ["@app", "utils"],
        ),
        ("a/tsconfig.base.json", '{"compilerOptions": {"paths": {"@acme/ui/*": ["x"]}}} // why', ["@acme/ui"]),
        ("jsconfig.json", '{"compilerOptions": {"paths": {"components/*": ["x"],}}}', ["components"]),
        ("deno.json", '{"imports": {"own": "./own.ts", "far": "npm:far@1"}}', ["far", "own"]),
        ("deno.jsx.json", '{"imports": {"@std/path": "jsr:@std/path@1"}}', ["@std/path"]),
        ("import_map.json", '{"scopes": {"./x/": {"image": "jsr:@acme/image@1"}}}', ["image"]),
        ("package.json", '{"_moduleAliases": {"@root": "."}, "jest": {"moduleNameMapper": {"^lib/(.*)$": "x"}}}', None),
        ("vite.config.ts", "export default {resolve: {alias: {'@ui': path('ui'), lib: './lib'}}}", ["@ui", "lib"]),
        (
            "vite.config.js",
            "alias: [{find: 'own', replacement: './x'}, {find: /^@re/, replacement: 'y'}]",
            ["@re", "own"],
        ),
        ("webpack.prod.js", "alias: {\n  react$: 'x',\n  'a-b': 'y'\n}", ["a-b", "react"]),
    ],
)
def test_aliases_are_read(path, text, names):
    assert sorted(js_aliases.read(Path(path), text)) == (names or ["@root", "lib"])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/app.ts", "const alias = {own: './own'}"),
        ("tsconfig.json", "{"),
        ("tsconfig.json", "[]"),
        ("tsconfig.json", '{"compilerOptions": {"paths": []}}'),
        ("vite.config.ts", "export default {}"),
    ],
)
def test_no_other_text_names_an_alias(path, text):
    assert js_aliases.read(Path(path), text) == frozenset()


@given(st.sampled_from(["tsconfig.json", "vite.config.ts", "package.json"]), st.text(max_size=200))
def test_any_text_is_read(path, text):
    assert all(isinstance(name, str) for name in js_aliases.read(Path(path), text))
