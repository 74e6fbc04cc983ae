"""GitHub's workflows and composite actions: what their `run` steps would install.

Invariants: an expression (`${{ }}`) is never guessed; actions of others (`uses`) are not looked into, but what they are
given to run is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from slopguard.commands import action_inputs, windows
from slopguard.commands.script import UNKNOWN, Script, idle, is_unknown, together
from slopguard.commands.variables import Variables
from slopguard.commands.yaml_nodes import HOMES, add, folder, get, items, line, pairs, root, set_all, text, untemplated
from slopguard.model import Location
from slopguard.readers.interface import NOWHERE, Context, Load, Problem, Reading
from slopguard.readers.yaml_text import nodes

_PLACES = ("${{ github.workspace }}", "${{github.workspace}}", "${{ github.action_path }}", "${{github.action_path}}")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a workflow or an action.

    Raises:
        InputError: it is not YAML.
    """
    found = load(path)
    if idle(found) and "CIBW_" not in found:
        return Reading(path)
    for place, stands_for in zip(_PLACES, (".", ".", *[_own_folder(path)] * 2), strict=True):
        found = found.replace(place, stands_for)
    source = found.split("\n")
    return together(path, (step.read(path, source, load) for top in nodes(found, path) for step in _steps(top)))


class _Step:
    """One step, with what its job and its workflow set for it."""

    def __init__(self, node: yaml.Node, above: Variables, shell: str, place: str) -> None:
        self.node = node
        self.variables = set_all(Variables(above), get(node, "env"))
        self.shell = text(get(node, "shell")) or shell
        self.place = text(get(node, "working-directory")) or place

    def read(self, path: Path, source: list[str], load: Load) -> Reading:
        """What its command would install."""
        script = Script()
        add(script, get(self.node, "run"), source)
        name = (self.shell.split() or ["bash"])[0].rpartition("/")[2].lower()
        if name.startswith(("python", "node")):
            script = script.given_to(name)
        if name in windows.DIALECTS:
            script = script.translated(windows.DIALECTS[name])
        starter = Script()
        starter.add_at(untemplated(self.shell.replace("{0}", UNKNOWN)), line(self.node))
        place = untemplated(self.place)
        cwd = folder(root(path), place)
        scripts = [script, starter, *action_inputs.scripts(self.node, source)]
        readings = [each.read(path, cwd, load, self.variables) for each in scripts]
        unclear = any(each.files for each in readings) and (is_unknown(place) or "$" in place)
        unclear = unclear or untemplated(text(get(self.node, "run"))).strip() == UNKNOWN
        return together(path, readings, [Problem("undecidable", self.location(path))] if unclear else [])

    def location(self, path: Path) -> Location:
        """Where its command stands."""
        return Location(str(path), line(get(self.node, "run") or self.node))


def _steps(top: yaml.Node) -> Iterator[_Step]:
    """The steps of a workflow's jobs, or of a composite action."""
    everywhere = set_all(Variables(), get(top, "env"))
    seen: set[int] = set()
    for whole in (top, get(top, "runs")):
        if whole is not None:
            yield _Step(whole, everywhere, "", "")
    for step in items(get(top, "runs", "steps")):
        yield _Step(step, everywhere, "", "")
    for _, job in pairs(get(top, "jobs")):
        above = set_all(Variables(everywhere), get(job, "env"))
        shell, place = _default(top, job, "shell"), _default(top, job, "working-directory")
        if not shell and text(get(job, "runs-on")).startswith("windows"):
            shell = "pwsh"
        yield _Step(job, everywhere, "", "")
        for step in items(get(job, "steps")):
            if id(step) not in seen:  # else it is an alias
                seen.add(id(step))
                yield _Step(step, above, shell, place)


def _default(top: yaml.Node, job: yaml.Node, key: str) -> str:
    """What a job, or else the workflow, sets for all its `run` steps."""
    return text(get(job, "defaults", "run", key)) or text(get(top, "defaults", "run", key))


def _own_folder(path: Path) -> str:
    """The folder of a file as seen from the one in which its commands start."""
    inside = path.parent.parts[len(root(path).parts) :] if HOMES & set(path.parent.parts) else ()
    return "/".join(inside) or "."
