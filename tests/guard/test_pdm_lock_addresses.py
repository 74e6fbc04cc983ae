"""pdm.lock while pdm runs: files of an index at the gate, everything else as it stands; then as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slopguard.clients.sources import key_of
from slopguard.guard.addresses import Addresses
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer

BASE = "http://127.0.0.1:4999"
MAIN, OWN = "https://registry.example/simple/", "https://own.example/simple/"
LOCK = """\
[metadata]
lock_version = "4.5.1"

[[package]]
name = "six"
version = "1.17.0"
files = [
    {url = "https://files.example/a/six-1.17.0.tar.gz", hash = "sha256:aa"},
    {url = "https://own.example/files/six-1.17.0%2Bx-py3-none-any.whl", hash = "sha256:bb"},
]

[[package]]
name = "direct"
version = "4"
url = "https://h.example/direct-4.zip"
files = [
    {url = "https://h.example/direct-4.zip", hash = "sha256:cc"},
]
"""
PYLOCK = """\
[[packages]]
name = "six"
[packages.sdist]
url = "https://files.example/a/six-1.17.0.tar.gz"

[[packages]]
name = "direct"
[packages.archive]
url = "https://h.example/direct-4.zip"
"""


def addresses() -> Addresses:
    kinds = ((MAIN, IndexKind.DEFAULT), (OWN, IndexKind.EXTRA))
    indexes = tuple(Index(Ecosystem.PYPI, key_of(url), url, kind, Layer.USER) for url, kind in kinds)
    return Addresses(BASE, indexes)


def test_files_come_from_the_index_at_their_host_else_from_the_default_one() -> None:
    changed = addresses().forward("pdm.lock", LOCK)
    assert f"{BASE}/pypi/{key_of(MAIN)}/files/six/six-1.17.0.tar.gz" in changed
    assert f"{BASE}/pypi/{key_of(OWN)}/files/six/six-1.17.0+x-py3-none-any.whl" in changed
    assert changed.count("https://h.example/direct-4.zip") == 2


def test_a_pylock_is_changed_likewise() -> None:
    changed = addresses().forward("pylock.toml", PYLOCK)
    assert f'url = "{BASE}/pypi/{key_of(MAIN)}/files/six/six-1.17.0.tar.gz"' in changed
    assert "https://h.example/direct-4.zip" in changed


def test_there_and_back_is_the_same_file() -> None:
    for name, text in (("pdm.lock", LOCK), ("pylock.toml", PYLOCK)):
        both = addresses()
        assert both.back(both.forward(name, text), lambda *_: None) == text


def test_files_stand_in_the_order_of_their_own_addresses() -> None:
    rows = [
        f'    {{url = "https://files.example/{folder}/six-{n}.whl", hash = "sha256:{n}"}},\n'
        for n, folder in ((1, "b"), (2, "a"))
    ]
    both, text = addresses(), f'[[package]]\nname = "six"\nfiles = [\n{rows[1]}{rows[0]}]\n'
    served = both.forward("pdm.lock", text)
    swapped = "".join(served.splitlines(keepends=True)[n] for n in (0, 1, 2, 4, 3, 5))
    assert both.restored("pdm.lock", swapped, lambda *_: None) == text


LINES = [*LOCK.splitlines(keepends=True), *PYLOCK.splitlines(keepends=True)]


@given(st.lists(st.sampled_from(LINES)).map("".join) | st.text())
def test_whatever_stands_there_comes_back(text: str) -> None:
    both = addresses()
    assert both.back(both.forward("pdm.lock", text), lambda *_: None) == text
