"""Charts as inline SVG: a share with its interval, spans of time, curves.

Invariants: pure; each chart has a title that says what it shows, and the numbers stand beside it as text; what differs
differs in shape as well as in colour. The charts of a row stretch with their cell: a dot is a line of no length with
round ends, whose width does not stretch with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from slopguard.reports.forecast_page_parts import number, text

_WIDE, _HIGH = 360, 220
FEW = 12
"""Up to so many points of a curve are dots."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 26, 34


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve, with the interval of its height where there is one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows.

    Args:
        title: in our words.
        logarithmic: powers of ten stand equally far apart.
        share: heights are shares.
    """

    title: str
    logarithmic: bool = False
    share: bool = False


def whisker(share: float, low: float, high: float, most: float, title: str) -> str:
    """A share as a dot on its interval, for a cell of a table.

    Args:
        most: the share at the right edge.
    """
    left, dot, right = (round(100 * min(value, most) / most, 2) for value in (low, share, high))
    return (
        f'<svg class="row" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"><title>{text(title)}</title>'
        f'<path class="rule" d="M0 9.5H100"/><path class="range" d="M{left} 5H{right}M{left} 2V8M{right} 2V8"/>'
        f'<path class="dot" d="M{dot} 5h0"/></svg>'
    )


def span(start: float, end: float, title: str) -> str:
    """A span of time within the chart's, from an open dot to a full one, for a cell of a table.

    Args:
        start, end: within 0 and 1.
    """
    left, right = round(4 + 92 * start, 2), round(4 + 92 * end, 2)
    return (
        f'<svg class="row" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"><title>{text(title)}</title>'
        f'<path class="rule" d="M0 9.5H100"/><path class="range" d="M{left} 5H{right}"/>'
        f'<path class="dot" d="M{left} 5h0"/><path class="hole" d="M{left} 5h0"/>'
        f'<path class="dot" d="M{right} 5h0"/></svg>'
    )


def curve(lines: Sequence[Sequence[Point]], across: Axis, up: Axis, title: str, told: str) -> str:
    """Curves through points in the order of their `x`; the first is solid, others are dashed.

    Args:
        title: what they show.
        told: the same in a sentence with its figures.
    """
    points = [each for line in lines for each in line]
    xs, top = sorted({each.x for each in points}), _round_up(max(each.high or each.y for each in points) or 1.0)
    scale = _Scale(xs[0] if across.logarithmic else 0.0, xs[-1], top, across.logarithmic)
    drawn = "".join(_line(scale, line, "range" if at == 0 else "range fewer") for at, line in enumerate(lines))
    return (
        f'<svg class="curve" viewBox="0 0 {_WIDE} {_HIGH}" role="img"><title>{text(title)}</title>'
        f"<desc>{text(told)}</desc>{_grid(scale, up)}{_ticks(scale, xs, across)}{drawn}</svg>"
    )


def _line(scale: _Scale, points: Sequence[Point], kind: str) -> str:
    path = "L".join(f"{scale.x(each.x)} {scale.y(each.y)}" for each in points)
    ranges = "".join(_range(scale, each) for each in points if each.low is not None and each.high is not None)
    dots = "".join(f"M{scale.x(each.x)} {scale.y(each.y)}h0" for each in points) if len(points) <= FEW else ""
    return f'<path class="{kind}" d="M{path}{ranges}"/>' + (f'<path class="dot" d="{dots}"/>' if dots else "")


@dataclass(frozen=True, slots=True)
class _Scale:
    first: float
    last: float
    top: float
    logarithmic: bool

    def x(self, value: float) -> float:
        """Where a value stands across."""
        first, last, value = (log10(max(v, 1.0)) if self.logarithmic else v for v in (self.first, self.last, value))
        part = 0.5 if last <= first else (value - first) / (last - first)
        return round(_LEFT + part * (_WIDE - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """Where a value stands up."""
        return round(_HIGH - _BOTTOM - min(1.0, value / self.top) * (_HIGH - _TOP - _BOTTOM), 1)


def _range(scale: _Scale, point: Point) -> str:
    x, low, high = scale.x(point.x), scale.y(point.low or 0.0), scale.y(point.high or 0.0)
    return f"M{x} {low}V{high}M{x - 4:g} {low}H{x + 4:g}M{x - 4:g} {high}H{x + 4:g}"


def _grid(scale: _Scale, up: Axis) -> str:
    parts = [f'<text x="2" y="12">{text(up.title)}</text>']
    for part in (0.0, 0.5, 1.0):
        value = scale.top * part
        y, words = scale.y(value), f"{100 * value:g} %" if up.share else number(round(value))
        parts.append(f'<path class="rule" d="M{_LEFT} {y}H{_WIDE - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y + 4:g}" text-anchor="end">{words}</text>')
    return "".join(parts)


def _ticks(scale: _Scale, xs: Sequence[float], across: Axis) -> str:
    shown = list(xs) if across.logarithmic and len(xs) <= 4 else [scale.first, scale.last]
    parts = []
    for place, value in enumerate(shown):
        anchor = (
            "middle" if len(shown) == 1 else "start" if place == 0 else "end" if place == len(shown) - 1 else "middle"
        )
        parts.append(
            f'<text x="{scale.x(value)}" y="{_HIGH - 20}" text-anchor="{anchor}">{number(round(value))}</text>'
        )
    middle = _LEFT + (_WIDE - _LEFT - _RIGHT) // 2
    return "".join([*parts, f'<text x="{middle}" y="{_HIGH - 4}" text-anchor="middle">{text(across.title)}</text>'])


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 5, 6, 8 or 10 times a power of ten."""
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))


def edge(values: Sequence[float]) -> float:
    """The share at the right edge of a chart that holds them all: a round one, at most 1."""
    most = max(values, default=0.0)
    return min(1.0, ceil(most * 20) / 20) or 0.05
