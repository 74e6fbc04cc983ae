"""Which names come, and in which order: observed here, watched by rank, each once, none before it is due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from slopguard.model import Actor, Ecosystem, NormalizedName
from slopguard.radar.choosing import PAGE, Choosing
from slopguard.radar.memory import Fed, Memory
from slopguard.radar.model import OBSERVED, State
from slopguard.radar.on_this_machine import OnThisMachine
from slopguard.radar.session import Session, Wanted
from slopguard.store import Store
from slopguard.store.store import Learned
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist
from tests.radar.test_consequences import alarm
from tests.radar.worlds import DAY, HOUR, THEN, Listed, asked, index, poll, remembered, settings, target
from tests.simulators.pypi import PyPI

NOW = datetime.now(UTC)
BOTH = tuple(Ecosystem)
FOREVER = timedelta(days=3650)


@contextmanager
def machine(home: Path) -> Iterator[tuple[Watchlist, OnThisMachine, Memory]]:
    store = Store.open(settings(home))
    try:
        with Watchlist(home) as watchlist, Memory(home) as memory:
            yield watchlist, OnThisMachine(watchlist, store.watch), memory
    finally:
        store.close()


def asked_for(home: Path, *names: str) -> None:
    """Somebody asked for these names, and they did not exist."""
    from slopguard.radar.raising import entry

    store = Store.open(settings(home))
    try:
        missing = [(Ecosystem.PYPI, name, Actor.AGENT) for name in names]
        store.write([entry(alarm(), settings(home))], Learned(missing=missing), NOW)
    finally:
        store.close()


def rows(*names: str, ecosystem: Ecosystem = Ecosystem.PYPI) -> list[Watched]:
    return [Watched(ecosystem, NormalizedName(name), rank) for rank, name in enumerate(names, 1)]


def named(choosing: Choosing, limit: int | None = None) -> list[str]:
    streams = choosing.streams(BOTH, limit)
    return [chosen[0].name for stream in streams.values() for chosen in stream if chosen is not None]


def test_names_asked_for_here_come_first_and_then_the_watchlist_by_rank(tmp_path: Path) -> None:
    asked_for(tmp_path, "sg-seen", "sg-both")
    with machine(tmp_path) as (watchlist, watched, memory):
        watchlist.add(Batch("generated", "embedded", THEN), rows("sg-one", "sg-both", "sg-three"))
        found = named(Choosing(watched, memory, HOUR, NOW))
        assert sorted(found[:2]) == ["sg-both", "sg-seen"]
        assert found[2:] == ["sg-one", "sg-three"]
        both = watched.get(Ecosystem.PYPI, NormalizedName("sg-both"))
        seen = watched.get(Ecosystem.PYPI, NormalizedName("sg-seen"))
        assert both is not None
        assert seen is not None
        assert (both.origin, both.rank, both.predicted) == ("generated", 2, THEN)
        assert (seen.origin, seen.rank) == (OBSERVED, None)
        assert watched.get(Ecosystem.PYPI, NormalizedName("sg-nobody")) is None


def test_what_has_expired_does_not_come(tmp_path: Path) -> None:
    with machine(tmp_path) as (watchlist, watched, memory):
        watchlist.add(Batch("generated", "embedded", THEN, expires=NOW + DAY), rows("sg-a"))
        later = OnThisMachine(watchlist, watched._observed, lambda: NOW + 2 * DAY)
        assert named(Choosing(watched, memory, HOUR, NOW)) == ["sg-a"]
        assert named(Choosing(later, memory, HOUR, NOW)) == []


def test_what_was_answered_within_its_interval_does_not_come(tmp_path: Path) -> None:
    names = Listed(target("sg-a", 1), target("sg-b", 2), target("sg-c", 20_000))
    with Memory(tmp_path) as memory:
        keys = [(each.ecosystem, each.name) for each in names.all]
        memory.keep((key, remembered(State.FREE, NOW - 2 * HOUR)) for key in keys)
        assert named(Choosing(names, memory, HOUR, NOW)) == ["sg-a", "sg-b"], "the third is less likely"
        assert named(Choosing(names, memory, 3 * HOUR, NOW)) == []


def test_a_limit_is_shared_by_the_ecosystems_and_what_one_lacks_the_other_gets(tmp_path: Path) -> None:
    names = Listed(target("sg-a", 1), *(target(f"sg-{n}", n, Ecosystem.NPM) for n in range(1, 10)))
    with Memory(tmp_path) as memory:
        assert named(Choosing(names, memory, HOUR, NOW), limit=5) == ["sg-a", "sg-1", "sg-2", "sg-3", "sg-4"]


def test_a_long_list_of_which_nothing_is_due_lets_others_have_their_turn(tmp_path: Path) -> None:
    names = Listed(*(target(f"sg-{n}", n) for n in range(1, 2 * PAGE + 2)))
    with Memory(tmp_path) as memory:
        memory.keep(((each.ecosystem, each.name), remembered(State.FREE, NOW)) for each in names.all)
        stream = Choosing(names, memory, FOREVER, NOW).streams([Ecosystem.PYPI])[Ecosystem.PYPI]
        assert list(stream) == [None] * 3


async def test_such_a_list_ends_when_its_time_is_over(tmp_path: Path, pypi: PyPI) -> None:
    names = Listed(*(target(f"sg-{n}", n) for n in range(1, 2 * PAGE)))
    with Memory(tmp_path) as memory:
        memory.keep(((each.ecosystem, each.name), remembered(State.FREE, NOW)) for each in names.all)
    assert not (await poll(tmp_path, names, pypi, every=FOREVER, seconds=0.0)).tally.whole


def test_a_batch_of_another_machine_keeps_its_own_date(tmp_path: Path) -> None:
    with machine(tmp_path) as (watchlist, watched, _):
        watchlist.add(Batch("generated", "embedded", THEN), rows("sg-a"))
        watchlist.add(Batch("imported", "some-study", THEN + DAY), rows("sg-b", "sg-a"))
        (first, second) = watched.targets(Ecosystem.PYPI)
        assert (first.name, second.name) in (("sg-a", "sg-b"), ("sg-b", "sg-a"))
        assert {first.predicted, second.predicted} == {THEN, THEN + DAY}


async def test_names_of_our_own_take_nobodys_turn(tmp_path: Path, pypi: PyPI) -> None:
    names = Listed(*(target(f"acme-{n}", n) for n in range(1, 6)), target("sg-a", 6), target("sg-b", 7))
    with Memory(tmp_path) as memory:
        memory.feed("feed", Fed("1"), [(Ecosystem.PYPI, NormalizedName("acme-1"))], NOW)
        mine = settings(tmp_path, internal={Ecosystem.PYPI: ("acme-*",)})
        session = Session(mine, [index(pypi)], memory, names)
        result = await session.run(Wanted((Ecosystem.PYPI,), DAY, 1000, limit=2))
        assert memory.wanted() == [], "a feed that speaks of one is not waited for for ever"
    assert result.tally.asked == 2
    assert {name for _, name in asked(pypi)} == {"sg-a", "sg-b"}
