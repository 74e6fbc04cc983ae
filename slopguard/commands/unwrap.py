"""Commands that start other commands: `sudo`, `env`, `bash -c`, `docker run`, `ssh`, `xargs` and the like.

Invariants: pure; a wrapper of this table is taken off exactly, one that is not in it is looked through by `later`; what
a wrapper adds to a command and nobody can know (`xargs`) becomes a word nobody can know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from slopguard.clients.argv import listed
from slopguard.commands.jscode import INSTALLING
from slopguard.commands.scope import Word
from slopguard.commands.steps import ASSIGNMENT
from slopguard.commands.words import MARK, STREAM
from slopguard.commands.wrappers import FAMILIES, FAMILY_VALUES, WRAPPERS, Wrapper, wrapper
from slopguard.patterns import regex


@dataclass(frozen=True, slots=True)
class Peeled:
    """What a wrapper starts.

    Args:
        commands: command lines.
        texts: shell text.
        env: variables set for them.
        opaque: it runs what nobody can read.
        stdin: it is a shell that reads its standard input.
    """

    commands: tuple[tuple[Word, ...], ...] = ()
    texts: tuple[Word, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    opaque: bool = False
    stdin: bool = False


_SHELLS = listed("sh bash zsh dash ksh ash mksh fish rbash pwsh powershell")
_SHELL_VALUES = listed("-o +o -O +O --rcfile --init-file -ExecutionPolicy -Version")
TEXTS = listed(
    "concurrently hyperfine nodemon tmux screen start-server-and-test vagrant gcloud watchexec entr onchange wireit"
    " flyctl fly expect supervisord daemon nix-shell run-with-retry retry chpst parallel-ssh"
)
"""Commands whose quoted arguments a shell runs."""
_HELPER = regex(r"(?:run|exec|execute|try|retry|do|invoke|spin)(?:[_-]\w+)*")
"""What scripts call their own helpers that run a command; if one of their arguments is a sentence, it is that."""
_SSH_VALUES = listed("-p -i -l -o -F -L -R -D -J -b -c -E -e -I -m -O -Q -S -W -w -B")
_XARGS_VALUES = listed(
    "-I -n -P -L -s -d -E -a -J -R -S --max-args --max-procs --replace --arg-file --delimiter --max-lines"
)
_PARALLEL_VALUES = listed("-j -a -I -S --jobs --arg-file --colsep --delay --retries --joblog --tmpdir --workdir")


def base(text: str) -> str:
    """The plain name of a command: no folder, no `.exe`, what is unknown in front left out."""
    name = re.split(rf"[/\\{MARK}]", text)[-1].rstrip("\ue002")
    name = re.sub(r"\.(?:exe|cmd|bat|ps1)$", "", name, flags=re.IGNORECASE)
    return re.sub(r"^pip\d?-(?=\d)", "pip", name)  # `pip-3.12`, as some systems call it


def peel(words: tuple[Word, ...]) -> Peeled | None:
    """What the wrapper at the head of a command line starts; `None` if there is no wrapper."""
    name = base(words[0].text)
    rest = words[1:]
    if name in _SHELLS:
        return _shell(rest, joined=name in ("pwsh", "powershell"))
    if name in _SPECIAL:
        return _SPECIAL[name](rest)
    if name in FAMILIES and (inner := _family(name, rest)) is not None:
        return inner
    if name in WRAPPERS:
        return _stripped(WRAPPERS[name], rest)
    texts = tuple(word for word in rest if " " in word.text)
    if name.partition("@")[0] in TEXTS or (texts and _HELPER.fullmatch(name)):
        others = tuple(word for word in rest if word not in texts)
        others = others[options(others, frozenset()) :]
        return Peeled((others,) if others else (), texts=texts)
    return None


def options(words: tuple[Word, ...], values: frozenset[str], at: int = 0) -> int:
    """Where the options at the head of some words end."""
    while at < len(words):
        text = words[at].text
        if text == "--":
            return at + 1
        if len(text) < 2 or text[0] not in "-+" or (text[0] == "+" and text not in values):
            return at
        cluster = re.fullmatch(r"-[A-Za-z]+", text)
        takes = text in values or (cluster is not None and f"-{text[-1]}" in values)
        at += 2 if takes else 1
    return at


def _stripped(kind: Wrapper, words: tuple[Word, ...]) -> Peeled:
    """The command behind a plain wrapper, and the variables set in front of it."""
    if kind.dashes and (at := _find(words, "--")) is not None:
        return _assigned(words[at + 1 :])
    at = options(words, kind.values)
    for _ in range(kind.skip):
        at = options(words, kind.values, at + 1)
    entry = next((n for n, w in enumerate(words[:at]) if w.text.startswith("--entrypoint")), None)
    if entry is not None:
        _, equals, value = words[entry].text.partition("=")
        first = words[entry]._replace(text=value) if equals else words[entry + 1]
        return _assigned((first, *words[at:]))
    return _assigned(words[at:])


def _assigned(words: tuple[Word, ...]) -> Peeled:
    """`A=b COMMAND`."""
    env = []
    while words and (found := ASSIGNMENT.fullmatch(words[0].text)):
        env.append((found[1], found[4]))
        words = words[1:]
    return Peeled((words,) if words else (), env=tuple(env))


def _family(name: str, words: tuple[Word, ...]) -> Peeled | None:
    """`docker run`, `poetry run`: `None` if the word behind the name makes it another command."""
    at = options(words, FAMILY_VALUES)
    verb = words[at].text if at < len(words) else ""
    if verb in ("compose", "container"):
        return _family("compose" if verb == "compose" else name, words[at + 1 :])
    kind = WRAPPERS.get(f"{name} {verb}")
    if kind is None:
        return None
    found = _stripped(kind, words[at + 1 :])
    if name == "hatch" and found.commands and ":" in found.commands[0][0].text:
        first, *others = found.commands[0]
        return Peeled(((first._replace(text=first.text.partition(":")[2]), *others),), env=found.env)
    return found


def _shell(words: tuple[Word, ...], *, joined: bool = False) -> Peeled:
    """`bash -lc TEXT`, `sh FILE`, `bash -s`, `bash <(command)`; `joined`: the text is all words, as PowerShell's."""
    at, text = 0, False
    while at < len(words) and words[at].text[:1] in ("-", "+") and words[at].text not in ("-", "--"):
        option = words[at].text
        if re.fullmatch(r"-enc\w*", option, re.IGNORECASE):  # PowerShell's, in base64
            return Peeled(opaque=True)
        text = text or bool(re.fullmatch(r"-[a-z]*c|-Command|-c", option, re.IGNORECASE))
        if option in _SHELL_VALUES or re.fullmatch(r"[-+][a-z]*[oO]", option):
            at += 1
        elif re.fullmatch(r"-[a-z]*s[a-z]*", option) and not text:
            return Peeled(stdin=True)
        at += 1
    at += 1 if at < len(words) and words[at].text in ("-", "--") else 0
    if text:
        texts = _sentence(words[at:]) if joined else words[at : at + 1]
        return Peeled(texts=texts, opaque=any(map(_streamed, words[at : at + 1])))
    if at >= len(words) or words[at].text in ("/dev/stdin", "-"):
        return Peeled(stdin=True)
    return Peeled(opaque=STREAM in words[at].text)


