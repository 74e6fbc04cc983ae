"""The folders of tests are in memory where the machine has a file system there.

Clients make and remove small files by the ten thousand. A disk with a journal took a sixth of the suite's time for it,
most of that in the search for inodes that were not in use a moment before.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PLACE = Path("/dev/shm")
VARIABLE = "PYTEST_DEBUG_TEMPROOT"
ENOUGH = 2 << 30
"""Free bytes, several times what a whole run leaves at its end."""


def use() -> None:
    """Have pytest make its folders in memory, if programs can be run there and nobody has said where they are."""
    with suppress(OSError):
        about = os.statvfs(PLACE)
        roomy = about.f_bavail * about.f_frsize >= ENOUGH
        if roomy and not about.f_flag & os.ST_NOEXEC and os.access(PLACE, os.W_OK):
            os.environ.setdefault(VARIABLE, str(PLACE))
