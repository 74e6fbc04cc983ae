"""What `slopguard status` found, as text and as JSON (`slopguard/status/1`)."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from slopguard.agents.protocols import AGENTS

SCHEMA = "slopguard/status/1"
WIDTH = 118
ALWAYS_OPEN = ("a full path to a client", "curl | sh")
"""What no shim can stand in front of."""


@dataclass(frozen=True, slots=True)
class Week:
    """The last seven days of the ledger.

    Args:
        decided: answers given.
        refused: actor to how often it was refused something.
    """

    decided: int
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that is said.

    Args:
        since: the day it was switched on, `None` if it is not.
        guarded, open: clients that are and that are not.
        installed_since: of the open ones, those that were not there when it was switched on.
        here: what a person types to have the shims come first in the shell that is open already; `""`: no shims are on.
        agents: coding agent to how the hook stands with it (see `agents.standing`).
        venvs: virtual environments whose own pip is not guarded.
        indexes: ecosystem to its indexes in words.
        lists: one line a list.
        exceptions: one line a package that a person let through.
        test: client to what became of an invented name (see `guard.selftest`), with the time of the test.
    """

    since: str | None
    mode: str
    week: Week | None
    guarded: tuple[str, ...]
    open: tuple[str, ...]
    installed_since: tuple[str, ...] = ()
    here: str = ""
    agents: Mapping[str, str] = field(default_factory=dict)
    venvs: tuple[str, ...] = ()
    indexes: Mapping[str, str] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    tested: str | None = None
    test: Mapping[str, str] = field(default_factory=dict)


def text(status: Status) -> str:
    """The status for people."""
    lines = [_head(status)]
    for label, words in _fields(status):  # a path in a command stays whole, to be copied
        lines += textwrap.wrap(
            words, WIDTH, initial_indent=f"  {label:<12} ", subsequent_indent=" " * 15,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join([*lines, *_test(status)])


def as_json(status: Status) -> str:
    """The status for programs."""
    found: dict[str, Any] = {"schema": SCHEMA, "on": status.since is not None, **asdict(status)}
    return json.dumps(found, indent=1)


def _head(status: Status) -> str:
    on = f"on since {status.since}" if status.since else "off (switch it on: slopguard enable)"
    return f"{on}, {status.mode}.{_week(status.week)}"


def _week(week: Week | None) -> str:
    if week is None:
        return ""
    by = ", ".join(f"{actor} {count}" for actor, count in sorted(week.refused.items()))
    total = sum(week.refused.values())
    return f"  this week: {week.decided:,} decision{'s' * (week.decided != 1)}, {total:,} refused" + (
        f" ({by})" if by else ""
    )


def _fields(status: Status) -> Iterator[tuple[str, str]]:
    if status.guarded:
        yield "guarded", " ".join(in_short(status.guarded))
    if on := [AGENTS[agent] for agent, stands in status.agents.items() if stands == "on"]:
        yield "hooks in", ", ".join(on)
    yield "NOT guarded", "; ".join(_not_guarded(status))
    if status.indexes:
        yield "indexes", "   ".join(f"{ecosystem}: {words}" for ecosystem, words in status.indexes.items())
    for at, line in enumerate(status.lists):
        yield "" if at else "lists", line
    for at, line in enumerate(status.exceptions):
        yield "" if at else "exceptions", line


def _not_guarded(status: Status) -> Iterator[str]:
    before = in_short([name for name in status.open if name not in status.installed_since])
    if before and status.here:
        yield f"in this shell {' '.join(before)} (open a new one, or here: {status.here})"
    elif before:
        yield f"{' '.join(before)} (slopguard enable)"
    for name in in_short(status.installed_since):
        yield f"{name} (installed since: slopguard enable {name})"
    for place in status.venvs:
        yield f"{place} (slopguard enable --venv {place})"
    for agent, stands in status.agents.items():
        if stands in _WHY:
            yield f"{AGENTS[agent]} ({_WHY[stands].format(agent=agent)})"
    yield from ALWAYS_OPEN


_WHY = {
    "open": "slopguard enable {agent}",
    "gone": "its hook was taken out or changed: slopguard enable {agent}",
    "off": "its settings switch hooks off",
    "untrusted": "it does not trust the hook yet: type /hooks there",
}
"""Why an agent is not guarded, and what to do."""


def _test(status: Status) -> Iterator[str]:
    if status.tested is None:
        yield "self-test: not run yet (slopguard status --test)"
        return
    refused = in_short([name for name, found in status.test.items() if found == "refused"])
    by = _of(refused, in_short(list(status.test)))
    yield f"self-test {status.tested}: a ghost was refused by {by} (again: slopguard status --test)"
    unverified = [name for name, found in status.test.items() if found == "unverified"]
    if unverified:
        yield f"  stopped for want of an answer, as any name would be: {' '.join(unverified)}"
    stopped = [name for name, found in status.test.items() if found == "stopped"]
    if stopped:
        yield f"  slopguard cannot work with it here, so it installs nothing (try it): {' '.join(stopped)}"
    passed = [name for name, found in status.test.items() if found == "open"]
    through = in_short([name for name in passed if name in status.guarded])
    if through:
        yield f"  NOT refused: {' '.join(through)}"
    bare = in_short([name for name in passed if name not in status.guarded])
    if bare:
        yield f"  not guarded in this shell, so not tried: {' '.join(bare)}"


def in_short(names: Sequence[str]) -> list[str]:
    """Client names without `pip3.12` and its like where `pip` itself is among them."""
    return [name for name in names if not (name[-1].isdigit() and name.rstrip("0123456789.") in names)]


def _of(some: Sequence[str], everything: Sequence[str]) -> str:
    return f"{len(some)} of {len(everything)} client{'s' * (len(everything) != 1)}"
