"""`slopguard forecast bench`: measure whether speculation helps, kind of request by kind of request.

Invariants: only the servers that were named are asked, and only with our own prompts; a bench that is ended in any way
goes on with `--resume`; what is written with `-o` is there as a whole or not at all.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from slopguard.cli.app import common, config_of
from slopguard.errors import InputError, UsageError
from slopguard.names import shown

if TYPE_CHECKING:
    from slopguard.forecast.measuring.bench import Pair, Tell
    from slopguard.forecast.measuring.model import Plan
    from slopguard.forecast.measuring.results import Compared, Results

_TIMEOUT = 300.0
"""Seconds that one answer may take."""
_COMPARED = 6
"""Paired rounds of forecasting with and without routing."""
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The command line, understood."""

    mtp: str
    plain: str | None
    plan: Plan
    model: str | None
    key_from: str | None
    remote: bool
    resume: bool
    compare: int
    output: str | None
    home: Path


@click.command(epilog="Example: slopguard forecast bench --mtp http://127.0.0.1:8081 --plain http://127.0.0.1:8080")
@click.option("--mtp", required=True, metavar="URL", help="The server that speculates.")
@click.option("--plain", metavar="URL", help="The same model without; not needed where a request can opt out.")
@click.option("--slices", metavar="LIST", help="Of name,code,text,json,tool; default: all.")
@click.option("--temperatures", metavar="LIST", help="Default: 0,0.7,1.")
@click.option("--concurrency", metavar="LIST", help="Requests under way at once; default: 1,4.")
@click.option("--requests", type=click.IntRange(1, 10_000), default=8, show_default=True, help="Of one round.")
@click.option("--rounds", type=click.IntRange(2, 1_000), default=8, show_default=True, help="Paired rounds of a cell.")
@click.option("--longest", type=click.IntRange(8, 4096), default=48, show_default=True, help="Tokens of an answer.")
@click.option(
    "--samples", type=click.IntRange(0, 100_000), default=1200, show_default=True, help="Of a prompt, for KL."
)
@click.option("--p99", is_flag=True, help="Go on with cells that pass all else until their p99 can be judged.")
@click.option(
    "--compare", type=click.IntRange(0, 10_000), default=0, metavar="N", help="Forecast, too: N prompts a round."
)
@click.option("--model", metavar="NAME", help="Which of their models.")
@click.option("-o", "--output", metavar="FILE", help="Write the results there: also what `forecast run --route` reads.")
@click.option("--resume", is_flag=True, help="Go on with the last bench where it ended.")
@click.option("--key-from", metavar="VARIABLE", help="The environment variable that holds the servers' key.")
@click.option("--allow-remote", is_flag=True, help="The servers may be on another machine.")
@common
@click.pass_context
def bench(ctx: click.Context, /, config: Path | None, form: str, **options: Any) -> int:
    """Measure acceptance, equal output, gain and slow requests: each pass, fail or undetermined, with its interval.

    A request is worth speculating where all four pass. p99 needs 1,000 requests of a server in each cell: --p99 spends
    them where they can matter.
    """
    from slopguard.config import load

    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    results = asyncio.run(_measured(_wanted(options, settings.home)))
    from slopguard.forecast.measuring.results import as_json
    from slopguard.reports.mtp_bench import lines

    if form == "json":
        print(json.dumps(as_json(results), indent=1))
    else:
        print("\n".join(lines(results, options["output"])))
    return 0


