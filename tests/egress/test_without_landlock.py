"""Where the kernel has no Landlock the net is advice, and nothing else changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from slopguard.egress import Net, landlock
from slopguard.errors import UsageError
from slopguard.guard import child


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    landlock.available.cache_clear()
    yield
    landlock.available.cache_clear()


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """System call numbers that no kernel has."""
    monkeypatch.setattr(landlock, "_CREATE_RULESET", 100_000)


def test_a_kernel_without_the_calls_confines_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    assert not landlock.available()
    with Net([], {}) as net:
        assert net.ports is None
        assert child.run(["true"], os.environ, confined=net.ports) == 0


def test_nor_does_one_whose_landlock_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "_ENOUGH", 1000)
    assert not landlock.available()


def test_nor_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not landlock.available()


def test_what_was_to_be_confined_and_cannot_be_is_not_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    without(monkeypatch)
    with pytest.raises(UsageError):
        child.run(["touch", f"{tmp_path}/started"], os.environ, confined=(1,))
    assert not os.path.exists(f"{tmp_path}/started")  # noqa: PTH110
