"""Uses a cache and is killed before its first, second, third ... step on the disk, each time in a folder of its own.

FOLDER: for every count there is `FOLDER/<count>/` afterwards, with `ended` in it where nothing was left to kill.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slopguard.cache import Cache
from slopguard.cache.sweep import Sweeper, sweep
from tests.cache.kept import PLENTY, document, keep, opened

STEPS = ("open", "write", "rename", "unlink", "mkdir", "utime", "chmod")
STAYS, COMES = b"stays", b"comes" * 1000
OLD, TOUCHED, NEW = document(b"old"), document(b"old", asked=5.0), document(b"new", '"2"', asked=9.0)


def prepare(home: Path) -> None:
    cache = opened(home)
    keep(cache.files, STAYS)
    cache.documents.put("flask", OLD)
    cache.settle()


def use(cache: Cache) -> None:
    keep(cache.files, COMES)
    cache.documents.touch("flask", TOUCHED.about)
    cache.documents.put("flask", NEW)
    sweep(cache.folder, PLENTY)


def interrupted(home: Path, count: int) -> None:
    """Use the cache until step number `count`; sweeps run when they are called for, and not beside."""
    Sweeper.wrote = lambda *args: None  # type: ignore[method-assign]
    done = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            nonlocal done
            done += 1
            if done == count:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **more)

        return step

    cache = opened(home)
    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    use(cache)


def main(folder: Path) -> None:
    prepare(folder / "before")
    count, status = 0, 1
    while status:
        count += 1
        home = folder / str(count)
        shutil.copytree(folder / "before", home)
        child = os.fork()
        if child == 0:
            interrupted(home, count)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        assert status in (0, signal.SIGKILL), status
    (home / "ended").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
