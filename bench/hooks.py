"""What `slopguard hook` takes: the whole process, as it is installed and as a command, beside a bare interpreter.

Invariants: nothing is asked of any index; every answer is looked at, so that no figure is that of a failure.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.machine import Machine
from bench.residents import KEPT, started, stopped
from bench.timing import Measure, paired, row, run
from slopguard.guard.enabling import agent_hook

ROUNDS = 25
SCRIPT = Path(sys.executable).with_name("slopguard")
INTERPRETER = (sys.executable, "-c", "pass")
NOTHING = ("git status && ls -la src", "python -m pytest -q tests/test_app.py -k 'login and not slow'", "npm test")
"""Commands that install nothing: two that the first look tells, and one that is read in full."""
_JUDGED = (", allowed", ", refused")
DENIED = b'"permissionDecision":"deny"'
LINES = 200


def hooks(folder: Path) -> None:
    """Every row."""
    machine = Machine.at(folder / "home")
    env = {**machine.env, "SLOPGUARD_OFFLINE": "1", "SLOPGUARD_DAEMON": "off"}
    installed = folder / "run"
    installed.write_bytes(agent_hook.script(Path(env["SLOPGUARD_HOME"]), ("claude-code",)))
    installed.chmod(0o755)
    (folder / "project").mkdir()
    ways: dict[str, tuple[str, ...]] = {"the installed hook": (str(installed), "claude-code")}
    ways |= {"`slopguard hook claude-code`": (str(SCRIPT), "hook", "claude-code")} if SCRIPT.exists() else {}
    for way, command in ways.items():
        cases = {what: (given, said) for what, given, said in _cases(folder / "project")}
        runs: list[Measure] = [run(command, env, folder / "project", 0, *case) for case in cases.values()]
        *costs, bare = paired(ROUNDS, *runs, run(INTERPRETER, env, folder, 0))
        for what, cost in zip(cases, costs, strict=True):
            row(f"{way}: {what}", cost, "interpreter alone", bare)
    beside_a_daemon(folder, env, installed)


def beside_a_daemon(folder: Path, env: Mapping[str, str], installed: Path) -> None:
    """The same calls that need a verdict, by the installed hook, with the daemon up and without one."""
    cases = {what: (given, said) for what, given, said in _cases(folder / "project") if what.endswith(_JUDGED)}
    ways = {**env, "SLOPGUARD_DAEMON": KEPT}, {**env, "SLOPGUARD_DAEMON": "off"}
    started(ways[0])
    for what, case in cases.items():
        costs = paired(
            ROUNDS, *(run((str(installed), "claude-code"), way, folder / "project", 0, *case) for way in ways)
        )
        row(f"the installed hook, daemon up: {what}", costs[0], "without one", costs[1])
    stopped(ways[0])


def _cases(project: Path) -> list[tuple[str, bytes, bytes]]:
    """What is given, and what must be in the answer."""
    found = [(f"`{command}`", _shell(command, project), b"") for command in NOTHING]
    found.append(("`pip install flask requests`, allowed", _shell("pip install flask requests", project), b""))
    found.append(("`pip install flask-auth-magic`, refused", _shell("pip install flask-auth-magic", project), DENIED))
    source = {"file_path": str(project / "app.py"), "content": "def main() -> int:\n    return 0\n" * LINES}
    found.append((f"a source file of {2 * LINES} lines without imports", _call("Write", source, project), b""))
    names = "".join(f"{name}\n" for name in _listed()[:LINES])
    written = {"file_path": str(project / "requirements.txt"), "content": names}
    found.append((f"a requirements.txt of {LINES} lines, allowed", _call("Write", written, project), b""))
    return found


def _shell(command: str, project: Path) -> bytes:
    return _call("Bash", {"command": command, "description": "Do what was asked"}, project)


def _call(tool: str, arguments: Mapping[str, object], project: Path) -> bytes:
    call = {"session_id": "bench", "hook_event_name": "PreToolUse", "cwd": str(project), "tool_name": tool}
    return json.dumps({**call, "permission_mode": "default", "tool_input": dict(arguments)}).encode()


def _listed() -> list[str]:
    from bench.checking import listed

    return listed("pypi")
