"""One slip of the pen: what a misspelling is, and when it counts as an imitation.

Invariants: pure functions of two names; a slip counts only for targets popular and long enough that real packages
seldom look like that by chance. The limits were chosen by measurement on real, benign and malicious names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

SHORTEST = 5
"""Targets shorter than this are never imitated: too many real names are one letter from them."""

_NEVER = 0
_ANY_RANK = 1 << 30
_LIMITS: Mapping[str, tuple[int, int]] = {
    # way of misspelling: greatest rank of a target of 5 or 6 characters, and of a longer one
    "transposed": (5_000, _ANY_RANK),
    "doubled": (_ANY_RANK, _ANY_RANK),
    "undoubled": (_ANY_RANK, _ANY_RANK),
    "drawn alike": (5_000, _ANY_RANK),
    "digit": (2_000, _ANY_RANK),
    "other digit": (2_000, 2_000),
    "other separator": (_NEVER, 5_000),
    "neighbouring key": (2_000, 5_000),
    "other letter": (_NEVER, 5_000),
    "letter left out": (2_000, _ANY_RANK),
    "first letter left out": (_NEVER, 2_000),
    "last letter left out": (_NEVER, 2_000),
    "plural lost": (_NEVER, 2_000),
    "letter put in": (_NEVER, 2_000),
    "letter put at the end": (2_000, 5_000),
    "plural": (_NEVER, 5_000),
}
"""Measured: a way that real long-tail names show as often as malicious ones do (a digit appended or dropped,
separators added or dropped, another first letter, a scope around a known name, `-js`) is left out."""

_DRAWN_ALIKE = frozenset(
    map(frozenset, ("0o", "1l", "1i", "il", "5s", "2z", "3e", "4a", "8b", "6b", "9g", "7t", "uv", "mn"))
)
_PAIRS_DRAWN_ALIKE = (("rn", "m"), ("m", "rn"), ("vv", "w"), ("w", "vv"))
_ROWS = ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYS = {key: (row, column) for row, keys in enumerate(_ROWS) for column, key in enumerate(keys)}
_SEPARATORS = frozenset("-_.")


def counts(name: str, target: str, rank: int) -> bool:
    """Whether `name` is a slip for `target` that counts for a target of this popularity and length.

    Args:
        rank: of the target, 1 = most popular.
    """
    if len(target) < SHORTEST or _same_scope(name, target):
        return False
    way = misspelling(name, target)
    if way is None:
        return False
    short, long = _LIMITS[way]
    return rank <= (short if len(target) < SHORTEST + 2 else long)


def respelled(name: str) -> Iterator[str]:
    """What `name` may be a slip for besides a letter changed, put in or left out: swaps, letter pairs, capitals."""
    for i in range(len(name) - 1):
        yield name[:i] + name[i + 1] + name[i] + name[i + 2 :]
    for drawn, meant in _PAIRS_DRAWN_ALIKE:
        if drawn in name:
            yield name.replace(drawn, meant, 1)
    yield name.lower()


def misspelling(name: str, target: str) -> str | None:
    """The one slip that makes `name` out of `target`, as a key of the measured table; `None` if it takes more or other.

    Different first letters, digits appended or dropped and separators put in or left out are none of them.
    """
    if name.lower() == target or any(name.replace(drawn, meant, 1) == target for drawn, meant in _PAIRS_DRAWN_ALIKE):
        return "drawn alike"
    at = next((i for i, (one, other) in enumerate(zip(name, target, strict=False)) if one != other), None)
    if at is None:
        at = min(len(name), len(target))
    if len(name) == len(target):
        return _replaced(name, target, at)
    if len(name) == len(target) + 1 and name[at + 1 :] == target[at:]:
        return _put_in(name, at)
    if len(name) + 1 == len(target) and name[at:] == target[at + 1 :]:
        return _left_out(target, at)
    return None


def _replaced(name: str, target: str, at: int) -> str | None:
    if name[at + 2 :] == target[at + 2 :] and name[at : at + 2] == target[at : at + 2][::-1]:
        return "transposed"
    if name[at + 1 :] != target[at + 1 :]:
        return None
    typed, meant = name[at], target[at]
    if frozenset((typed, meant)) in _DRAWN_ALIKE:
        return "drawn alike"
    if typed in _SEPARATORS or meant in _SEPARATORS:
        return "other separator" if typed in _SEPARATORS and meant in _SEPARATORS else None
    if typed.isdigit() or meant.isdigit():
        return "other digit" if typed.isdigit() and meant.isdigit() else "digit"
    if at == 0:
        return None
    return "neighbouring key" if _neighbours(typed, meant) else "other letter"


def _put_in(name: str, at: int) -> str | None:
    extra = name[at]
    if extra in _SEPARATORS:
        return None
    if at > 0 and name[at - 1] == extra:
        return "doubled"
    if extra.isdigit() or at == 0:
        return None
    if at == len(name) - 1:
        return "plural" if extra == "s" else "letter put at the end"
    return "letter put in"


def _left_out(target: str, at: int) -> str | None:
    missing = target[at]
    if missing in _SEPARATORS or missing.isdigit():
        return None
    if at > 0 and target[at - 1] == missing:
        return "undoubled"
    if at == 0:
        return "first letter left out"
    if at == len(target) - 1:
        return "plural lost" if missing == "s" else "last letter left out"
    return "letter left out"


def _neighbours(one: str, other: str) -> bool:
    if one not in _KEYS or other not in _KEYS:
        return False
    (row, column), (other_row, other_column) = _KEYS[one], _KEYS[other]
    return abs(row - other_row) <= 1 and abs(column - other_column) <= 1


def _same_scope(name: str, target: str) -> bool:
    """Whether both stand in one npm scope: its owner alone publishes there, so neither imitates the other."""
    scope, slash, _ = name.partition("/")
    return bool(slash) and target.startswith(scope + slash)
