"""One host is asked at a steady rate, waited for when it says so, and left alone when it does not answer."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from slopguard.errors import UpstreamAuth, UpstreamError
from slopguard.radar.pace import MOST, Pace, Stopped, Why
from slopguard.radar.paces import Paces, paced
from slopguard.registries.interface import ProjectNotFound, Rejected
from tests.radar.worlds import Watch


async def test_turns_of_many_at_once_are_as_far_apart_as_the_rate_says() -> None:
    watch = Watch()
    pace = Pace(4, clock=watch.clock)
    turns = await asyncio.gather(*(pace.turn() for _ in range(20)))
    assert [later - earlier for earlier, later in itertools.pairwise(turns)] == [0.25] * 19


async def test_a_pause_is_not_made_up_for_afterwards() -> None:
    watch = Watch()
    pace = Pace(10, clock=watch.clock)
    await pace.turn()
    watch.now += 60
    first, second = await pace.turn(), await pace.turn()
    assert second - first == pytest.approx(0.1)


async def test_a_request_beside_that_of_a_turn_is_waited_for_before_the_next() -> None:
    watch = Watch()
    pace = Pace(10, clock=watch.clock)
    first = await pace.turn()
    for _ in range(4):
        pace.sent()
    assert await pace.turn() - first == pytest.approx(0.4)
    for _ in range(3):
        await pace.turn()
    began = watch.now
    for _ in range(4):
        pace.sent()
    assert await pace.turn() - began == pytest.approx(0.1), "one each for four turns"


async def test_failures_in_a_row_are_waited_for_ever_longer_and_then_it_is_left_alone() -> None:
    watch = Watch()
    pace = Pace(1000, clock=watch.clock)
    turns = []
    for _ in range(MOST):
        turns.append(await pace.turn())
        pace.failed(turns[-1])
    assert [round(later - earlier) for earlier, later in itertools.pairwise(turns)] == [1, 2, 4, 8]
    assert pace.stopped is Why.DOWN
    with pytest.raises(Stopped):
        await pace.turn()


async def test_a_host_that_answers_about_something_else_is_not_left_alone_for_a_few_names() -> None:
    pace, answers = Pace(1000, clock=Watch().clock), [True, True, False]

    async def control() -> bool:
        return answers.pop(0)

    pace.control = control
    for _ in range(3 * MOST):
        pace.failed(await pace.turn(), Why.AUTH)
    assert (pace.stopped, len(answers)) == (None, 1)
    with pytest.raises(Stopped):
        await pace.turn()
    assert (pace.stopped, answers) == (Why.AUTH, [])


async def test_an_answer_in_between_starts_the_count_anew() -> None:
    pace = Pace(1000, clock=Watch().clock)
    for _ in range(3 * MOST):
        pace.failed(await pace.turn())
        await pace.turn()
        pace.heard()
    assert pace.stopped is None


async def test_what_goes_wrong_at_the_same_time_is_one_failure() -> None:
    watch = Watch()
    pace = Pace(1000, clock=watch.clock)
    turns = [await pace.turn() for _ in range(3 * MOST)]
    for turn in turns:
        pace.failed(turn)
    assert pace.stopped is None


async def test_retry_after_is_waited_for_and_the_rate_falls() -> None:
    watch = Watch()
    pace = Pace(8, clock=watch.clock)
    turn = await pace.turn()
    pace.failed(turn, Why.BUSY, 30.0)
    assert await pace.turn() >= turn + 30
    assert pace.rate == 4


async def test_a_wait_that_is_too_long_ends_the_poll_of_that_host() -> None:
    pace = Pace(8, patience=60, clock=Watch().clock)
    pace.failed(await pace.turn(), Why.BUSY, 3600.0)
    assert (pace.stopped, pace.wanted) == (Why.BUSY, 3600.0)


async def test_who_waits_for_a_turn_hears_that_it_is_over() -> None:
    pace = Pace(0.5)
    await pace.turn()
    waiting = asyncio.create_task(pace.turn())
    await asyncio.sleep(0)
    pace.stop(Why.DOWN)
    waiting.cancel()
    with pytest.raises((Stopped, asyncio.CancelledError)):
        await waiting


async def test_two_places_of_one_host_share_its_pace_and_other_hosts_have_their_own() -> None:
    paces = Paces(5)
    assert paces.of("https://registry.example/a/") is paces.of("https://REGISTRY.example:443/b/")
    assert paces.of("https://registry.example/a/") is not paces.of("https://other.example/a/")


async def test_a_host_that_asked_to_be_left_alone_in_an_earlier_poll_still_is() -> None:
    paces = Paces(5, waits={"registry.example:443": 100.0})
    assert paces.of("https://registry.example/").stopped is Why.BUSY


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (UpstreamError("down"), Why.DOWN),
        (UpstreamAuth("no"), Why.AUTH),
        (Rejected(500), Why.DOWN),
        (Rejected(429), Why.BUSY),
        (Rejected(503), Why.BUSY),
    ],
)
async def test_why_a_host_is_left_alone(error: UpstreamError, why: Why) -> None:
    pace = Pace(1000, clock=Watch().clock)

    async def fails() -> None:
        raise error

    for _ in range(MOST):
        with pytest.raises(UpstreamError):
            await paced(pace, fails)
    assert pace.stopped is why


async def test_a_clear_no_is_an_answer() -> None:
    pace = Pace(1000, clock=Watch().clock)

    async def none() -> None:
        raise ProjectNotFound("none")

    for _ in range(2 * MOST):
        with pytest.raises(ProjectNotFound):
            await paced(pace, none)
    assert pace.stopped is None


async def test_a_host_that_takes_no_head_requests_has_not_failed() -> None:
    pace = Pace(1000, clock=Watch().clock)

    async def refuses() -> None:
        raise Rejected(405)

    for _ in range(2 * MOST):
        with pytest.raises(Rejected):
            await paced(pace, refuses, head=True)
    assert pace.stopped is None
