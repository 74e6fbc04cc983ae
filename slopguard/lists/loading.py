"""Which lists count on this machine: those that were shipped, those of the configured sources, a person's releases.

Invariant: a list that cannot be verified is never left out in silence: the state is `invalid`, and nothing is allowed.
The rows that can be read still deny.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from slopguard.errors import ListExpired, ListInvalid, SlopguardError
from slopguard.lists.bundle import Bundle
from slopguard.lists.lists import utc_now
from slopguard.model import Ecosystem

if TYPE_CHECKING:
    from slopguard.config import Settings

ENDED = "slopguard: NOTE the lists of this version have ended; what only they allowed is unverified. Upgrade slopguard."
ENDS_SOON = "slopguard: NOTE the lists of this version end within 60 days. Upgrade slopguard."

Clock = Callable[[], datetime]
Prepared = Callable[[Ecosystem], str | None]
Releases = Callable[[Ecosystem, str], Iterable[str]]


class Parts(TypedDict, total=False):
    """What `Lists` is made of; its arguments by name."""

    bundles: Sequence[Bundle]
    state: str
    prepared: Prepared
    stale: Collection[str]
    ended: Collection[str]
    released: Releases
    notes: Sequence[str]
    clock: Clock


def shipped(clock: Clock) -> Parts:
    """The lists that came with this installation.

    Raises:
        ListInvalid: their bytes are not the ones this version was built with.
    """
    from slopguard.lists import shipped

    bundles, now = shipped.bundles(), clock()
    over = shipped.ended(now)
    return Parts(
        bundles=bundles,
        prepared=shipped.prepared,
        ended=[bundle.name for bundle in bundles] if over else (),
        notes=(ENDED,) if over else (ENDS_SOON,) if shipped.ends_soon(now) else (),
        clock=clock,
    )


def refresh(settings: Settings, clock: Clock = utc_now) -> tuple[str, ...]:
    """Fetch the configured lists if that is due; what cannot be fetched stays as it is, which `configured` judges.

    Returns:
        a line for each package that is denied by what arrived, and that was let in on this machine before.
    """
    if not settings.list_sources or settings.offline:
        return ()
    from slopguard.lists.sync import refresh_if_due

    fresh = refresh_if_due(settings, clock())
    if not fresh:
        return ()
    from slopguard.lists.arrivals import let_in

    try:
        return tuple(each.line for each in let_in(settings, fresh))
    except SlopguardError:  # whoever judges meets it again, and says so
        return ()


def configured(settings: Settings, clock: Clock) -> Parts:
    """The lists that these settings ask for."""
    try:
        parts = shipped(clock)
    except ListInvalid as error:
        return Parts(bundles=(), state="invalid", notes=(error.diagnosis(),), clock=clock)
    if settings.user is not None and not settings.list_sources:  # with a team's lists, its reviewers let things through
        from slopguard.lists.released import Released

        parts["released"] = Released(settings.user).rows
    return _with_sources(parts, settings, clock()) if settings.list_sources else parts


def _with_sources(parts: Parts, settings: Settings, now: datetime) -> Parts:
    """Those and the lists fetched from the sources that the settings name."""
    from slopguard.lists.sources import installed  # brings in python-tuf: only where somebody publishes lists

    try:
        found = installed(settings, now)
    except (ListInvalid, ListExpired) as error:
        return Parts(**{**parts, "state": "invalid", "notes": (*parts["notes"], error.diagnosis())})
    return Parts(
        **{
            **parts,
            "bundles": (*parts["bundles"], *found.bundles),
            "prepared": joined(parts["prepared"], found.bundles),
            "stale": found.stale,
            "notes": (*parts["notes"], *found.notes),
        }
    )


def joined(prepared: Prepared, bundles: Sequence[Bundle]) -> Prepared:
    """The prepared listing of the shipped names with those that further lists allow, which rank behind them."""

    def made(ecosystem: Ecosystem) -> str | None:
        text = prepared(ecosystem)
        if text is None:
            return None
        lines = text.splitlines(keepends=True)
        known = {line.partition("\t")[0] for line in lines}
        names = dict.fromkeys(name for bundle in bundles for name, _ in bundle.ranks(ecosystem) if name not in known)
        return "".join(sorted([*lines, *(f"{name}\t{rank}\n" for rank, name in enumerate(names, len(lines) + 1))]))

    return made
