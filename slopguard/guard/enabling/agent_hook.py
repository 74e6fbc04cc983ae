"""`hooks/run` in SLOPGUARD_HOME: what a coding agent starts before a tool, whatever Python or place slopguard has now.

Invariants: POSIX sh that starts slopguard, at the cost of a shell's start; what ends without an answer is a refusal,
for an agent that gets none goes on; a project's own settings have no say where the account's run it already; where
slopguard is gone a command that could install something is refused with the way back, in the shape that the agent
understands, and all else goes on.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

import slopguard
from slopguard.clients import COMMANDS
from slopguard.errors import ConfigError
from slopguard.guard.enabling import files, record

FOLDER = "hooks"
NAME = "run"
MARK = "# slopguard hook"
PROJECT = "--project"
"""The second argument in a project's settings."""
_SAID = "slopguard: slopguard is gone, so this was not started and nothing was installed. Tell the user to run: sh "
_WORDS = "install|add|i|ci|up|update|upgrade|sync|lock|create|init|exec|dlx|x|run|tool|inject|require|link"
_ALONE = "npx|uvx|bunx|pnpx"
_TEXT = """#!/bin/sh
{mark}: what a coding agent runs before a tool. Taken out by: slopguard disable
case "${{1-}} ${{2-}}" in
    {twice})
        cat >/dev/null
        exit 0 # the account's own settings run it, too
        ;;
    *' {project}')
        _slopguard_agent=$1
        shift 2
        set -- "$_slopguard_agent" "$@"
        ;;
esac
if [ -x {python} ] && [ -f {start} ]; then
    {python} -E -P -S {start} "$@"
    _slopguard_code=$?
    case $_slopguard_code in
        0 | 2) exit "$_slopguard_code" ;;
    esac
{died}
    exit 2
fi
if ! LC_ALL=C grep -Eq {installs}; then
    cat >/dev/null
    exit 0
fi
cat >/dev/null
{gone}
exit 2
"""
_REFUSAL = """case ${{1-}} in
    cline) printf '%s\\n' {cline}; exit 0 ;;
    opencode) printf '%s\\n' {opencode}; exit 0 ;;
    copilot) printf '%s\\n' {copilot} ;;
esac
printf '%s\\n' {said} >&2"""
"""A refusal, in the shape that the agent understands."""
_DIED = "slopguard: it ended without an answer, so this was refused. Tell the user to run: slopguard status"
OFF = f"""#!/bin/sh
{MARK}: off. An agent's settings still name this file, so it is here, and does nothing.
cat >/dev/null
exit 0
"""
"""What stays where an entry could not be taken out: some agents refuse everything if their hook is not found."""


def path(home: Path) -> Path:
    """Where it lies."""
    return home / FOLDER / NAME


def is_whole(home: Path) -> bool:
    """Whether it is there and starts slopguard: it may be another version's, but nobody's who made it do nothing."""
    try:
        text = files.read(path(home)) or b""
    except ConfigError:
        return False
    return text.startswith(f"#!/bin/sh\n{MARK}: what".encode()) and b"/start.py" in text and b"\nexit 2\n" in text


def start() -> Path:
    """What the script starts with Python."""
    return Path(slopguard.__file__).parent / "agents" / "start.py"


def script(home: Path, agents: Sequence[str]) -> bytes:
    """The script.

    Args:
        agents: those whose settings for all of the account's projects run it.
    """
    gone = f"{_SAID}{shlex.quote(str(home / record.SHIMS / 'undo.sh'))}"
    text = _TEXT.format(
        mark=MARK,
        project=PROJECT,
        twice=" | ".join(f"'{agent} {PROJECT}'" for agent in agents) or "' '",
        python=shlex.quote(sys.executable),
        start=shlex.quote(str(start())),
        installs=shlex.quote(_installs()),
        died=indent(_refusal(_DIED), "    "),
        gone=_refusal(gone),
    )
    return text.encode()


def _refusal(said: str) -> str:
    shapes = {
        "cline": {"cancel": True, "errorMessage": said},
        "opencode": {"decision": "deny", "reason": said},
        "copilot": {"permissionDecision": "deny", "permissionDecisionReason": said},
    }
    quoted = {agent: shlex.quote(json.dumps(shape)) for agent, shape in shapes.items()}
    return _REFUSAL.format(said=shlex.quote(said), **quoted)


def _installs() -> str:
    """A pattern of grep's for text that could install something."""
    clients = "|".join(sorted({*COMMANDS} - set(_ALONE.split("|"))))
    apart = "[^[:alnum:]_-]"
    return f'(^|{apart})(({_ALONE})|({clients})[0-9.]*{apart}[^"]*({_WORDS}))({apart}|$)'
