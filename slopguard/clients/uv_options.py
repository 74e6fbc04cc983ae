"""uv's commands and options (0.4 to 0.13); data only."""

from __future__ import annotations

from slopguard.clients.argv import Grammar, listed

_NAMES = (
    ("-i", "--index-url"),
    ("-f", "--find-links"),
    ("-p", "--python"),
    ("-w", "--with"),
    ("-q", "--quiet"),
    ("-v", "--verbose"),
    ("-h", "--help"),
    ("-V", "--version"),
    ("-n", "--no-cache"),
    ("-c", "--constraints"),
    ("-b", "--build-constraints"),
    ("--requirement", "--requirements"),
    ("--constraint", "--constraints"),
    ("--build-constraint", "--build-constraints"),
    ("--override", "--overrides"),
    ("--exclude", "--excludes"),
)
_EVERYWHERE = """--index --default-index -i --index-url --extra-index-url -f --find-links --index-strategy
    --keyring-provider --upgrade-group -P --upgrade-package --resolution --prerelease --prerelease-package
    --fork-strategy --exclude-newer --exclude-newer-package --no-sources-package --reinstall-package --link-mode
    -C --config-setting --config-settings --config-setting-package --config-settings-package
    --no-build-isolation-package --no-build-package --no-binary-package --cache-dir --refresh-package -p --python
    --color --allow-insecure-host --trusted-host --directory --project --config-file --python-version
    --python-platform --python-preference --python-fetch --output-format --torch-backend --cert
    --preview-features --generate-shell-completion"""
_PIP = """-r --requirements --requirement -e --editable -c --constraints --constraint --overrides --override --excludes
    --exclude -b --build-constraints --build-constraint --extra --group --no-editable-package -t --target --prefix
    --no-binary --only-binary -o --output-file --format --annotation-style --custom-compile-command --no-emit-package
    --unstable-feature"""
_PROJECT = "--extra --no-extra --group --no-group --only-group --package --no-editable-package --no-install-package"
_WITH = "-w --with --with-editable --with-requirements --env-file"
_LIMITS = "-c --constraints --constraint --overrides --override --excludes --exclude -b --build-constraints"

_VALUES = {
    "": "",
    "pip install": _PIP,
    "pip sync": _PIP,
    "pip compile": _PIP,
    "add": _PROJECT
    + " -r --requirements -c --constraints -m --marker --optional --bounds --rev --tag --branch --script",
    "remove": "--optional --group --package --script",
    "sync": _PROJECT + " --script",
    "lock": "--script",
    "run": _PROJECT + " " + _WITH,
    "tree": _PROJECT + " --format -d --depth --prune --script",
    "export": _PROJECT + " --format --prune -o --output-file --no-emit-package --script",
    "build": "--package -o --out-dir -b --build-constraints --build-constraint",
    "venv": "--prompt",
    "version": "--bump --package",
    "audit": _PROJECT + " --ignore --ignore-until-fixed --service-format --service-url --script",
    "check": _PROJECT + " --script --ty-version",
    "tool run": f"--from {_WITH} {_LIMITS}",
    "tool install": f"--with-executables-from {_WITH} {_LIMITS}",
    "tool upgrade": "",
    "tool audit": "",
}
LIMITS = ("--constraints", "--overrides", "--excludes", "--build-constraints")
LIMIT_VARIABLES = ("UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_BUILD_CONSTRAINT")
LIMITED = frozenset({"pip install", "pip sync", "pip compile", "build", "tool run", "tool install"})
"""Commands that obey the options and the variables above."""
INSTALLING = frozenset(_VALUES) - {""}
"""Commands that resolve or install; everything else goes straight to uv."""
FAMILIES = frozenset({"pip", "tool", "python", "self", "cache", "auth", "workspace"})
PROJECT = listed("add remove sync lock run tree export version audit check")
"""Commands that read pyproject.toml and uv.lock."""
SPLIT = {"tree": "lock", "export": "lock", "audit": "lock", "run": "sync"}
"""Commands that print or run something of the user's: first this one under the gate, then they themselves without."""

BEFORE = Grammar(frozenset(_EVERYWHERE.split()), names=_NAMES, stop_at_word=True)

INDEX_OPTIONS = listed("--index --default-index --index-url --extra-index-url --find-links --no-index")
DROPPED = INDEX_OPTIONS | listed("--offline --allow-insecure-host --trusted-host --config-file --no-config")
"""Options that lead past the gate: read and obeyed here, taken off the command line."""
RUN_ONLY = listed("""
    --module -m --env-file --no-env-file --with --with-editable --with-requirements --isolated --no-sync
    --exact --script -s --gui-script --no-project
    """)
"""Options of `uv run` that `uv sync` does not have, or must not get."""


def grammar(command: str) -> Grammar:
    """The options of one command."""
    values = frozenset(f"{_EVERYWHERE} {_VALUES.get(command, '')}".split())
    return Grammar(values, names=_NAMES, stop_at_word=command in ("run", "tool run"))
