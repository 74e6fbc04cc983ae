"""What multi-token prediction gains on this machine: a twin of the reference model, plain and drafting, side by side.

Usage: python -m bench mtp [--layers N] [--inner N] [--halves] [--slices json,tool] [--temperatures 0,0.7]
                           [--concurrency 1,4,16,64] [--rounds N] [--requests N] [--threads N] [--llama-server BIN]
                           [-o FILE]

Writes a twin of the reference model with so many layers that add nothing, serves it twice on loopback, measures with
the parts of `slopguard forecast bench`, and prints the Markdown table of docs/serving.md. Without `--llama-server` it
serves with the package xllamacpp, whose wheel on PyPI computes on the CPU alone; a `llama-server` that was built for a
GPU (`-DGGML_CUDA=ON`) does so there. Needs slopguard's own dependencies `aiohttp`, `filelock`, `msgspec` and
`prometheus-client`, besides `gguf` and `numpy`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from slopguard import __version__
from slopguard.forecast.campaign.openai import Manners
from slopguard.forecast.engines.server import EngineServer
from slopguard.forecast.measuring import servers
from slopguard.forecast.measuring.bench import Bench, Pair
from slopguard.forecast.measuring.model import Identity, Measured, Plan
from slopguard.forecast.measuring.results import Results, now, written
from slopguard.forecast.measuring.state import Benches
from slopguard.forecast.reference.gguf_file import TWIN, Form, write_gguf
from slopguard.reports.mtp_bench import HEADS, forecasts, row, told

CONTEXT = 1024
"""Tokens of one request: the model's longest document twice."""
PATIENCE = 120.0
"""Seconds that a server has to come up; a GPU's kernels are loaded meanwhile."""


