"""One bench from its first request to its results: what `slopguard forecast bench` calls.

Invariants: every round is paired and the two servers take turns in who goes first, so that what slows the machine down
slows both; the plain server is measured against itself before the other is; nothing is judged by one round; what was
measured is in `bench.db` before the next round begins, so that a killed bench goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import ParamSpec, TypeVar

import msgspec

from slopguard.errors import ConfigError, UpstreamError
from slopguard.forecast.measuring import equivalence
from slopguard.forecast.measuring.arm import Arm, places, requests
from slopguard.forecast.measuring.equivalence import Drawn
from slopguard.forecast.measuring.figures import Likeness
from slopguard.forecast.measuring.judging import measured, outages
from slopguard.forecast.measuring.model import Cell, Identity, Measured, Plan, Round
from slopguard.forecast.measuring.state import Benches
from slopguard.forecast.reference.slices import prompts

TRIES = 6
"""Times that a round is begun while a server fails it."""
FIRST_WAIT = 0.5
"""Seconds before a round is begun again; they double each time. A server that is started again needs some."""
_AGAIN = "Start it again, then continue with: slopguard forecast bench --resume"

Given = ParamSpec("Given")
Found = TypeVar("Found")
Tell = Callable[[str, int, int], None]
"""Told after each step: what is measured, how many steps are done, of how many."""
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pair:
    """The two servers, opened, with what they are."""

    plain: Arm
    other: Arm
    plain_identity: Identity
    other_identity: Identity
    one: bool = False

    def digest(self, plan: Plan) -> str:
        """Stands for the servers and the plan: what another digest has is another bench."""
        parts = (self.plain_identity.digest, self.other_identity.digest, msgspec.json.encode(plan).decode())
        return sha256("\0".join((*parts, str(self.one))).encode()).hexdigest()


def begun(store: Benches, digest: str, *, resume: bool) -> int:
    """The bench to go on with, or a new one.

    Raises:
        ConfigError: there is none to go on with, or it was of other servers or another plan.
    """
    if not resume:
        from slopguard.forecast.measuring.results import now

        return store.begin(digest, now())
    found = store.unfinished()
    if found is None:
        raise ConfigError("there is no bench to go on with", "Leave --resume out")
    if found[1] != digest:
        hint = "Give the options that it was started with, or leave --resume out for a new one"
        raise ConfigError("the last bench was of other servers, or measured something else", hint)
    return found[0]


class Bench:
    """Measures, step by step.

    Args:
        store: where each step is written.
        number: of the bench there.
        tell: told after each step.
        pause: waits; tests put their own here.
    """

    def __init__(
        self, store: Benches, number: int, plan: Plan, pair: Pair, tell: Tell, pause: Pause = asyncio.sleep
    ) -> None:
        self._store, self._number, self._plan, self._pair = store, number, plan, pair
        self._tell, self._pause = tell, pause
        self._taken = set(store.keys(number))
        self._failed = 0
        self._longer: dict[Cell, int] = {}
        most = 2 * max(plan.of_round(cell) * (plan.for_p99(cell) if plan.p99 else plan.rounds) for cell in plan.cells())
        self._prompts = {kind: prompts(kind, most, plan.seed) for kind in plan.slices}

    async def run(self) -> tuple[Measured, ...]:
        """Take every step that was not taken yet, and judge.

        Raises:
            UpstreamError: a server gives no answers any more; what was measured is kept.
        """
        for kind in self._plan.slices:
            for temperature in self._plan.temperatures:
                for cell in (
                    each for each in self._plan.cells() if (each.slice, each.temperature) == (kind, temperature)
                ):
                    await self._cell(cell)
                if self._sampling(temperature):
                    await self._sample(kind, temperature)
        found = tuple(self._judged())
        if not self._plan.p99:
            return found
        further = [each.cell for each in found if each.lacks_p99 and not self._lost(each.cell)]
        self._longer = {cell: self._plan.for_p99(cell) for cell in further}
        for cell in self._longer:
            await self._cell(cell)
        return tuple(self._judged())

    @property
    def steps(self) -> int:
        """How many there are in all."""
        plan = self._plan
        sampled = len(plan.slices) * sum(map(self._sampling, plan.temperatures))
        return 2 * sum(map(self._count, plan.cells())) + sampled

    def _count(self, cell: Cell) -> int:
        """Rounds of a cell."""
        return self._longer.get(cell, self._plan.rounds)

    def _judged(self) -> Iterator[Measured]:
        found: dict[tuple[str, float], Likeness | None] = {}
        for cell in self._plan.cells():
            key = (cell.slice, cell.temperature)
            if key not in found:
                found[key] = self._likeness(*key)
            same, pairs = self._rounds(cell, "same"), self._rounds(cell, "pair")
            yield measured(cell, same, pairs, found[key], self._plan.seed, self._asked(cell))

    def _asked(self, cell: Cell) -> Sequence[int]:
        """The number of the prompt of each request to the other server."""
        count, of = self._plan.of_round(cell), len(self._prompts[cell.slice])
        rounds = (_place("pair", number) for number in range(self._count(cell)))
        return [place % of for each in rounds for place in places(each, count)]

    async def _cell(self, cell: Cell) -> None:
        """The plain server against itself, then against the other."""
        for what, other in (("same", self._pair.plain), ("pair", self._pair.other)):
            warm = False  # nor are the servers after a bench has ended
            for number in range(self._count(cell)):
                key = _key(what, cell, number)
                if key in self._taken:
                    continue
                if not warm:
                    await self._lasting(self._warm, cell, other)
                warm = True
                before = self._failed
                found = await self._lasting(self._round, cell, other, what, number)
                self._keep(
                    key,
                    replace(found, failed=self._failed > before),
                    f"{cell.slice}, {cell.temperature:g}, {cell.concurrency} at once",
                )

    async def _warm(self, cell: Cell, other: Arm) -> None:
        """A few requests that are not counted: the first ones are slower."""
        plan = self._plan
        few = requests(cell.slice, self._prompts[cell.slice][-1:], 0, 2, cell.temperature, plan.longest)
        for arm in (self._pair.plain, other):
            await arm.burst(few, 2)

    async def _round(self, cell: Cell, other: Arm, what: str, number: int) -> Round:
        plan = self._plan
        place, count = _place(what, number), plan.of_round(cell)
        asked = requests(cell.slice, self._prompts[cell.slice], place, count, cell.temperature, plan.longest)
        if number % 2:
            second = await other.burst(asked, cell.concurrency)
            return Round(await self._pair.plain.burst(asked, cell.concurrency), second)
        first = await self._pair.plain.burst(asked, cell.concurrency)
        return Round(first, await other.burst(asked, cell.concurrency))

    async def _sample(self, kind: str, temperature: float) -> None:
        key = _sampled_key(kind, temperature)
        if key in self._taken:
            return
        plan = self._plan
        chosen = self._prompts[kind][: plan.contexts]
        at_once = max(plan.concurrencies)
        found = await self._lasting(
            equivalence.drawn, self._pair.plain, self._pair.other, chosen, plan.samples, temperature, at_once
        )
        self._keep(key, found, f"{kind}, {temperature:g}, samples")

    async def _lasting(
        self, step: Callable[Given, Awaitable[Found]], *given: Given.args, **named: Given.kwargs
    ) -> Found:
        """Take a step, and take it anew while a server fails it."""
        wait = FIRST_WAIT
        for left in reversed(range(TRIES)):
            try:
                return await step(*given, **named)
            except UpstreamError as error:
                self._failed += 1
                if not left:
                    raise UpstreamError(str(error), _AGAIN) from None
            await self._pause(wait)
            wait *= 2
        raise AssertionError("unreachable")

    def _sampling(self, temperature: float) -> bool:
        able = equivalence.able(self._pair.plain, self._pair.other)
        return temperature > 0.0 and self._plan.samples > 0 and able and not self._pair.one

    def _keep(self, key: str, found: object, what: str) -> None:
        self._store.put(self._number, key, found)
        self._taken.add(key)
        self._tell(what, len(self._taken), self.steps)

    def _rounds(self, cell: Cell, what: str) -> Sequence[Round]:
        keys = (_key(what, cell, number) for number in range(self._count(cell)))
        return [found for key in keys if (found := self._store.get(self._number, key, Round)) is not None]

    def _lost(self, cell: Cell) -> bool:
        return outages(self._rounds(cell, "same"), self._rounds(cell, "pair"))

    def _likeness(self, kind: str, temperature: float) -> Likeness | None:
        found = self._store.get(self._number, _sampled_key(kind, temperature), Drawn)
        return None if found is None else found.likeness(self._plan.seed)


def _place(what: str, number: int) -> int:
    """Where a round stands among all of a cell: those of one kind are taken in turn with those of the other."""
    return 2 * number + (what == "same")


def _key(what: str, cell: Cell, number: int) -> str:
    return f"{what}/{cell.slice}/{cell.temperature}/{cell.concurrency}/{number}"


def _sampled_key(kind: str, temperature: float) -> str:
    return f"sampled/{kind}/{temperature}"
