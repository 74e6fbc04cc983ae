"""What a served gate counts, summed over its worker processes, as Prometheus reads it (text format 0.0.4).

Each worker adds to files of its own in the folder of this run, which whoever is asked adds up: what a worker counted is
kept when it dies. Invariants: no label holds what a caller chose (no name, no token, no path); this module is imported
after `prepare`, because the library looks at its variable once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from slopguard.cache import Usage, usage
from slopguard.model import Verdict

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LOOKED = 60.0
"""Seconds that a look at the cache counts."""
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)

_own = CollectorRegistry()
"""What this process alone knows is never shown."""
REQUESTS = Counter("slopguard_requests", "Requests answered.", ("route", "status"), registry=_own)
SECONDS = Histogram(
    "slopguard_request_seconds", "Until the last byte was sent.", ("route",), buckets=BUCKETS, registry=_own
)
SENT = Counter("slopguard_sent_bytes", "Bytes of bodies sent to clients.", ("route",), registry=_own)
UNKNOWN = Counter("slopguard_unauthorized_requests", "Requests without a token that counts.", registry=_own)
VERDICTS = Counter(
    "slopguard_verdicts", "Verdicts recorded, one a name and session.", ("ecosystem", "verdict", "rule"), registry=_own
)
UPSTREAM = Counter("slopguard_upstream_requests", "Requests to indexes; none: no answer.", ("status",), registry=_own)
SPARED = Counter("slopguard_cache_sent_bytes", "Bytes of files that were not fetched again.", registry=_own)
DOCUMENTS = Counter("slopguard_documents", "Pages and packuments needed, wherever they came from.", registry=_own)
FILES = Counter("slopguard_files", "Files with a digest that were asked for.", ("source",), registry=_own)
SESSIONS = Gauge("slopguard_sessions", "Sessions open now.", multiprocess_mode="livesum", registry=_own)
WORKERS = Gauge("slopguard_workers", "Worker processes that answer.", multiprocess_mode="livesum", registry=_own)
READY = Gauge(
    "slopguard_ready", "Whether every worker could judge and record.", multiprocess_mode="livemin", registry=_own
)


def count(verdicts: list[Verdict]) -> None:
    """Count verdicts that were recorded."""
    for verdict in verdicts:
        VERDICTS.labels(verdict.request.ecosystem.value, verdict.outcome.value, verdict.rule).inc()


def answered(route: str, status: int, seconds: float, size: int) -> None:
    """Count a request."""
    REQUESTS.labels(route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)
    if size:
        SENT.labels(route).inc(size)


class Kept:
    """What the cache holds, looked at once in a while: each look is at every file.

    Args:
        folder: the cache's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: Usage | None = None
        self._looked = float("-inf")

    def collect(self) -> Iterator[Metric]:
        """Its size and how many entries it has."""
        if self._seen is None or time.monotonic() - self._looked > LOOKED:
            self._seen, self._looked = usage(self._folder), time.monotonic()
        yield GaugeMetricFamily("slopguard_cache_bytes", "Bytes of what is kept.", self._seen.bytes)
        entries = GaugeMetricFamily("slopguard_cache_entries", "What is kept.", labels=("kind",))
        entries.add_metric(("file",), self._seen.files)
        entries.add_metric(("document",), self._seen.documents)
        yield entries


def exposition(run: Path, kept: Kept) -> bytes:
    """Everything that the workers of this server counted."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(run))  # type: ignore[no-untyped-call]
    registry.register(kept)
    return generate_latest(registry)


def ended(run: Path, process: int) -> None:
    """A worker is gone: what it had open counts no more."""
    mark_process_dead(process, str(run))  # type: ignore[no-untyped-call]
