"""pnpm's files with the gate's addresses, and back: nothing but addresses changes, and everything changes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.guard.addresses import Addresses
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer

BASE = "http://127.0.0.1:28123"
NPM = Index(Ecosystem.NPM, "ccc333", "https://npm.example/", IndexKind.DEFAULT, Layer.USER)
SCOPED = Index(Ecosystem.NPM, "ddd444", "https://scoped.example/npm/", IndexKind.SCOPE, Layer.USER, name="@acme")

LOCK = """lockfileVersion: '9.0'

packages:

  '@acme/x@1.2.0':
    resolution: {integrity: sha512-aa==, tarball: https://files.example/download/@acme/x/1.2.0/0a}
    hasBin: true

  react-dom@18.0.0(react@18.0.0):
    resolution: {integrity: sha512-bb==, tarball: https://npm.example/react-dom/-/react-dom-18.0.0.tgz}

  six@1.0.0:
    resolution: {integrity: sha512-cc==}

  foo@https://files.example/foo.tgz:
    resolution: {tarball: https://files.example/foo.tgz}
    version: 1.0.0
"""
WORKSPACE = """packages: ['.']
registry: https://npm.example
registries:
  default: https://npm.example/
  "@acme": 'https://scoped.example/npm/'  # ours
  '@other': https://other.example/
"""
NOTES = '{"registries": {\n  "default": "https://npm.example/",\n  "@acme": "https://scoped.example/npm/"\n}}'


def addresses() -> Addresses:
    return Addresses(BASE, (NPM, SCOPED))


def nowhere(ecosystem: Ecosystem, key: str, name: str, file: str) -> str | None:
    return None


def there_and_back(name: str, text: str) -> str:
    both = addresses()
    return both.back(both.forward(name, text), nowhere)


def test_a_tarball_goes_through_the_registry_of_its_scope_under_its_usual_name() -> None:
    text = addresses().forward("pnpm-lock.yaml", LOCK)
    assert f"tarball: {BASE}/npm/ddd444/@acme/x/-/x-1.2.0.tgz?elsewhere}}" in text
    assert f"tarball: {BASE}/npm/ccc333/react-dom/-/react-dom-18.0.0.tgz}}" in text


def test_an_address_that_somebody_chose_stays() -> None:
    assert "resolution: {tarball: https://files.example/foo.tgz}" in addresses().forward("pnpm-lock.yaml", LOCK)


@pytest.mark.parametrize("name", ["pnpm-workspace.yaml", ".modules.yaml", ".pnpm-workspace-state-v1.json"])
@pytest.mark.parametrize("text", [WORKSPACE, NOTES])
def test_registries_become_the_gates_and_strangers_stay(name: str, text: str) -> None:
    changed = addresses().forward(name, text)
    assert f"{BASE}/npm/ccc333/" in changed
    assert f"{BASE}/npm/ddd444/" in changed
    assert ("https://other.example/" in changed) == ("https://other.example/" in text)
    assert there_and_back(name, text) == text


def test_a_lock_file_comes_back_byte_for_byte() -> None:
    assert there_and_back("pnpm-lock.yaml", LOCK) == LOCK


def test_what_pnpm_wrote_down_anew_is_the_registrys_own_address() -> None:
    real = "https://files.example/download/@acme/x/1.3.0/0b"
    text = f"    resolution: {{integrity: sha512-aa==, tarball: {BASE}/npm/ddd444/@acme/x/-/x-1.3.0.tgz?elsewhere}}\n"
    assert addresses().back(text, lambda *_: real) == text.replace(text.split("tarball: ")[1].rstrip("}\n"), real)


LINES = st.sampled_from(
    [*LOCK.splitlines(), *WORKSPACE.splitlines(), "  tarball: https://npm.example/a/-/a-1.tgz", "  a@1.0.0:", "  'b':"]
)


@given(st.lists(LINES | st.text(st.characters(exclude_characters="\r\n"))), st.sampled_from(["\n", "\r\n"]))
def test_any_text_comes_back(lines: list[str], end: str) -> None:
    text = end.join(lines)
    for name in ("pnpm-lock.yaml", "pnpm-workspace.yaml"):
        assert there_and_back(name, text) == text
