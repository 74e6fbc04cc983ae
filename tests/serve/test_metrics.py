"""`/metrics`: Prometheus text that a strict reader takes, summed over workers; nothing in it is a caller's choice."""

from __future__ import annotations

import os
import re
import signal

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.serve.team import Team
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break

_SAMPLE = re.compile(
    r"[a-z_]+(?:\{(?:[a-z]+=\"(?:[^\"\\\n]|\\[\\n\"])*\",?)*\})? (?:\+Inf|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)"
)
"""One sample of the text format 0.0.4, as we write them."""


@pytest.fixture
def counted(team: Team, pypi: PyPI) -> Team:
    pypi.add_established("sg-app").add_established("sg-down")
    pypi.fail("*sg-down*", Break.STATUS, status=503)
    team.token("ana", "human")
    return team.start("--workers", "2")


Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraped(team: Team) -> Samples:
    reply = team.ask("/metrics")
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in reply.text.splitlines():
        assert line.startswith(("# HELP slopguard_", "# TYPE slopguard_")) or _SAMPLE.fullmatch(line), line
    found: Samples = {}
    for family in text_string_to_metric_families(reply.text):
        assert family.documentation
        assert family.type in ("counter", "gauge", "histogram")
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


def total(samples: Samples, name: str, **labels: str) -> float:
    return sum(
        value for (known, its), value in samples.items() if known == name and labels.items() <= dict(its).items()
    )


def test_every_answer_is_counted_whichever_worker_gave_it(counted: Team) -> None:
    for _ in range(20):
        assert counted.page("sg-app", "ana").status == 200
    assert counted.page("sg-ghost", "ana").status == 451
    assert counted.page("sg-ghost").status == 401
    samples = scraped(counted)
    assert total(samples, "slopguard_requests_total", route="pypi-page", status="200") == 20
    assert total(samples, "slopguard_requests_total", route="pypi-page", status="451") == 1
    assert total(samples, "slopguard_unauthorized_requests_total") == 1
    assert total(samples, "slopguard_request_seconds_count", route="pypi-page") == 22
    assert total(samples, "slopguard_request_seconds_bucket", route="pypi-page", le="+Inf") == 22
    assert total(samples, "slopguard_verdicts_total", rule="not-found", verdict="block", ecosystem="pypi") == 1
    assert total(samples, "slopguard_workers") == 2
    assert total(samples, "slopguard_sessions") == len({e["worker"] for e in counted.events("request", token="ana")})
    assert total(samples, "slopguard_ready") == 1
    assert total(samples, "slopguard_sent_bytes_total", route="pypi-page") > 0


def test_what_was_asked_of_indexes_and_what_was_here_is_told_apart(counted: Team, pypi: PyPI) -> None:
    wheel = "/pypi/main/files/sg-app/sg_app-1.2-py3-none-any.whl"
    for _ in range(3):
        assert counted.ask(wheel, counted.basic("ana")).status == 200
    counted.page("sg-down", "ana")
    samples = scraped(counted)
    assert total(samples, "slopguard_files_total", source="upstream") == 1
    assert total(samples, "slopguard_files_total", source="cache") == 2
    assert total(samples, "slopguard_upstream_requests_total", status="503") >= 1
    size = len(pypi.files_of("sg-app")[2].artefact.content)
    assert total(samples, "slopguard_cache_sent_bytes_total") == 2 * size
    assert total(samples, "slopguard_cache_entries", kind="file") == 1
    assert total(samples, "slopguard_cache_bytes") > 0


def test_no_label_holds_what_a_caller_chose(counted: Team) -> None:
    counted.page("sg-secret-name", "ana")
    counted.ask("/sg-secret-path", counted.basic("ana"))
    text = counted.ask("/metrics", counted.basic("ana")).text
    assert "secret" not in text
    assert "ana" not in text


def test_what_a_worker_counted_outlives_it(counted: Team) -> None:
    for _ in range(6):
        counted.page("sg-app", "ana")
    before = counted.workers
    for number, process in before.items():
        os.kill(process, signal.SIGKILL)
        counted.await_event("worker-started", 2, of=number)
    assert counted.ask("/healthz").status == 200
    samples = scraped(counted)
    assert total(samples, "slopguard_requests_total", route="pypi-page") == 6
    assert total(samples, "slopguard_sessions") == 0
