"""Where a file that the gate serves really comes from; for taking the gate's addresses out of lock files."""

from __future__ import annotations

from slopguard.errors import SlopguardError
from slopguard.gate.joined import registry_of
from slopguard.gate.session import Session
from slopguard.model import Ecosystem, NormalizedName
from slopguard.registries.pypi.page import ProjectPage


async def upstream_url(session: Session, ecosystem: Ecosystem, key: str, name: str, filename: str) -> str | None:
    """The address from which index `key` serves a file, `None` if its document does not list it.

    Args:
        name: the package, normalised (as it stands in the gate's own addresses).
    """
    index = session.indexes.get((ecosystem, key))
    if index is None:
        return None
    try:
        registry = registry_of(session, index) if ecosystem is Ecosystem.PYPI else session.upstreams.registry(index)
        page = await registry.project(NormalizedName(name))
    except SlopguardError:
        return None
    if isinstance(page, ProjectPage):
        listed = page.file(filename)
        return listed.url if listed else None
    version = page.file(filename)
    return version.tarball if version else None
