"""The benchmark's own promises, on a small watchlist: it measures what it says, and every name is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import watchlist as bench
from slopguard.model import Ecosystem
from slopguard.watchlist.watchlist import Watchlist

COUNT = 50_000


def test_names_are_names_and_come_once() -> None:
    names = list(bench.names(COUNT))
    assert len(set(names)) == COUNT
    assert 18 < sum(map(len, names)) / COUNT < 22
    assert len(bench.words()) ** 3 > bench.NAMES


def test_it_measures_a_whole_import_and_look_ups(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done, there, _ = bench.watchlist(tmp_path, COUNT)
    assert done.rows == COUNT
    assert done.size < 60 * COUNT
    assert there.median > 0
    with Watchlist(tmp_path / "home") as watchlist:
        assert watchlist.batches()[0].rows == COUNT
        assert watchlist.get(Ecosystem.PYPI, next(bench.names(1))) is not None
    assert capsys.readouterr().out.count("\n") == 7
