"""The files that a command changes, by the words of its command line.

Invariants: pure; a program that is not in these tables changes nothing here; a word that no shell would take for the
name of a file may be among them, a file that is changed is not left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slopguard.clients.argv import listed
from slopguard.commands.scope import Word
from slopguard.commands.unwrap import base
from slopguard.patterns import regex


@dataclass(frozen=True, slots=True)
class Change:
    """A file, or a folder, that a command changes.

    Args:
        text: the word that names it.
        tree: all that lies in it goes, too.
        appended: what it holds stays.
        source: the word of what is put there (`cp`, `mv`), whose name it gets if it is a folder.
        finds: `find`: which of the files in it.
    """

    text: str
    tree: bool = False
    appended: bool = False
    source: str = ""
    finds: Finds | None = None


@dataclass(frozen=True, slots=True)
class Finds:
    """What `find` looks for, as far as it is told by names.

    Args:
        names: patterns of which one must fit a file's name, or a folder's around it; none: every file.
        files: no folders.
        depth: how deep, at most.
    """

    names: tuple[str, ...] = ()
    files: bool = False
    depth: int | None = None


_ALL = listed("""
    unlink shred srm wipe trash trash-put del-cli tee sponge touch truncate vi vim nvim ex ed emacs nano pico micro
    dos2unix unix2dos gzip bzip2 xz fallocate mkfile rename
    """)
"""Programs that change every file they name."""
_AFTER_MODE = listed("chmod chown chgrp chattr setfacl chflags xattr setfattr chcon")
_INTO = listed("cp install ln rsync scp mv gcp ditto")
_TREES = listed("rm rmdir rimraf del-cli trash trash-put srm")
_VALUES = {
    "truncate": listed("-s --size -r --reference"),
    "touch": listed("-d -t -r --date --reference"),
    "install": listed("-m -o -g --mode --owner --group"),
    "rsync": listed("-e --exclude --include --filter --rsh --exclude-from --include-from --files-from"),
    "vim": listed("-c --cmd -S -u"),
}
_VALUES |= dict.fromkeys(("vi", "nvim", "ex"), _VALUES["vim"])
_OUTPUTS = {
    "curl": listed("-o --output"),
    "wget": listed("-O --output-document"),
    "sort": listed("-o --output"),
    "openssl": listed("-out"),
    "gpg": listed("-o --output"),
    "uv": listed("-o --output-file"),
    "pandoc": listed("-o --output"),
    "age": listed("-o --output"),
}
_SED = regex(r"-[nErsuz]*i.*|--in-place.*")
_PERL = regex(r"-[acFlnpswT0-9]*i.*")


def changes(words: Sequence[Word]) -> Iterator[Change]:
    """What a command changes."""
    name, rest = base(words[0].text), [word.text for word in words[1:]]
    if name in _SPECIAL:
        yield from _SPECIAL[name](rest)
    elif name in _INTO:
        yield from _into(name, rest)
    elif name in _TREES:
        yield from (Change(text, tree=True) for text in operands(rest))
    elif name in _AFTER_MODE:
        yield from map(Change, operands(rest, keep=("-x", "+x", "-w"))[1:])
    elif name in _ALL or words[0].text.startswith("\ue000"):  # a name that nobody can know may be any of these
        appended = name == "tee" and any(text in ("-a", "--append", "-ai", "-ia") for text in rest)
        yield from (Change(text, appended=appended) for text in operands(rest, _VALUES.get(name, frozenset())))
    for text in outputs(rest, _OUTPUTS.get(name, frozenset())):
        yield Change(text)


def operands(words: Sequence[str], values: frozenset[str] = frozenset(), keep: Sequence[str] = ()) -> list[str]:
    """The words that are no options."""
    found, at, dashes = [], 0, False
    while at < len(words):
        text = words[at]
        if dashes or text in keep or not text.startswith("-") or text == "-":
            found.append(text)
        elif text == "--":
            dashes = True
        elif text in values:
            at += 1
        at += 1
    return found


def outputs(words: Sequence[str], options: frozenset[str]) -> Iterator[str]:
    """The values of options that name a file to be written."""
    for at, text in enumerate(words):
        name, equals, value = text.partition("=")
        if name in options:
            yield value if equals else "".join(words[at + 1 : at + 2])
        elif found := next(filter(None, (_short(text, each[1]) for each in options if len(each) == 2)), None):
            yield found[1] or "".join(words[at + 1 : at + 2])


def _short(text: str, letter: str) -> re.Match[str] | None:
    """`-oFILE`, `-so FILE`."""
    return re.fullmatch(rf"-[A-Za-z]*?{letter}(.*)", text, re.DOTALL)


def _into(name: str, words: list[str]) -> Iterator[Change]:
    """`cp A B`, `mv A B C DIR`, `mv -t DIR A`, `ln A`."""
    given = operands(words, _VALUES.get(name, frozenset()) | {"-t", "--target-directory"})
    folder = next(outputs(words, listed("-t --target-directory")), "")
    sources, target = (given, folder) if folder else (given[:-1], given[-1] if given else "")
    if name == "ln" and len(given) == 1:
        sources, target = given, "."
    if name == "install" and "-d" in words:
        return
    if name in ("mv", "ln"):  # a link to a protected file is a second name of it
        yield from (Change(text, tree=name == "mv") for text in sources)
    if name == "rsync" and "--remove-source-files" in words:
        yield from map(Change, sources)
    wipes = name == "rsync" and any(text.startswith(("--delete", "--del")) for text in words)
    if target:
        yield from (Change(target, tree=wipes, source=source) for source in sources)


def _sed(words: list[str]) -> Iterator[Change]:
    if not any(map(_SED.fullmatch, words)):
        return
    scripted = any(text in ("-e", "-f") or text.startswith(("--expression", "--file")) for text in words)
    given = operands(words, listed("-e -f --expression --file -l"))
    yield from map(Change, given if scripted else given[1:])


def _perl(words: list[str]) -> Iterator[Change]:
    if any(map(_PERL.fullmatch, words)):
        yield from map(Change, operands(words, listed("-e -E -pe -ne -pie -M -I")))


def _awk(words: list[str]) -> Iterator[Change]:
    if "inplace" in words:
        yield from map(Change, operands(words, listed("-i -v -F -f"))[1:])


def _yq(words: list[str]) -> Iterator[Change]:
    if any(text in ("-i", "--inplace", "--in-place", "-iy", "-yi") for text in words):
        yield from map(Change, operands(words))


def _sd(words: list[str]) -> Iterator[Change]:
    yield from map(Change, operands(words)[2:])


def _dd(words: list[str]) -> Iterator[Change]:
    yield from (Change(text.removeprefix("of=")) for text in words if text.startswith("of="))


def _crudini(words: list[str]) -> Iterator[Change]:
    if not {"--get"} & set(words):
        yield from map(Change, operands(words)[:1])


def _patch(words: list[str]) -> Iterator[Change]:
    yield from map(Change, operands(words, listed("-p -i -d -o -r --input --directory --strip"))[:1])
    yield from map(Change, outputs(words, listed("-o --output")))


def _sqlite(words: list[str]) -> Iterator[Change]:
    if not any(text in ("-readonly", "--readonly") for text in words):
        yield from (Change(re.sub(r"^file:|\?.*$", "", text)) for text in operands(words, listed("-cmd -init"))[:1])


def _find(words: list[str]) -> Iterator[Change]:
    """`find ROOTS ... -delete`, `find ROOTS ... -exec rm {} +`."""
    at = next((n for n, text in enumerate(words) if text[:1] in "-(!" and text not in ("-L", "-P", "-H")), len(words))
    roots, tests = [text for text in words[:at] if not text.startswith("-")] or ["."], words[at:]
    started = {
        base(tests[n + 1]) for n, text in enumerate(tests[:-1]) if text in ("-exec", "-execdir", "-ok", "-okdir")
    }
    if "-delete" not in tests and not started & _CHANGERS:
        return
    if "-empty" in tests:
        return
    finds = Finds(tuple(_patterns(tests)), _value(tests, "-type") == "f", _depth(_value(tests, "-maxdepth")))
    yield from (Change(root, tree=True, finds=finds) for root in roots)


def _patterns(tests: list[str]) -> Iterator[str]:
    """What is wanted by name; what is not wanted says nothing here."""
    for at, text in enumerate(tests[:-1]):
        if text in ("-name", "-iname", "-path", "-ipath", "-wholename") and tests[at - 1] not in ("!", "-not"):
            wanted = tests[at + 1].replace("\ue003", "*")
            yield wanted if text in ("-name", "-iname") else wanted.rstrip("/*").rpartition("/")[2] or "*"


def _value(tests: list[str], name: str) -> str:
    return tests[tests.index(name) + 1] if name in tests[:-1] else ""


def _depth(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,4}", text) else None


_SPECIAL: dict[str, Callable[[list[str]], Iterator[Change]]] = {
    "sed": _sed, "gsed": _sed, "perl": _perl, "ruby": _perl, "awk": _awk, "gawk": _awk, "yq": _yq, "dasel": _yq,
    "sd": _sd, "dd": _dd, "find": _find, "crudini": _crudini, "patch": _patch,
    "sqlite3": _sqlite, "sqlite": _sqlite, "litecli": _sqlite,
}  # fmt: skip
_CHANGERS = _ALL | _AFTER_MODE | _INTO | _TREES | listed("sed gsed perl sh bash dd")
