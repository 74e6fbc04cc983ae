"""The fetched lists that count on this machine now: each verified from its pinned root, in every process, offline.

Invariants: a configured list that is missing or cannot be verified is an error, never left out, for it may hold the row
that denies; a list past its end goes on counting for the contract's grace, after which what it allows does not count
and what it denies still does; so it is with all lists while the clock is behind a time that was signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from slopguard.errors import ListInvalid
from slopguard.lists import checks, files, pack
from slopguard.lists import floor as floors
from slopguard.lists.bundle import Bundle
from slopguard.lists.checks import Check
from slopguard.lists.floor import Floor
from slopguard.lists.places import Place, by_root, place
from slopguard.model import Actor
from slopguard.names import shown

if TYPE_CHECKING:
    from slopguard.config import ListSource, Settings
    from slopguard.lists.trust import Trusted

GRACE = {Actor.CI: timedelta(days=2)}
PEOPLE = timedelta(days=14)
"""How long a list that has ended still counts: for CI, and for everybody else."""
SKEW = timedelta(days=1)
"""How far this machine's clock may be behind the moment of a signature."""
SYNC = "slopguard lists sync"


@dataclass(frozen=True, slots=True)
class Installed:
    """What is to be judged with.

    Args:
        bundles: every bundle, verified.
        stale: names of those whose rows no longer allow anything.
        notes: what a person should know, one line each.
    """

    bundles: tuple[Bundle, ...]
    stale: frozenset[str]
    notes: tuple[str, ...]


def installed(settings: Settings, now: datetime) -> Installed:
    """The lists of every configured source.

    Raises:
        ListInvalid: one is missing or not what was signed, a team is in none of them, or two have one name.
        ConfigError: a source's root is no digest.
    """
    found = [current(settings, sources[0], now) for sources in by_root(settings).values()]
    complete(settings, [trusted for trusted, _ in found])
    states = [state(trusted, seen, now, grace(settings)) for trusted, seen in found]
    return Installed(
        tuple(bundle for trusted, _ in found for bundle in trusted.bundles),
        frozenset().union(*(stale for stale, _ in states)),
        tuple(note for _, notes in states for note in notes),
    )


def current(settings: Settings, source: ListSource, now: datetime) -> tuple[Trusted, Floor]:
    """The pack of one source, verified, and the floor it was verified against.

    Raises:
        ListInvalid: there is none, or it cannot be verified; it will be fetched anew at the next chance.
    """
    from slopguard.lists.trust import verify

    where = place(settings, source)
    if not files.there(where.pack):
        raise ListInvalid(f"the lists at {address(source)} were not fetched yet", f"Fetch them: {SYNC}")
    seen = floors.read(where.floor)
    try:
        return verify(pack.read(where.pack), where.pin, settings.list_teams, now, seen), seen
    except ListInvalid:
        _fetch_soon(where)
        raise


def complete(settings: Settings, found: Sequence[Trusted]) -> None:
    """Whether these are all lists that the settings ask for, each under a name of its own.

    Raises:
        ListInvalid: they are not.
    """
    for team in settings.list_teams:
        if not any(team in trusted.teams for trusted in found):
            raise ListInvalid(f"no publisher of lists has a team '{shown(team)}'", "Correct teams in your settings")
    names = [trusted.name for trusted in found]
    if len(set(names)) < len(names):
        raise ListInvalid("two publishers give their lists the same name", "Take one of them out of your settings")


def grace(settings: Settings) -> timedelta:
    """How long a list that has ended counts for whoever asks."""
    return GRACE.get(settings.actor, PEOPLE)


def state(trusted: Trusted, seen: Floor, now: datetime, leave: timedelta) -> tuple[frozenset[str], tuple[str, ...]]:
    """Which bundles of one list are stale, and what to say about it."""
    newest = max(trusted.signed, seen.latest(trusted.versions["root"], trusted.keys) or trusted.signed)
    if now < newest - SKEW:
        said = f"lists '{trusted.name}' were signed on {newest:%Y-%m-%d}, and this machine's clock says {now:%Y-%m-%d}"
        return frozenset(trusted.ends), (_note(f"{said}: they allow nothing. Correct the clock", "date -u"),)
    late = {name: end for name, end in trusted.ends.items() if end <= now}
    stale = frozenset(name for name, end in late.items() if end + leave <= now)
    return stale, tuple(_late(trusted, late, leave, stale))


def address(source: ListSource) -> str:
    """A source's address, fit to be shown."""
    return shown(source.url, 100)


def _late(trusted: Trusted, late: dict[str, datetime], leave: timedelta, stale: Iterable[str]) -> Iterator[str]:
    """One line for each moment at which lists ended."""
    for end in sorted(set(late.values())):
        names = sorted(name for name, when in late.items() if when == end)
        who = trusted.name if len(names) == len(trusted.ends) else "', '".join(names)
        if set(names) & set(stale):
            yield _note(f"lists '{who}' ended on {end:%Y-%m-%d}: what they allow no longer counts", SYNC)
        else:
            yield _note(f"lists '{who}' ended on {end:%Y-%m-%d}; they count until {end + leave:%Y-%m-%d}", SYNC)


def _note(text: str, command: str) -> str:
    return f"slopguard: NOTE {text}. Next: {command}"


def _fetch_soon(where: Place) -> None:
    """Forget when the list was last fetched, so that a guarded command fetches it."""
    check = checks.read(where.checked)
    if check.checked is not None:
        checks.write(where.checked, Check(tried=None if check.tried == check.checked else check.tried))
