"""A requirement as typed for pip or uv: what is installed under which name, and from where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement

from slopguard.model import SourceKind
from slopguard.readers import spec

from .files import HERE, brief

REGISTRY = ("registry", None)
WHEEL = "six-1.16.0-py2.py3-none-any.whl"

ARCHIVE = "https://git.example/u/r/archive/"
TABLE = [
    ("flask", ("flask", "", None, *REGISTRY), {}),
    ("  flask\t", ("flask", "", None, *REGISTRY), {}),
    ("flask>=2,<3", ("flask", ">=2,<3", None, *REGISTRY), {}),
    ("flask (>=2)", ("flask", ">=2", None, *REGISTRY), {}),
    ("flask==2.0", ("flask", "==2.0", "2.0", *REGISTRY), {}),
    ("flask === 2.0", ("flask", "=== 2.0", "2.0", *REGISTRY), {}),
    ("flask==2.*", ("flask", "==2.*", None, *REGISTRY), {}),
    ("flask==2.0,!=2.1", ("flask", "==2.0,!=2.1", None, *REGISTRY), {}),
    ("flask[async, dotenv]~=2.0", ("flask", "~=2.0", None, *REGISTRY), {"extras": "async, dotenv"}),
    ("flask;python_version>'3'", ("flask", "", None, *REGISTRY), {"marker": "python_version>'3'"}),
    ("ruff@0.6.0", ("ruff", "==0.6.0", "0.6.0", *REGISTRY), {}),
    ("ruff@latest", ("ruff", "", None, *REGISTRY), {}),
    (
        "x @ https://user:secret@files.example/x-1.0.tar.gz#sha256=AB ; os_name=='nt'",
        ("x", "", "1.0", "url", "https://files.example/x-1.0.tar.gz"),
        {"archive": "1", "marker": "os_name=='nt'"},
    ),
    ("x@git+https://git.example/u/r", ("x", "", None, "vcs", "git+https://git.example/u/r"), {}),
    ("x @ ./folder", ("x", "", None, "path", "/project/folder"), {}),
    (f"https://files.example/{WHEEL}", ("six", "", "1.16.0", "url", f"https://files.example/{WHEEL}"), None),
    ("https://files.example/x.zip#egg=real[a]", ("real", "", None, "url", "https://files.example/x.zip"), None),
    ("git+ssh://git@git.example/u/r.git@v1", ("r", "", None, "vcs", "git+ssh://git.example/u/r.git@v1"), None),
    (
        "git+https://git.example/u/r.git@a/b/head",
        ("r", "", None, "vcs", "git+https://git.example/u/r.git@a/b/head"),
        None,
    ),
    ("git+https://git.example/@s/r", ("r", "", None, "vcs", "git+https://git.example/@s/r"), None),
    (f"{ARCHIVE}main.zip", ("r", "", None, "url", f"{ARCHIVE}main.zip"), {"unnamed": "1", "archive": "1"}),
    (f"{ARCHIVE}refs/tags/v1.tar.gz", ("r", "", None, "url", f"{ARCHIVE}refs/tags/v1.tar.gz"), None),
    ("https://h.example/archive/six-1.0.zip", ("six", "", "1.0", "url", "https://h.example/archive/six-1.0.zip"), None),
    ("git+git@git.example:u/r.git", ("r", "", None, "vcs", "git+git@git.example:u/r.git"), None),
    ("hg+https://hg.example/r#egg=n", ("n", "", None, "vcs", "hg+https://hg.example/r"), {}),
    ("s3://bucket/x", ("x", "", None, "url", "s3://bucket/x"), {"unnamed": "1"}),
    ("file:///srv/six-1.0.zip", ("six", "", "1.0", "path", "/srv/six-1.0.zip"), None),
    ("file://localhost/srv/a%20b", ("a b", "", None, "path", "/srv/a b"), None),
    ("file:lib", ("lib", "", None, "path", "/project/lib"), None),
    (".", ("project", "", None, "path", "/project"), {"unnamed": "1"}),
    ("./lib[extra]", ("lib", "", None, "path", "/project/lib"), None),
    ("../lib", ("lib", "", None, "path", "/lib"), None),
    ("lib/", ("lib", "", None, "path", "/project/lib"), None),
    ("C:\\lib", ("lib", "", None, "path", "/project/C:\\lib"), None),
    (WHEEL, ("six", "", "1.16.0", "path", f"/project/{WHEEL}"), None),
    ("six-1.0.tar.bz2", ("six", "", "1.0", "path", "/project/six-1.0.tar.bz2"), None),
]


@pytest.mark.parametrize(("text", "expected", "extra"), TABLE, ids=[row[0] for row in TABLE])
def test_a_requirement_is_read_as_pip_and_uv_take_it(text, expected, extra):
    found = spec.pypi(text, HERE)
    assert brief(found) == expected
    if extra is not None:
        assert found.extra == extra


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("req\u200buests==1", "req\u200buests"),
        ("r\u0435quests", "r\u0435quests"),
        ("\u00a0flask", "\u00a0flask"),
        ("flask\u3000", "flask\u3000"),
        ("foo bar", "foo bar"),
        ("foo:bar", "foo:bar"),
        ("", ""),
        ("==1.0", "==1.0"),
        ("[x]", "[x]"),
        ("foo,bar", "foo,bar"),
    ],
)
def test_an_ill_formed_name_stays_as_written(text, raw):
    found = spec.pypi(text, HERE)
    assert found.raw == raw
    assert found.source.kind is SourceKind.REGISTRY


@pytest.mark.parametrize(
    "text",
    [
        "https://user:s3cret@files.example/x.zip",
        "x @ https://s3cret@files.example/x.zip",
        "git+https://s3cret@git.example/r",
        "foo bar https://user:s3cret@h.example/",
        "x @ https://user:s3cret@[bad/x",
    ],
)
def test_credentials_never_leave_the_reader(text):
    assert "s3cret" not in repr(spec.pypi(text, HERE))


def test_a_place_is_never_trusted_by_a_reader():
    texts = ["x @ https://files.example/x.zip", "git+https://git.example/r", "./x", "file:///x"]
    assert not any(spec.pypi(text, HERE).source.trusted for text in texts)


@pytest.mark.parametrize(
    ("text", "kind", "raw"),
    [
        ("lib", "path", "lib"),
        (".[all]", "path", "project"),
        ("git+https://git.example/r#egg=real", "vcs", "real"),
        ("git:git.example/r#egg=real", "vcs", "real"),
        ("real @ git+https://git.example/r", "vcs", "real"),
    ],
)
def test_an_editable_is_a_folder_or_a_repository(text, kind, raw):
    found = spec.pypi(text, HERE, editable=True)
    assert (found.source.kind, found.raw, found.extra["editable"]) == (kind, raw, "1")


def test_digests_in_an_address_are_kept():
    found = spec.pypi("x @ https://files.example/x.zip#egg=x&sha256=ABCD&md5=ef", HERE)
    assert found.digests == {"sha256:abcd", "md5:ef"}


NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2}){0,2}(rc1|\.post2)?", fullmatch=True)
CLAUSES = st.tuples(st.sampled_from(["==", ">=", "<=", "!=", "~=1.", "<", ">"]), VERSIONS).map("".join)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    """Texts close to PEP 508, most of them valid."""
    extras = draw(st.sampled_from(["", "[a]", "[a,b-c]", " [ a ]"]))
    space = draw(st.sampled_from(["", " "]))
    clauses = ",".join(draw(st.lists(CLAUSES, max_size=2)))
    at = draw(st.sampled_from([clauses, f"({clauses})", "@ https://files.example/p-1.zip "]))
    marker = draw(st.sampled_from(["", ";python_version>'3'", " ; os_name=='nt'"]))
    return draw(NAMES) + extras + space + at + marker


@given(requirements())
def test_what_packaging_accepts_is_read_alike(text):
    try:
        expected = Requirement(text)
    except InvalidRequirement:
        spec.pypi(text, HERE)
        return
    found = spec.pypi(text, HERE)
    extras = {part.strip() for part in found.extra.get("extras", "").split(",")} - {""}
    assert (found.raw, extras, bool(found.extra.get("marker"))) == (
        expected.name,
        expected.extras,
        expected.marker is not None,
    )
    if expected.url:
        assert found.source.index == expected.url
    else:
        assert {part.strip() for part in found.specifier.split(",")} - {""} == {str(s) for s in expected.specifier}


@given(st.text(), st.booleans())
def test_no_text_is_too_odd(text, editable):
    found = spec.pypi(text, HERE, editable=editable)
    assert isinstance(found.raw, str)


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("[]()<>=!~;@, \t\r\n\f\v/\\:.+")))
def test_no_character_of_a_bare_name_is_lost(name):
    assert spec.pypi(name, HERE).raw == name
    assert spec.pypi(f"{name}==1.0", HERE).raw == name
