"""pdm's commands and options (2.10 to 2.29); data only."""

from __future__ import annotations

from slopguard.clients.argv import Abbreviations, Grammar, listed

INSTALLING = listed("""
    add build install lock publish remove run self plugin sync update
    """)
"""Commands that may resolve, build or install."""
OTHERS = listed("""
    cache completion config export fix import info init list new outdated py python search show use venv
    """)
"""All other commands: they look at indexes at most."""
ITSELF = listed("add install update")
"""Of `pdm self`: those that install into pdm's own environment."""
PROJECT = INSTALLING - {"run", "self", "plugin"}
"""Commands that are about the project and its lock file."""

_NAMES = (
    ("-p", "--project"),
    ("-g", "--global"),
    ("-L", "--lockfile"),
    ("-h", "--help"),
    ("-V", "--version"),
    ("-c", "--config"),
    ("--no-lock", "--frozen-lockfile"),
)
_VALUES = listed("""
    -p --project -L --lockfile -G --group --with --without -k --skip -C --config-setting --override --venv
    """)
_OWN_VALUES = {
    "add": "-e --editable",
    "build": "-d --dest",
    "lock": "-S --strategy --python --implementation --platform --exclude-newer --exclude-newer-override",
    "publish": """-d --dest -r --repository -u --username -P --password -c --comment -i --identity --ca-certs""",
    "run": "--env --env-file --working-dir -w",
    "self": "--pip-args",
    "plugin": "--pip-args",
}
_FLAGS = listed("""
    -h --help -v --verbose -q --quiet -g --global -d --dev --prod --production --no-default --no-isolation --no-self
    --no-editable --frozen-lockfile --no-lock -x --fail-fast --dry-run --check --plugins --clean --only-keep
    --clean-unselected --reinstall -r -u --unconstrained --pre --prerelease --stable --save-compatible
    --save-safe-compatible --save-wildcard --save-exact --save-minimum --update-reuse --update-eager --update-all
    --update-reuse-installed --no-sync --top --outdated --refresh --no-cross-platform --static-urls --no-static-urls
    --append --no-sdist --no-wheel --no-clean --no-build --no-verify-ssl --no-very-ssl --skip-existing --sign -S
    -y --yes -l --list -j --json -s --site-packages --recreate --local --self --editable-self
    """)

BEFORE = Grammar(
    listed("-c --config"),
    listed(
        "-V --version -v --verbose -q --quiet --no-cache -I --ignore-python --pep582 -n --non-interactive -h --help"
    ),
    _NAMES,
    Abbreviations.UNIQUE,
    stop_at_word=True,
)
"""Options before the command."""


def grammar(command: str) -> Grammar:
    """The options of one command."""
    values = _VALUES | listed(_OWN_VALUES.get(command, ""))
    names = tuple(pair for pair in _NAMES if pair[0] != "-c")
    return Grammar(values, _FLAGS - values, names, Abbreviations.UNIQUE, stop_at_word=command == "run")
