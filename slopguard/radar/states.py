"""What a look makes of what was remembered: free, there before, or registered since.

Invariants: pure; a look without an answer changes nothing; a name that was there before its prediction raises no alarm,
and one whose oldest upload is younger than its prediction always does, at the first look too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from slopguard.model import Existence
from slopguard.radar.model import Found, Look, Record, State, Target

ANSWERS = frozenset({Existence.YES, Existence.NO})


@dataclass(frozen=True, slots=True)
class Step:
    """What is remembered from now on, and whether that is news.

    Args:
        record: `None` where nothing was remembered and nothing was answered.
        alarm: it was registered since it was predicted, and that is new.
        gone: it was there and is free again.
    """

    record: Record | None
    alarm: bool = False
    gone: bool = False


def step(before: Record | None, target: Target, look: Look, now: datetime) -> Step:
    """The next step of one name.

    Args:
        before: what was remembered of it.
        now: when the answer came (aware UTC).
    """
    if look.existence not in ANSWERS:
        return Step(before)
    if look.existence is Existence.NO:
        return _free(before, now)
    if look.found is None:
        return Step(replace(before, asked=now) if before is not None else None)
    state = _state(before, target, look.found)
    kept = before or Record(state, now)
    record = replace(kept, state=state, asked=now, held=look.held)
    return Step(record, alarm=state is State.APPEARED and kept_state(before) is not State.APPEARED)


CLOCKS = timedelta(minutes=10)
"""How far an index's clock may be from ours."""


def kept_state(record: Record | None) -> State | None:
    """The state that is remembered, `None` where nothing is."""
    return record.state if record is not None else None


def _free(before: Record | None, now: datetime) -> Step:
    was = kept_state(before)
    since = before.free_from if before is not None and was is State.FREE else None
    record = Record(State.FREE, now, free_from=since or now, free_until=now)
    return Step(record, gone=was not in (None, State.FREE))


def _state(before: Record | None, target: Target, found: Found) -> State:
    """Of a name that is there.

    Dates go before what was seen: an index that once said "no such package" of an old one was wrong. Where there are
    none, or where they are no older than what clocks differ by, it counts that the name was seen free.
    """
    was = kept_state(before)
    if was is State.APPEARED:
        return was
    if found.first is not None and not _since_seen_free(before, found.first):
        return State.APPEARED if found.first > target.predicted else State.BEFORE
    if was is State.FREE:
        return State.APPEARED
    return was or State.UNDATED


def _since_seen_free(before: Record | None, first: datetime) -> bool:
    """Whether the first upload is no older than the look that saw the name free, as far as clocks can be trusted."""
    if before is None or before.state is not State.FREE or before.free_from is None:
        return False
    return first > before.free_from - CLOCKS
