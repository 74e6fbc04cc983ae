"""Other pipelines in YAML: GitLab, CircleCI, Azure, Travis, Bitbucket, Drone, AppVeyor, compose, pre-commit's hooks.

They differ in shape and agree in what they call a command, so that whatever stands under such a name, however deep, is
read as one. Invariants: each node is looked at once, aliases or not; templates and inputs are never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from slopguard.clients.argv import listed
from slopguard.commands import dockerfile, windows
from slopguard.commands.composed import composed
from slopguard.commands.script import Script, idle, together
from slopguard.commands.variables import Variables
from slopguard.commands.yaml_nodes import add, folder, items, line, own, root, set_all, text, words
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.yaml_text import nodes

_COMMANDS = listed(
    "run script before_script after_script after-script command commands cmd cmds bash sh install before_install"
    " after_install before_deploy after_success after_failure test_script build_script deploy_script before_build"
    " after_build before_test after_test on_success on_failure on_finish init entrypoint post_install pre_build"
    " post_build pre_install post_checkout post_create_environment pre_create_environment post_system_dependencies"
    " create_environment pre_system_dependencies pre_checkout build html html_extra epub pdf post_html"
    " test preconditions status inline inlinescript before prebuild buildcommand startcommand predeploycommand"
    " entry"
)
_NAMED = regex(r"\w+_(?:script|commands?)|commands?_\w+|[\w-]+-(?:command|script)")
"""Keys of the user's own that hold commands (Cirrus), and parameters of orbs (CircleCI)."""

_POWERSHELL = frozenset(("pwsh", "powershell", "ps"))
_ARGV = frozenset(("command", "entrypoint", "test"))
"""Keys whose list may be the words of one command."""

