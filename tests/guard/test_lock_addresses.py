"""Lock files with the gate's addresses, and back: nothing but addresses changes, and everything changes back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from slopguard.guard.addresses import Addresses
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer

BASE = "http://127.0.0.1:28123"
MAIN = Index(Ecosystem.PYPI, "aaa111", "https://registry.example/simple", IndexKind.DEFAULT, Layer.USER)
ACME = Index(Ecosystem.PYPI, "bbb222", "https://acme.example/simple/", IndexKind.NAMED, Layer.USER, name="acme")
NPM = Index(Ecosystem.NPM, "ccc333", "https://npm.example/", IndexKind.DEFAULT, Layer.USER)
SCOPED = Index(Ecosystem.NPM, "ddd444", "https://scoped.example/npm/", IndexKind.SCOPE, Layer.USER, name="@acme")
ALL = (MAIN, ACME, NPM, SCOPED)

UV_LOCK = """version = 1
requires-python = ">=3.11"

[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://registry.example/simple" }
sdist = { url = "https://files.example/ab/six-1.17.0.tar.gz", hash = "sha256:00", size = 1 }
wheels = [
    { url = "https://files.example/cd/six-1.17.0%2Blocal-py3-none-any.whl", hash = "sha256:11", size = 2 },
]

[[package]]
name = "mine"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "six" }]

[package.metadata]
requires-dist = [{ name = "six", index = "https://acme.example/simple/" }]

[[package]]
name = "other"
version = "1"
source = { registry = "https://elsewhere.example/simple" }
wheels = [
    { url = "https://elsewhere.example/other-1-py3-none-any.whl", hash = "sha256:22" },
]

[[package]]
name = "forked"
version = "1"
source = { git = "https://git.example/forked?rev=1#abc" }
"""


def nowhere(ecosystem: Ecosystem, key: str, name: str, file: str) -> str | None:
    return None


def known_files(ecosystem: Ecosystem, key: str, name: str, file: str) -> str | None:
    return f"https://files.example/zz/{file}"


def test_registries_and_files_of_the_sessions_indexes_go_through_the_gate() -> None:
    text = Addresses(BASE, ALL).forward("uv.lock", UV_LOCK)
    assert f'registry = "{BASE}/pypi/aaa111/simple/"' in text
    assert f'url = "{BASE}/pypi/aaa111/files/six/six-1.17.0.tar.gz"' in text
    assert f'url = "{BASE}/pypi/aaa111/files/six/six-1.17.0+local-py3-none-any.whl"' in text
    assert f'index = "{BASE}/pypi/bbb222/simple/"' in text


def test_what_comes_from_elsewhere_stays_as_it_is() -> None:
    text = Addresses(BASE, ALL).forward("uv.lock", UV_LOCK)
    assert text[text.index('name = "other"') :] == UV_LOCK[UV_LOCK.index('name = "other"') :]


def test_an_unchanged_lock_comes_back_byte_for_byte() -> None:
    addresses = Addresses(BASE, ALL)
    assert addresses.back(addresses.forward("uv.lock", UV_LOCK), nowhere) == UV_LOCK


def test_what_uv_added_is_given_the_address_the_index_serves_it_from() -> None:
    added = f"""[[package]]
