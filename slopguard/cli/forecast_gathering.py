"""What `slopguard forecast report` tells, gathered from the files of one `SLOPGUARD_HOME`.

Invariants: nothing is asked of any index or model; nothing is written; a file that is not there tells nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from slopguard import __version__
from slopguard.forecast.campaign import summary as campaigns
from slopguard.forecast.campaign.rates import Rated
from slopguard.forecast.campaign.summary import CampaignSummary
from slopguard.forecast.measuring import results
from slopguard.forecast.statistics import Share
from slopguard.model import Ecosystem, NormalizedName
from slopguard.radar import db as radar_file
from slopguard.radar.memory import Memory, Noted
from slopguard.radar.model import Record
from slopguard.radar.model import State as Seen
from slopguard.reports.forecast_page_measured import MEASURED
from slopguard.reports.forecast_page_model import MOST, Appeared, Campaign, Found, Kept, Named, State, Told
from slopguard.watchlist import answers
from slopguard.watchlist.model import Sighting
from slopguard.watchlist.watchlist import Watchlist

NEWEST = 3
"""Campaigns that are told of."""
_BY = {"all": "model", "ecosystem": "ecosystem", "kind": "kind", "topic": "topic", "form": "form"}
"""Parts of a campaign's answers whose rates are told, and what they are called there."""
Key = tuple[Ecosystem, NormalizedName]


def gathered(home: Path, now: datetime | None = None) -> Told:
    """Everything that the report tells.

    Raises:
        StoreError: a file is there and cannot be read.
        ConfigError: a newer slopguard wrote one.
    """
    now = now or datetime.now(UTC)
    with Watchlist(home) as watchlist:
        listed = {each: [one.sighting for one in watchlist.ranked(each, limit=MOST, now=now)] for each in Ecosystem}
        batches = [each for each in watchlist.batches() if each.batch.expires is None or each.batch.expires > now]
        counts = {each: _rows(watchlist.counts(), each) for each in Ecosystem}
    records, alarms = _radar(home, [key for sightings in listed.values() for key in map(_key, sightings)])
    moments = [record.asked for record in records.values()] + [noted.alarm.seen for noted in alarms]
    return Told(
        at=now,
        version=__version__,
        names={each: tuple(_named(one, records) for one in sightings) for each, sightings in listed.items()},
        watched=counts,
        batches=tuple(map(_kept, batches)),
        covering=MEASURED,
        campaigns=tuple(_campaigns(home)),
        appeared=tuple(map(_appeared, alarms)),
        polled=max(moments, default=None),
        serving=results.latest(home),
    )


def _rows(counts: Iterable[answers.Count], ecosystem: Ecosystem) -> int:
    return sum(count.rows for count in counts if count.ecosystem is ecosystem)


def _key(sighting: Sighting) -> Key:
    return sighting.watched.ecosystem, sighting.watched.name


def _radar(home: Path, names: Sequence[Key]) -> tuple[Mapping[Key, Record], list[Noted]]:
    if not (home / radar_file.FILE).exists():
        return {}, []
    with Memory(home) as memory:
        return memory.records(names), memory.alarms()


def _named(sighting: Sighting, records: Mapping[Key, Record]) -> Named:
    watched = sighting.watched
    record = records.get(_key(sighting))
    state = State.UNKNOWN if record is None else State.FREE if record.state is Seen.FREE else State.REGISTERED
    return Named(
        watched.ecosystem,
        watched.name,
        watched.rank,
        sighting.batch.source,
        state,
        watched.models,
        watched.prompts,
        watched.low,
        watched.high,
    )


def _kept(kept: answers.Kept) -> Kept:
    batch = kept.batch
    about, ecosystem = (batch.detail.get(key, "") for key in ("about", "ecosystem"))
    return Kept(batch.origin, batch.source, about, ecosystem, kept.rows, batch.at, batch.expires)


def _appeared(noted: Noted) -> Appeared:
    alarm, target = noted.alarm, noted.alarm.target
    first = alarm.found.first
    return Appeared(
        target.ecosystem, target.name, target.rank, target.predicted, first or alarm.seen, first is not None
    )


def _campaigns(home: Path) -> list[Campaign]:
    return [_campaign(campaigns.summary(home, each.id)) for each in campaigns.campaigns(home)[:NEWEST]]


def _campaign(done: CampaignSummary) -> Campaign:
    curve = tuple(Found(point.pairs, point.unknown, point.recurrent) for point in done.curve)
    coverage = {each: found for each, found in done.coverage.items() if found.sightings}
    ended = sum(bool(each.ended) for each in done.strata)
    when, rates = done.ended or done.started, _rates(done.rates)
    return Campaign(f"Campaign {done.id}", when, coverage, curve, rates, ended, len(done.strata))


def _rates(rates: Iterable[Rated]) -> dict[str, dict[str, Share]]:
    """The rates by what they are of; where several models were asked, each part is told for each."""
    rates = list(rates)
    several = len({rated.model for rated in rates}) > 1
    found: defaultdict[str, dict[str, Share]] = defaultdict(dict)
    for rated in rates:
        if rated.by in _BY:
            called = rated.model if rated.by == "all" else f"{rated.value} {rated.model}" if several else rated.value
            found[_BY[rated.by]][called] = rated.names
    return dict(found)
