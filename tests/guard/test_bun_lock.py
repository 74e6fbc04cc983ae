"""Addresses in bun.lock: the gate's while a client runs, then again what bare bun writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.guard.addresses import Addresses
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer

GATE, BUILTIN, OWN, ACME = (
    "http://127.0.0.1:4",
    "https://registry.example/",
    "https://own.example/npm/",
    "https://acme.example/",
)
INDEXES = (
    Index(Ecosystem.NPM, "aa", OWN, IndexKind.DEFAULT, Layer.USER),
    Index(Ecosystem.NPM, "bb", ACME, IndexKind.SCOPE, Layer.USER, name="@acme"),
)


def addresses() -> Addresses:
    return Addresses(GATE, INDEXES, mapped=frozenset({BUILTIN.rstrip("/")}))


def lock(name: str, address: str) -> str:
    return f'{{\n  "packages": {{\n    "{name}": ["{name}@1.0.0", "{address}", {{}}, "sha512-x"],\n  }}\n}}\n'


def nowhere(ecosystem: Ecosystem, key: str, name: str, file: str) -> None:
    return None


@pytest.mark.parametrize(
    ("name", "address", "gate"),
    [
        ("sg-alpha", f"{OWN}sg-alpha/-/sg-alpha-1.0.0.tgz", f"{GATE}/npm/aa/sg-alpha/-/sg-alpha-1.0.0.tgz"),
        (
            "sg-alpha",
            "https://any.example/x/sg-alpha/-/sg-alpha-1.0.0.tgz",
            f"{GATE}/npm/aa/sg-alpha/-/sg-alpha-1.0.0.tgz",
        ),
        ("@acme/thing", f"{ACME}@acme/thing/-/thing-1.0.0.tgz", f"{GATE}/npm/bb/@acme/thing/-/thing-1.0.0.tgz"),
        ("mine", f"{ACME}@acme%2fthing/-/thing-1.0.0.tgz", f"{GATE}/npm/bb/@acme/thing/-/thing-1.0.0.tgz"),
        ("sg-alpha", "", ""),
        ("sg-alpha", "https://any.example/archive.tgz", "https://any.example/archive.tgz"),
    ],
)
def test_every_package_of_a_registry_comes_from_the_gate_and_goes_back(name: str, address: str, gate: str) -> None:
    both = addresses()
    there = both.forward("bun.lock", lock(name, address))
    assert there == lock(name, gate)
    assert both.restored("bun.lock", there, nowhere) == lock(name, address)


def test_an_entry_is_found_however_it_is_laid_out() -> None:
    text = '{"packages": {"a": [ /* " */ "a@1.0.0" // ,\n , "https:\\/\\/any.example/a/-/a-1.0.0.tgz",{}]}}'
    assert f'"{GATE}/npm/aa/a/-/a-1.0.0.tgz"' in addresses().forward("bun.lock", text)


def test_bun_writes_nothing_for_its_built_in_registry_and_so_do_we() -> None:
    fresh = lock("sg-alpha", f"{GATE}/npm/aa/sg-alpha/-/sg-alpha-1.0.0.tgz")

    def served(ecosystem: Ecosystem, key: str, name: str, file: str) -> str:
        return f"{BUILTIN}{name}/-/{file}"

    assert addresses().restored("bun.lock", fresh, served) == lock("sg-alpha", "")


def test_a_file_without_gate_addresses_stays_as_it_is() -> None:
    text = lock("sg-alpha", f"{BUILTIN}sg-alpha/-/sg-alpha-1.0.0.tgz")
    assert addresses().restored("bun.lock", text, nowhere) == text


@given(st.text(alphabet='[]{}",:/ab@\\\n*.-'))
def test_any_text_comes_back(text: str) -> None:
    both = addresses()
    assert both.back(both.forward("bun.lock", text), nowhere) == text
