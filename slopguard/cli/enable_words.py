"""What `slopguard enable` will change, in words and diffs for a person, and as JSON.

Invariant: of a file of the user's nothing is shown but the line that comes and the line that goes: the lines around
them may be secrets, and who reads along may be an agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slopguard.cli.agent_names import titles
from slopguard.cli.rehearsing import Rehearsed
from slopguard.guard.enabling import agent_hook, insertions, record
from slopguard.guard.enabling.edits import Edit
from slopguard.guard.enabling.plan import Plan
from slopguard.guard.enabling.profiles import MARK
from slopguard.guard.find import MOVED

SCHEMA = "slopguard/enable/1"


def described(plan: Plan) -> Iterator[str]:
    """Every change, a few lines each."""
    place = plan.home / record.SHIMS
    if plan.fresh or plan.stale:
        verb = "change" if place.exists() else "new   "
        others = [name for name in plan.scripts if name not in plan.after.clients]
        if plan.after.clients:
            yield f"{verb}  {place}/   {len(plan.after.clients)} shims: {' '.join(plan.after.clients)}"
            yield f"          and {', '.join(others)}; undo.sh undoes all this without slopguard"
        else:
            yield f"{verb}  {place}/   {', '.join(others)}; undo.sh undoes all this without slopguard"
    if plan.stale:
        yield f"          no longer: {' '.join(plan.stale)}"
    if plan.hook is not None:
        script = agent_hook.path(plan.home)
        yield f"{'change' if script.exists() else 'new   '}  {script}   what agents run before a tool"
    for edit in plan.edits:
        yield from _edit(edit) if edit.kind == "line" else _settings(edit)
    for move in plan.moves:
        yield f"change  {move.folder / move.name}   a shim; the pip itself moves to {MOVED}/{move.name} beside it"
    for move in plan.rewritten:
        yield f"change  {move.folder / move.name}   the shim of this slopguard"


def as_json(plan: Plan, tried: Rehearsed, *, changed: bool) -> dict[str, Any]:
    """The same for programs."""
    changes = [{"path": str(plan.home / record.SHIMS / name), "kind": "shim"} for name in plan.fresh]
    changes += [{"path": str(agent_hook.path(plan.home)), "kind": "hook"}] * (plan.hook is not None)
    changes += [
        {"path": str(edit.path), "kind": _KINDS[edit.kind] if edit.before is not None else "new"} for edit in plan.edits
    ]
    changes += [{"path": str(each.folder / each.name), "kind": "moved"} for each in (*plan.moves, *plan.rewritten)]
    stopped = [
        {"ecosystem": each.request.ecosystem.value, "name": each.request.raw, "version": each.request.version}
        | {"rule": each.rule}
        for each in tried.stopped
    ]
    return {
        "schema": SCHEMA,
        "changed": changed,
        "clients": list(plan.after.clients),
        "agents": list(plan.after.agents),
        "changes": changes,
        "rehearsal": {
            "files": [str(path) for path in tried.look.files],
            "offline": tried.offline,
            "packages": len(tried.look.requests),
            "stopped": stopped,
        },
    }


_KINDS = {"line": "line", "json": "entry", "file": "file"}


def _settings(edit: Edit) -> Iterator[str]:
    """An agent's settings: what comes in, and that an older entry of slopguard's goes."""
    yield f"{'new   ' if edit.before is None else 'change'}  {edit.path}   {titles([edit.purpose])}"
    yield from (f"          +{line}" for line in edit.lines)
    if insertions.mentioned(edit.before):
        yield "          in the place of an older one of slopguard's"


def _edit(edit: Edit) -> Iterator[str]:
    """A new file in one line; else a unified diff without context."""
    after = edit.after.splitlines()
    at = next(number for number, line in enumerate(after) if MARK.encode() in line)
    added = after[at].decode("utf-8", "backslashreplace")
    if edit.before is None:
        yield f"new     {edit.path}   {edit.purpose}"
        yield f"          +{added}"
        return
    gone = [(n, line) for n, line in enumerate(edit.before.splitlines()) if MARK.encode() in line]
    count = len(edit.before.splitlines())
    yield f"change  {edit.path}   {edit.purpose}"
    yield f"          --- {edit.path}"
    yield f"          +++ {edit.path}"
    for number, line in gone:
        yield f"          @@ -{number + 1} +{number},0 @@"
        yield f"          -{line.decode('utf-8', 'backslashreplace')}"
    yield f"          @@ -{count},0 +{at + 1} @@"
    yield f"          +{added}"
