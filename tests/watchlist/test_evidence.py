"""The watchlist as evidence: beside signed rows, before observed ones, and never in silence when it is broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from slopguard.errors import StoreError
from slopguard.model import Arrival, Door, Facts, Request
from slopguard.watchlist.watchlist import Watchlist
from tests.judge.worlds import ESTABLISHED, NOW, NOWHERE, PYPI, judge, listed, request
from tests.watchlist.world import rows

DOOR = Door("test")


def watch(
    home: Path, *names: str, origin: str = "generated", days: float = 30, first: int | None = 1, **more: int
) -> None:
    from slopguard.watchlist.model import Batch

    with Watchlist(home) as watchlist:
        watchlist.add(Batch(origin, "here", NOW - timedelta(days=days)), rows(*names, first=first, **more))


def ruled(home: Path, name: str, facts: Facts, **settings: object) -> str:
    with judge(home, **settings) as mine:
        return mine.verdict(request(name), facts).rule


def test_a_name_that_was_registered_since_it_was_watched_is_blocked(tmp_path: Path) -> None:
    watch(tmp_path, "acme-magic", days=30)
    assert ruled(tmp_path, "acme-magic", listed(20)) == "predicted-registered"
    assert ruled(tmp_path, "acme-magic", listed(20), watch_rank=0) == "predicted"


def test_a_forecast_says_nothing_of_a_package_that_is_no_news(tmp_path: Path) -> None:
    watch(tmp_path, "acme-magic")
    assert ruled(tmp_path, "acme-magic", ESTABLISHED) == "established"


def test_a_documented_name_waits_for_a_person_however_old_the_package_is(tmp_path: Path) -> None:
    watch(tmp_path, "acme-magic", origin="imported")
    assert ruled(tmp_path, "acme-magic", ESTABLISHED) == "predicted"


def test_a_signed_row_and_one_of_this_machine_count_together(tmp_path: Path) -> None:
    watch(tmp_path, "invented", days=900, first=3)
    with judge(tmp_path) as mine:
        row = mine.verdict(request("invented"), NOWHERE).evidence.watch
    assert row is not None
    assert (row.origin, row.source, row.models, row.rank) == ("imported", "study", 5, 1)
    assert row.predicted_at == NOW - timedelta(days=900)


def test_a_row_of_this_machine_says_more_than_that_a_name_was_asked_for_here(tmp_path: Path) -> None:
    with judge(tmp_path) as mine:
        mine.judge(request("acme-magic"), NOWHERE, DOOR)
        assert mine.verdict(request("acme-magic"), NOWHERE).evidence.watch is not None
        watch(tmp_path, "acme-magic", models=2)
        row = mine.verdict(request("acme-magic"), NOWHERE).evidence.watch
    assert row is not None
    assert (row.origin, row.models) == ("generated", 2)


def test_a_forecast_takes_no_refusal_of_a_name_back_that_was_asked_for_here(tmp_path: Path) -> None:
    with judge(tmp_path) as mine:
        mine.judge(request("acme-magic"), NOWHERE, DOOR)
        needed = replace(request("acme-magic"), arrived=Arrival.TRANSITIVE)
        assert mine.verdict(needed, listed(20)).rule == "predicted"
        watch(tmp_path, "acme-magic", days=1)
        assert mine.verdict(needed, listed(20)).rule == "predicted"
        assert mine.verdict(needed, ESTABLISHED).rule == "predicted"
        watch(tmp_path, "acme-magic", days=30)
        assert mine.verdict(needed, listed(20)).rule == "predicted-registered"


def test_a_judge_that_runs_sees_what_is_watched_meanwhile(tmp_path: Path) -> None:
    with judge(tmp_path) as mine:
        assert mine.verdict(request("acme-magic"), listed(20)).rule == "unverified"
        watch(tmp_path, "acme-magic")
        assert mine.verdict(request("acme-magic"), listed(20)).rule == "predicted-registered"
        watch(tmp_path, "acme-other")
        assert mine.verdict(request("acme-other"), listed(20)).rule == "predicted-registered"


def test_names_that_were_expected_are_judged_as_others_are(tmp_path: Path) -> None:
    watch(tmp_path, "acme-magic")
    asked: list[Request] = [request(name) for name in ("acme-magic", "acme-else", "flask")]
    with judge(tmp_path) as mine:
        mine.expect(asked)
        assert [mine.verdict(each, listed(20)).rule for each in asked] == [
            "predicted-registered",
            "unverified",
            "allowlisted",
        ]


def test_a_broken_watchlist_refuses_to_answer(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "watch.db").write_bytes(b"nothing of the kind" * 1000)
    with judge(home) as mine, pytest.raises(StoreError, match="watchlist"):
        mine.verdict(request("flask"), ESTABLISHED)


def test_a_judge_that_records_nothing_has_no_watchlist(tmp_path: Path) -> None:
    watch(tmp_path, "acme-magic")
    mine = judge(None)
    assert mine.verdict(request("acme-magic"), ESTABLISHED).evidence.watch is None
    assert not mine.watched(PYPI, request("acme-magic").name)  # type: ignore[arg-type]  # it is a name


def test_a_listed_name_that_is_watched_is_judged_by_its_age_as_well(tmp_path: Path) -> None:
    from slopguard.gate.session import _settled

    watch(tmp_path, "flask", first=1)
    with judge(tmp_path) as mine:
        names = [request(name).name for name in ("flask", "requests")]
        assert [_settled(mine, PYPI, name) for name in names if name is not None] == [False, True]
        assert mine.verdict(request("flask"), listed(20)).rule == "predicted-registered"
        assert mine.verdict(request("flask"), ESTABLISHED).rule == "allowlisted"