def main(arguments: Sequence[str]) -> None:
    """Serve, measure, print."""
    wanted = parsed(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mtp-")))
        model = wanted.model or _twin(folder, wanted)
        urls = [stack.enter_context(_served(wanted, model, folder, drafting=each)) for each in (False, True)]
        asyncio.run(_measure(wanted, folder, urls))


async def _measure(wanted: argparse.Namespace, folder: Path, urls: Sequence[str]) -> None:
    plain, mtp = urls
    manners = Manners(timeout=300.0, tries=1, at_once=max(wanted.concurrency))  # a request is timed as it went
    begun = time.monotonic()
    found: list[Measured] = []
    async with servers.opened(servers.Wanted(mtp, plain, manners=manners)) as pair:
        print(f"speculating: {told(pair.other_identity)}\nplain: {told(pair.plain_identity)}\n")
        print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
        for plan in plans(wanted):
            if wanted.minutes and time.monotonic() - begun > 60 * wanted.minutes:
                print(f"\nleft out, as {wanted.minutes:g} minutes are over: {plan.slices}, {plan.concurrencies}")
                continue
            for measured in await _bench(folder, plan, pair):
                found.append(measured)
                print(f"| {' | '.join(row(measured))} |", flush=True)
        made = results(wanted, pair.plain_identity, pair.other_identity, tuple(found))
        if wanted.compare:
            made = await _compared(made, pair, wanted)
    if wanted.output:
        _write(Path(wanted.output), written(made))


def _write(path: Path, text: str) -> None:
    path.write_text(text)


async def _bench(folder: Path, plan: Plan, pair: Pair) -> tuple[Measured, ...]:
    with Benches(folder, writing=True) as store:
        number = store.begin(pair.digest(plan), now())
        return await Bench(store, number, plan, pair, lambda what, done, of: None).run()


async def _compared(results: Results, pair: Pair, wanted: argparse.Namespace) -> Results:
    """Forecasting with routing on and off, at the middle concurrency."""
    from slopguard.forecast.campaign.model import Form
    from slopguard.forecast.routing.comparing import compare
    from slopguard.forecast.routing.samplers import held, plain, router

    concurrency = sorted(wanted.concurrency)[len(wanted.concurrency) // 2]
    table, why = held(results, pair, results.made)
    assert table, why
    through = router(pair, table, concurrency)
    done = []
    for form in Form:
        done.append(await compare(through, plain(pair), form, 8, 4 * concurrency, concurrency, wanted.temperatures))
        print("\n" + "\n".join(forecasts(done[-1])), flush=True)
    return replace(results, forecasts=tuple(done))


def plans(wanted: argparse.Namespace) -> Iterator[Plan]:
    """One a cell, so that a table grows line by line."""
    for kind in wanted.slices:
        for temperature in wanted.temperatures:
            for concurrency in wanted.concurrency:
                samples = wanted.samples if concurrency == wanted.concurrency[-1] else 0
                yield replace(
                    planned(wanted),
                    slices=(kind,),
                    temperatures=(temperature,),
                    concurrencies=(concurrency,),
                    samples=samples,
                )


def planned(wanted: argparse.Namespace) -> Plan:
    """All that is measured."""
    return Plan(
        wanted.slices,
        wanted.temperatures,
        wanted.concurrency,
        wanted.requests,
        wanted.rounds,
        wanted.longest,
        wanted.samples,
        p99=wanted.p99,
    )


def results(wanted: argparse.Namespace, plain: Identity, other: Identity, cells: tuple[Measured, ...]) -> Results:
    """What was measured, as a file has it."""
    return Results(now(), __version__, plain, other, False, planned(wanted), cells)


def _twin(folder: Path, wanted: argparse.Namespace) -> Path:
    path = folder / "twin.gguf"
    write_gguf(path, Form(wanted.layers, wanted.inner, wanted.halves))
    size = path.stat().st_size / 1e6
    print(f"twin of {wanted.layers} further layers, {wanted.inner} neurons each: {size:.0f} MB", flush=True)
    return path


@contextmanager
def _served(wanted: argparse.Namespace, model: Path, folder: Path, *, drafting: bool) -> Iterator[str]:
    """One server; gives its address."""
    slots = max(wanted.concurrency)
    with ExitStack() as stack:
        log = stack.enter_context((folder / f"{'mtp' if drafting else 'plain'}.log").open("wb"))
        port = _free_port()
        command = (
            _binary(wanted, model, slots, port, drafting)
            if wanted.llama_server
            else _wheel(wanted, model, slots, port, drafting)
        )
        environ = {key: value for key, value in os.environ.items() if not key.startswith("LLAMA_")}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environ)
        stack.callback(_ended, process, Path(log.name))
        url = f"http://127.0.0.1:{port}"
        _wait(process, url)
        yield url


def _binary(wanted: argparse.Namespace, model: Path, slots: int, port: int, drafting: bool) -> list[str]:
    """A `llama-server` with everything on the device that it was built for."""
    threads = str(wanted.threads)
    command = [
        wanted.llama_server,
        "--model",
        str(model),
        "--alias",
        "twin",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += ["-np", str(slots), "-c", str(CONTEXT * slots), "-t", threads, "-tb", threads, "-ngl", "999"]
    command += ["--metrics", "--slots", "--no-warmup", "--swa-full", "-fit", "off", "--no-ui"]
    return command + (["--spec-type", "draft-mtp", "--spec-draft-ngl", "999"] if drafting else [])


def _wheel(wanted: argparse.Namespace, model: Path, slots: int, port: int, drafting: bool) -> list[str]:
    """The package xllamacpp, in a process of its own, as `slopguard forecast serve` runs it."""
    from slopguard.forecast.serving.child import MODULE
    from slopguard.forecast.serving.fitting import Kind
    from slopguard.forecast.serving.plan import Plan as Serving

    kind = Kind("draft-mtp") if drafting else Kind("none")
    plan = Serving(str(model), "", kind, "twin", port, wanted.threads, slots, CONTEXT, sampled=wanted.sampled)
    return [sys.executable, "-m", MODULE, plan.dumped()]


def _free_port() -> int:
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    async def healthy() -> bool:
        async with EngineServer(url, Manners(timeout=5.0, tries=1)) as server:
            return await server.healthy()

    until = time.monotonic() + PATIENCE
    while not asyncio.run(healthy()):
        if process.poll() is not None or time.monotonic() > until:
            sys.exit("a server did not come up")
        time.sleep(0.2)


def _ended(process: subprocess.Popen[bytes], log: Path) -> None:
    """End a server; of one that ended by itself, show what it said last."""
    if process.poll() is not None:
        print(f"a server ended with {process.returncode}:\n{log.read_text(errors='replace')[-3000:]}", file=sys.stderr)
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""

    def numbers(text: str) -> tuple[float, ...]:
        return tuple(float(each) for each in text.split(","))

    def whole(text: str) -> tuple[int, ...]:
        return tuple(int(each) for each in text.split(","))

    def words(text: str) -> tuple[str, ...]:
        return tuple(text.split(","))

    parser = argparse.ArgumentParser(prog="python -m bench mtp", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--layers", type=int, default=TWIN.layers)
    parser.add_argument("--inner", type=int, default=TWIN.inner, help="neurons of each layer")
    parser.add_argument("--halves", action="store_true", help="matrices of half floats")
    parser.add_argument("--model", type=Path, help="a GGUF file instead of the twin")
    parser.add_argument("--slices", type=words, default=("json", "tool"))
    parser.add_argument("--temperatures", type=numbers, default=(0.0, 0.7))
    parser.add_argument("--concurrency", type=whole, default=(1, 4))
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--requests", type=int, default=8)
    parser.add_argument("--longest", type=int, default=48)
    parser.add_argument(
        "--samples", type=int, default=0, help="of each prompt, for the divergence; at the last concurrency"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--p99", action="store_true", help="go on with cells that pass all else until p99 can be judged"
    )
    parser.add_argument("--sampled", action="store_true", help="drafts are sampled (xllamacpp only)")
    parser.add_argument("--llama-server", help="a llama-server built for this machine's accelerator")
    parser.add_argument("--compare", action="store_true", help="forecast with routing on and off afterwards")
    parser.add_argument("--minutes", type=float, default=0.0, help="begin no further cell after so many")
    parser.add_argument("-o", "--output", help="write the results there, as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
