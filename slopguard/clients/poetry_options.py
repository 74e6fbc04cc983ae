"""poetry's commands and options (1.8 to 2.x); data only."""

from __future__ import annotations

from slopguard.clients.argv import Abbreviations, Grammar, listed

_NAMES = (
    ("-P", "--project"),
    ("-C", "--directory"),
    ("-h", "--help"),
    ("-V", "--version"),
    ("-q", "--quiet"),
    ("-n", "--no-interaction"),
    ("-v", "--verbose"),
    ("-G", "--group"),
    ("-E", "--extras"),
    ("-D", "--dev"),
    ("-e", "--editable"),
)
_EVERYWHERE = "-P --project -C --directory"
_FLAGS = "-h --help -V --version -q --quiet -n --no-interaction -v --verbose --ansi --no-ansi --no-plugins --no-cache"
GLOBAL = frozenset(f"{_EVERYWHERE} {_FLAGS}".split())
"""Options of every command."""
_GROUPS = "--without --with --only"
_VALUES = {
    "add": "-G --group -E --extras --optional --python --platform --markers --source",
    "self add": "-E --extras --source",
    "remove": "-G --group",
    "install": f"{_GROUPS} -E --extras",
    "sync": f"{_GROUPS} -E --extras",
    "update": _GROUPS,
    "show": f"{_GROUPS} -f --format",
    "export": f"{_GROUPS} -f --format -o --output -E --extras",
    "build": "-f --format -l --local-version -o --output -c --config-settings",
    "publish": "-r --repository -u --username -p --password --cert --client-cert --dist-dir",
    "init": "--name --description --author --python --dependency --dev-dependency -l --license",
    "new": "--name --description --author --python --dependency --dev-dependency -l --license --readme",
    "debug resolve": "-E --extras --python",
}
FAMILIES = frozenset({"self", "env", "cache", "debug", "python", "source"})
"""Words that begin a command of two words."""
NOTHING = listed("about check config help list run search shell version")
"""Commands that install and resolve nothing."""
NOTHING_OF = {
    "cache": listed("clear list"),
    "debug": listed("info tags"),
    "env": listed("activate info list remove use"),
    "python": listed("install list remove"),
    "self": listed("show"),
    "source": listed("add remove show"),
}
"""The same by the first word of a command of two."""
TYPED = frozenset({"add", "self add", "debug resolve"})
"""Commands whose words are packages in poetry's own notation."""
LOOKING = ("--latest", "--outdated", "-l", "-o")
"""With these `poetry show` asks the indexes, and may build what it finds there."""

BEFORE = Grammar(
    frozenset(_EVERYWHERE.split()),
    frozenset(_FLAGS.split()),
    names=_NAMES,
    abbreviations=Abbreviations.UNIQUE,
    stop_at_word=True,
)
"""Options that may stand before the command; poetry takes an unambiguous beginning of these, and of no others."""


def grammar(command: str) -> Grammar:
    """The options of one command."""
    values = frozenset(f"{_EVERYWHERE} {_VALUES.get(command, '')}".split())
    short = () if command not in ("show", "build", "publish") else ("-e", "-D")
    names = tuple(pair for pair in _NAMES if pair[0] not in short)
    return Grammar(values, frozenset(_FLAGS.split()), names=names, abbreviations=Abbreviations.UNIQUE)
