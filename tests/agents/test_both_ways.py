"""Whether the daemon or the hook itself judges a call: the answers are the same, and so is what is written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.agents import verdicts
from slopguard.daemon.near import Near
from slopguard.store import Store
from tests.agents.ways import WAYS, World, way_in
from tests.simulators.pypi import PyPI

GHOST = "pip install zz-ghost"
AGENT = "claude-code"


@pytest.fixture(params=WAYS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with way_in(tmp_path / "one", request.param) as found:
        yield found


def test_what_lists_allow_is_passed_and_written_down(world: World) -> None:
    assert world.machine.run(AGENT, "pip install flask requests") == ("none", "")
    assert [(row.package, row.rule, row.door) for row in world.ledger()] == [
        ("pypi:flask", "allowlisted", "hook"),
        ("pypi:requests", "allowlisted", "hook"),
    ]
    assert len({row.batch for row in world.suggested()}) == 1


def test_a_refusal_says_the_same_until_it_was_asked_for_too_often(world: World) -> None:
    said = [world.machine.run(AGENT, GHOST)[1] for _ in range(3)]
    assert said[0] == said[1]
    assert said[2] == f"Asked 3 times in 10 minutes. The answer will not change. Stop and tell the user.\n{said[0]}"
    (row,) = world.ledger()
    assert (row.count, {each.decision for each in world.suggested()}) == (3, {row.decision})


def test_what_is_allowed_beside_a_refusal_is_given_back(world: World) -> None:
    told, why = world.machine.run(AGENT, "pip install flask zz-ghost && npm test")
    assert told == "deny"
    assert why.endswith("The rest of your command is fine: pip install flask && npm test")


def test_an_edit_is_refused_for_what_it_adds_and_an_import_is_noted(world: World) -> None:
    assert world.machine.write(AGENT, "requirements.txt", "zz-ghost\n")[0] == "deny"
    told, noted = world.machine.write(AGENT, "app.py", "import zz_ghost_module\n")
    assert told == "none"
    assert "zz_ghost_module" in noted or "zz-ghost-module" in noted
    assert [row.kind for row in world.suggested()] == ["edit", "import"]


def test_mode_observe_lets_pass_and_notes(world: World) -> None:
    folder = world.machine.root / ".config" / "slopguard"
    folder.mkdir(parents=True)
    (folder / "slopguard.toml").write_text('mode = "observe"\n', encoding="utf-8")
    told, noted = world.machine.run(AGENT, GHOST)
    assert told == "none"
    assert "zz-ghost" in noted
    assert [(row.enforced, row.verdict) for row in world.ledger()] == [(False, "quarantine")]


def test_secrets_in_a_command_are_not_written_down(world: World) -> None:
    secret = "pip install --index-url https://me:hunter2@registry.example/simple zz-ghost && deploy --password hunter3"
    world.machine.run(AGENT, secret)
    rows = world.ledger()
    assert rows
    assert "hunter" not in repr(rows)
    assert all(row.command.endswith("...") for row in rows)


def test_an_index_is_asked_about_what_is_open_and_about_nothing_else(world: World, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    pypi.add("sg-young", "1.0", hours_old=2)
    world.online(pypi.url)
    assert world.machine.run(AGENT, "pip install flask sg-alpha") == ("none", "")
    assert world.machine.run(AGENT, "pip install sg-young")[0] == "deny"
    assert "(not-found)" in world.machine.run(AGENT, GHOST)[1]
    assert [(row.package, row.rule) for row in world.ledger()] == [
        ("pypi:flask", "allowlisted"),
        ("pypi:sg-alpha", "established"),
        ("pypi:sg-young", "unverified"),
        ("pypi:zz-ghost", "not-found"),
    ]
    assert not any("flask" in asked.path for asked in pypi.server.requests)


def test_an_index_that_is_down_is_told_as_such(world: World) -> None:
    world.online("http://127.0.0.1:9/simple/")
    told, why = world.machine.run(AGENT, GHOST)
    assert (told, "(upstream-down)" in why) == ("deny", True)


def test_where_no_client_is_installed_nothing_is_heard(world: World) -> None:
    world.patch.delenv("SLOPGUARD_OFFLINE")
    told, why = world.machine.run(AGENT, GHOST)
    assert (told, "(upstream-down)" in why) == ("deny", True)


def test_every_row_is_the_same(tmp_path: Path, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    pypi.add("sg-young", "1.0", hours_old=2)
    found = []
    for way in WAYS:
        with way_in(tmp_path / way, way) as world:
            offline = [world.machine.run(AGENT, text, session="s-7") for text in (GHOST, "npm i left-pad zz-ghost")]
            edited = world.machine.write("codex", "requirements.txt", "flask\nzz-ghost==1.0\n")
            world.online(pypi.url)
            online = [world.machine.run("gemini", f"pip install {name}") for name in ("sg-alpha", "sg-young", "zz-no")]
            found.append(([*offline, edited, *online], world.ledger(), world.suggested()))
    assert found[0] == found[1]


def test_a_refusal_is_on_disk_before_it_is_answered(world: World) -> None:
    real, seen = verdicts.judged, []

    def judged(*given: object) -> object:
        answers = real(*given)  # type: ignore[arg-type]  # whatever it is given
        seen.append([row.package for row in Store(world.machine.data).ledger.rows()])
        return answers

    world.patch.setattr(verdicts, "judged", judged)
    assert world.machine.run(AGENT, GHOST)[0] == "deny"
    assert seen == [["pypi:zz-ghost"]]


def test_the_daemon_is_asked_over_one_connection(tmp_path: Path, pypi: PyPI) -> None:
    with way_in(tmp_path, WAYS[0]) as world:
        pypi.add_established("sg-alpha")
        world.online(pypi.url)
        dialled, real = [], Near._dial
        world.patch.setattr(Near, "_dial", lambda near: dialled.append(near) or real(near))
        assert world.machine.run(AGENT, "pip install sg-alpha") == ("none", "")
        assert len(dialled) == 1
