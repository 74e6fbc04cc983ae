"""The section of the forecast page about speculation: acceptance and gain of each kind of request, as last measured."""

from __future__ import annotations

from collections.abc import Iterator

from slopguard.forecast.measuring.figures import Estimate
from slopguard.forecast.measuring.model import Identity, Measured, Rule, Verdict
from slopguard.forecast.measuring.results import Compared, Results
from slopguard.reports.forecast_page_parts import between, day, label, number, percent, section, table, text

HEADS = ("slice", "temperature", "at once", "drafts accepted", "gain", "same output", "slowest 1 %", "goes to")
_WORDS = {Verdict.PASS: "as it must be", Verdict.FAIL: "fails", Verdict.UNDETERMINED: "undetermined"}
_NOTE = (
    "Measured in paired rounds, with 95 % intervals. A request is speculated only where all four figures are as"
    " they must be: more than 65 % of the drafts accepted, the same output, a gain over 1.3, no slower slowest"
    " requests. What is undetermined goes to the plain server. It is true of these servers on this machine alone."
)


def serving(results: Results | None) -> Iterator[str]:
    """The section; nothing where nothing was measured."""
    if results is None:
        return
    parts = [f'<p class="dim">{text(_NOTE)}</p>', _servers(results)]
    parts.append(table("Speculation by kind of request", HEADS, map(_row, results.cells)))
    parts.extend(map(_forecasts, results.forecasts))
    yield section("Where speculation helps", "serving", parts)


def _servers(results: Results) -> str:
    return (
        f"<p>Measured on {day(results.made)}: {_server(results.other)} speculating, against"
        f" {_server(results.plain)}{' (one server, asked not to)' if results.one else ''}.</p>"
    )


def _server(identity: Identity) -> str:
    return f"{label(identity.model)} on {label(identity.engine or 'a server')} {label(identity.build)}".rstrip()


def _row(measured: Measured) -> tuple[str, ...]:
    cell = measured.cell
    accepted, output, gain, slow = (measured.of(rule) for rule in (Rule.ACCEPTANCE, Rule.OUTPUT, Rule.GAIN, Rule.P99))
    return (
        text(cell.slice),
        f"{cell.temperature:g}",
        number(cell.concurrency),
        _share(accepted.estimate),
        _times(gain.estimate),
        _WORDS[output.verdict],
        _WORDS[slow.verdict],
        "speculating" if measured.verdict is Verdict.PASS else "plain",
    )


def _share(found: Estimate | None) -> str:
    return "not known" if found is None else f"{percent(found.value)} <small>({between(found.low, found.high)})</small>"


def _times(found: Estimate | None) -> str:
    if found is None:
        return "not known"
    return f"{found.value:.2f} <small>({found.low:.2f} to {found.high:.2f})</small>"


def _forecasts(compared: Compared) -> str:
    on, off = compared.routed, compared.plain
    faster = (
        f"routed is {_times(compared.faster)} times as fast" if compared.faster else "which is faster cannot be told"
    )
    return (
        f"<p>Forecasting the same prompts ({text(compared.slice)}) at {number(compared.concurrency)} at once:"
        f" {on.a_second:.1f} names a second and {on.a_thousand:.1f} for"
        f" each 1,000 tokens with routing, {off.a_second:.1f} and {off.a_thousand:.1f}"
        f" without; {faster}.</p>"
    )
