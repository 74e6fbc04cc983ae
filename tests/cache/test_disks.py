"""A disk that is full, read-only or gone is counted, never raised; what was kept before still is."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cache.kept import bytes_of, document, entries, keep, opened, sha256

ROOT = Path(__file__).resolve().parents[2]
MOUNTING = ["unshare", "--user", "--map-root-user", "--mount"]


def may_mount() -> bool:
    """Whether this user has a mount namespace for the asking; a container may not let it."""
    try:
        command = [*MOUNTING, "mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    if not may_mount():
        pytest.skip("this user may not mount a disk of its own here")
    command = [*MOUNTING, sys.executable, "-m", "tests.cache.disks", str(tmp_path_factory.mktemp("disk"))]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def test_a_full_disk_gives_up_what_does_not_fit_and_has_the_rest(disks: list[dict[str, Any]]) -> None:
    told = disks[0]
    assert told.pop("given up")[1:] == [True, True, True]
    assert told == {"file": True, "document": True, "troubles": True, "unfinished": 0}


def test_a_read_only_disk_still_serves_what_it_has(disks: list[dict[str, Any]]) -> None:
    told = disks[1]
    assert (told.pop("troubles before"), told.pop("kept")) == (False, False)
    assert told == {"file": True, "document": True, "troubles": True, "unfinished": 0}


def test_a_disk_that_goes_away_leaves_an_empty_cache_that_works_again(disks: list[dict[str, Any]]) -> None:
    assert disks[2] == {"file": False, "document": False, "troubles": False, "unfinished": 0, "again": True}


def test_writes_that_fail_give_up_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = opened(tmp_path)
    keep(cache.files, b"before")
    cache.documents.put("flask", document(b"before"))
    cache.settle()
    keeping = cache.files.keep(sha256(b"content"))
    assert keeping is not None
    keeping.write(b"con")

    def full(*args: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", full)
    keeping.write(b"tent")
    assert (keeping.whole, keeping.reading()) == (False, None)
    cache.documents.put("flask", document(b"after"))
    cache.documents.touch("flask", document(b"before", asked=9.0).about)
    monkeypatch.undo()
    keeping.write(b"tent")
    assert keeping.done() is None
    assert entries(tmp_path, ".new-") == []
    assert cache.troubles == 3
    assert bytes_of(cache.files.find([sha256(b"before")])) == b"before"
    assert cache.documents.get("flask") == document(b"before")


def test_reads_that_fail_are_misses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = opened(tmp_path)
    held = keep(cache.files, b"content")
    cache.documents.put("flask", document(b"body"))
    cache.settle()

    real = os.open

    def broken(*args: Any, **more: Any) -> int:
        if args[0] == tmp_path / "cache" / sha256(b"content")[7:9]:
            return real(*args)  # of the file itself no more than the folder can be opened
        raise OSError(errno.EIO, "broken")

    for name in ("open", "pread"):
        monkeypatch.setattr(os, name, broken)
        assert cache.documents.get("flask") is None
        assert name == "pread" or cache.files.find([sha256(b"content")]) is None
        assert name == "open" or held is None or held.checked() is None
        monkeypatch.undo()
    assert cache.troubles == 3
    assert cache.files.find([sha256(b"content")]) is None


def test_a_platform_that_cannot_open_below_a_folder_has_no_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slopguard.cache.place.USABLE", False)
    cache = opened(tmp_path / "home")
    assert keep(cache.files, b"content") is None
    cache.documents.put("flask", document(b"body"))
    assert cache.documents.get("flask") is None
    assert cache.usage().bytes == 0


def test_a_write_in_several_parts_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data)[:7]))
    assert bytes_of(keep(opened(tmp_path).files, b"content" * 100)) == b"content" * 100


def test_a_rename_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = opened(tmp_path)

    def refused(*args: object, **more: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "rename", refused)
    assert keep(cache.files, b"content") is None
    cache.documents.put("flask", document(b"body"))
    monkeypatch.undo()
    assert entries(tmp_path) == []
    assert cache.troubles == 2


def test_files_larger_than_the_system_allows_are_given_up(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.cache.kept import keep, opened;"
        "cache = opened(Path(sys.argv[1])); print(keep(cache.files, bytes(9000)), cache.troubles)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["None", "1"], done.stderr
    assert entries(tmp_path) == []


def test_a_folder_that_disappears_is_made_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    cache = opened(home)
    keep(cache.files, b"content")
    cache.documents.put("flask", document(b"body"))
    cache.settle()
    keeping = cache.files.keep(sha256(b"other"))
    assert keeping is not None
    shutil.rmtree(home)
    keeping.write(b"other")
    assert keeping.done() is None
    assert cache.files.find([sha256(b"content")]) is None
    assert cache.documents.get("flask") is None
    cache.documents.put("flask", document(b"body"))
    assert keep(cache.files, b"content")
    assert cache.documents.get("flask") == document(b"body")
    assert bytes_of(cache.files.find([sha256(b"content")])) == b"content"


def test_a_home_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = opened(tmp_path / "file")
    assert keep(cache.files, b"content") is None
    cache.documents.put("flask", document(b"body"))
    cache.documents.touch("flask", document(b"body").about)
    assert cache.files.find([sha256(b"content")]) is None
    assert cache.documents.get("flask") is None
    assert cache.usage().bytes == 0
    assert cache.troubles > 0
