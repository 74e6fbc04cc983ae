"""Fetching a list: from its publisher, verified, into the one pack that this machine judges with.

python-tuf's updater fetches into a scratch folder that starts with what is known already; then `trust.verify`, the same
check that every process makes, decides whether that becomes the pack. Invariants:

* A sync that fails leaves pack and floor as they were. One that succeeds replaces the pack as a whole, then raises the
  floor; killed in between, the new pack stands above the old floor. What comes next is older than neither.
* One process fetches at a time; readers never wait.
* A pack that cannot be verified is not built upon: everything is fetched again from the pinned root.
* Metadata that has expired, or that was signed in the future, never becomes the pack.
* Messages are our own words; nothing that a server sent is in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.errors import ListExpired, ListInvalid, SlopguardError, StoreError
from slopguard.lists import checks, pack
from slopguard.lists import floor as floors
from slopguard.lists.checks import Check
from slopguard.lists.files import Staged, there
from slopguard.lists.floor import Floor
from slopguard.lists.places import Place, by_root, place
from slopguard.lists.sources import SKEW, grace

if TYPE_CHECKING:
    from slopguard.config import ListSource, Settings
    from slopguard.lists.trust import Trusted

BUSY = 60.0
"""Seconds that a person's `lists sync` waits for another process that fetches the same list."""


