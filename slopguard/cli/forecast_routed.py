"""`slopguard forecast run --route FILE`: each kind of request goes where a bench has shown that it goes best.

Invariant: without a table that is about these very servers, and fresh, everything goes to the plain one; that is said.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.errors import UsageError
from slopguard.forecast.campaign.run import Through, key_of

if TYPE_CHECKING:
    from slopguard.forecast.campaign.interface import Sampler
    from slopguard.forecast.measuring.results import Results
    from slopguard.forecast.measuring.servers import Wanted
    from slopguard.forecast.routing.router import Router


def through(
    file: str, servers: Sequence[str], plain: str | None, models: Sequence[str], key_from: str | None, *, remote: bool
) -> Through:
    """What reaches the model through the router.

    Args:
        file: the results of `slopguard forecast bench -o FILE`.
        servers: the speculating one.
        plain: the plain one; `None`: the same server, where its requests can opt out.

    Raises:
        UsageError: more than one server or model is named.
        InputError: the file holds no results.
    """
    if len(servers) != 1 or len(models) > 1:
        raise UsageError("--route is about one model", "Name one --server, its --plain, and at most one --model")
    from slopguard.forecast.campaign.openai import Manners
    from slopguard.forecast.measuring.results import read
    from slopguard.forecast.measuring.servers import Wanted

    results = read(Path(file))
    wanted = Wanted(servers[0], plain, next(iter(models), None), Manners(remote=remote), key_of(key_from))

    def opened() -> AbstractAsyncContextManager[Mapping[str, Sequence[Sampler]]]:
        return _opened(results, wanted)

    return opened


@asynccontextmanager
async def _opened(results: Results, wanted: Wanted) -> AsyncIterator[Mapping[str, Sequence[Sampler]]]:
    from slopguard.forecast.routing.samplers import routed

    async with routed(results, wanted) as (router, why):
        if why:
            _say(f"nothing is routed: {why}. Everything goes to the plain server")
        yield {router.model: [router]}
        _told(router)


def _told(router: Router) -> None:
    asked = sum(each.speculated + each.plain for each in router.counts.values())
    drafted = sum(each.speculated for each in router.counts.values())
    _say(f"{drafted:,} of {asked:,} requests went to the speculating server")
    if failed := sum(each.failed for each in router.counts.values()):
        _say(f"{failed:,} more got no answer there and went to the plain server instead; see what it logs")
    if ignored := sum(each.ignored for each in router.counts.values()):
        _say(f"{ignored:,} requests to the plain server were drafted all the same")


def _say(text: str) -> None:
    sys.stderr.write(f"slopguard: {text}\n")
