"""`world` as in `tests/e2e`, with a good package and the name of a ghost."""

from __future__ import annotations

from tests.e2e.conftest import walled, world

__all__ = ["walled", "world"]
