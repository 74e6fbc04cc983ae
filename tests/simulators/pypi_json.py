"""PyPI's JSON API of one release (`/pypi/NAME/VERSION/json`), which only a bare poetry asks for."""

from __future__ import annotations

from email.parser import BytesParser
from typing import TYPE_CHECKING, Any

from tests.simulators.registry import stamp

if TYPE_CHECKING:
    from tests.simulators.pypi import File


def release(name: str, version: str, files: list[File], base: str) -> dict[str, Any]:
    """What the API says about one release.

    Args:
        base: where its files lie, without a trailing slash.
    """
    about = next((file.artefact.metadata for file in files if file.artefact.metadata), None)
    found = BytesParser().parsebytes(about or b"")
    yanked = next((file.yanked for file in files if file.yanked is not False), False)
    return {
        "info": {
            "name": name,
            "version": version,
            "summary": found.get("Summary", ""),
            "requires_dist": (found.get_all("Requires-Dist") or []) if about else None,
            "requires_python": found.get("Requires-Python"),
            "yanked": yanked is not False,
            "yanked_reason": yanked if isinstance(yanked, str) else None,
        },
        "urls": [_url(file, f"{base}/{file.artefact.filename}") for file in files],
    }


def _url(file: File, address: str) -> dict[str, Any]:
    return {
        "filename": file.artefact.filename,
        "packagetype": "bdist_wheel" if file.artefact.filename.endswith(".whl") else "sdist",
        "url": address,
        "digests": file.hashes,
        "size": len(file.artefact.content),
        "upload_time_iso_8601": stamp(file.uploaded),
        "yanked": file.yanked is not False,
    }
