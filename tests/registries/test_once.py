"""Each answer is fetched once, shared, and forgotten in time."""

import asyncio

import pytest

from slopguard.registries.once import FAILED, REMEMBERED, Once


class Source:
    """Counts how often it is asked; answers when told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked = 0
        self.error = error
        self.begun, self.gate = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        self.begun.set()
        await self.gate.wait()
        if self.error:
            raise self.error
        return self.asked


async def test_concurrent_askers_share_one_answer() -> None:
    once: Once[str, int] = Once()
    source = Source()
    askers = [asyncio.create_task(once.get("a", source)) for _ in range(5)]
    source.gate.set()
    assert await asyncio.gather(*askers) == [1] * 5
    assert await once.get("a", source) == 1
    assert await once.get("b", source) == 2


async def test_one_asker_giving_up_does_not_take_it_from_the_others() -> None:
    once: Once[str, int] = Once()
    source = Source()
    first, second = (asyncio.create_task(once.get("a", source)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()
    assert await second == 1
    assert source.asked == 1


@pytest.mark.parametrize(
    ("error", "seconds"), [(None, REMEMBERED), (OSError("down"), FAILED), (KeyError("none"), REMEMBERED)]
)
async def test_answers_and_failures_are_remembered_for_their_time(error: Exception | None, seconds: float) -> None:
    now = [0.0]
    once: Once[str, int] = Once((KeyError,), lambda: now[0])
    source = Source(error)
    source.gate.set()
    for at, asked in ((0.0, 1), (seconds - 1, 1), (seconds, 2)):
        now[0] = at
        await asyncio.gather(once.get("a", source), return_exceptions=True)
        assert source.asked == asked


async def test_closing_stops_what_is_under_way() -> None:
    once: Once[str, int] = Once()
    source = Source()
    asker = asyncio.create_task(once.get("a", source))
    await source.begun.wait()
    await once.close()
    with pytest.raises(asyncio.CancelledError):
        await asker
    source.gate.set()
    assert await once.get("a", source) == 2
