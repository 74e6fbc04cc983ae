"""Runs one sync and kills itself before the COUNTth step that changes the machine: COUNT HOME USER URL ROOT.

Ends with 0 if the sync ended before that. Steps are what makes a file or a name last: every `os.replace` into the
machine's folders, and every `os.fsync` (before which a file may be there in part).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slopguard.config import ListSource, Settings
from slopguard.lists.sync import sync


def main(count: int, home: Path, user: Path, url: str, root: str) -> None:
    steps = 0

    def counted(real: Callable[..., Any], ours: Callable[..., bool]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            nonlocal steps
            steps += ours(*args)
            if steps == count:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **more)

        return step

    os.replace = counted(os.replace, lambda one, other: str(other).startswith((str(home), str(user))))  # type: ignore[assignment]
    os.fsync = counted(os.fsync, lambda handle: True)  # type: ignore[assignment]
    source = ListSource(url, root)
    sync(Settings(home=home, user=user, list_sources=(source,), list_teams=("payments",)), source, datetime.now(UTC))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], sys.argv[5])
