"""`.pnpmfile.cjs` is a program: what it may add is told as not known, and it is never run."""

from __future__ import annotations

from slopguard.readers import pnpmfile
from tests.readers.files import HERE, holding_paths


def read(text):
    return pnpmfile.read(HERE / ".pnpmfile.cjs", holding_paths({".pnpmfile.cjs": text}))


def test_a_hook_that_may_add_packages_is_told_with_its_line():
    (problem,) = read("module.exports = {\n  hooks: {\n    readPackage(pkg) { return pkg }\n  }\n}\n").problems
    assert (problem.code, problem.location.line) == ("undecidable", 3)


def test_without_such_a_hook_there_is_nothing_to_tell():
    assert read("module.exports = { hooks: { filterLog: log => true } }\n").problems == ()
