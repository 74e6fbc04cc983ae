"""Whether a locked version is certainly not one that a manifest asks for.

Manifests of PyPI's clients are read as PEP 440 with poetry's additions (`^1.2`, `~1.2`, `1.2`, `||`), those of npm's as
node-semver's ranges. Invariants: pure; a pre-release counts as within the limits that it lies between, whatever the
client's own rule about it; what cannot be read excludes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from slopguard.model import Ecosystem
from slopguard.patterns import regex
from slopguard.versions import LONGEST, Semver, pep440

if TYPE_CHECKING:
    from packaging.version import Version

Holds = Callable[[str], bool]
"""Whether a version lies in a range."""

_OPERATOR = regex(r"([<>=!~^]+)\s+")
_PIECE = regex(r"(\^|~|=)?(v?\d.*)", re.DOTALL)
_COMPARATOR = regex(
    r"(\^|~>?|>=|<=|>|<|=)?v?(\d+|[xX*])(?:\.(\d+|[xX*])(?:\.(\d+|[xX*])(?:-?([0-9A-Za-z][0-9A-Za-z.-]*))?)?)?(?:\+\S*)?"
)
_HYPHEN = regex(r"\s*(\S+)\s+-\s+(\S+)\s*")


def excluded(ecosystem: Ecosystem, specifier: str, version: str) -> bool:
    """Whether `version` is certainly none of those that `specifier` names."""
    if not specifier or max(len(specifier), len(version)) > LONGEST:
        return False
    holds = _range(ecosystem, specifier)
    readable = pep440(version) if ecosystem is Ecosystem.PYPI else Semver.parse(version)
    return holds is not None and readable is not None and not holds(version)


@lru_cache(maxsize=4096)
def _range(ecosystem: Ecosystem, specifier: str) -> Holds | None:
    """What lies in a range; `None` if it cannot be read. Every way to satisfy it stands between `|` or `||`."""
    one = _pypi if ecosystem is Ecosystem.PYPI else _npm
    found = [one(text) for text in re.split(r"\|\|?", specifier)]
    known = [holds for holds in found if holds is not None]
    return (lambda version: any(holds(version) for holds in known)) if len(known) == len(found) else None


def _all(parts: list[Holds | None]) -> Holds | None:
    """What lies in every one of several ranges; `None` if one of them cannot be read."""
    known = [part for part in parts if part is not None]
    return (lambda version: all(part(version) for part in known)) if len(known) == len(parts) else None


def _pypi(text: str) -> Holds | None:
    """PEP 440 specifiers and poetry's, which are joined by commas or blanks."""
    pieces = re.split(r"[,\s]+", _OPERATOR.sub(r"\1", text.strip()))
    return _all([_pypi_piece(piece) for piece in pieces if piece not in ("", "*")])


def _pypi_piece(piece: str) -> Holds | None:
    from packaging.specifiers import InvalidSpecifier, Specifier

    poetrys = _PIECE.fullmatch(piece)
    if poetrys and poetrys[1] in ("^", "~"):
        return _between(poetrys[1], poetrys[2])
    try:
        specifier = Specifier(f"=={poetrys[2]}" if poetrys else piece)
    except InvalidSpecifier:
        return None
    return lambda version: specifier.contains(version, prereleases=True)


def _between(operator: str, text: str) -> Holds | None:
    """Poetry's `^1.2` (the first number that is not zero stays) and `~1.2` (the second number stays)."""
    low = pep440(text)
    if low is None:
        return None
    high = pep440(".".join(map(str, _above(operator, low.release))))

    def holds(version: str) -> bool:
        asked: Version | None = pep440(version)
        return asked is not None and high is not None and low <= asked < high

    return holds


def _above(operator: str, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The first version above those that `^` or `~` before these numbers means."""
    at = min(1, len(numbers) - 1)
    if operator == "^":
        at = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    return (*numbers[:at], numbers[at] + 1)


def _npm(text: str) -> Holds | None:
    """Comparators that must all hold, or `LOW - HIGH`."""
    if hyphen := _HYPHEN.fullmatch(text):
        text = f">={hyphen[1]} <={hyphen[2]}"
    return _all([_npm_piece(piece) for piece in _OPERATOR.sub(r"\1", text).split()])


def _npm_piece(piece: str) -> Holds | None:
    """One comparator; `1.x` and `1` leave open what they do not say."""
    found = _COMPARATOR.fullmatch(piece)
    if found is None:
        return None
    numbers: list[int] = []
    for part in found.groups()[1:4]:
        if part is None or not part.isdigit():
            break
        numbers.append(int(part))
    if not numbers:
        return (lambda version: True) if found[1] in (None, "=", ">=", "<=", "^", "~", "~>") else None
    return _compared(found[1] or "=", tuple(numbers), tuple(found[5].split(".")) if found[5] else ())


def _compared(operator: str, numbers: tuple[int, ...], pre: tuple[str, ...]) -> Holds:
    """The versions that an operator before one, two or three numbers means."""
    whole = len(numbers) == 3
    low = _semver(numbers, pre)
    next_up = _semver((*numbers[:-1], numbers[-1] + 1))
    above = _semver(_above(operator[0], numbers))
    tests: dict[str, Callable[[Semver], bool]] = {
        "=": lambda asked: asked == low if whole else low <= asked < next_up,
        ">": lambda asked: asked > low if whole else asked >= next_up,
        ">=": lambda asked: asked >= low,
        "<": lambda asked: asked < low,
        "<=": lambda asked: asked <= low if whole else asked < next_up,
        **dict.fromkeys(("^", "~", "~>"), lambda asked: low <= asked < above),
    }

    def holds(version: str) -> bool:
        asked = Semver.parse(version)
        return asked is not None and tests[operator](asked)

    return holds


def _semver(numbers: tuple[int, ...], pre: tuple[str, ...] = ()) -> Semver:
    return Semver((*numbers, 0, 0)[:3], pre)
