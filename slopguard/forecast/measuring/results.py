"""What a bench found, as data: JSON of the schema `slopguard/mtp-bench/1`, read by the router, reports and programs.

Invariants: what is written can be read again as it was; a file whose digest does not fit it is refused, so that nothing
is routed by what a hand or a fault changed; no address of a server, no text of a model and no key stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from slopguard.errors import InputError
from slopguard.forecast.measuring.figures import Estimate
from slopguard.forecast.measuring.model import Identity, Measured, Plan
from slopguard.forecast.measuring.state import FILE, Benches
from slopguard.names import shown

SCHEMA = "slopguard/mtp-bench/1"
LARGEST = 4 << 20
"""Bytes that a file of results may have."""


@dataclass(frozen=True, slots=True)
class Names:
    """What forecasting with one way of asking brought.

    Args:
        names: different names, over all rounds.
        a_second, a_thousand: names (with repeats) a second, and for each 1,000 tokens of answers.
        speculated: the share of requests that went to the speculating server.
    """

    names: int
    a_second: float
    a_thousand: float
    speculated: float


@dataclass(frozen=True, slots=True)
class Compared:
    """The same prompts of one slice forecast with routing and without, in paired rounds.

    Args:
        faster: names a second, routed to plain: the ratio of the medians; `None` where it cannot be told.
    """

    slice: str
    concurrency: int
    rounds: int
    routed: Names
    plain: Names
    faster: Estimate | None


@dataclass(frozen=True, slots=True)
class Results:
    """One bench.

    Args:
        made: when it ended, in UTC.
        version: of slopguard.
        plain, other: the two servers; of one URL, the same server without and with speculation.
        one: whether it was one URL, told apart by fields of the request.
        forecasts: forecasting with routing on and off, by slice, if that was asked for.
    """

    made: datetime
    version: str
    plain: Identity
    other: Identity
    one: bool
    plan: Plan
    cells: tuple[Measured, ...]
    forecasts: tuple[Compared, ...] = ()


def as_json(results: Results) -> dict[str, Any]:
    """The results as JSON, with their digest."""
    body = {"schema": SCHEMA, **msgspec.to_builtins(results)}
    for cell, measured in zip(body["cells"], results.cells, strict=True):
        cell["verdict"] = measured.verdict.value
    return {**body, "digest": _digest(body)}


def written(results: Results) -> str:
    """The file."""
    return json.dumps(as_json(results), indent=1) + "\n"


def parsed(text: str | bytes, what: str = "the file") -> Results:
    """The results in a file.

    Raises:
        InputError: it holds none, or was changed.
    """
    try:
        body = json.loads(text)
        if not isinstance(body, dict) or body.get("schema") != SCHEMA:
            raise ValueError
        if body.pop("digest", None) != _digest(body):
            raise InputError(f"{what} was changed after it was measured", "Measure again: slopguard forecast bench")
        return _sound(msgspec.convert(body, Results))
    except (ValueError, RecursionError, msgspec.ValidationError):
        raise InputError(f"{what} holds no results of a bench", f"It is a file of the schema {SCHEMA}") from None


def read(path: Path) -> Results:
    """The results in a file.

    Raises:
        InputError: it cannot be read, holds none, or was changed.
    """
    what = f"'{shown(str(path))}'"
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError:
        raise InputError(f"{what} cannot be read", "Make it with: slopguard forecast bench -o FILE") from None
    if len(data) > LARGEST:
        raise InputError(f"{what} holds no results of a bench", f"It is a file of the schema {SCHEMA}")
    return parsed(data, what)


def latest(home: Path) -> Results | None:
    """The results of the bench that was finished last on this machine, for reports.

    Raises:
        StoreError, InputError: they cannot be read.
    """
    if not (home / FILE).exists():
        return None
    with Benches(home) as benches:
        text = benches.latest()
    return None if text is None else parsed(text, FILE)


def now() -> datetime:
    """The time, as results have it: in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _sound(results: Results) -> Results:
    """The same, if a bench can have written it: at a time, each cell judged once, by each rule once.

    Raises:
        ValueError: none can.
    """
    cells = [each.cell for each in results.cells]
    judged = all(each.whole for each in results.cells)
    if results.made.tzinfo is None or len(set(cells)) != len(cells) or not judged:
        raise ValueError
    return results


def _digest(body: Mapping[str, Any]) -> str:
    """Stands for all of it; what is no number is none of its figures (`ValueError`)."""
    return sha256(json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()).hexdigest()
