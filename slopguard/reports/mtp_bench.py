"""What a bench of two servers found, for people: a table as text.

Invariants: pure; nothing in it was written by a model; a verdict stands nowhere without its interval, unless there is
none; names of models and builds are shown as `names.shown` gives them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slopguard.forecast.measuring.figures import Estimate
from slopguard.forecast.measuring.model import Identity, Judgement, Measured, Rule, Verdict
from slopguard.forecast.measuring.results import Compared, Results
from slopguard.names import shown

HEADS = ("slice", "T", "at once", "verdict", "acceptance", "same output", "gain", "p99, times", "tokens/s")
_RULES = (Rule.ACCEPTANCE, Rule.OUTPUT, Rule.GAIN, Rule.P99)
_TITLES = {Rule.ACCEPTANCE: "acceptance", Rule.OUTPUT: "same output", Rule.GAIN: "gain", Rule.P99: "p99"}
_TOLD = ("slots", "speculation")
"""Flags that are shown."""


def lines(results: Results, output: str | None = None) -> Iterator[str]:
    """The report of `slopguard forecast bench`.

    Args:
        output: the file that the results were written to, if any.
    """
    yield f"slopguard: speculating: {told(results.other)}"
    yield f"slopguard: plain:       {told(results.plain)}"
    yield ""
    yield from _aligned([HEADS, *(row(each) for each in results.cells)])
    yield ""
    yield from _reasons(results.cells)
    for each in results.forecasts:
        yield from forecasts(each)
    passed, of = sum(each.verdict is Verdict.PASS for each in results.cells), len(results.cells)
    yield f"slopguard: speculation gains in {passed} of {of} cells; all others go to the plain server."
    if output is not None:
        yield f"slopguard: written to {shown(output)}. Next: slopguard forecast run --route {shown(output)}"


def told(identity: Identity) -> str:
    """A server in one line."""
    flags = ", ".join(f"{key}={value}" for key, value in sorted(identity.flags.items()) if key in _TOLD)
    build = f", build {shown(identity.build)}" if identity.build else ""
    return f"{shown(identity.model)} on {identity.engine}{build}{f' ({flags})' if flags else ''}"


def row(measured: Measured) -> tuple[str, ...]:
    """The cells of one row."""
    cell = measured.cell
    speeds = f"{measured.plain_speed:,.0f} -> {measured.other_speed:,.0f}"
    judged = tuple(said(measured.of(rule)) for rule in _RULES)
    return (cell.slice, f"{cell.temperature:g}", str(cell.concurrency), measured.verdict.value, *judged, speeds)


def said(judgement: Judgement) -> str:
    """A verdict with its interval."""
    if judgement.estimate is None:
        return judgement.verdict.value
    return f"{judgement.verdict.value} {interval(judgement.estimate)}"


def interval(found: Estimate) -> str:
    """A figure with its interval."""
    digits = 2 if abs(found.value) >= 0.1 else 4
    return f"{found.value:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def forecasts(compared: Compared) -> Iterator[str]:
    """Forecasting with routing on and off."""
    on, off = compared.routed, compared.plain
    faster = (
        f"routed is {interval(compared.faster)} times as fast" if compared.faster else "which is faster cannot be told"
    )
    rounds = f"{compared.rounds} paired rounds"
    yield f"slopguard: forecasting, {compared.slice}, {compared.concurrency} at once, {rounds}: {faster}."
    for what, names in (("routed", on), ("plain", off)):
        yield (
            f"slopguard: {what}: {names.a_second:,.1f} names a second, {names.a_thousand:,.1f} for each 1,000 tokens,"
            f" {names.names:,} different; {names.speculated:.0%} of the requests speculated"
        )


def _reasons(cells: Sequence[Measured]) -> Iterator[str]:
    """Why cells did not pass, each reason once."""
    found: dict[tuple[str, str], int] = {}
    for each in cells:
        for judgement in each.judgements:
            if judgement.verdict is not Verdict.PASS:
                key = (_TITLES[judgement.rule], judgement.why)
                found[key] = found.get(key, 0) + 1
    for (title, why), count in found.items():
        yield f"slopguard: {title}, {count} cell{'' if count == 1 else 's'}: {why[:1].lower()}{why[1:]}."


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for each in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(each, widths, strict=True)).rstrip()