Known = tuple[Mapping[str, bytes], "Trusted | None"]
"""The files of the pack that is there, and what they come to."""
_NOTHING: Known = ({}, None)


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did.

    Args:
        before: the list that was there, verified; `None` if there was none that could be.
        after: the one that is there now.
    """

    before: Trusted | None
    after: Trusted


def sync(
    settings: Settings, source: ListSource, now: datetime, *, carried: Path | None = None, anew: bool = False
) -> Synced:
    """Fetch, verify and install the list of one source.

    Args:
        carried: a pack, or a published folder, to take it from instead of the source's address.
        anew: forget what was seen before (a person decided that).

    Raises:
        ListInvalid: what is published is not what the accepted root vouches for, or older than what was seen before.
        ListExpired: it has expired, or this machine's clock is behind.
        UpstreamError: the publisher did not answer.
        StoreError: it cannot be written here, or another process holds it.
    """
    where = place(settings, source)
    with _alone(where, BUSY):
        return _synced(settings, source, where, now, carried, anew=anew)


def refresh_if_due(settings: Settings, now: datetime) -> tuple[bytes, ...]:
    """What a guarded command does before it judges: fetch lists that are missing or were not asked for lately.

    It says nothing and raises nothing; what it cannot get stays as it is, and `sources.installed` says what that means.

    Returns:
        the deny rows that arrived, as lines.
    """
    if settings.offline or not settings.list_sources:
        return ()
    try:
        groups = by_root(settings)
    except SlopguardError:
        return ()
    fresh: list[bytes] = []
    for mirrors in groups.values():
        where = place(settings, mirrors[0])
        if _due(where, now):
            fresh += _refreshed(settings, mirrors, where, now)
    return tuple(fresh)


def arrived(before: Trusted | None, after: Trusted) -> tuple[bytes, ...]:
    """The deny rows, as lines, that a sync brought."""
    known = {bundle.name: bundle for bundle in before.bundles} if before else {}
    fresh: list[bytes] = []
    for bundle in after.bundles:
        old = known.get(bundle.name)
        if old is None or old.digest != bundle.digest:
            lines = set(bundle.data.splitlines()) - (set(old.data.splitlines()) if old else set())
            fresh += (line for line in lines if line.split(b"\t", 3)[2:3] == [b"deny"])
    return tuple(sorted(fresh))


def _due(where: Place, now: datetime) -> bool:
    check = checks.read(where.checked)
    if not there(where.pack):
        check = Check(tried=check.tried if check.tried != check.checked else None)
    return check.due(now)


def _refreshed(settings: Settings, mirrors: Sequence[ListSource], where: Place, now: datetime) -> tuple[bytes, ...]:
    """Try the mirrors of one list in turn; if another process is at it, leave it to that one."""
    try:
        with _alone(where, 0 if there(where.pack) else settings.timeout):
            done = _first_of(settings, mirrors, where, now) if _due(where, now) else None
    except StoreError:
        return ()
    return arrived(done.before, done.after) if done else ()


def _first_of(settings: Settings, mirrors: Sequence[ListSource], where: Place, now: datetime) -> Synced | None:
    for source in mirrors:
        with suppress(SlopguardError):
            return _synced(settings, source, where, now, None, anew=False)
    return None


def _synced(
    settings: Settings, source: ListSource, where: Place, now: datetime, carried: Path | None, *, anew: bool
) -> Synced:
    """One sync, by the one process that may."""
    checks.write(where.checked, Check(now, checks.read(where.checked).checked))
    old, before = _NOTHING if anew else _known(where, settings.list_teams, now)
    found: Mapping[str, bytes]
    if carried is not None and not carried.is_dir():
        found, leave = pack.read(carried), grace(settings)
    else:
        url = source.url if carried is None else carried.resolve().as_uri()
        found, leave = _fetched(url, settings, where, old, before), timedelta()
    with floors.locked(where.floor):
        seen = floors.NONE if anew else floors.read(where.floor)
        least = seen.raised(before.versions, before.keys, before.signed) if before else seen
        after = usable(found, where.pin, settings.list_teams, now, least, leave)
        _install(where, found, seen.raised(after.versions, after.keys, after.signed))
    if carried is None:
        checks.write(where.checked, Check(now, now))
    return Synced(before, after)


def _known(where: Place, teams: Sequence[str], now: datetime) -> Known:
    """The pack that is there: its files, and what they come to; nothing if it cannot be verified by itself."""
    from slopguard.lists.trust import verify

    try:
        files = pack.read(where.pack) if there(where.pack) else {}
    except ListInvalid:
        return _NOTHING
    for wanted in (teams, ()):  # without any team: it may be that one was added to the settings since
        with suppress(ListInvalid):
            return files, verify(files, where.pin, wanted, now)
    return _NOTHING


def usable(
    files: Mapping[str, bytes], pin: str, teams: Sequence[str], now: datetime, seen: Floor, leave: timedelta
) -> Trusted:
    """What was fetched, verified, and neither signed in the future nor expired (a pack on its way may be a little).

    Raises:
        ListInvalid: it is not what was signed, or older than what was seen before.
        ListExpired: it ended more than `leave` ago, or was signed in the future.
    """
    from slopguard.lists.trust import verify

    after = verify(files, pin, teams, now, seen)
    if after.signed > now + SKEW:
        said = f"the lists '{after.name}' were signed on {after.signed:%Y-%m-%d}, after what this machine's clock says"
        raise ListExpired(said, "Correct the clock")
    if after.expires + leave <= now:
        said = f"the lists '{after.name}' as they are published now ended on {after.expires:%Y-%m-%d}"
        raise ListExpired(said, "Ask whoever publishes them to sign them again")
    return after


def _install(where: Place, files: Mapping[str, bytes], raised: Floor) -> None:
    """Both files are on disk before the first takes its place; what a killed process left beside them goes."""
    for path in (where.pack, where.floor):
        for left in path.parent.glob(f".{path.name}.*"):
            with suppress(OSError):
                left.unlink()
    with Staged(where.pack, pack.packed(files)) as content, Staged(where.floor, floors.packed(raised)) as floor:
        content.put()
        floor.put()


def _fetched(
    url: str, settings: Settings, where: Place, old: Mapping[str, bytes], before: Trusted | None
) -> Mapping[str, bytes]:
    from slopguard.lists.download import download  # brings in requests and python-tuf's client

    known = {bundle.digest: bundle.data for bundle in before.bundles} if before else {}
    if (table := old.get("targets/lists.json")) is not None:
        known[sha256(table).hexdigest()] = table
    return download(url, where.pin, settings.list_teams, settings.timeout, old, known)


@contextmanager
def _alone(where: Place, wait: float) -> Iterator[None]:
    """Be the one process that fetches this list.

    Raises:
        StoreError: another one is at it, or the folder cannot be written.
    """
    import filelock

    try:
        where.lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = filelock.FileLock(where.lock, timeout=wait, mode=0o600)
        lock.acquire()
    except filelock.Timeout:
        raise StoreError("another process is fetching these lists", "Retry in a minute") from None
    except OSError as why:
        raise StoreError(f"{where.lock}: cannot be made ({type(why).__name__})", "Check its folder") from None
    try:
        yield
    finally:
        lock.release()
