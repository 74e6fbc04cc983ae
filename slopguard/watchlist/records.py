"""One row of the watchlist as a record of a file: its keys, and what their values must look like.

Invariants: pure; what `record_of` writes, `sighting_of` reads as the same; what is not understood is a `Wrong` in our
own words, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import BadName, normalize
from slopguard.watchlist.model import ORIGINS, Batch, Sighting, Watched

NUMBERS = ("models", "prompts", "hits", "samples")
BOUNDS = ("low", "high")
KEYS = ("name", "ecosystem", "rank", "origin", "source", "at", "expires", *NUMBERS, *BOUNDS, "detail")
"""The keys of a record, in the order in which they are written."""
LARGEST = (1 << 31) - 1
MOST_DETAILS = 32
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WORD = re.compile(r"[ -~]{0,200}")
_NO_DATE = "its date is none; write it 2026-11-26"


class Wrong(Exception):
    """A record is not what it must be; `str` says what is wrong with it."""


def record_of(sighting: Sighting) -> dict[str, Any]:
    """A row as a record; keys without a value are left out."""
    batch, row = sighting.batch, sighting.watched
    found: dict[str, Any] = {
        "name": row.name,
        "ecosystem": row.ecosystem.value,
        "rank": row.rank,
        "origin": batch.origin,
        "source": batch.source,
        "at": batch.at.isoformat(),
        "expires": batch.expires.isoformat() if batch.expires is not None else None,
        **{key: getattr(row, key) for key in (*NUMBERS, *BOUNDS)},
        "detail": dict(batch.detail) or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def sighting_of(record: Mapping[str, Any], otherwise: Batch, ecosystem: Ecosystem | None) -> Sighting:
    """The row that a record says.

    Args:
        otherwise: the batch that it belongs to as far as it does not say.
        ecosystem: the one that it is about if it does not say.

    Raises:
        Wrong: it is not what it must be.
    """
    unknown = [key for key in record if key not in KEYS]
    if unknown:
        raise Wrong("it holds a key that is not known")
    batch = _batch(record, otherwise)
    found = ecosystem_of(record["ecosystem"]) if "ecosystem" in record else ecosystem
    name = name_of(record.get("name"), found)
    assert found is not None  # `name_of` asks for it
    row = Watched(
        found,
        name,
        _number(record, "rank", 1),
        *(_number(record, key, 0) for key in NUMBERS),
        *(_bound(record, key) for key in BOUNDS),
    )
    return Sighting(batch, row)


def ecosystem_of(value: Any) -> Ecosystem:
    """An ecosystem by its name.

    Raises:
        Wrong: there is none of that name.
    """
    try:
        return Ecosystem(value)
    except ValueError:
        raise Wrong("its ecosystem is neither pypi nor npm") from None


def name_of(value: Any, ecosystem: Ecosystem | None) -> NormalizedName:
    """A name in its one right spelling.

    Raises:
        Wrong: it is none, or nothing says which ecosystem it belongs to.
    """
    if ecosystem is None:
        raise Wrong("nothing says whether it is of pypi or npm: add -e")
    if not isinstance(value, str):
        raise Wrong("it has no name")
    try:
        return normalize(ecosystem, value)
    except BadName as why:
        raise Wrong(str(why)) from None


def source_of(value: Any) -> str:
    """The short code of a source.

    Raises:
        Wrong: it is none.
    """
    if not isinstance(value, str) or not _SOURCE.fullmatch(value):
        raise Wrong("its source is no short code of letters, digits, '.', '_' and '-'")
    return value


def moment_of(value: Any) -> datetime:
    """A date or moment in ISO 8601; UTC unless it says otherwise.

    Raises:
        Wrong: it is none.
    """
    if not isinstance(value, str):  # also what cannot be remembered
        raise Wrong(_NO_DATE)
    return _moment(value)


@lru_cache(4096)
def _moment(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Wrong(_NO_DATE) from None


def rank_of(value: Any) -> int | None:
    """A rank, from 1; `None` for an empty one.

    Raises:
        Wrong: it is none.
    """
    return _number({"rank": value}, "rank", 1)


def _batch(record: Mapping[str, Any], otherwise: Batch) -> Batch:
    told = {key: record[key] for key in ("origin", "source", "at", "expires", "detail") if record.get(key) is not None}
    if not told:
        return otherwise
    origin = told.get("origin", otherwise.origin)
    if origin not in ORIGINS:
        raise Wrong(f"its origin is none of {', '.join(ORIGINS)}")
    return Batch(
        origin,
        source_of(told["source"]) if "source" in told else otherwise.source,
        moment_of(told["at"]) if "at" in told else otherwise.at,
        moment_of(told["expires"]) if "expires" in told else otherwise.expires,
        _detail(told["detail"]) if "detail" in told else otherwise.detail,
    )


def _detail(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MOST_DETAILS:
        raise Wrong("its detail is no table of short texts")
    if not all(isinstance(text, str) and _WORD.fullmatch(text) for pair in value.items() for text in pair):
        raise Wrong("its detail is no table of short texts")
    return value


def _number(record: Mapping[str, Any], key: str, least: int) -> int | None:
    value = record.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 11:
        value = int(value)
    if type(value) is not int or not least <= value <= LARGEST:
        raise Wrong(f"its {key} is no whole number from {least}")
    return value


def _bound(record: Mapping[str, Any], key: str) -> float | None:
    value = record.get(key)
    if value is None or value == "":
        return None
    try:
        found = float(value) if not isinstance(value, bool) else -1.0
    except (TypeError, ValueError, OverflowError):
        found = -1.0
    if not 0 <= found <= 1:
        raise Wrong(f"its {key} is no share between 0 and 1")
    return found
