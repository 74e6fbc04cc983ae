"""One run of the forecaster without a server: names for each subject, put into the watchlist and, if wanted, a file.

Invariants: nothing is written before all names are predicted; each batch and the file are replaced as a whole, so that
whatever ends the run leaves each as it was or as it shall be; a name that a batch held before keeps the date of its
first prediction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from slopguard import __version__
from slopguard.config import Settings
from slopguard.errors import ListInvalid
from slopguard.forecast.keeping import replace
from slopguard.forecast.known import known
from slopguard.forecast.leaving_out import LeftOut
from slopguard.forecast.model import Known, Prediction, Steps
from slopguard.forecast.subjects import Kind, Subject
from slopguard.forecast.topics.project import Project, read_project
from slopguard.lists import Lists
from slopguard.model import Ecosystem
from slopguard.store import Store
from slopguard.watchlist.model import EMBEDDED, Batch, Watched
from slopguard.watchlist.watchlist import Watchlist

KEEP = timedelta(days=365)
"""How long predicted names are watched; whoever forecasts again prolongs it."""


@dataclass(frozen=True, slots=True)
class Order:
    """Names of one ecosystem about one subject.

    Args:
        limit: at most so many.
        project: what was read of the subject's project.
    """

    ecosystem: Ecosystem
    subject: Subject
    limit: int
    project: Project | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was predicted, best first."""

    order: Order
    predictions: tuple[Prediction, ...]


def orders(ecosystems: Sequence[Ecosystem], subjects: Sequence[Subject], limit: int | None) -> list[Order]:
    """What to predict; projects are read here, each once.

    Args:
        limit: names of each order; `None`: as many as the subject's kind is worth.
    """
    found = []
    for subject in subjects:
        project = read_project(subject.path) if subject.kind in (Kind.PROJECT, Kind.GUARD) else None
        for ecosystem in ecosystems:
            if project is None or len(ecosystems) == 1 or _uses(project, ecosystem):
                most = subject.limit(ecosystem) if limit is None else limit
                found.append(Order(ecosystem, subject, most, project))
    return found


def _uses(project: Project, ecosystem: Ecosystem) -> bool:
    """Whether a project has to do with an ecosystem; nobody asks for npm's packages in a project without any."""
    return any(kind[ecosystem] for kind in (project.asked, project.locked, project.imported))


def forecasts(asked: Sequence[Order], settings: Settings, steps: Steps = lambda many: None) -> list[Forecast]:
    """Predict what all orders ask for, with the lists and the records that the settings name.

    Args:
        steps: also told 0 before each order: until its first names there is nothing to count.

    Raises:
        StoreError: the record of what exists cannot be read.
        ListInvalid: a list cannot be verified, or holds a row that cannot be read.
    """
    lists = verified(settings)
    store = Store.open(settings)
    try:
        real, left_out = known(lists), LeftOut.of(settings, lists, store)
        found = []
        for order in asked:
            steps(0)
            found.append(forecast(real, order, left_out, steps))
        return found
    finally:
        store.close()


def verified(settings: Settings) -> Lists:
    """The lists that these settings ask for.

    Raises:
        ListInvalid: one cannot be verified: names on it would be taken for invented.
    """
    lists = Lists.load(settings)
    if lists.state != "ok":
        raise ListInvalid("a list cannot be verified, so it is not known which names are real")
    return lists


def forecast(real: Known, order: Order, left_out: LeftOut, steps: Steps = lambda many: None) -> Forecast:
    """Predict what an order asks for.

    Raises:
        StoreError: the record of what exists cannot be read.
        ListInvalid: a list holds a row that cannot be read.
    """
    found = islice(left_out.kept(_predictions(real, order)), order.limit)
    return Forecast(order, tuple(_counted(found, steps)))


def watch(
    done: Forecast, watchlist: Watchlist, now: datetime, steps: Steps = lambda many: None, *, keep: bool = False
) -> None:
    """Put what was predicted into the watchlist, in the place of what the same order gave before.

    Args:
        keep: names that are not predicted any more stay (`keeping.replace`).

    Raises:
        StoreError: it cannot be written; what was there still is.
    """
    replace(watchlist, batch(done.order, now), _rows(done.predictions), steps, keep=keep)


def batch(order: Order, now: datetime) -> Batch:
    """How the watchlist keeps an order."""
    detail = {
        "about": order.subject.code,
        "ecosystem": order.ecosystem.value,
        "limit": str(order.limit),
        "version": __version__,
    }
    return Batch("generated", EMBEDDED, now, now + KEEP, detail)


def merged(several: Sequence[Forecast]) -> Iterator[tuple[int, Prediction]]:
    """All names of a run with their ranks, once each; one of each forecast in turn, as scores compare within one."""
    seen: set[tuple[Ecosystem, str]] = set()
    ranks = dict.fromkeys(Ecosystem, 0)
    for place in range(max((len(each.predictions) for each in several), default=0)):
        for each in several:
            if place >= len(each.predictions):
                continue
            found = each.predictions[place]
            if (found.ecosystem, found.name) in seen:
                continue
            seen.add((found.ecosystem, found.name))
            ranks[found.ecosystem] += 1
            yield ranks[found.ecosystem], found


def _predictions(real: Known, order: Order) -> Iterator[Prediction]:
    """Somewhat more than are asked for, as some may be left out."""
    most = order.limit + max(1_000, order.limit // 10)
    if order.subject.kind is Kind.ALL:
        from slopguard.forecast.embedded.predict import predict as of_all

        return of_all(real, order.ecosystem, most)
    from slopguard.forecast.topics.predict import predict

    return predict(real, order.ecosystem, order.project or order.subject.text, most)


def _rows(predictions: Iterable[Prediction]) -> list[Watched]:
    return [Watched(each.ecosystem, each.name, rank) for rank, each in enumerate(predictions, 1)]


_STEP = 500


def _counted(predictions: Iterable[Prediction], steps: Steps) -> Iterator[Prediction]:
    made = 0
    for made, each in enumerate(predictions, 1):
        yield each
        if made % _STEP == 0:
            steps(_STEP)
    if made % _STEP:
        steps(made % _STEP)