def _wanted(options: dict[str, Any], home: Path) -> _Wanted:
    """The options, looked at.

    Raises:
        UsageError: one makes no sense.
        InputError: the file cannot be written.
    """
    from slopguard.forecast.measuring.model import SLICES, Plan

    slices = SLICES if options["slices"] is None else tuple(options["slices"].split(","))
    if not set(slices) <= set(SLICES):
        raise UsageError("--slices knows no such slice", f"They are {', '.join(SLICES)}")
    usual = Plan()
    plan = Plan(
        tuple(dict.fromkeys(slices)),
        _numbers(options["temperatures"], float, "--temperatures", 0.0, 5.0) or usual.temperatures,
        _numbers(options["concurrency"], int, "--concurrency", 1, 1024) or usual.concurrencies,
        options["requests"],
        options["rounds"],
        options["longest"],
        options["samples"],
        p99=options["p99"],
    )
    output = options["output"]
    if output is not None:
        _writable(Path(output))
    return _Wanted(
        options["mtp"],
        options["plain"],
        plan,
        options["model"],
        options["key_from"],
        options["allow_remote"],
        options["resume"],
        options["compare"],
        output,
        home,
    )


def _writable(path: Path) -> None:
    """Make sure, before hours are spent, that the results can be written.

    Raises:
        InputError: it is a folder, or lies in one that is not there or may not be written to.
    """
    what, folder = f"-o {shown(str(path))}", path.resolve().parent
    if not folder.is_dir():
        raise InputError(f"{what}: there is no such folder", "Name a file in a folder that is there")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"{what}: it cannot be written", "Name a file in a folder that you may write to")


def _numbers(text: str | None, kind: type[Number], option: str, least: Number, most: Number) -> tuple[Number, ...]:
    """A list of numbers, in order.

    Raises:
        UsageError: it is none.
    """
    try:
        found = () if text is None else tuple(sorted({kind(each) for each in text.split(",")}))
    except ValueError:
        found = (kind(-1),)
    if not all(least <= each <= most for each in found):
        raise UsageError(f"{option} takes numbers from {least:g} to {most:g}", f"For example: {option} {least:g},4")
    return found


async def _measured(wanted: _Wanted) -> Results:
    from dataclasses import replace

    from slopguard import __version__
    from slopguard.forecast.campaign.openai import Manners
    from slopguard.forecast.campaign.run import key_of
    from slopguard.forecast.measuring import servers
    from slopguard.forecast.measuring.bench import Bench, begun
    from slopguard.forecast.measuring.results import Results, now, written
    from slopguard.forecast.measuring.state import Benches

    manners = Manners(timeout=_TIMEOUT, tries=1, at_once=max(wanted.plan.concurrencies), remote=wanted.remote)
    of = servers.Wanted(wanted.mtp, wanted.plain, wanted.model, manners, key_of(wanted.key_from))
    with Benches(wanted.home, writing=True) as store:
        async with servers.opened(of) as pair:
            servers.comparable(of, pair)
            number = begun(store, pair.digest(wanted.plan), resume=wanted.resume)
            with _bar() as tell:
                cells = await Bench(store, number, wanted.plan, pair, tell).run()
            results = Results(
                now(), __version__, pair.plain_identity, pair.other_identity, pair.one, wanted.plan, cells
            )
            if wanted.compare:
                results = replace(results, forecasts=await _compared(results, pair, wanted))
        async with servers.opened(of) as after:
            servers.unchanged(pair, after)
        text = written(results)
        if wanted.output is not None:
            _write(Path(wanted.output), text)
        store.finish(number, text)
    return results


async def _compared(results: Results, pair: Pair, wanted: _Wanted) -> tuple[Compared, ...]:
    """Forecasting with the table that was just made, and without, in each form that campaigns ask for."""
    from slopguard.forecast.campaign.model import Form
    from slopguard.forecast.routing.comparing import compare
    from slopguard.forecast.routing.samplers import held, plain, router

    concurrency = max(wanted.plan.concurrencies)
    table, _ = held(results, pair, results.made)
    through = router(pair, table, concurrency)
    return tuple([await compare(through, plain(pair), form, _COMPARED, wanted.compare, concurrency) for form in Form])


def _write(path: Path, text: str) -> None:
    """The file, as a whole."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError:
        raise InputError(
            f"-o {shown(str(path))}: it cannot be written", "Name another file; --resume keeps all"
        ) from None


@contextmanager
def _bar() -> Iterator[Tell]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("measuring", total=None)

        def told(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=of)

        yield told
