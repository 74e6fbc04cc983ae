"""Which version a client would have chosen: the newest one, finals before pre-releases. Pure.

PyPI versions are ordered by PEP 440 (`packaging`), npm versions by Semantic Versioning 2.0.0, section 11. Text that is
no version of its ecosystem is never the newest.
"""

from __future__ import annotations

from collections.abc import Iterable

from packaging.version import Version

from slopguard.model import Ecosystem
from slopguard.registries.npm import semver
from slopguard.registries.pypi.filenames import parse_version


def newest(ecosystem: Ecosystem, versions: Iterable[str]) -> str | None:
    """The version a client would choose of these when nothing is pinned, `None` if there is none to choose."""
    if ecosystem is Ecosystem.PYPI:
        return max((text for text in versions if parse_version(text)), key=_pep440, default=None)
    return max((text for text in versions if semver.parse(text)), key=_semver, default=None)


def _pep440(text: str) -> tuple[bool, Version]:
    version = Version(text)
    return not version.is_prerelease, version


def _semver(text: str) -> tuple[bool, semver.Key]:
    version = semver.parse(text)
    assert version is not None
    return not version.pre, version.key
