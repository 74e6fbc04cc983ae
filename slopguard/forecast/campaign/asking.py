"""Sending the requests of a campaign, several at once, within its limits, and writing down what comes back.

Invariants: a key that was sent before is never sent again; no request is begun that could go over a limit; an answer
is written before it is used; a server that gives no usable answers is left alone, and what it owed can be asked later.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slopguard.errors import UpstreamError
from slopguard.forecast.campaign import extract
from slopguard.forecast.campaign.interface import Nonsense, Sampled, Sampler
from slopguard.forecast.campaign.model import Answer, Form, Key, Limits, Plan, Prompt, Stage, State
from slopguard.forecast.campaign.prompts import SCHEMA
from slopguard.forecast.campaign.sorting import Sorter
from slopguard.forecast.campaign.state import Campaigns

PATIENCE = 10
"""Requests in a row without a readable answer after which a server is left alone."""
TOKENS, REQUESTS, SERVERS = "tokens", "requests", "servers"
"""Why no further request is sent: the budget, the bound, no server left."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is, told after each answer.

    Args:
        planned: answers of this stage that are still possible, those that are there included.
        tokens: used so far, of the budget `limit` (`None`: none).
        unknown: different names so far that are on no list.
    """

    stage: Stage
    answered: int
    planned: int
    tokens: int
    limit: int | None
    unknown: int


Watcher = Callable[[Progress], None]


class Team:
    """The servers of one model, the least busy of which is asked.

    Args:
        samplers: all of the same model.
    """

    def __init__(self, samplers: Sequence[Sampler]) -> None:
        self._busy = dict.fromkeys(range(len(samplers)), 0)
        self._samplers = samplers
        self._nonsense = dict.fromkeys(self._busy, 0)
        self.problem: UpstreamError | None = None

    def __bool__(self) -> bool:
        """Whether a server is left."""
        return bool(self._busy)

    async def sample(self, prompt: Prompt, key: Key, plan: Plan) -> Sampled:
        """One completion, of the first server that gives one.

        Raises:
            UpstreamError: none does. Where the team is still there, the request is to blame, or so it seems.
        """
        tried: set[int] = set()
        while untried := self._busy.keys() - tried:
            number = min(untried, key=lambda each: (self._busy[each], each))
            tried.add(number)
            self._busy[number] += 1
            try:
                return await self._from(number, prompt, key, plan)
            except Nonsense as error:
                self._nonsense[number] += 1
                self.problem = error
                if self._nonsense[number] >= PATIENCE:
                    self._busy.pop(number, None)
            except UpstreamError as error:
                self.problem = error
                self._busy.pop(number, None)
            finally:
                if number in self._busy:
                    self._busy[number] -= 1
        raise self.problem or UpstreamError("no server of models is left")

    async def _from(self, number: int, prompt: Prompt, key: Key, plan: Plan) -> Sampled:
        schema = SCHEMA if prompt.form is Form.JSON else None
        found = await self._samplers[number].sample(
            prompt.text, 1, key.seed(plan.seed), key.temperature, schema, plan.longest
        )
        self._nonsense[number] = 0
        return found


class Asker:
    """Asks, and keeps what comes back.

    Args:
        store: where all of it is written.
        campaign: its number there.
        teams: the servers of each model.
        sorter: says which names are on no list.
        at_once: requests under way, over all servers.
        watch: told after each answer.
    """

    def __init__(
        self,
        store: Campaigns,
        campaign: int,
        plan: Plan,
        limits: Limits,
        teams: Mapping[str, Team],
        sorter: Sorter,
        at_once: int,
        watch: Watcher | None = None,
    ) -> None:
        self.plan, self.answers = plan, store.answers(campaign)
        self._store, self._campaign, self._limits, self._teams = store, campaign, limits, teams
        self._sorter, self._at_once, self._watch = sorter, at_once, watch
        self._tokens = sum(self._cost(answer) for answer in self.answers.values())
        self._reserved = self._under_way = 0
        self._done = Counter(key.stage for key in self.answers)
        self._unknown = {each for answer in self.answers.values() for each in answer.unknown}
        self._unread: dict[str, list[Key]] = defaultdict(list)
        self.stopped = ""

    @property
    def gone(self) -> tuple[str, ...]:
        """Models that no server is left of."""
        return tuple(model for model, team in self._teams.items() if not team)

    def go_on(self) -> None:
        """A limit of the first stage is none of the second."""
        self.stopped = self.stopped if self.stopped == SERVERS else ""

    async def all(self, wanted: Iterable[tuple[Key, Prompt]], share: float, planned: int) -> bool:
        """Send what was not sent yet, in order; gives `False` when a limit or a lack of servers ended it.

        Args:
            share: of the limits that may be used up.
            planned: told to the watcher.
        """
        queue = iter([pair for pair in wanted if pair[0] not in self.answers])
        workers = [asyncio.create_task(self._work(queue, share, planned)) for _ in range(self._at_once)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        if not any(self._teams.values()):
            self.stopped = SERVERS
        return not self.stopped

    async def _work(self, queue: Iterator[tuple[Key, Prompt]], share: float, planned: int) -> None:
        for key, prompt in queue:
            if not self._teams[key.model]:
                continue
            if self.stopped or not self._room(prompt, share):
                return
            await self._ask(key, prompt)
            if self._watch and key in self.answers:
                done, unknown = self._done[key.stage], len(self._unknown)
                self._watch(Progress(key.stage, done, planned, self._tokens, self._limits.tokens, unknown))

    def _room(self, prompt: Prompt, share: float) -> bool:
        """Whether one more request stays within the limits, whatever the answer; else notes which it is."""
        tokens, requests, need = self._limits.tokens, self._limits.requests, self._need(prompt.text)
        if tokens is not None and self._tokens + self._reserved + need > tokens * share:
            self.stopped = TOKENS
        elif requests is not None and len(self.answers) + self._under_way >= requests * share:
            self.stopped = REQUESTS
        return not self.stopped

    def _need(self, text: str) -> int:
        return len(text) // 2 + 16 + self.plan.longest

    def _cost(self, answer: Answer) -> int:
        """What an answer cost; one that was lost, what it may have cost."""
        if answer.state in (State.LOST, State.ASKED):
            return 2 * self.plan.longest
        return answer.prompt_tokens + answer.completion_tokens

    async def _ask(self, key: Key, prompt: Prompt) -> None:
        need = self._need(prompt.text)
        self._reserved += need
        self._under_way += 1
        try:
            self._store.asking(self._campaign, key)
            answer = await self._answer(key, prompt)
            if answer is None:
                self._store.failed(self._campaign, key)
                return
            self._store.answered(self._campaign, key, answer)
        finally:
            self._reserved -= need
            self._under_way -= 1
        self.answers[key] = answer
        self._done[key.stage] += 1
        self._tokens += self._cost(answer)
        self._unknown.update(answer.unknown)

    async def _answer(self, key: Key, prompt: Prompt) -> Answer | None:
        """What became of one request; `None`: no server answered it."""
        team = self._teams[key.model]
        try:
            found = await team.sample(prompt, key, self.plan)
        except UpstreamError:
            if team:
                self._unread[key.model].append(key)
                cost = len(prompt.text) // 4, self.plan.longest
                return Answer(State.MALFORMED, (), *cost, doubtful=True, readable=False)
            self._forget(self._unread.pop(key.model, []))
            return None
        self._unread.pop(key.model, None)
        usage = found.usage
        taken = extract.names(found.texts[0], prompt.ecosystem, prompt.form)
        told, refused = self._sorter.sorted(taken.found, prompt.text)
        return Answer(
            State.ANSWERED,
            told,
            usage.prompt,
            usage.completion,
            usage.doubtful,
            taken.refused + refused,
            taken.readable,
        )

    def _forget(self, keys: Iterable[Key]) -> None:
        """What a server left unread just before it was given up was its fault, and can be asked later."""
        for key in keys:
            if key in self.answers:
                self._tokens -= self._cost(self.answers.pop(key))
                self._done[key.stage] -= 1
                self._store.failed(self._campaign, key)