_VARIABLES = frozenset(("variables", "env", "environment"))
_PLACES = ("workingdirectory", "working_directory", "working-directory", "dir")
_WORD = regex(r"\S+")


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a pipeline.

    Raises:
        InputError: it is not YAML.
    """
    found = load(path)
    if idle(found):
        return Reading(path)
    walk = _Walk(path, found.split("\n"), load)
    for top in nodes(found, path):
        walk.document(top)
    return together(path, walk.readings)


@dataclass(frozen=True)
class _Place:
    """A mapping that is yet to be looked at, and where its commands start."""

    node: yaml.Node
    cwd: Path


class _Walk:
    """The way through one file."""

    def __init__(self, path: Path, source: list[str], load: Load) -> None:
        self.path = path
        self.load = load
        self.source = source
        self.readings: list[Reading] = []
        self.seen: set[int] = set()
        self.variables = Variables()

    def document(self, top: yaml.Node) -> None:
        """Look at every mapping of a document once, from the top."""
        found = list(self.mappings(_Place(top, root(self.path))))
        for place in found:
            self.settings(place.node)
        for place in found:
            self.commands(place)

    def mappings(self, top: _Place) -> Iterator[_Place]:
        """Every mapping, in file order, with the folder that it or one around it changes to."""
        waiting = [top]
        while waiting:
            place = waiting.pop()
            if id(place.node) in self.seen:
                continue
            self.seen.add(id(place.node))
            if isinstance(place.node, yaml.MappingNode):
                changed = {key.lower(): text(value) for key, value in own(place.node) if isinstance(value.value, str)}
                to = next((changed[key] for key in _PLACES if key in changed), "")
                place = _Place(place.node, folder(place.cwd, to))
                yield place
                inside = [value for _, value in place.node.value]
            else:
                inside = items(place.node)
            waiting += [_Place(node, place.cwd) for node in reversed(inside) if not isinstance(node, yaml.ScalarNode)]

    def settings(self, node: yaml.Node) -> None:
        """Take up variables; one that is set to different values is unknown."""
        for key, value in own(node):
            if key in _VARIABLES:
                found = set_all(Variables(), value)
                for name in found:
                    word = found.get(name)
                    same = name not in self.variables or self.variables.get(name) == word
                    self.variables.set(name, word if same else None)

    def commands(self, place: _Place) -> None:
        """Take up the commands of one mapping."""
        known = {key.lower(): value for key, value in own(place.node)}
        arguments = items(known.get("args"))
        program = known.get("entrypoint") or known.get("command") or known.get("entry")
        if arguments and program:
            begun = [program] if isinstance(program, yaml.ScalarNode) else items(program)
            if program is known.get("entry"):  # pre-commit: words, and its arguments behind them
                begun = [yaml.ScalarNode("", word, program.start_mark) for word in text(program).split()]
            self.words(yaml.SequenceNode("", [*begun, *arguments], program.start_mark), place.cwd)
        for node, text_ in composed(place.node):
            self.readings.append(_at(node, text_).read(self.path, place.cwd, self.load, self.variables))
        interpreter = "python" if text(known.get("shell")).startswith("python") or "scriptsource" in known else ""
        for key, value in known.items():
            if arguments and value is program:
                continue
            if key == "dockerfile_inline":
                self.readings.append(self.image(value, place.cwd))
                continue
            if key in _POWERSHELL or key.startswith(("posh", "pwsh")):
                self.script(value, place.cwd, powershell=True)
            elif key in _COMMANDS or _NAMED.fullmatch(key):
                self.script(value, place.cwd, argv=key in _ARGV, interpreter=interpreter)
            elif key == "requirements":  # Read the Docs: python.install
                self.requirements(value, place.cwd)

    def script(
        self, node: yaml.Node, cwd: Path, *, argv: bool = False, powershell: bool = False, interpreter: str = ""
    ) -> None:
        """Take up a command, or a list of commands that one shell runs."""
        if argv and _is_argv([text(each) for each in items(node)]):
            self.words(node, cwd)
            return
        script = Script()
        for each in _flat(node):
            add(script, each, self.source)
        if powershell:
            script = script.translated(windows.powershell)
        if interpreter:
            script = script.given_to(interpreter)
        self.readings.append(script.read(self.path, cwd, self.load, self.variables))

    def words(self, node: yaml.Node, cwd: Path) -> None:
        """Take up a command in exec form."""
        script = Script()
        script.add_at((words(node) or "").removeprefix("CMD "), line(node))
        self.readings.append(script.read(self.path, cwd, self.load, self.variables))

    def image(self, node: yaml.Node, cwd: Path) -> Reading:
        """A Dockerfile that stands in the file."""
        padded = "\n" * (line(node) - (not isinstance(node, yaml.ScalarNode) or node.style != "|")) + text(node)
        return dockerfile.read(self.path, lambda _: padded, Context(cwd=cwd))

    def requirements(self, node: yaml.Node, cwd: Path) -> None:
        """Take up a requirement file that a pipeline installs from."""
        if isinstance(node, yaml.ScalarNode) and node.value:
            self.readings.append(Reading(self.path, files=(cwd / node.value,)))


def _at(node: yaml.Node, command: str) -> Script:
    """A command that is put together from nodes, on the line of one of them."""
    script = Script()
    script.add_at(command, line(node))
    return script


def _is_argv(found: list[str]) -> bool:
    """Whether a list is one command's words: no shell would take its first member for more than one."""
    if not found or not _WORD.fullmatch(found[0]):
        return False
    a_shell = found[0].rpartition("/")[2] in ("sh", "bash", "ash", "dash", "zsh")
    return a_shell or not any(" " in each for each in found)


def _flat(node: yaml.Node) -> Iterator[yaml.Node]:
    """The scalars of a command: itself, or those of a list and of the lists in it (an alias in a list is one)."""
    waiting = [(node, 0)]
    while waiting:
        current, depth = waiting.pop(0)
        if isinstance(current, yaml.ScalarNode):
            yield current
        elif depth < 3:
            waiting[:0] = [(each, depth + 1) for each in items(current)]
