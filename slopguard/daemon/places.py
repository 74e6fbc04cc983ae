"""The daemon's files below `<SLOPGUARD_HOME>/daemon/`, and how the two sides find each other by them; light.

| file | holds |
|---|---|
| `lock` | held (flock) by the daemon that takes new sessions, or by the command that starts one |
| `key` | 32 random bytes of that daemon, for the challenge |
| `address` | process, ports, version; written when everything listens |
| `log` | what became of it, in fixed words; rotated once |

Invariants: the folder is 0700 and the files are 0600, and what belongs to somebody else, or others can write, is not
believed; key and address are replaced as a whole; a file that was left behind by one that was killed says nothing that
is acted on without a proof.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slopguard.daemon.plain import Garbled, decode, encode
from slopguard.daemon.proof import KEY_BYTES, Who

FOLDER = "daemon"
LONGEST = 4096
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NAMESPACES = ("net", "mnt")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a daemon is.

    Args:
        port: its control port.
        gate: its gate's port.
        where: where it runs, and
        restricted: how much it is held down (see `whereabouts`).
        held: the control port is held by a service manager, which starts the daemon anew when it is asked.
    """

    pid: int
    port: int
    gate: int
    version: str
    protocol: int
    where: str = ""
    restricted: int = 0
    held: bool = False

    @property
    def who(self) -> Who:
        """What its proof stands for."""
        return Who(self.version, self.protocol, self.pid, self.port, self.gate)


class Places:
    """The files of one home's daemon.

    Args:
        home: `SLOPGUARD_HOME`.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.folder = home, home / FOLDER
        self.key, self.address = self.folder / "key", self.folder / "address"
        self.lock, self.log = self.folder / "lock", self.folder / "log"

    def prepare(self) -> bool:
        """Make the folder; whether it is ours alone to write."""
        try:
            for folder in (self.home, self.folder):  # `parents` makes what is missing for everybody
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self.folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                return False
            if found.st_mode & 0o077:
                self.folder.chmod(0o700)
        except OSError:
            return False
        return True

    def find(self) -> tuple[Address, bytes] | None:
        """The address and the key that stand there, `None` where they do not or are not to be believed."""
        data, key = _private(self.address), _private(self.key)
        if data is None or key is None or len(key) != KEY_BYTES:
            return None
        try:
            return decode(Address, json.loads(data)), key
        except (Garbled, ValueError, RecursionError):
            return None

    def publish(self, address: Address, key: bytes) -> None:
        """Say where a daemon is; whoever reads it may connect at once.

        Raises:
            OSError: that cannot be written.
        """
        self.address.unlink(missing_ok=True)  # never the old address beside the new key
        _put(self.key, key)
        _put(self.address, json.dumps(encode(Address, address)).encode())

    def withdraw(self, address: Address) -> None:
        """Take an address away, if it still is this one."""
        found = self.find()
        if found is not None and found[0] == address:
            with suppress(OSError):
                self.address.unlink()

    def hold(self) -> int | None:
        """Take the lock; its descriptor, `None` where somebody has it.

        It is given up when the last copy of the descriptor is closed, whatever becomes of its owner.

        Raises:
            OSError: none can be had here: a disk that is read-only or full, or that knows no such locks.
        """
        handle = os.open(self.lock, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        try:
            _lock(handle)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:
            os.close(handle)
            raise
        if self.holds(handle):
            return handle
        os.close(handle)
        return None

    def holds(self, handle: int) -> bool:
        """Whether a lock that was taken is still the one that stands there."""
        try:
            return os.path.samestat(os.fstat(handle), self.lock.lstat())
        except OSError:
            return False


def whereabouts() -> tuple[str, int]:
    """Where this process runs, and how much it is held down.

    The first part differs between machines and containers that share a folder, and between sandboxes: there the
    other's ports and files are not ours. The second rises with the restrictions that a process hands on to all that it
    starts (seccomp; Landlock comes with `no_new_privs`): who is less restricted must not rely on who is more.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        spaces = [str(Path(f"/proc/self/ns/{name}").stat().st_ino) for name in _NAMESPACES]
        lines = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return os.uname().nodename if hasattr(os, "uname") else "", 0
    held = sum(int(line.split()[1]) for line in lines if line.startswith(("NoNewPrivs:", "Seccomp:", "Seccomp_f")))
    return ":".join([boot, *spaces]), held


def _lock(handle: int) -> None:
    """Take the lock of an open file, or fail at once.

    Raises:
        BlockingIOError: somebody has it.
        OSError: this system, or this disk, has no such locks.
    """
    try:
        import fcntl
    except ImportError:  # Windows: every command hosts itself
        raise OSError from None
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _private(path: Path) -> bytes | None:
    """A file that belongs to us and that nobody else may write or read; `None` otherwise."""
    try:
        handle = os.open(path, os.O_RDONLY | _NO_LINK | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return None
        return os.read(handle, LONGEST)
    except OSError:
        return None
    finally:
        os.close(handle)


def _put(path: Path, data: bytes) -> None:
    """Replace a file as a whole."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        fresh.replace(path)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