_DOWNLOAD = regex(r"\b(?:curl|wget|fetch|iwr|irm|Invoke-WebRequest|Invoke-RestMethod|base64|xxd)\b", re.IGNORECASE)


def _streamed(word: Word) -> bool:
    """Whether a word holds what is fetched from somewhere, decoded, or put together to install something."""
    return MARK in word.text and bool(_DOWNLOAD.search(word.raw) or INSTALLING.search(word.raw))


def _eval(words: tuple[Word, ...]) -> Peeled:
    return Peeled(texts=_sentence(words), opaque=any(map(_streamed, words)))


def _source(words: tuple[Word, ...]) -> Peeled:
    streamed = any(STREAM in word.text and "completion" not in word.raw for word in words[:1])
    return Peeled(opaque=streamed)


def _sentence(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Words joined, for a shell to split again."""
    if not words:
        return ()
    return (Word(" ".join(word.text for word in words), words[0].line, ""),)


def _env(words: tuple[Word, ...]) -> Peeled:
    for number, word in enumerate(words):
        if word.text in ("-S", "--split-string") or word.text.startswith(("-S", "--split-string=")):
            inner = word.text.removeprefix("--split-string=").removeprefix("-S")
            first = (word._replace(text=inner),) if inner else ()
            return Peeled(texts=_sentence((*first, *words[number + 1 :])))
    found = _stripped(wrapper("-u -C --unset --chdir"), words)
    if found.commands and found.commands[0][0].text.startswith("-"):  # `env A=b -i COMMAND`, as people write it
        again = _stripped(wrapper("-u -C --unset --chdir"), found.commands[0])
        return replace(again, env=found.env + again.env)
    return found


def _command(words: tuple[Word, ...]) -> Peeled:
    at = options(words, frozenset())
    asked = any(re.fullmatch(r"-p*[vV]", word.text) for word in words[:at])
    return Peeled() if asked else _assigned(words[at:])


def _xargs(words: tuple[Word, ...]) -> Peeled:
    at = options(words, _XARGS_VALUES)
    named = _value(words[:at], "-I") or ("{}" if any(w.text.startswith("-i") for w in words[:at]) else None)
    inner = words[at:]
    if not inner:
        return Peeled()
    if named:
        return Peeled((tuple(word._replace(text=word.text.replace(named, MARK)) for word in inner),))
    return Peeled(((*inner, Word(MARK, inner[0].line, MARK)),))


def _find(words: tuple[Word, ...], *texts: str) -> int | None:
    return next((at for at, word in enumerate(words) if word.text in texts), None)


def _value(words: tuple[Word, ...], *names: str) -> str | None:
    """The value of an option, in the next word or glued on."""
    for at, word in enumerate(words):
        if word.text in names:
            return words[at + 1].text if at + 1 < len(words) else None
        found = next((name for name in names if word.text.startswith(name)), None)
        if found:
            return word.text.removeprefix(found).removeprefix("=")
    return None


def _find_exec(words: tuple[Word, ...]) -> Peeled:
    """`find ... -exec COMMAND {} ;`."""
    commands = []
    at = 0
    while (start := _find(words[at:], "-exec", "-execdir", "-ok", "-okdir", "-x", "--exec", "-X")) is not None:
        begin = at + start + 1
        stop = _find(words[begin:], ";", "+")
        end = len(words) if stop is None else begin + stop
        commands.append(tuple(w._replace(text=w.text.replace("{}", MARK)) for w in words[begin:end]))
        at = end
    return Peeled(tuple(command for command in commands if command))


def _parallel(words: tuple[Word, ...]) -> Peeled:
    at = options(words, _PARALLEL_VALUES)
    stop = _find(words, ":::", "::::", ":::+")
    head, tail = words[at : len(words) if stop is None else stop], words[stop + 1 :] if stop is not None else ()
    given = (
        tail if stop is not None and words[stop].text == ":::" else (Word(MARK, words[0].line, MARK),) if words else ()
    )
    if len(head) == 1 and " " in head[0].text:
        return Peeled(texts=tuple(_filled(head[0], word) for word in given))
    if any("{}" in word.text for word in head):
        return Peeled(tuple(tuple(w._replace(text=w.text.replace("{}", each.text)) for w in head) for each in given))
    return Peeled(((*head, *given),) if head else (), texts=() if head else given)


def _filled(template: Word, word: Word) -> Word:
    holds = "{}" in template.text
    return template._replace(text=template.text.replace("{}", word.text) if holds else f"{template.text} {word.text}")


def _ssh(words: tuple[Word, ...]) -> Peeled:
    at = options(words, _SSH_VALUES) + 1
    at = options(words, _SSH_VALUES, at)
    return Peeled(texts=_sentence(words[at:]), stdin=at >= len(words))


def _su(words: tuple[Word, ...]) -> Peeled:
    text = next((w for w in _after(words, "-c", "--command")), None)
    if text is None and (at := _find(words, "--")) is not None:  # `runuser -u NAME -- COMMAND`
        return _assigned(words[at + 1 :])
    return Peeled(texts=(text,)) if text else Peeled(stdin=True)


def _after(words: tuple[Word, ...], *names: str) -> Iterator[Word]:
    """The values of an option that holds shell text."""
    for at, word in enumerate(words):
        if word.text in names and at + 1 < len(words):
            yield words[at + 1]
        for name in names:
            if name.startswith("--") and word.text.startswith(f"{name}="):
                yield word._replace(text=word.text.partition("=")[2])


def _script(words: tuple[Word, ...]) -> Peeled:
    texts = tuple(_after(words, "-c", "--command"))
    return Peeled(texts=texts) if texts else _stripped(wrapper("-t -T -O -I -B -E", 1), words)


def _flock(words: tuple[Word, ...]) -> Peeled:
    texts = tuple(_after(words, "-c", "--command"))
    return Peeled(texts=texts) if texts else _stripped(wrapper("-w -E --timeout --conflict-exit-code", 1), words)


def _watch(words: tuple[Word, ...]) -> Peeled:
    return Peeled(texts=_sentence(words[options(words, frozenset({"-n", "--interval"})) :]))


def _nix(words: tuple[Word, ...]) -> Peeled:
    """`nix develop -c COMMAND`, `nix run nixpkgs#NAME -- WORDS`."""
    if (at := _find(words, "-c", "--command")) is not None:
        return _assigned(words[at + 1 :])
    at = _find(words, "--")
    if not at:
        return Peeled()
    program = words[at - 1]
    return Peeled(((program._replace(text=program.text.rpartition("#")[2]), *words[at + 1 :]),))


def _trap(words: tuple[Word, ...]) -> Peeled:
    return Peeled(texts=words[:1] if not words[:1] or not words[0].text.startswith("-") else ())


def _cmd(words: tuple[Word, ...]) -> Peeled:
    at = next((n for n, word in enumerate(words) if word.text.lower() in ("/c", "/k")), None)
    return Peeled() if at is None else Peeled(texts=_sentence(words[at + 1 :]))


def _opaque(words: tuple[Word, ...]) -> Peeled:
    del words
    return Peeled(opaque=True)


_SPECIAL: dict[str, Callable[[tuple[Word, ...]], Peeled]] = {
    "eval": _eval,
    "at": lambda words: Peeled(stdin=True),
    "batch": lambda words: Peeled(stdin=True),
    "source": _source,
    ".": _source,
    "env": _env,
    "command": _command,
    "xargs": _xargs,
    "gxargs": _xargs,
    "find": _find_exec,
    "fd": _find_exec,
    "parallel": _parallel,
    "ssh": _ssh,
    "su": _su,
    "runuser": _su,
    "script": _script,
    "flock": _flock,
    "watch": _watch,
    "trap": _trap,
    "nix": _nix,
    "cmd": _cmd,
    "iex": _opaque,
    "Invoke-Expression": _opaque,
}
