"""Lock files while a client runs: translated, restored, and restored after a crash too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.errors import EnvironmentFailed
from slopguard.guard import locks
from slopguard.guard.addresses import Addresses
from tests.guard.test_lock_addresses import ALL, BASE, UV_LOCK, known_files, nowhere


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "uv.lock"
    path.parent.mkdir()
    path.write_text(UV_LOCK)
    os.utime(path, ns=(1_000_000_000, 2_000_000_000))
    path.chmod(0o640)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def translated(home: Path, lock: Path, upstream: object = nowhere):  # type: ignore[no-untyped-def]  # a context manager
    return locks.translated(home, lambda: [lock], Addresses(BASE, ALL), upstream)  # type: ignore[arg-type]  # either stub


def test_a_file_the_client_left_alone_is_as_it_was(home: Path, lock: Path) -> None:
    folder = lock.parent.stat().st_mtime_ns
    with translated(home, lock):
        assert BASE in lock.read_text()
    assert lock.read_text() == UV_LOCK
    assert lock.stat().st_mtime_ns == 2_000_000_000
    assert lock.stat().st_mode & 0o777 == 0o640
    assert lock.parent.stat().st_mtime_ns == folder
    assert list((home / "journal").glob("*.json")) == []


def test_what_the_client_wrote_stays_without_the_gate(home: Path, lock: Path) -> None:
    with translated(home, lock, known_files):
        lock.write_text(lock.read_text() + f"# {BASE}/pypi/aaa111/files/idna/idna-3.10-py3-none-any.whl\n")
    assert lock.read_text() == UV_LOCK + "# https://files.example/zz/idna-3.10-py3-none-any.whl\n"


def test_a_file_the_client_made_is_cleaned_too(home: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "package-lock.json"
    with translated(home, fresh):
        fresh.write_text(f'{{"resolved": "{BASE}/npm/ccc333/x/-/x-1.0.0.tgz"}}')
    assert fresh.read_text() == '{"resolved": "https://npm.example/x/-/x-1.0.0.tgz"}'


def test_an_error_restores_as_well(home: Path, lock: Path) -> None:
    with pytest.raises(RuntimeError), translated(home, lock):
        raise RuntimeError
    assert lock.read_text() == UV_LOCK


def crashed(home: Path, lock: Path) -> None:
    """A guarded command that is killed while its client runs."""
    child = os.fork()
    if child == 0:
        with translated(home, lock):
            os._exit(9)
    os.waitpid(child, 0)


def test_after_a_crash_the_next_command_restores(home: Path, lock: Path) -> None:
    crashed(home, lock)
    assert BASE in lock.read_text()
    assert locks.recover(home) == 1
    assert lock.read_text() == UV_LOCK
    assert locks.recover(home) == 0


def test_after_a_crash_what_was_changed_since_is_kept(home: Path, lock: Path) -> None:
    crashed(home, lock)
    lock.write_text(lock.read_text() + "# mine\n")
    locks.recover(home)
    assert lock.read_text() == UV_LOCK + "# mine\n"


def test_the_same_project_restores_itself_before_it_translates_again(home: Path, lock: Path) -> None:
    crashed(home, lock)
    with translated(home, lock):
        assert lock.read_text().count(BASE) == Addresses(BASE, ALL).forward("uv.lock", UV_LOCK).count(BASE)
    assert lock.read_text() == UV_LOCK


def test_a_running_commands_file_is_left_alone(home: Path, lock: Path) -> None:
    with translated(home, lock):
        assert locks.recover(home) == 0
        assert BASE in lock.read_text()


BELOW = """
import sys
from pathlib import Path
from tests.guard.test_lock_files import BASE, locks, translated
home, lock = map(Path, sys.argv[1:])
assert BASE in lock.read_text()
assert locks.recover(home) == 1
with translated(home, lock):
    assert BASE in lock.read_text()
    lock.write_text(lock.read_text() + "# below\\n")
assert BASE not in lock.read_text()
"""


def test_a_command_below_a_guarded_one_does_not_wait_for_it_and_both_leave_the_file_clean(
    home: Path, lock: Path
) -> None:
    with translated(home, lock):
        shell = ["/bin/sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", BELOW, str(home), str(lock)]
        subprocess.run(shell, check=True, timeout=60, cwd=Path(__file__).parents[2])
    assert lock.read_text() == UV_LOCK + "# below\n"
    assert list((home / "journal").glob("*.json")) == []


def test_a_broken_journal_is_forgotten(home: Path) -> None:
    (home / "journal").mkdir(parents=True)
    (home / "journal" / "x.json").write_text("{")
    assert locks.recover(home) == 0
    assert list((home / "journal").glob("*.json")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_lock_that_cannot_be_replaced_stops_the_command(home: Path, lock: Path) -> None:
    lock.parent.chmod(0o500)
    with pytest.raises(EnvironmentFailed, match=r"uv\.lock"), translated(home, lock):
        pass
