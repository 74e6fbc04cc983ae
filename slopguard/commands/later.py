"""A client's command somewhere behind a command that nobody knows: `guard npm install x`, `uv run pip install x`.

Invariants: pure; commands that only mention or show what follows them start nothing; a client counts where what follows
it is one of its commands, or a package to run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from slopguard.clients import plain
from slopguard.clients.argv import listed
from slopguard.commands.scope import Word
from slopguard.commands.unwrap import TEXTS, base
from slopguard.commands.words import GLOB, MARK, UNSURE
from slopguard.patterns import regex

HARMLESS = listed("""
    echo printf print grep egrep fgrep rg ag ack sed awk gawk cat bat less more head tail man tldr which where whereis
    whatis type hash test [ [[ true false : git gh hub svn hg apt apt-get aptitude dnf yum microdnf apk pacman paru yay
    zypper brew port choco winget scoop snap flatpak gem bundle cargo rustup go conda mamba micromamba nix-env guix
    emerge cp mv rm ln ls dir mkdir rmdir touch chmod chown cmp diff patch tar zip unzip gzip curl wget rsync scp sort
    uniq wc cut tr tee logger notify-send say figlet cowsay read export unset set local declare return exit break
    continue shift sleep wait kill jobs wall write mail Write-Host Write-Output Write-Error Write-Warning info warn
    warning error log log_info log_error die fail fatal success msg notice section title header step debug systemctl
    service useradd groupadd make cmake ninja gcc dpkg rpm code pre-commit note step_info ask confirm assert
    docker podman nerdctl kubectl oc helm
    """)
"""Commands whose arguments are no command line."""
RUNNERS = frozenset({"npx", "uvx", "pnpx", "pnx", "bunx"})
VERBS = {
    "pip": "install download wheel lock",
    "uv": "pip add sync tool run lock x",
    "pipx": "install run inject upgrade install-all runpip reinstall",
    "poetry": "add install self run update sync lock",
    "pdm": "add install run sync update self",
    "npm": "install i add in ins inst insta instal isnt isnta isntal isntall ci exec x create init innit update up",
    "pnpm": "install i add dlx exec create update up import fetch",
    "yarn": "add install dlx global create up upgrade",
    "bun": "add install i x create update a",
    "pipenv": "install run sync update upgrade",
    "deno": "add install run x",
    "rye": "add install sync run",
    "easy_install": "",
    "corepack": "yarn pnpm npm prepare use install",
    "volta": "install run",
    "lerna": "add",
    "expo": "install add",
    "nx": "add",
}
_VERBS = {name: frozenset(verbs.split()) for name, verbs in VERBS.items()}
_VERBS |= {"yarnpkg": _VERBS["yarn"], "pn": _VERBS["pnpm"]}
INSTALL = frozenset({"install", "add", "dlx", "i", "download"})
"""Words that say `install` whatever the client."""
PYTHON = regex(r"(?:python|pypy|graalpy)(?:\d+(?:\.\d+)*t?)?w?|py|ipython3?")
SHELLS = listed("sh bash zsh dash ksh ash")
_COMMAND = regex(rf"(?:[\w.~@{MARK}-]*[/\\])*[a-z\d_.{MARK}][\w.+@{MARK}{UNSURE}-]*")
"""What a command is called: no sentence begins so."""
_TELLING = regex(r"(?:print|log|echo|info|warn|err|msg|say|die|fail|usage|status|ok|success)[\w-]*|\w+[_-](?:msg|log)")
"""Functions of a script that tell something."""
_MOST = 6
"""So many words of its own a wrapper has at most."""


def find(words: Sequence[Word]) -> int | None:
    """Where a client's command begins behind the first word; `None` if there is none."""
    own = 0
    if not _COMMAND.fullmatch(words[0].text) or _TELLING.fullmatch(words[0].text):
        return None
    for at in range(1, len(words)):
        dashes = words[at - 1].text == "--"
        if not dashes and own > _MOST:
            return None
        if begins(words, at):
            return at
        own += not words[at].text.startswith("-")
    return None


def started(words: Sequence[Word]) -> Sequence[Word]:
    """The client's command that a client fetches and runs: `npx -y npm@10 install x`; nothing if there is none."""
    at = find(words)
    return (words[at]._replace(text=unversioned(words[at].text)), *words[at + 1 :]) if at else ()


def unversioned(name: str) -> str:
    """A command's name without the version that `npx npm@10` and `corepack yarn@4` put behind it."""
    return re.sub(r"(?<=.)@.*", "", name)


def spelled(name: str, word: Word) -> bool:
    """Whether a command's name is one only to a shell that knows the variable in it, or the files: `p${x}ip`, `p?p`."""
    unknown = MARK in re.split(r"[/\\]", word.text)[-1] and not plain(name)
    return (unknown or GLOB in name or "[" in name) and name not in HARMLESS and name != "["


def begins(words: Sequence[Word], at: int) -> bool:
    """Whether a client's command begins at a word."""
    name = base(words[at].text)
    after = words[at + 1 : at + 6]
    if not after:
        return False
    if name.partition("@")[0] in TEXTS:
        return any(" " in word.text for word in words[at + 1 :]) or any(
            begins(words, number) for number in range(at + 1, min(at + 4, len(words)))
        )
    if name in RUNNERS:
        return " " not in after[0].text
    if PYTHON.fullmatch(name):
        return after[0].text in ("-m", "-c", "-mpip") or (len(after) > 1 and after[1].text == "-m")
    if name in SHELLS:
        return bool(re.fullmatch(r"-[a-z]*c", after[0].text))
    name = unversioned(name)
    verbs = _VERBS.get(plain(name) or name)
    if verbs is None:
        return False
    return any(word.text in verbs for word in _first(after))


def _first(words: Sequence[Word]) -> Sequence[Word]:
    """The first word that is no option, or follows one that may take it for its value."""
    for number, word in enumerate(words):
        if not word.text.startswith("-"):
            follows = number > 0 and "=" not in words[number - 1].text
            return words[number : number + 2] if follows else words[number : number + 1]
    return ()
