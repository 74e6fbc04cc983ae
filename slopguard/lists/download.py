"""One download of a published list by python-tuf's updater, and its failures in our words.

Invariants: the updater starts from the root with the pinned digest, never from one that merely lies in a folder; what
is known already is not fetched again; what comes out is not trusted here but verified by whoever called.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from tuf.api import exceptions as tuf
from tuf.ngclient import Updater

from slopguard.errors import ListExpired, ListInvalid, SlopguardError, UpstreamAuth, UpstreamError
from slopguard.lists.fetch import Fetcher, updater
from slopguard.lists.pack import LARGEST
from slopguard.names import shown

ROOT_SIZE = 512_000
MOST_ROOTS = 256
"""Versions among which the pinned root is looked for."""
UPPER = ("snapshot", "targets")
_GONE = (403, 404)
_AUTH = (401, 403)
_ODD = (tuf.RepositoryError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def download(
    url: str, pin: str, teams: Sequence[str], timeout: float, old: Mapping[str, bytes], known: Mapping[str, bytes]
) -> dict[str, bytes]:
    """The files of the list that is published at `url` now, as a pack holds them.

    Args:
        pin: SHA-256 (hexadecimal) of the root to start from.
        teams: whose lists are wanted; one that the publisher does not have is left out.
        timeout: seconds without a byte after which the publisher is given up.
        old: the files of a pack that was verified before, or none.
        known: SHA-256 to bytes of bundles that need not be fetched again.

    Raises:
        ListInvalid, ListExpired: what is published cannot be used.
        UpstreamError: the publisher did not answer.
    """
    base = url if url.endswith("/") else f"{url}/"
    try:
        with TemporaryDirectory(prefix="slopguard-lists-") as scratch, Fetcher(timeout) as fetcher:
            root = pinned(fetcher, base, pin, old)
            folder, bundles = Path(scratch, "metadata"), Path(scratch, "targets")
            _seed(folder, old)
            client = updater(fetcher, f"{base}metadata/", folder, root, f"{base}targets/", bundles)
            client.refresh()
            names = ["lists.json", *(f"{role}.tsv" for role in ("common", *dict.fromkeys(teams), "watch"))]
            targets = {name: data for name in names if (data := _target(client, name, known)) is not None}
            return {**dict(_metadata(folder, targets)), **{f"targets/{name}": data for name, data in targets.items()}}
    except (tuf.DownloadError, OSError, *_ODD) as why:
        raise failure(why, url) from None


def first_root(url: str, timeout: float, pin: str | None) -> bytes:
    """The root that a person is asked to accept: the first one, or the one with the digest that they were told.

    Raises:
        ListInvalid: there is none with that digest.
        UpstreamError: the publisher did not answer.
    """
    base = url if url.endswith("/") else f"{url}/"
    try:
        with Fetcher(timeout) as fetcher:
            return next(_published(fetcher, base)) if pin is None else pinned(fetcher, base, pin, {})
    except (tuf.DownloadError, *_ODD) as why:
        raise failure(why, url) from None


def pinned(fetcher: Fetcher, base: str, pin: str, old: Mapping[str, bytes]) -> bytes:
    """The root with the pinned digest: among what is known, else among the published ones, from the first on.

    Raises:
        ListInvalid: none of them has it.
    """
    for data in chain(_roots(old), _published(fetcher, base)):
        if sha256(data).hexdigest() == pin:
            return data
    raise ListInvalid("the publisher of the lists has no root with the digest that your settings name", WRONG_ROOT)


WRONG_ROOT = "Ask the publisher for the digest of the root; a person accepts another with: slopguard lists trust URL"


def failure(why: Exception, url: str) -> SlopguardError:
    """A failure to fetch a list, in our words."""
    if isinstance(why, SlopguardError):
        return why
    if isinstance(why, tuf.ExpiredMetadataError):
        said = "the lists as they are published now have expired"
        return ListExpired(said, "Ask whoever publishes them to sign them again")
    if isinstance(why, tuf.DownloadHTTPError) and why.status_code in _AUTH:
        return UpstreamAuth(f"{shown(url, 100)} refused our credentials", "Check the entry for that host in ~/.netrc")
    if isinstance(why, tuf.DownloadLengthMismatchError):
        return ListInvalid("the publisher of the lists sends more than was signed", ASK)
    if isinstance(why, tuf.DownloadError):
        return UpstreamError(f"{shown(url, 100)} gave no usable list", "Retry once later")
    if isinstance(why, OSError):
        return ListInvalid(f"the lists cannot be put together here ({type(why).__name__})", "Check the free space")
    return ListInvalid(_said(why), ASK)


ASK = "Retry once later, then ask whoever publishes the lists"
_SAID = (
    (tuf.BadVersionNumberError, "the lists published now are older than what was seen before"),
    (tuf.UnsignedMetadataError, "the lists published now are not signed by enough of the right keys"),
    (tuf.LengthOrHashMismatchError, "a part of the lists published now is not the one that was signed"),
)


def _said(why: Exception) -> str:
    found = (said for kind, said in _SAID if isinstance(why, kind))
    return next(found, "what is published there cannot be read as signed lists")


def _published(fetcher: Fetcher, base: str) -> Iterator[bytes]:
    for version in range(1, MOST_ROOTS + 1):
        try:
            yield fetcher.download_bytes(f"{base}metadata/{version}.root.json", ROOT_SIZE)
        except tuf.DownloadHTTPError as why:
            if version == 1 or why.status_code not in _GONE:
                raise
            return


def _roots(files: Mapping[str, bytes]) -> Iterator[bytes]:
    return (data for path, data in files.items() if path.endswith(".root.json"))


def _seed(folder: Path, old: Mapping[str, bytes]) -> None:
    """Start with what is known: its versions are a lower bound, and what did not change is not fetched."""
    (folder / "root_history").mkdir(parents=True)
    for path, data in old.items():
        part, _, name = path.partition("/")
        if part == "metadata":
            version, _, role = name.partition(".")
            place = f"root_history/{name}" if role == "root.json" else role if version.isdecimal() else name
            (folder / place).write_bytes(data)


def _target(client: Updater, name: str, known: Mapping[str, bytes]) -> bytes | None:
    """A target's bytes; `None` for a team that the publisher does not have."""
    info = client.get_targetinfo(name)
    if info is None:
        return None
    if info.length > LARGEST:
        raise ListInvalid("the publisher of the lists sends more than a machine takes", ASK)
    data = known.get(info.hashes.get("sha256", ""))
    return Path(client.download_target(info)).read_bytes() if data is None else data


def _metadata(folder: Path, targets: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The metadata that vouches for the targets, under the names that it is published by."""
    for path in (folder / "root_history").iterdir():
        yield f"metadata/{path.name}", path.read_bytes()
    yield "metadata/timestamp.json", (folder / "timestamp.json").read_bytes()
    signed_by = [name.removesuffix(".tsv") for name in targets if name not in ("lists.json", "common.tsv")]
    for role in (*UPPER, *signed_by):
        data = (folder / f"{role}.json").read_bytes()
        yield f"metadata/{int(json.loads(data)['signed']['version'])}.{role}.json", data
