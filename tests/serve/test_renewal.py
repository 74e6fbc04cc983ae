"""What changes while a server runs counts from then on: settings, lists, tokens; what is wrong shows in its health."""

from __future__ import annotations

import pytest

from tests.serve.team import Team
from tests.simulators.lists_repository import ListsRepository
from tests.simulators.pypi import PyPI


@pytest.fixture
def running(team: Team, pypi: PyPI) -> Team:
    pypi.add_established("sg-app").add_established("sg-core")
    team.token("ana", "human")
    return team.start("--workers", "2")


def told(team: Team) -> None:
    """SIGHUP, taken note of by both workers."""
    before = {worker: len(team.events("renewed", worker=worker)) for worker in (0, 1)}
    team.hang_up()
    for worker, count in before.items():
        team.await_event("renewed", count + 1, worker=worker)


def test_stricter_settings_count_for_everybody_at_once(running: Team, pypi: PyPI) -> None:
    assert running.page("sg-app", "ana").status == 200
    running.settings(pypi.url, more='mode = "strict"')
    told(running)
    for _ in range(8):
        assert running.page("sg-app", "ana").status == 451
    assert running.ask("/healthz").status == 200


def test_a_changed_file_is_noticed_without_a_signal(running: Team, pypi: PyPI) -> None:
    running.settings(pypi.url, more='mode = "strict"')
    for worker in (0, 1):
        running.await_event("renewed", worker=worker)
    assert running.page("sg-app", "ana").status == 451


def test_settings_that_make_no_sense_leave_what_was_in_force_and_it_says_that_it_is_not_well(
    running: Team, pypi: PyPI
) -> None:
    running.settings(pypi.url, more='mode = "loose"')
    running.hang_up()
    for worker in (0, 1):
        running.await_event("not-renewed", worker=worker, code="config")
        running.await_event("not-ready", worker=worker)
    assert running.ask("/healthz").status == 503
    assert running.page("sg-app", "ana").status == 200
    running.settings(pypi.url)
    told(running)
    assert running.ask("/healthz").status == 200


def test_a_token_file_that_others_may_read_lets_nobody_in_and_shows(running: Team) -> None:
    (running.data / "serve.tokens").chmod(0o644)
    assert running.page("sg-app", "ana").status == 401
    running.await_event("not-ready", why="config")
    (running.data / "serve.tokens").chmod(0o600)
    assert running.page("sg-app", "ana").status == 200


def test_a_token_made_while_it_runs_counts_and_a_revoked_one_does_not(running: Team) -> None:
    running.token("ben", "human")
    assert running.page("sg-app", "ben").status == 200
    assert running.run("serve", "token", "revoke", "ben").returncode == 0
    for _ in range(6):
        assert running.page("sg-app", "ben").status == 401
    assert running.page("sg-app", "ana").status == 200


def test_a_name_that_new_lists_deny_is_refused_from_then_on(team: Team, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    lists = ListsRepository(teams=())
    lists.rows["watch"] = []
    lists.rows["common"] = ["pypi\tsg-other\tallow"]
    lists.publish()
    address = lists.write(team.root / "lists")
    trusted = f'[lists]\nsources = [{{url = "{address}", root = "sha256:{lists.pin}"}}]\n'
    team.settings(pypi.url, more=trusted)
    team.token("ana", "human")
    team.start()
    assert team.page("sg-app", "ana").status == 200
    lists.rows["common"] = ["pypi\tsg-app\tdeny\trule=denied"]
    lists.publish()
    lists.write(team.root / "lists")
    assert "let in here before" in team.run("lists", "sync").stderr
    team.await_event("renewed")
    reply = team.page("sg-app", "ana")
    assert reply.status == 451
    assert "(denied)" in reply.reason


def test_lists_that_cannot_be_verified_refuse_everything_and_show(team: Team, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    nowhere = (team.root / "nowhere").as_uri()
    team.settings(pypi.url, more=f'[lists]\nsources = [{{url = "{nowhere}/", root = "sha256:{"0" * 64}"}}]\n')
    team.token("ana", "human")
    team.start()
    assert team.ask("/healthz").status == 503
    assert "(list-invalid)" in team.page("sg-app", "ana").reason
