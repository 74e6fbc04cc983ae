"""A gate asks its C library to give memory back, and does without where that knows no such thing."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from slopguard.gate.memory import MAPPED, give_back


class Library:
    """A C library that writes down what it was told."""

    def __init__(self) -> None:
        self.told: dict[int, int] = {}

    def mallopt(self, what: int, value: int) -> int:
        self.told[what] = value
        return 1


def test_glibc_is_told_to_map_large_blocks_and_to_have_one_arena(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    give_back()
    assert library.told == {-3: MAPPED, -8: 1}


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def none(name: Any) -> Any:
        raise error

    for library in (none, lambda name: object()):
        monkeypatch.setattr(ctypes, "CDLL", library)
        give_back()
