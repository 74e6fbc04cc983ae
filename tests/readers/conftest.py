"""Property tests here have no deadline: a slow machine is no fault of a reader."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
