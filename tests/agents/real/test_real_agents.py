"""Claims about real agents: a refusal stops the tool, reaches the model, and leaves everything else as it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.agents.real.agents import AGENTS, CLINE, GEMINI, QWEN, Agent
from tests.agents.real.dialects import Tool
from tests.agents.real.world import Ended, World
from tests.simulators.clients import Unavailable

INVENTED = "flask-auth-magic"
WHY = f"slopguard: QUARANTINED pypi '{INVENTED}'"
LAST = "Stop and tell the user that a person may let it through"
"""Words with which the refusal of a package ends: what comes before has arrived too."""
GUARDED = "slopguard: REFUSED"
SMOKE = GEMINI
"""The smallest by far to download (23 MB): every run drives it, `-m matrix` the others."""


def mark(agent: Agent) -> pytest.MarkDecorator:
    return pytest.mark.clients if agent is SMOKE else pytest.mark.matrix


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A home with the agent that a test is about."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine, and agents are installed with it")
    try:
        made = World(tmp_path, request.param)
    except Unavailable as why:
        pytest.fail(str(why))
    with made:
        yield made


@pytest.mark.parametrize(
    "world", [pytest.param(agent, id=agent.name, marks=mark(agent)) for agent in AGENTS.values()], indirect=True
)
def test_an_agent_is_stopped_told_why_and_otherwise_left_alone(world: World, request: pytest.FixtureRequest) -> None:
    """One test, not one for each claim: a conversation costs seconds, and the claims are about the same two."""
    unguarded = world.talk(*asked(world))
    claims: dict[str, bool] = {"unguarded, all of it runs": ran(world) == (True, True, True)}
    forget(world)
    before = world.files()
    world.slopguard("enable", world.agent.name, "--yes")
    enabled = world.files()
    guarded = world.talk(*asked(world), *meddling(world), *through_a_server(world))
    claims |= held(world, guarded)
    claims["settings stay"] = world.files() == enabled != before
    world.disable()
    claims["restored"] = world.files() == before
    request.node.user_properties += claims.items()
    assert [claim for claim, holds in claims.items() if not holds] == [], f"{unguarded}\n{guarded}"


@pytest.mark.matrix
@pytest.mark.parametrize("world", [pytest.param(agent, id=agent.name) for agent in AGENTS.values()], indirect=True)
def test_where_slopguard_is_gone_installs_are_refused_and_all_else_runs(
    world: World, request: pytest.FixtureRequest
) -> None:
    """Cline ends its task and tells nobody why: there is no other way to refuse without knowing which tool it is."""
    world.slopguard("enable", world.agent.name, "--yes")
    script = world.root / "slopguard" / "hooks" / "run"
    script.write_text(script.read_text().replace("/agents/start.py", "/agents/gone.py"))
    assert "/agents/gone.py" in script.read_text()
    install, _, echo = asked(world)
    ended = world.talk(echo, install)
    rest = (world.project / "note.txt").exists()
    refused = not world.mark.exists() and (world.agent is CLINE or "slopguard is gone" in ended.heard[-1])
    request.node.user_properties += [("gone: refused", refused), ("gone: the rest runs", rest)]
    assert (refused, rest) == (True, True), ended


@pytest.mark.matrix
@pytest.mark.parametrize("world", [pytest.param(QWEN, id=QWEN.name)], indirect=True)
def test_what_an_agent_made_of_its_settings_meanwhile_stays(world: World) -> None:
    before = json.loads(world.hooks.read_text())
    world.slopguard("enable", world.agent.name, "--yes")
    enabled = world.files()
    world.talk(world.agent.shell("echo fine > note.txt"))
    assert world.files() != enabled
    world.disable()
    assert json.loads(world.hooks.read_text()) == before | {"$version": 4}


def asked(world: World) -> list[Tool]:
    """An install, a requirement, and something harmless."""
    agent = world.agent
    requirements = agent.write(world.project / "requirements.txt", f"{INVENTED}==1.0\n")
    return [agent.shell(f"pip install {INVENTED}"), requirements, agent.shell("echo fine > note.txt")]


def meddling(world: World) -> list[Tool]:
    """Two ways to take the guard out of the agent's own settings."""
    read = [world.agent.read(world.hooks)] if world.agent.read else []
    return [*read, world.agent.write(world.hooks, "{}\n"), world.agent.shell(f"rm {world.hooks}")]


def through_a_server(world: World) -> list[Tool]:
    """The install once more, by a tool of a server that the agent was given."""
    return [world.agent.mcp(f"pip install {INVENTED}")] if world.agent.mcp else []


def held(world: World, ended: Ended) -> Mapping[str, bool]:
    """Which claims about a guarded conversation hold."""
    pip, requirements, note = ran(world)
    served = through_a_server(world)
    heard = [*ended.heard, *[""] * (len(asked(world)) + len(meddling(world)) + len(served) - len(ended.heard))]
    through = {"mcp deny": WHY in heard.pop()} if served else {}
    install, write, echo, *_, edit, removal = heard
    return through | {
        "shell deny": not pip and WHY in install and "Your command was not run." in install,
        "write deny": not requirements and WHY in write and "Your edit was not made." in write,
        "told whole": ended.last.count(LAST) >= 2,
        "allowed runs": note and "slopguard" not in echo,
        "settings edit": GUARDED in edit,
        "settings rm": GUARDED in removal,
    }


def ran(world: World) -> tuple[bool, bool, bool]:
    """Whether pip was started, the requirement was written, and the note."""
    files = (world.mark, world.project / "requirements.txt", world.project / "note.txt")
    pip, requirements, note = (file.exists() for file in files)
    return pip, requirements, note


def forget(world: World) -> None:
    """Take away what a conversation made."""
    for file in (world.mark, world.project / "requirements.txt", world.project / "note.txt"):
        file.unlink(missing_ok=True)
