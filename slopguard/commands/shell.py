"""Shell text -> what it would install: the parser's steps taken one after the other, wrappers taken off, clients asked.

Invariants: nothing is run, expanded from this process's environment, or looked up; text inside text is read too, up to
a depth and a size; whatever is beyond either, or cannot be known, is `undecidable` with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard.clients import plain
from slopguard.commands import installs, interpreters, jscode, later, loose, plainly, said, written
from slopguard.commands.builtin import BUILTINS, configured
from slopguard.commands.gathered import Gathered
from slopguard.commands.installs import Place
from slopguard.commands.kept import Kept
from slopguard.commands.scope import Scope, Word
from slopguard.commands.steps import Assign, Enter, Feed, Function, Leave, Loop, Nested, Raw, Simple, Step
from slopguard.commands.unwrap import Peeled, base, peel
from slopguard.commands.words import MARK
from slopguard.commands.wrappers import FAMILIES
from slopguard.patterns import regex
from slopguard.readers.interface import Reading

_DEPTH = 12
"""How deep texts and wrappers may be inside one another."""
_WORDS = 2_000
"""No command has more."""
_SCRIPTED = regex(r"(?:node|nodejs|perl|ruby|php|deno|bun)")
"""Interpreters whose code is not read."""
_HARMLESS_VARIABLES = regex(
    r"(?:C?MAKE|APT|APT_GET|BREW|CARGO|GO|GEM|NINJA|DNF|YUM|APK|HELM|KUBECTL|MESON|XCODEBUILD)\w*"
)
_VARIABLE = regex(r"[\"']?\$+[{(]?(\w+)[^\s]*")


def read(text: str, path: Path, line: int, cwd: Path, kept: Kept | None = None) -> Reading:
    """See `slopguard.commands.read`; `kept` gets the files that the text writes, which are then not read here."""
    shell = _Shell(Gathered(path), kept)
    shell.script(text, line, Scope(cwd), 0)
    return shell.gathered.reading()


@dataclass(frozen=True, slots=True)
class _Call:
    """One command, its words understood.

    Args:
        env: settings of clients, those of the script and those set in front of it.
        feed: its standard input.
        depth: how deep inside other texts and wrappers.
    """

    words: tuple[Word, ...]
    env: dict[str, str]
    feed: Feed | None
    scope: Scope
    depth: int

    @property
    def line(self) -> int:
        """The line of its first word."""
        return self.words[0].line


class _Shell:
    """Runs through scripts without running them."""

    def __init__(self, gathered: Gathered, kept: Kept | None) -> None:
        self.gathered, self._kept, self._keeps = gathered, kept if kept is not None else Kept(), kept is not None
        self._called: set[Raw] = set()
        self._active: set[Raw] = set()

    def script(self, text: str, line: int, scope: Scope, depth: int) -> None:
        """Read a text as a script; what it sets stays in `scope`."""
        if depth > _DEPTH:
            self.gathered.unclear(line)
            return
        if not self.gathered.may_read(text, line):
            return
        defined: list[Raw] = []
        outer: list[Scope] = []
        for step in plainly.steps(text, line):
            if self.gathered.done:
                return
            if isinstance(step, Enter):
                outer.append(scope)
                scope = scope.copy()
            elif isinstance(step, Leave):
                scope = outer.pop()
            else:
                defined += [step.body] if isinstance(step, Function) else []
                self._step(step, scope, depth)
        for body in defined:
            if body not in self._called:
                self._function(body, scope.copy(), depth)

    def _step(self, step: Step, scope: Scope, depth: int) -> None:
        if isinstance(step, Assign):
            scope.assign(step.raw, maybe=step.maybe)
        elif isinstance(step, Loop):
            scope.loop(step)
        elif isinstance(step, Function):
            scope.functions[step.name] = step.body
        elif isinstance(step, Nested):
            self.script(step.body.text, step.body.line, scope.copy(), depth + 1)
        elif isinstance(step, Simple) and step.words:
            self._simple(step, scope, depth)

    def _simple(self, step: Simple, scope: Scope, depth: int) -> None:
        """A simple command, once for every combination of values that its variables may have."""
        first = step.words[0].text
        if first in _IDLE and first not in scope.functions and first not in scope.aliases:
            return
        raws = (*step.words, *step.assignments)
        for lookup in scope.lookups(raw.text for raw in raws):
            if self.gathered.done:
                return
            words = tuple(scope.words(step.words, lookup))
            if len(words) > _WORDS:
                self.gathered.unclear(words[_WORDS].line)
                words = words[:_WORDS]
            inner = Scope(scope.cwd, env=dict(scope.env), variables=scope.variables)
            if step.assignments:
                inner = scope.copy()
                for raw in step.assignments:
                    inner.assign(raw)
            if words:
                self._write(step, words, scope, depth)
                self._run(_Call(words, inner.env, step.feed, scope, depth))

    def _run(self, call: _Call) -> None:
        """One command, whatever it is."""
        if not self.gathered.may_run(call.line):
            return
        if call.depth > _DEPTH:
            self.gathered.unclear(call.line)
            return
        if text := self._kept.run(call.scope, call.words):
            self.script(*text, call.scope.copy(), call.depth + 1)
        self._known(call)

    def _known(self, call: _Call) -> None:
        """A command that may be looked at."""
        first = call.words[0]
        name = base(first.text)
        if first.raw in call.scope.aliases:
            self._alias(call)
        elif first.text in call.scope.functions:
            self._calls(call)
        elif name in BUILTINS:
            BUILTINS[name](call.scope, call.words)
        elif not name or first.text == MARK or later.spelled(name, first):
            self._unknown(call)
        elif peeled := peel(call.words):
            self._peeled(call, peeled)
        elif len(call.words) == 1 and re.search(r"\s", first.text):  # a whole command in quotes
            self.script(first.text, first.line, call.scope.copy(), call.depth + 1)
        elif name not in later.HARMLESS:
            self._command(name, call)

    def _again(self, call: _Call, words: Iterable[Word]) -> None:
        """The command that is part of another one."""
        taken = tuple(words)
        if taken:
            self._run(replace(call, words=taken, depth=call.depth + 1))

    def _command(self, name: str, call: _Call) -> None:
        """A command that is neither the shell's own nor a wrapper."""
        place = Place(self.gathered.path, call.scope.cwd, call.scope.lost, call.env)
        if plain(name):
            self._client(name, call, place)
        elif later.PYTHON.fullmatch(name):
            self._python(call)
        elif _SCRIPTED.fullmatch(name) and self._interpreter(call):
            return
        elif (found := installs.other(name, call.words, place)) is not None:
            self.gathered.take(found)
            if pipx := installs.other(f"{name} pipx", call.words, place):
                self.gathered.take(pipx)
        elif name in ("slopguard", "corepack", "pip-tools") and len(call.words) > 1:
            self._prefixed(name, call)
        elif (at := later.find(call.words)) is not None:
            self._again(call, call.words[at:])

    def _prefixed(self, name: str, call: _Call) -> None:
        """`corepack yarn@4 add x`, `slopguard pip install x`, `python -m piptools compile x.in`."""
        first = call.words[1]
        text = f"pip-{first.text}" if name == "pip-tools" else later.unversioned(first.text)
        self._again(call, (first._replace(text=text), *call.words[2:]))

    def _client(self, name: str, call: _Call, place: Place) -> None:
        """A client that slopguard guards; what it starts is a command too."""
        if not self.gathered.may_ask(call.line):
            return
        configured(call.scope, call.words)
        found = installs.guarded(name, call.words, place)
        self.gathered.take(found)
        for text in self._kept.listed(found.files):
            self.gathered.add(written.read("requirements", *text, self.gathered.path))
        for word in installs.scripts_set(call.words):
            self.script(word.text, word.line, call.scope.copy(), call.depth + 1)
        verb = next((word.text for word in call.words[1:] if word.text[:1] != "-" and word.text != "tool"), "")
        if name not in later.RUNNERS and verb not in _RUNNING:
            return
        for at, word in enumerate(call.words[1:-1], start=1):
            if word.text in ("-c", "--call", "--shell-mode"):
                following = call.words[at + 1]
                self.script(following.text, following.line, call.scope.copy(), call.depth + 1)
                return
        self._again(call, later.started(call.words))

    def _unknown(self, call: _Call) -> None:
        """A command whose name is a variable or a substitution."""
        found = _VARIABLE.match(call.words[0].raw)
        variable = found[1] if found else ""
        guessed = re.sub(r"(?i)(?:_(?:BIN|CMD|EXE|EXECUTABLE|COMMAND|(?:EXEC)?PATH))?\d*$", "", variable).lower()
        guessed = guessed.rpartition("_")[2]
        following = [word.text for word in call.words[1:]]
        if guessed in ("python", "py") or following[:1] == ["-m"]:
            self._python(call)
        elif plain(guessed) and any(text in later.INSTALL | {"exec", "x"} for text in following):
            self.gathered.unclear(call.line)
            self._again(call, (call.words[0]._replace(text=guessed), *call.words[1:]))
        elif (at := later.find(call.words)) is not None:
            self._again(call, call.words[at:])
        elif following[:1] and following[0] in later.INSTALL and not _HARMLESS_VARIABLES.fullmatch(variable):
            self.gathered.unclear(call.line)

    def _peeled(self, call: _Call, peeled: Peeled) -> None:
        """What a wrapper starts."""
        if peeled.opaque:
            self.gathered.unclear(call.line)
        env = call.env | dict(peeled.env)
        same = call.words[0].text in ("eval", ".", "source")  # shell
        for text in peeled.texts:
            self.script(text.text, text.line, call.scope if same else call.scope.copy(), call.depth + 1)
        for words in peeled.commands:
            self._again(replace(call, env=env), words)
        if peeled.stdin:
            self._fed(call, lambda text, line: self.script(text, line, call.scope.copy(), call.depth + 1))

    def _python(self, call: _Call) -> None:
        """`python -m MODULE`, `python -c CODE`, `python - <<EOF`: see `interpreters`."""
        kind, words = interpreters.python(call.words)
        if kind == "command":
            self._again(call, words)
        elif kind == "code":
            self._code(words[0].text, words[0].line, call)
        elif kind == "input":
            self._fed(call, lambda text, line: self._code(text, line, call))
        elif kind == "unclear":
            self.gathered.unclear(call.line)
        elif text := self._kept.given(call.scope, call.words):
            self._code(*text, call)

    def _code(self, code: str, line: int, call: _Call) -> None:
        """Python code."""
        from slopguard.commands import pycode  # few commands hold any

        started = pycode.commands(code)
        if not started and (jscode.INSTALLING.search(code) or MARK in code):
            self.gathered.unclear(line)
        for each in started or ():
            self.script(each.text, line + each.line - 1, Scope(call.scope.cwd), call.depth + 1)

    def _interpreter(self, call: _Call) -> bool:
        """`node -e CODE`, `curl | node`; whether it was that."""
        if client := interpreters.node(call.words):
            self._again(call, client)
            return True
        options = {"-e", "--eval", "-p", "--print", "-r", "eval"}
        for at, word in enumerate(call.words[1:-1], start=1):
            if word.text in options:
                self._javascript(call.words[at + 1], call)
                return True
        if len(call.words) == 1 and call.feed is not None:
            self._fed(call, lambda text, line: self._javascript(call.words[0]._replace(text=text, line=line), call))
            return True
        return False

    def _javascript(self, word: Word, call: _Call) -> None:
        for text in jscode.commands(word.text):
            self.script(text, word.line, Scope(call.scope.cwd), call.depth + 1)
        if jscode.hides(word.text):
            self.gathered.unclear(word.line)

    def _fed(self, call: _Call, use: Callable[[str, int], None]) -> None:
        """What an interpreter reads from its standard input."""
        feed = call.feed
        if feed is None or feed.file:
            return
        text = said.fed(feed, call.scope)
        if text is None:
            self.gathered.unclear(call.line)
        else:
            use(*text)

    def _write(self, step: Simple, words: tuple[Word, ...], scope: Scope, depth: int) -> None:
        """A file that a command writes from the script's own text."""
        words = tuple(word for word in words if word.text != "sudo")
        name = base(words[0].text) if words else ""
        if name not in said.COMMANDS:
            return
        targets = [word.text for word in words[1:] if not word.text.startswith("-")] if name == "tee" else []
        if step.sink is not None:
            targets += [word.text for word in scope.words([step.sink], next(iter(scope.lookups([]))))]
        for target in targets:
            text = said.output(step, words, scope)
            kind = written.kind_of(target, text[0]) if text else None
            if text and kind == "script":
                self.script(*text, scope.copy(), depth + 1)
            elif text and (not kind or (self._keeps and MARK not in text[0] and "$" not in text[0])):
                self._kept.keep(scope, target, text)
            elif text and kind:
                self.gathered.add(written.read(kind, *text, self.gathered.path))

    def _alias(self, call: _Call) -> None:
        alias = call.scope.aliases[call.words[0].raw]
        lookup = next(iter(call.scope.lookups([alias.text])))
        words = [word._replace(line=call.line) for word in call.scope.words(loose.split(alias.text, call.line), lookup)]
        if words and words[0].raw == call.words[0].raw:
            words[0] = words[0]._replace(raw=f"\\{words[0].raw}")
        self._again(call, (*words, *call.words[1:]))

    def _calls(self, call: _Call) -> None:
        """A call of one of the script's own functions."""
        body = call.scope.functions[call.words[0].text]
        inner = call.scope.called(list(call.words[1:]), shifts="shift" in body.text)
        if body in self._active:  # it calls itself by the name of the command that it stands for
            inner.functions.pop(call.words[0].text, None)
            self._run(replace(call, scope=inner))
            return
        self._function(body, inner, call.depth)
        call.scope.returned(inner)

    def _function(self, body: Raw, scope: Scope, depth: int) -> None:
        self._called.add(body)
        self._active.add(body)
        self.script(body.text, body.line, scope, depth + 1)
        self._active.discard(body)


_IDLE = later.HARMLESS - said.COMMANDS - BUILTINS.keys() - FAMILIES
"""Commands that need no look at their words."""
_RUNNING = frozenset({"run", "exec", "x", "dlx", "runpip"})
