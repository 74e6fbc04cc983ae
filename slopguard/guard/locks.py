"""Lock files around a guarded client: the gate's addresses go in before it starts and come out after it ends.

Invariants: a file that the client did not change is byte for byte what it was, with the same time of change; every
replacement is atomic; what must be undone is written to `SLOPGUARD_HOME/journal` before anything changes, so that
after a crash the next guarded command undoes it, also what the client had written by then: a file that still names
the gate is put back as it was, or taken away if it was not there, and so it is when the gate's own process is gone;
two guarded commands never hold one file at once, unless one was started below the other (a script of npm's that calls
npm), which waits for it and comes after it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from slopguard.config import actors
from slopguard.daemon.link import Gone
from slopguard.errors import EnvironmentFailed, StoreError
from slopguard.guard.addresses import Addresses, Upstream

Files = Callable[[], Iterable[Path]]
"""The files that a client may write addresses into, looked up anew at each call (npx makes folders of its own)."""


@contextmanager
def translated(home: Path, files: Files, addresses: Addresses, upstream: Upstream) -> Iterator[None]:
    """Hold the files with the gate's addresses for as long as the client runs.

    Raises:
        StoreError: the journal cannot be written.
        EnvironmentFailed: a lock file cannot be replaced.
    """
    expected = list(dict.fromkeys(files()))
    with _claimed(home / "journal", expected):
        for path in expected:
            _undo(_journal_of(home, path))
        before = {path: path.read_bytes() for path in expected if path.is_file()}
        absent = {path: _journal_of(home, path) for path in expected if path not in before}
        for path, journal in absent.items():
            _write_journal(journal, path, None, None, addresses)
        held = [entry for path in before if (entry := _translate(home, path, addresses))]
        try:
            yield
        finally:
            for path in dict.fromkeys([*before, *files()]):
                if path.is_file():
                    try:
                        _restore(path, held, addresses, upstream)
                    except Gone:  # where its files really are is known to nobody now: as after a kill
                        _put_back(path, before.get(path), addresses)
            for journal in [*absent.values(), *(entry.journal for entry in held)]:
                journal.with_suffix(".saved").unlink(missing_ok=True)
                journal.unlink(missing_ok=True)


def recover(home: Path) -> int:
    """Undo what a guarded command that was killed left behind; the number of files put back.

    A journal whose command still runs is left alone: the file it stands for is claimed.
    """
    undone = 0
    for journal in sorted((home / "journal").glob("*.json")):
        with _try_claim(journal.with_suffix(".claim")) as free:
            if free and _undo(journal):
                undone += 1
    return undone


class _Held:
    """One translated file."""

    __slots__ = ("changed", "journal", "original", "path", "stat")

    def __init__(self, path: Path, original: bytes, changed: bytes, journal: Path) -> None:
        self.path, self.original, self.changed, self.journal = path, original, changed, journal
        self.stat = path.stat()


def _translate(home: Path, path: Path, addresses: Addresses) -> _Held | None:
    """Put the gate's addresses into one file; `None` when there is nothing to put."""
    original = path.read_bytes()
    try:
        text = original.decode("utf-8")
    except UnicodeDecodeError:
        return None
    changed = addresses.forward(path.name, text).encode("utf-8")
    if changed == original:
        return None
    held = _Held(path, original, changed, _journal_of(home, path))
    _write_journal(held.journal, path, original, changed, addresses)
    _replace(path, changed, held.stat)
    return held


def _restore(path: Path, held: Iterable[_Held], addresses: Addresses, upstream: Upstream) -> None:
    """Take the gate's addresses out of one file."""
    now = path.read_bytes()
    entry = next((entry for entry in held if entry.path == path), None)
    if entry is not None and now == entry.changed:
        _replace(path, entry.original, entry.stat)
        return
    try:
        clean = addresses.restored(path.name, now.decode("utf-8"), upstream).encode("utf-8")
    except UnicodeDecodeError:
        return
    if entry is not None and clean == entry.original:
        _replace(path, clean, entry.stat)
    elif clean != now:
        _replace(path, clean, path.stat())


def _put_back(path: Path, original: bytes | None, addresses: Addresses) -> None:
    """A file that still names the gate as it was, or away if it was not there."""
    if f"{addresses.base.partition('://')[2]}/".encode() not in path.read_bytes():
        return
    if original is None:
        path.unlink()
    else:
        _replace(path, original, path.stat())


