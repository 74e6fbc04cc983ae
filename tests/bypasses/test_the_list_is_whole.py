"""Every line of the list has a test, and what nothing stops is said in SECURITY.md in the same words."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import tests.bypasses
from tests.bypasses.listed import NOTHING, SHOWN, WAYS

SECURITY = (Path(__file__).resolve().parents[2] / "SECURITY.md").read_text(encoding="utf-8")


def everything() -> dict[str, set[str]]:
    for module in iter_modules(tests.bypasses.__path__):
        import_module(f"{tests.bypasses.__name__}.{module.name}")
    return SHOWN


def test_every_way_around_is_tried() -> None:
    assert set(everything()) == set(WAYS)


def test_the_table_in_security_md_says_what_the_tests_show() -> None:
    rows = {way: line for line in SECURITY.splitlines() for way in WAYS if line.startswith(f"| {way} |")}
    assert set(rows) == set(WAYS)
    for way, layers in everything().items():
        for layer in layers - {NOTHING}:
            assert layer in rows[way], (way, layer)
        assert (NOTHING in rows[way]) == (NOTHING in layers), way
