"""A package argument as typed for npm, held against npm's own reading of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.model import SourceKind
from slopguard.readers import spec

from .files import HERE, brief

TABLE = [
    ("foo", ("foo", "", None, "registry", None), {}),
    ("foo@1.2.3", ("foo", "1.2.3", "1.2.3", "registry", None), {}),
    ("foo@^1", ("foo", "^1", None, "registry", None), {}),
    ("@s/n@next", ("@s/n", "next", None, "registry", None), {"tag": "next"}),
    ("a@npm:real@1.0.0", ("real", "1.0.0", "1.0.0", "registry", None), {"alias": "a"}),
    ("a@npm:@s/real", ("@s/real", "", None, "registry", None), {"alias": "a"}),
    ("user/repo#v1", ("repo", "", None, "vcs", "user/repo"), {"unnamed": "1"}),
    ("foo@github:u/r", ("foo", "", None, "vcs", "github:u/r"), {}),
    ("git@git.example:u/r.git", ("r", "", None, "vcs", "git+ssh://git.example:u/r.git"), {"unnamed": "1"}),
    ("https://u:p@h.example/x-1.0.0.tgz", ("x", "", "1.0.0", "url", "https://h.example/x-1.0.0.tgz"), None),
    ("./x", ("x", "", None, "path", "/project/x"), {"unnamed": "1"}),
    ("foo@file:../x.tgz", ("foo", "", None, "path", "/x.tgz"), {"archive": "1"}),
    ("file:///a/b", ("b", "", None, "path", "/a/b"), {"unnamed": "1"}),
    ("file:/../b?x", ("b", "", None, "path", "/b"), {"unnamed": "1"}),
]


@pytest.mark.parametrize(("text", "expected", "extra"), TABLE, ids=[row[0] for row in TABLE])
def test_an_argument_is_read_for_what_it_installs(text, expected, extra):
    found = spec.npm(text, HERE)
    assert brief(found) == expected
    if extra is not None:
        assert found.extra == extra


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("fo\u200bo@1", "fo\u200bo"),
        ("l\u043edash", "l\u043edash"),
        ("foo bar", "foo bar"),
        ("", ""),
        ("@s", "@s"),
        ("_x", "_x"),
        ("a@npm:npm:x", "npm:x"),
        ("a@npm:u/r", "u/r"),
        ("a@npm:b@npm:c@1", "b@npm:c@1"),
    ],
)
def test_what_npm_refuses_stays_as_written(text, raw):
    found = spec.npm(text, HERE)
    assert found.raw == raw
    assert found.source.kind is SourceKind.REGISTRY


def test_aliases_of_aliases_do_not_exhaust_the_stack():
    assert spec.npm("npm:" * 5000, HERE).raw == "npm:" * 4999


@pytest.mark.parametrize(
    "text", ["https://s3cret@h.example/x", "a@npm:https://s3cret@h.example/x", "git+ssh://s3cret@h/r"]
)
def test_credentials_never_leave_the_reader(text):
    assert "s3cret" not in repr(spec.npm(text, HERE))


ORACLE_TABLE = """
foo;foo@1.2.3;foo@^1;foo@~1.2;foo@>=1 <2;foo@1 - 2;foo@*;foo@;foo@latest;foo@next;@s/n;@s/n@1.0.0;@s/n@next;@s/n@;@a/b/c
a@npm:real@1;a@npm:@s/r@1.0.0;a@npm:real;npm:foo@1;npm:@s/n;NPM:foo;foo@NPM:bar@1;@s/n@npm:x@2
u/r;u/r#x;u/r#semver:^1;u/r/;a/b/c;github:u/r;gitlab:u/r;bitbucket:u/r;gist:abc;gist:u/abc
git+ssh://git@h.example/u/r.git#semver:^1;git+https://h.example/u/r.git;git://h.example/u/r;git@github.com:u/r
git@h.example:u/r.git;git+ssh://git@h.example:u/r.git;git+file:///a/b;https://github.com/u/r;https://www.github.com/u/r
https://github.com/u/r.git#v1;https://github.com/u/r/archive/x.tar.gz;https://github.com/u/r/tree/main
https://bitbucket.org/u/r;https://h.example/x.tgz;http://h.example/x;git@github.com:u/r#semver:^1;foo@git@github.com:u/r
./x;../x.tgz;x.tgz;x.tar.gz;x.tar;/a;~/x;file:../x;file:x.tgz;file:///a/b;file:/a;file://a/b;file:/../x;file:~/x
foo@file:x;foo@./x;foo@u/r;foo@github:u/r;foo@https://h.example/x.tgz;foo@git+https://h.example/r;foo@x.tgz;.x
foo@v1.2.3;foo@=1.2.3;foo@1.2.3-beta.1+b;foo@1.2.3beta;foo@ 1.2.3 ;foo@1.2.3.4;foo@x/y/z;foo@1.x;foo@x;foo@||foo@>1 <0
Foo;foo@c:x;foo@01.2.3;foo@latest!;foo@constructor;foo@canary-1;foo@v1;foo@>=1.0.0-rc.1
"""
KINDS = {"version": "registry", "range": "registry", "tag": "registry", "git": "vcs", "remote": "url"}
SCRIPT = """
const npa = require(process.argv[1]);
const read = (text) => {
  try {
    const outer = npa(text, '/project'), inner = outer.subSpec || outer;
    return {type: inner.type, name: inner.name ?? null, path: inner.fetchSpec ?? null};
  } catch { return {type: 'error'}; }
};
console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0, 'utf8')).map(read)));
"""


@pytest.fixture(scope="module")
def npm_package_arg() -> str:
    """The folder of npm's own parser, in the npm that is installed here."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.skip("needs node and npm")
    folder = Path(npm).resolve().parent.parent / "node_modules" / "npm-package-arg"
    if not folder.is_dir():
        pytest.skip("this npm does not bring npm-package-arg along")
    return str(folder)


def test_npm_itself_reads_every_argument_the_same_way(npm_package_arg):
    texts = [text for line in ORACLE_TABLE.strip().splitlines() for text in line.split(";")]
    output = subprocess.run(
        ["node", "-e", SCRIPT, npm_package_arg], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    for text, theirs in zip(texts, json.loads(output.stdout), strict=True):
        ours = spec.npm(text, HERE)
        assert theirs["type"] != "error", text
        assert ours.source.kind == KINDS.get(theirs["type"], "path"), text
        if ours.source.kind is SourceKind.REGISTRY:
            assert ours.raw == theirs["name"], text
            assert (ours.version is not None) == (theirs["type"] == "version"), text
        if ours.source.kind is SourceKind.PATH:
            assert ours.source.index == theirs["path"].rstrip("/"), text


@given(st.text())
def test_no_text_is_too_odd(text):
    assert isinstance(spec.npm(text, HERE).raw, str)
    assert isinstance(spec.npm_entry("x", text, HERE).raw, str)


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("@/\\:.~")))
def test_no_character_of_a_bare_name_is_lost(name):
    assert spec.npm(name, HERE).raw == name
    assert spec.npm(f"{name}@1.0.0", HERE).raw == name