name = "idna"
source = {{ registry = "{BASE}/pypi/aaa111/simple/" }}
wheels = [{{ url = "{BASE}/pypi/aaa111/files/idna/idna-3.10-py3-none-any.whl" }}]
"""
    clean = Addresses(BASE, ALL).back(added, known_files)
    assert 'registry = "https://registry.example/simple"' in clean
    assert 'url = "https://files.example/zz/idna-3.10-py3-none-any.whl"' in clean


def test_a_sessions_secret_goes_with_its_address() -> None:
    line = "--index-url http://user:secret@127.0.0.1:28123/pypi/aaa111/simple/\n"
    assert Addresses(BASE, ALL).back(line, nowhere) == "--index-url https://registry.example/simple\n"


def test_a_projects_own_named_index_is_led_through_the_gate_and_back() -> None:
    text = '[project]\nname = "x"\n\n[[tool.uv.index]]\nname = "acme"\n'
    text += 'url = "https://acme.example/simple/"\nexplicit = true\n'
    addresses = Addresses(BASE, ALL)
    there = addresses.forward("pyproject.toml", text)
    assert f'url = "{BASE}/pypi/bbb222/simple/"' in there
    assert addresses.back(there, nowhere) == text


def npm_lock(entries: dict[str, dict[str, str]]) -> str:
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}, **entries}}, indent=2) + "\n"


PACKAGE_LOCK = npm_lock(
    {
        "node_modules/left-pad": {"version": "1.3.0", "resolved": "https://npm.example/left-pad/-/left-pad-1.3.0.tgz"},
        "node_modules/a/node_modules/@acme/x": {"resolved": "https://cdn.example/npm/@acme/x/-/x-1.0.0.tgz"},
        "node_modules/pad": {"name": "left-pad", "resolved": "https://npm.example/left-pad/-/left-pad-1.2.0.tgz"},
        "node_modules/mine": {"resolved": "packages/mine", "link": "true"},
        "node_modules/forked": {"resolved": "git+ssh://git@git.example/forked.git#abc"},
        "node_modules/file": {"resolved": "https://files.example/file.tgz"},
    }
)


def test_npm_tarballs_go_through_the_registry_of_their_scope() -> None:
    found = json.loads(Addresses(BASE, ALL).forward("package-lock.json", PACKAGE_LOCK))["packages"]
    assert [found[key].get("resolved") for key in list(found)[1:]] == [
        f"{BASE}/npm/ccc333/left-pad/-/left-pad-1.3.0.tgz",
        f"{BASE}/npm/ddd444/@acme/x/-/x-1.0.0.tgz",
        f"{BASE}/npm/ccc333/left-pad/-/left-pad-1.2.0.tgz",
        "packages/mine",
        "git+ssh://git@git.example/forked.git#abc",
        "https://files.example/file.tgz",
    ]


def test_an_unchanged_package_lock_comes_back_byte_for_byte() -> None:
    addresses = Addresses(BASE, ALL)
    assert addresses.back(addresses.forward("package-lock.json", PACKAGE_LOCK), nowhere) == PACKAGE_LOCK


def test_a_new_tarball_is_given_the_address_the_registry_serves_it_from() -> None:
    text = npm_lock({"node_modules/@acme/y": {"resolved": f"{BASE}/npm/ddd444/@acme/y/-/y-2.0.0.tgz"}})
    clean = Addresses(BASE, ALL).back(text, nowhere)
    assert "https://scoped.example/npm/@acme/y/-/y-2.0.0.tgz" in clean


HOSTS = st.sampled_from(["registry.example", "acme.example", "elsewhere.example", "files.example", "npm.example"])
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
URLS = st.builds(
    "https://{}/{}{}".format,
    HOSTS,
    st.sampled_from(["simple", "simple/", "x/", ""]),
    st.sampled_from(["", "f.whl", "a%20b.whl"]),
)
LINES = st.one_of(
    st.just("[[package]]"),
    st.builds('name = "{}"'.format, NAMES),
    st.builds('source = {{ registry = "{}" }}'.format, URLS),
    st.builds('    {{ url = "{}", hash = "sha256:00" }},'.format, URLS),
    st.builds('sdist = {{ url = "{}" }}'.format, URLS),
    st.builds('dependencies = [{{ name = "{}", index = "{}" }}]'.format, NAMES, URLS),
    st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=20),
)


@given(st.lists(LINES, max_size=30).map("\n".join))
def test_any_lock_there_and_back_is_the_same(text: str) -> None:
    addresses = Addresses(BASE, ALL)
    assert addresses.back(addresses.forward("uv.lock", text), nowhere) == text


TARBALLS = st.builds("https://{}/{}/-/{}-1.0.0.tgz".format, HOSTS, NAMES, NAMES)


@given(st.dictionaries(NAMES.map("node_modules/{}".format), TARBALLS.map(lambda url: {"resolved": url}), max_size=8))
def test_any_package_lock_there_and_back_is_the_same(entries: dict[str, dict[str, str]]) -> None:
    text = npm_lock(entries)
    addresses = Addresses(BASE, ALL)
    assert addresses.back(addresses.forward("package-lock.json", text), nowhere) == text