def _undo(journal: Path) -> bool:
    """Undo one journal; whether there was anything to undo."""
    try:
        saved = json.loads(journal.read_text(encoding="utf-8"))
        path, known, gate = Path(saved["path"]), dict(saved["known"]), str(saved["gate"])
        original = journal.with_suffix(".saved").read_bytes() if saved["changed"] else None
    except (OSError, ValueError, KeyError, TypeError):
        journal.unlink(missing_ok=True)
        return False
    if path.is_file():
        now = path.read_bytes()
        clean = now
        for served, real in sorted(known.items(), key=lambda pair: -len(pair[0])):
            clean = clean.replace(served.encode(), real.encode())
        if hashlib.sha256(now).hexdigest() == saved["changed"] or f"{gate}/".encode() in clean:
            clean = original or b""
        if clean:
            _replace(path, clean, path.stat())
        else:
            path.unlink()
    journal.with_suffix(".saved").unlink(missing_ok=True)
    journal.unlink(missing_ok=True)
    return True


def _journal_of(home: Path, path: Path) -> Path:
    digest = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return home / "journal" / f"{digest}.json"


def _write_journal(
    journal: Path, path: Path, original: bytes | None, changed: bytes | None, addresses: Addresses
) -> None:
    """Say what is about to change, durably; `None` for a file that is not there yet."""
    record = {
        "path": str(path.resolve()),
        "changed": hashlib.sha256(changed).hexdigest() if changed is not None else None,
        "known": addresses.known,
        "gate": addresses.base.partition("://")[2],
    }
    try:
        for file, data in ((journal.with_suffix(".saved"), original), (journal, json.dumps(record).encode())):
            if data is None:
                continue
            with file.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
    except OSError as error:
        raise StoreError("the journal of lock files cannot be written") from error


def _replace(path: Path, data: bytes, stat: os.stat_result) -> None:
    """Put `data` in a file's place at once, keeping its mode, its time and the time of its folder (npm looks at it)."""
    path = path.resolve()
    folder = path.parent.stat()
    fresh = path.with_name(f".{path.name}.slopguard-{os.getpid()}")
    try:
        with fresh.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.chmod(stat.st_mode & 0o7777)
        os.utime(fresh, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        fresh.replace(path)
        os.utime(path.parent, ns=(folder.st_atime_ns, folder.st_mtime_ns))
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise EnvironmentFailed(f"{path.name} cannot be replaced", "Check that you may write to its folder") from error


@contextmanager
def _claimed(folder: Path, paths: Iterable[Path]) -> Iterator[None]:
    """Claim files against other guarded commands, in one order for all; waits while another one holds them."""
    streams: list[IO[bytes]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for claim in sorted(_journal_of(folder.parent, path).with_suffix(".claim") for path in paths):
            streams.append(claim.open("a+b"))
            _claim(streams[-1])
    except OSError as error:
        raise StoreError("the journal of lock files cannot be written") from error
    try:
        yield
    finally:
        for stream in streams:
            stream.close()


def _claim(stream: IO[bytes]) -> None:
    """Claim one file, waiting for whoever holds it, and say in it who holds it now."""
    if not _claimable(stream):
        fcntl.flock(stream, fcntl.LOCK_EX)
    elif _below(stream):
        return
    stream.truncate(0)
    stream.write(str(os.getpid()).encode())
    stream.flush()


def _claimable(stream: IO[bytes]) -> bool:
    """Claim a file if nobody holds it; a command above this one that does will not let go before this one has ended."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _below(stream)
    return True


def _below(stream: IO[bytes]) -> bool:
    """Whether the command that a claim names is above this one."""
    stream.seek(0)
    holder = stream.read()
    return holder.isdigit() and int(holder) in _above()


def _above() -> set[int]:
    """The processes above this one."""
    found = set(actors.above(os.getpid()))
    if found:
        return found
    import subprocess  # no /proc here

    shown = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    parents = dict(line.split() for line in shown.splitlines())
    process = str(os.getpid())
    while (process := parents.pop(process, "")) and process != "0":
        found.add(int(process))
    return found


@contextmanager
def _try_claim(claim: Path) -> Iterator[bool]:
    """Claim a journal for the time of undoing it; `False` when a running command holds it that is none above."""
    with claim.open("a+b") as stream:
        yield _claimable(stream)
