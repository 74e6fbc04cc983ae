"""Feeds on loopback: only watched names that they speak of are asked about, and none is lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from slopguard.model import Ecosystem
from slopguard.radar.feeds.reading import Feed
from slopguard.radar.memory import Memory
from slopguard.radar.model import State
from tests.radar.feeding import Changes, Newest
from tests.radar.worlds import DAY, Listed, asked, at, poll, target
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Break

NOW = datetime.now(UTC).replace(microsecond=0)


def watched(*names: str, ecosystem: Ecosystem = Ecosystem.NPM) -> Listed:
    return Listed(*(target(name, n, ecosystem, NOW - DAY) for n, name in enumerate(names, 1)))


async def test_a_watched_name_that_a_feed_speaks_of_is_asked_about_at_once(tmp_path: Path, npm: Npm) -> None:
    with Changes() as feed:
        feeds = [Feed(Ecosystem.NPM, feed.url)]
        names = watched("sg-one", "sg-two")
        first = await poll(tmp_path, names, npm, feeds=feeds)
        assert first.heard[0].first
        npm.forget()
        npm.add("sg-two", days_old=0)
        for version in npm.packages["sg-two"].values():
            version.published = NOW
        feed.names += [f"other-{number}" for number in range(10)] + ["sg-two"]
        second = await poll(tmp_path, names, npm, feeds=feeds)
        assert [alarm.target.name for alarm in second.tally.alarms] == ["sg-two"]
        assert (second.heard[0].names, second.heard[0].hits) == (11, 1)
        assert {name for _, name in asked(npm)} == {"sg-two"}
        assert feed.since == ["now", "0", "3", "6", "9"]


async def test_a_hit_that_could_not_be_asked_about_is_first_at_the_next_poll(tmp_path: Path, npm: Npm) -> None:
    with Changes() as feed:
        feeds = [Feed(Ecosystem.NPM, feed.url)]
        await poll(tmp_path, watched("sg-one"), npm, feeds=feeds)
        feed.names.append("sg-one")
        npm.fail("/sg-*", Break.STATUS, status=500)
        assert (await poll(tmp_path, watched("sg-one"), npm, feeds=feeds)).tally.asked == 0
        npm.mend()
        assert (await poll(tmp_path, watched("sg-one"), npm, feeds=feeds)).tally.states == {State.FREE: 1}
        with Memory(tmp_path) as memory:
            assert memory.wanted() == []


async def test_a_feed_that_fails_stays_where_it_was(tmp_path: Path, npm: Npm) -> None:
    with Changes() as feed:
        feeds = [Feed(Ecosystem.NPM, feed.url)]
        await poll(tmp_path, watched(), npm, feeds=feeds)
        feed.names.append("sg-one")
        feed.answer = Answer(body=b"<html>")
        assert (await poll(tmp_path, watched("sg-one"), npm, feeds=feeds, walk=False)).heard[0].failed
        feed.answer = None
        assert (await poll(tmp_path, watched("sg-one"), npm, feeds=feeds, walk=False)).tally.asked == 1


async def test_where_a_feed_tells_all_the_others_are_asked_about_more_seldom(tmp_path: Path, npm: Npm) -> None:
    with Changes() as feed:
        feeds = [Feed(Ecosystem.NPM, feed.url)]
        names, tiny = watched("sg-one"), timedelta(microseconds=1)
        assert (await poll(tmp_path, names, npm, feeds=feeds)).tally.asked == 1
        assert (await poll(tmp_path, names, npm, feeds=feeds, every=timedelta(hours=1))).tally.asked == 0
        assert (await poll(tmp_path, names, npm, feeds=feeds, every=tiny)).tally.asked == 1


async def test_the_newest_packages_are_asked_for_conditionally(tmp_path: Path, pypi: PyPI) -> None:
    with Newest() as feed:
        feed.server.tags = True
        feed.names = ["sg-taken", "sg-other"]
        pypi.add("sg-taken", "1.0")
        at(NOW, pypi, "sg-taken")
        names, feeds = watched("sg-taken", "sg-free", ecosystem=Ecosystem.PYPI), [Feed(Ecosystem.PYPI, feed.url)]
        first = await poll(tmp_path, names, pypi, feeds=feeds, walk=False)
        assert [alarm.target.name for alarm in first.tally.alarms] == ["sg-taken"]
        second = await poll(tmp_path, names, pypi, feeds=feeds, walk=False)
        assert second.heard[0].names == 0
        assert [("if-none-match" in seen.headers) for seen in feed.server.requests] == [False, True]
        feed.names = [f"sg-{number}" for number in range(40)]
        assert (await poll(tmp_path, names, pypi, feeds=feeds, walk=False)).heard[0].gap


async def test_a_name_that_is_watched_no_more_is_forgotten(tmp_path: Path, npm: Npm) -> None:
    with Changes() as feed:
        feeds = [Feed(Ecosystem.NPM, feed.url)]
        await poll(tmp_path, watched("sg-one"), npm, feeds=feeds)
        feed.names.append("sg-one")
        npm.fail("/sg-*", Break.STATUS, status=500)
        await poll(tmp_path, watched("sg-one"), npm, feeds=feeds)
        await poll(tmp_path, watched(), npm)
        with Memory(tmp_path) as memory:
            assert memory.wanted() == []
