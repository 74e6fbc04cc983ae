"""pip's options and commands, the union of pip 20 to 26; data only."""

from __future__ import annotations

from slopguard.clients.argv import Abbreviations, Grammar, listed

INSTALLING = frozenset({"install", "download", "wheel", "lock"})
"""Commands that fetch packages, and run build code of those without a wheel."""

COMMANDS = INSTALLING | listed(
    "uninstall freeze inspect list show check config search cache index hash completion debug help"
)

INDEX_OPTIONS = frozenset({"--index-url", "--extra-index-url", "--find-links", "--no-index"})
DROPPED = INDEX_OPTIONS | frozenset({"--proxy", "--trusted-host", "--isolated", "--no-proxy-env"})
"""Options that lead past the gate: read, obeyed by the gate where they may be, and taken off the command line."""

_NAMES = (
    ("-i", "--index-url"),
    ("--pypi-url", "--index-url"),
    ("-f", "--find-links"),
    ("-r", "--requirement"),
    ("-c", "--constraint"),
    ("-e", "--editable"),
    ("-h", "--help"),
    ("-V", "--version"),
    ("-o", "--output"),
    ("-d", "--dest"),
    ("-w", "--wheel-dir"),
    ("-q", "--quiet"),
    ("-v", "--verbose"),
)

_GLOBAL_VALUES = listed("""
    --python --log --log-file --local-log --keyring-provider --proxy --retries --timeout --default-timeout
    --exists-action --trusted-host --cert --client-cert --cache-dir --use-feature --use-deprecated
    --resume-retries
    """)
_GLOBAL_FLAGS = listed("""
    -h --help --debug --isolated --require-virtualenv --require-venv -v --verbose -V --version -q --quiet
    --no-input --no-proxy-env --no-cache-dir --disable-pip-version-check --no-color
    --no-python-version-warning
    """)
_VALUES = _GLOBAL_VALUES | listed("""
    -r --requirement -c --constraint --build-constraint --requirements-from-script -e --editable -t --target
    --platform --python-version --implementation --abi --root --prefix -b --build --build-dir
    --build-directory --src --source --source-dir --source-directory --upgrade-strategy -C --config-settings
    --install-option --global-option --build-option --no-binary --only-binary --progress-bar
    --root-user-action --report --group --all-releases --only-final -i --index-url --pypi-url
    --extra-index-url -f --find-links --refresh-package --uploaded-prior-to -d --dest --destination-dir
    --destination-directory -w --wheel-dir -o --output
    """)
_FLAGS = _GLOBAL_FLAGS | listed("""
    --no-deps --no-dependencies --only-deps --only-dependencies --pre --dry-run --user --no-user -U --upgrade
    --force-reinstall -I --ignore-installed --ignore-requires-python --no-build-isolation --use-pep517
    --no-use-pep517 --check-build-dependencies --break-system-packages --compile --no-compile
    --no-warn-script-location --no-warn-conflicts --prefer-binary --require-hashes --no-require-hashes
    --no-clean --no-index --no-verify
    """)

BEFORE = Grammar(_GLOBAL_VALUES, _GLOBAL_FLAGS, _NAMES, Abbreviations.UNIQUE, stop_at_word=True)
"""Options before the command."""
AFTER = Grammar(_VALUES, _FLAGS, _NAMES, Abbreviations.UNIQUE)
"""Options after an installing command."""
