"""Whoever looks after a server waits no longer than told and is left with no child, whatever the child does."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from slopguard.errors import EnvironmentFailed, StoreError
from slopguard.forecast.serving import child, keeping
from slopguard.forecast.serving.keeping import Bounds, Told
from slopguard.forecast.serving.plan import Plan
from tests.serving.commands import gone
from tests.serving.servers import ROOT, plan

DEAF = "tests.serving.host_deaf"
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}


def saying(alias: str) -> Plan:
    return plan(Path("none.gguf"), alias=alias)


@pytest.mark.parametrize("said", ["gone", "null", '{"ready": "http://192.0.2.1:80"}', '{"ready": 5}'])
def test_a_child_that_never_says_where_it_listens_is_given_up(tmp_path: Path, said: str) -> None:
    bounds = Bounds(patience=30 if said == "gone" else 1.5)
    with pytest.raises(EnvironmentFailed, match="did not come up"):
        keeping.keep(saying(said), tmp_path, Told(), bounds, ENVIRON, DEAF)


def test_a_child_that_heeds_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "GRACE", 0.2)
    started = child.start(saying("here"), tmp_path / "log", ENVIRON, DEAF)
    while not started.said:
        child.came_up(started, 0.2)
    started.close()
    assert gone(started.process.pid)
    assert started.ended


def test_it_can_be_kept_outside_of_the_main_thread_too(tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def kept() -> None:
        try:
            keeping.keep(saying("gone"), tmp_path, Told(), Bounds(), ENVIRON, DEAF)
        except EnvironmentFailed as problem:
            problems.append(problem)

    thread = threading.Thread(target=kept)
    thread.start()
    thread.join(60)
    assert len(problems) == 1


def test_only_its_account_reads_the_log(tmp_path: Path) -> None:
    started = child.start(saying("gone"), tmp_path / "new" / "log", ENVIRON, DEAF)
    started.close()
    assert (tmp_path / "new" / "log").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names here")
def test_a_log_begins_anew_whatever_is_in_its_place(tmp_path: Path) -> None:
    elsewhere, old, link, pipe = (tmp_path / name for name in ("elsewhere", "old", "link", "pipe"))
    for path in (elsewhere, old):
        path.write_text("kept")
        path.chmod(0o644)
    link.symlink_to(elsewhere)
    os.mkfifo(pipe)
    for log in (old, link, pipe):
        child.start(saying("gone"), log, ENVIRON, DEAF).close()
        assert log.lstat().st_mode == stat.S_IFREG | 0o600
        assert log.read_text() == ""
    assert elsewhere.read_text() == "kept"


def test_a_log_that_cannot_be_written_is_no_fault_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for log in (tmp_path / "file" / "log", tmp_path / "folder"):
        with pytest.raises(StoreError, match="log of the model server cannot be written"):
            child.start(saying("gone"), log, ENVIRON, DEAF)


def test_a_child_runs_no_code_of_the_folder_it_is_started_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("open('ran', 'w')")
    monkeypatch.chdir(tmp_path)
    child.start(saying("gone"), tmp_path / "log", ENVIRON, DEAF).process.communicate(timeout=60)
    assert not (tmp_path / "ran").exists()


def test_none_of_the_variables_of_llama_reach_a_child() -> None:
    given = {"LLAMA_ARG_SPEC_TYPE": "", "LLAMA_ARG_HOST": "0.0.0.0", "HOME": "/home/x"}
    assert child.cleaned(given) == {"HOME": "/home/x", "GGML_NO_BACKTRACE": "1"}


def test_a_plan_comes_through_whole(tmp_path: Path) -> None:
    wanted = plan(tmp_path / "m.gguf", draft="d", sampled=True, ahead=5)
    assert Plan.loaded(wanted.dumped()) == wanted
    assert "--spec-draft-sampling" not in wanted.flags()  # it is a plain server
