"""`.yarnrc.yml`: what its catalogs and extensions bring in is found; registries and plugins are none of a reader's."""

from __future__ import annotations

from slopguard import readers

from .files import HERE, holding_paths

TEXT = """npmRegistryServer: "https://registry.example"
plugins:
  - path: .yarn/plugins/x.cjs
catalog:
  react: ^18.0.0
catalogs:
  old:
    "@acme/x": npm:left-pad@1.0.0
packageExtensions:
  "foo@*":
    dependencies:
      bar: "*"
    peerDependenciesMeta:
      bar:
        optional: true
"""


def read(text):
    return readers.read(HERE / ".yarnrc.yml", holding_paths({".yarnrc.yml": text}))


def test_catalogs_and_extensions_name_packages():
    reading = read(TEXT)
    assert [(s.raw, s.specifier, s.location.line) for s in reading.sightings] == [
        ("react", "^18.0.0", 5),
        ("left-pad", "1.0.0", 8),
        ("bar", "*", 12),
    ]
    assert [(line.url, line.kind, line.name) for line in reading.indexes] == [
        ("https://registry.example", "default", None)
    ]
    assert not reading.locked


def test_a_range_that_is_no_text_is_undecidable():
    assert [problem.code for problem in read("catalog:\n  react: [1]\n").problems] == ["undecidable"]


def test_a_manifest_may_name_the_catalog_where_yarn_reads_it():
    text = '{"dependencies": {"react": "catalog:"}}'
    context = readers.Context(catalogs=True)
    reading = readers.read(HERE / "package.json", holding_paths({"package.json": text}), context)
    assert reading.problems == ()


def test_scopes_may_have_a_registry_of_their_own():
    reading = read("npmScopes:\n  acme:\n    npmRegistryServer: 'https://user:secret@mirror.example'\n")
    assert [(line.url, line.kind, line.name) for line in reading.indexes] == [
        ("https://mirror.example", "scope", "@acme")
    ]
    assert reading.indexes[0].location.line == 3
