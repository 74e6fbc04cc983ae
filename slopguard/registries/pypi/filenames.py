"""Which project and version a distribution's file name speaks of, read as pip reads it.

Invariants: pure; a name that pip could install under some version is given exactly that version, and a name that no
installer would take for this project gives `None`.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.utils import canonicalize_name
from packaging.version import Version

from slopguard.versions import pep440

SDIST_ENDINGS = (
    ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma", ".tar",
)  # fmt: skip
"""Archive endings that pip installs from."""


@lru_cache(maxsize=65_536)
def parse_version(text: str) -> Version | None:
    """The PEP 440 version in `text`, or `None`; remembered, since a page repeats each version many times."""
    return pep440(text)


def is_wheel(filename: str) -> bool:
    """Whether the name is that of a wheel (PEP 427)."""
    return filename.lower().endswith(".whl")


def version_of(filename: str, project: str) -> Version | None:
    """The version of `project` that this file would install, or `None` if it would install none.

    Args:
        filename: decoded, without a path.
        project: the normalised name (PEP 503).
    """
    if not filename.isprintable() or any(sign in filename for sign in ("/", "\\", " ")):
        return None
    if is_wheel(filename):
        return _wheel_version(filename, project)
    ending = next((e for e in SDIST_ENDINGS if filename.lower().endswith(e)), None)
    return _sdist_version(filename[: -len(ending)], project) if ending else None


def _wheel_version(filename: str, project: str) -> Version | None:
    parts = filename[:-4].split("-")
    if len(parts) not in (5, 6) or not all(parts) or (len(parts) == 6 and not parts[2][0].isdigit()):
        return None
    if _canonical(parts[0]) != project:
        return None
    return parse_version(parts[1].replace("_", "-"))  # pip < 25.1 reads the old escape this way


def _sdist_version(stem: str, project: str) -> Version | None:
    for at, sign in enumerate(stem):  # the first dash where the name is complete, as pip decides it
        if sign == "-" and _canonical(stem[:at]) == project:
            return parse_version(stem[at + 1 :])
    return None


@lru_cache(maxsize=4096)
def _canonical(name: str) -> str:
    return canonicalize_name(name)
