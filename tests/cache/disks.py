"""Uses a cache on a disk of its own that gets full, read-only and lost: FOLDER. Says on standard output what it saw.

To be started in namespaces where this user may mount. The disk is a `tmpfs` of one megabyte.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from slopguard.cache import Cache
from tests.cache.kept import aged, bytes_of, document, entries, keep, opened, sha256

KEPT, LARGE = b"kept" * 1000, os.urandom(1 << 19)


def seen(cache: Cache) -> dict[str, Any]:
    """What the cache still has, and whether it says that something is wrong."""
    held = cache.files.find([sha256(KEPT)])
    return {
        "file": held is not None and bytes_of(held) == KEPT,
        "document": cache.documents.get("flask") == document(b"old"),
        "troubles": cache.troubles > 0,
        "unfinished": cache.usage().unfinished,
    }


def full(home: Path) -> dict[str, Any]:
    """Write more than the disk holds."""
    cache = opened(home)
    keep(cache.files, KEPT)
    cache.documents.put("flask", document(b"old"))
    given_up = [keep(cache.files, LARGE + bytes([number])) is None for number in range(4)]
    cache.documents.put("flask", document(LARGE + b"new"))
    cache.documents.put("other", document(LARGE))
    cache.settle()
    return {"given up": given_up, **seen(cache)}


def read_only(home: Path) -> dict[str, Any]:
    """Use what is there, and try to change it."""
    for path in entries(home):
        aged(path, 10_000)
    subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
    cache = opened(home)
    before = seen(cache)["troubles"]
    kept = keep(cache.files, b"more")
    cache.documents.put("flask", document(b"new"))
    cache.documents.touch("flask", document(b"old", asked=9.0).about)
    cache.settle()
    return {"troubles before": before, "kept": kept is not None, **seen(cache)}


def lost(home: Path) -> dict[str, Any]:
    """The disk goes away below an open cache, with a file on its way."""
    subprocess.run(["mount", "-o", "remount,rw", str(home)], check=True)
    cache = opened(home)
    keeping = cache.files.keep(sha256(b"lost"))
    assert keeping is not None
    subprocess.run(["umount", "--lazy", str(home)], check=True)
    keeping.write(b"lost")
    keeping.done()
    after = seen(cache)
    return {**after, "again": keep(cache.files, KEPT) is not None}


def main(home: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", str(home)], check=True)
    sys.stdout.write(json.dumps([full(home), read_only(home), lost(home)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
