"""The commands of a shell text with everything around them taken off, and the files that it redirects to.

Invariants: nothing is run; a command that a wrapper, a substitution, a function or another text starts is one of the
commands too; what is unknown stays marked as such. Where the text has more than `_MOST` commands, the rest is not read,
and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path

from slopguard.agents.protected.places import Places
from slopguard.agents.protected.redirects import redirected
from slopguard.commands import bash, interpreters, jscode, later, loose, pycode, said
from slopguard.commands.builtin import BUILTINS
from slopguard.commands.scope import Scope, Word
from slopguard.commands.steps import Assign, Enter, Feed, Function, Leave, Loop, Nested, Raw, Simple, Step
from slopguard.commands.unwrap import Peeled, base, peel
from slopguard.commands.words import MARK
from slopguard.patterns import regex

_MOST = 600
_DEPTH = 8
_VALUES = 16
_LONGEST = 200_000
_NAME = regex(r"\$\{?([A-Za-z_]\w*)")
_CODE = {"-c", "-e", "--eval", "-p", "--print", "-pe", "-ne", "-r", "eval"}
_SCRIPTED = regex(r"(?:node|nodejs|deno|bun|perl|ruby|php)[\d.]*")
_INNER = regex(
    r"(?:slopguard|rm|rmdir|mv|unlink|sed|tee|rimraf|shred|del-cli|trash|truncate|cp|sh|bash|zsh|python[\d.]*|node)"
)
"""Programs that are looked for behind a command that nobody knows: `uv run slopguard`, `npx rimraf x`."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One command.

    Args:
        words: its words, the name first.
        cwd: the folder it runs in, as far as that is known.
        feed: its standard input.
        scope: what the script has said so far.
    """

    words: tuple[Word, ...]
    cwd: Path
    feed: Feed | None
    scope: Scope

    @property
    def name(self) -> str:
        """The program, without folder."""
        return base(self.words[0].text)


@dataclass(slots=True)
class Script:
    """What a text does.

    Args:
        ran: its commands, in order.
        code: text for an interpreter of another language, with the folder that it runs in.
        outputs: the files that it redirects to: the word, whether it is appended, the folder.
        variables: the names of variables that it sets or takes away.
        folders: every folder that it was in.
        cut: it was too long or too deep to be read whole.
    """

    ran: list[Ran] = field(default_factory=list)
    code: list[tuple[str, Path]] = field(default_factory=list)
    outputs: list[tuple[str, bool]] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    cut: bool = False


def read(text: str, places: Places) -> Script:
    """What a shell text does."""
    walk = _Walk(places)
    walk.script(text, walk.scope(text), 0)
    return walk.found


class _Walk:
    """Goes through texts, one inside the other."""

    def __init__(self, places: Places) -> None:
        self.found = Script(folders=[places.cwd])
        self._places = places
        self._ever = Scope(places.cwd)
        self._kept: dict[Path, str] = {}
        self._seen = 0

    def scope(self, text: str) -> Scope:
        """What a text begins with: the variables of the agent's own environment that it mentions."""
        scope = Scope(self._places.cwd)
        env = {"HOME": str(self._places.account), "PWD": str(self._places.cwd)}
        env |= {name: self._places.env[name] for name in _NAME.findall(text) if name in self._places.env}
        scope.variables = {name: ((value,),) for name, value in env.items()}
        self._ever.variables = dict(scope.variables)
        return scope

    def script(self, text: str, scope: Scope, depth: int) -> None:
        """Read a text; what it sets stays in `scope`."""
        if depth > _DEPTH or len(text) > _LONGEST:
            self.found.cut = True
            return
        text = re.sub("[\0\ud800-\udfff]", "\ufffd", text.replace("\r\n", "\n")).replace("\\\n", "")
        outer: list[Scope] = []
        for step in bash.steps(text, 1):
            if self._seen > _MOST:
                self.found.cut = True
                return
            if isinstance(step, Enter):
                outer.append(scope)
                scope = scope.copy()
            elif isinstance(step, Leave):
                scope = outer.pop() if outer else scope
            else:
                self._step(step, scope, depth)
        for word, appended in redirected(text):
            for lookup in islice(self._ever.lookups([word]), _VALUES):
                self.found.outputs += [(each.text, appended) for each in self._ever.words([Raw(word, 1)], lookup)]

    def _step(self, step: Step, scope: Scope, depth: int) -> None:
        if isinstance(step, Assign):
            self._assign(step.raw, scope, maybe=step.maybe)
        elif isinstance(step, Loop):
            scope.loop(step)
            self._ever.loop(step)
        elif isinstance(step, Function):
            scope.functions[step.name] = step.body
            self.script(step.body.text, scope.copy(), depth + 1)
        elif isinstance(step, Nested):
            self.script(step.body.text, scope.copy(), depth + 1)
        elif isinstance(step, Simple) and step.words:
            self._simple(step, scope, depth)

    def _assign(self, raw: Raw, scope: Scope, *, maybe: bool = False) -> None:
        scope.assign(raw, maybe=maybe)
        self._ever.assign(raw, maybe=True)
        self.found.variables.append(re.split(r"[\[+=]", raw.text, maxsplit=1)[0])

    def _simple(self, step: Simple, scope: Scope, depth: int) -> None:
        inner = scope.copy() if step.assignments else scope
        for raw in step.assignments:
            self._assign(raw, inner)
        for lookup in islice(scope.lookups(raw.text for raw in step.words), _VALUES):
            words = tuple(scope.words(step.words, lookup))
            if words:
                self._keep(step, words, scope)
                self._run(words, step.feed, scope if not step.assignments else inner, depth)

    def _keep(self, step: Simple, words: tuple[Word, ...], scope: Scope) -> None:
        """A file that is written from the text itself: it may be run later on."""
        if step.sink is None or base(words[0].text) not in said.COMMANDS or len(self._kept) > _VALUES:
            return
        text = said.output(step, words, scope)
        for word in scope.words([step.sink], next(iter(scope.lookups([step.sink.text])))) if text else ():
            self._kept[self._places.path(word.text, scope.cwd)] = text[0] if text else ""

    def _run(self, words: tuple[Word, ...], feed: Feed | None, scope: Scope, depth: int) -> None:
        """One command, and what it starts."""
        self._seen += 1
        self.found.cut = self.found.cut or depth > _DEPTH or self._seen > _MOST
        if self.found.cut or not words:
            return
        first, name = words[0], base(words[0].text)
        self.found.ran.append(Ran(words, scope.cwd, feed, scope))
        if first.raw in scope.aliases:
            self._alias(words, feed, scope, depth)
        elif first.text in scope.functions and depth < _DEPTH:
            self.script(scope.functions[first.text].text, scope.called(list(words[1:])), depth + 1)
        elif name in ("cd", "pushd", "popd", "alias", "set"):
            self._shell_own(name, words, scope)
        elif name == "xargs" and (given := _given(words, feed, scope)):
            self._run(given, None, scope, depth + 1)
        elif peeled := peel(words):
            self._peeled(peeled, words, feed, scope, depth)
        elif len(words) == 1 and re.search(r"\s", first.text):
            self.script(first.text, scope.copy(), depth + 1)
        else:
            self._program(name, words, feed, scope, depth)
        for path in self._files(name, words, scope):
            text = self._kept.pop(path)
            if later.PYTHON.fullmatch(name) or _SCRIPTED.fullmatch(name):
                self._code(text, (), scope, depth)
            else:
                self.script(text, scope.copy(), depth + 1)

    def _files(self, name: str, words: tuple[Word, ...], scope: Scope) -> list[Path]:
        """The files written before that a command is, or is given to run."""
        if not self._kept or name in later.HARMLESS:
            return []
        paths = (self._places.path(word.text, scope.cwd) for word in words if not word.text.startswith("-"))
        return list(dict.fromkeys(path for path in paths if path in self._kept))

    def _alias(self, words: tuple[Word, ...], feed: Feed | None, scope: Scope, depth: int) -> None:
        alias = scope.aliases[words[0].raw]
        lookup = next(iter(scope.lookups([alias.text])))
        meant = scope.words(loose.split(alias.text, 1), lookup)
        if meant:
            meant[0] = meant[0]._replace(raw=f"\\{meant[0].raw}")
        self._run((*meant, *words[1:]), feed, scope, depth + 1)

    def _shell_own(self, name: str, words: tuple[Word, ...], scope: Scope) -> None:
        """`cd` and the like; the folder goes on as it was where the new one is not known."""
        home = Word(str(self._places.account), 1, "~")
        if name == "cd" and not [word for word in words[1:] if not word.text.startswith("-")]:
            words = (words[0], home)
        tilde = [w._replace(text=str(self._places.path(w.text, scope.cwd))) if w.text[:1] == "~" else w for w in words]
        BUILTINS[name](scope, tuple(tilde))
        scope.lost = False
        scope.variables["PWD"] = ((str(scope.cwd),),)
        if scope.cwd not in self.found.folders:
            self.found.folders.append(scope.cwd)

    def _peeled(self, peeled: Peeled, words: tuple[Word, ...], feed: Feed | None, scope: Scope, depth: int) -> None:
        """What a wrapper starts."""
        self.found.variables += [name for name, _ in peeled.env]
        inner = scope if words[0].text == "eval" else scope.copy()
        if moved := _option(words, "-C", "--chdir", "-D", "--directory"):
            inner.cwd = self._places.path(moved, inner.cwd)
        for text in peeled.texts:
            after = words[words.index(text) + 1 :] if text in words else ()  # `$0` and the words behind it
            self.script(text.text, inner if words[0].text == "eval" else inner.called(list(after[1:])), depth + 1)
        for command in peeled.commands:
            self._run(command, feed, inner, depth + 1)
        if peeled.stdin and (given := self._input(feed, scope)):
            self.script(given, inner.copy(), depth + 1)

    def _program(self, name: str, words: tuple[Word, ...], feed: Feed | None, scope: Scope, depth: int) -> None:
        """A program: an interpreter of another language, or one that may start another."""
        if later.PYTHON.fullmatch(name):
            kind, rest = interpreters.python(words)
            code = rest[0].text if kind == "code" else self._input(feed, scope) if kind == "input" else ""
            self._code(code, [each.text for each in pycode.commands(code) or ()], scope, depth)
            if kind == "command":
                self._run(rest, feed, scope, depth + 1)
        elif _SCRIPTED.fullmatch(name):
            texts = [after.text for option, after in pairwise(words) if option.text in _CODE]
            texts = texts or ([self._input(feed, scope)] if len(words) == 1 or words[-1].text == "-" else [])
            for code in texts:
                self._code(code, jscode.commands(code), scope, depth)
        elif name in ("awk", "gawk", "mawk", "nawk"):
            self._code(" ".join(word.text for word in words[1:]), (), scope, depth)
        elif name not in later.HARMLESS and name != "slopguard":
            at = next((n for n in range(1, len(words) - 1) if _INNER.fullmatch(base(words[n].text))), None)
            if at is not None:
                self._run(words[at:], feed, scope, depth + 1)

    def _input(self, feed: Feed | None, scope: Scope) -> str:
        text = said.fed(feed, scope) if feed is not None else None
        return text[0] if text else ""

    def _code(self, code: str, commands: Iterable[str], scope: Scope, depth: int) -> None:
        if code:
            self.found.code.append((code[:_LONGEST], scope.cwd))
        for text in commands:
            self.script(text, scope.copy(), depth + 1)


def _given(words: tuple[Word, ...], feed: Feed | None, scope: Scope) -> tuple[Word, ...]:
    """The command that `xargs` runs, with what it is given where that can be told: a text, or what `find` finds."""
    peeled = peel(words)
    if feed is None or peeled is None or not peeled.commands:
        return ()
    inner = tuple(word for word in peeled.commands[0] if word.text != MARK)
    if text := said.fed(feed, scope):
        return (*inner, *(Word(each, 1, each) for each in text[0].split()))
    if feed.source is None:
        return ()
    source = tuple(scope.words(feed.source.words, next(iter(scope.lookups([])))))
    if source and base(source[0].text) == "find":
        return (*source, Word("-exec", 1, ""), *inner, Word(";", 1, ""))
    return (*inner, *source[1:]) if source and base(source[0].text) in ("ls", "realpath", "readlink") else ()


def _option(words: tuple[Word, ...], *names: str) -> str:
    """The value of an option of a wrapper's own."""
    if base(words[0].text) not in ("env", "sudo", "git", "make"):
        return ""
    for at, word in enumerate(words[1:], start=1):
        name, equals, value = word.text.partition("=")
        if name in names:
            return value if equals else words[at + 1].text if at + 1 < len(words) else ""
    return ""
