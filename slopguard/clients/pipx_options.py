"""pipx's commands and options (1.0 to 1.18); data only."""

from __future__ import annotations

from slopguard.clients import pip_options, uv_options
from slopguard.clients.argv import Abbreviations, Grammar, listed

INSTALLING = listed("""
    install install-all inject upgrade upgrade-all upgrade-shared reinstall reinstall-all repair run runpip
    interpreter manifest
    """)
"""Commands that may install; everything else only shows or removes things."""
EVERYWHERE = listed("upgrade-all reinstall-all repair interpreter")
"""Of these, those that are about every environment there is, unless some are named."""

_NAMES = (("-i", "--index-url"), ("-r", "--requirement"), ("-f", "--force"), ("-e", "--editable"), ("-h", "--help"))
_VALUES = listed("""
    -i --index-url --pip-args --cooldown --backend --include-resources-from --output --python --fetch-python
    --upgrade-strategy --suffix --preinstall --app --lock -r --requirement --skip --python-args --with --spec
    """)
_FLAGS = listed("""
    -h --help -q --quiet -v --verbose --skip-maintenance --global --include-deps --force -f --upgrade -U
    --system-site-packages -e --editable --fetch-missing-python --include-apps --with-suffix --include-injected
    --install --no-cache --refresh --no-path-check --path --pypackages --leave-exposed --prune
    """)

BEFORE = Grammar(frozenset(), listed("--version -h --help"), _NAMES, Abbreviations.UNIQUE, stop_at_word=True)
"""Options before the command."""
AFTER = Grammar(_VALUES, _FLAGS, _NAMES, Abbreviations.UNIQUE)
"""Options after a command."""
UNTIL_WORD = Grammar(_VALUES, _FLAGS, _NAMES, Abbreviations.UNIQUE, stop_at_word=True)
"""The same for `run` and `runpip`, where what follows the first word is somebody else's."""

PAST = pip_options.DROPPED | uv_options.DROPPED
"""Options of pip's and uv's in `--pip-args` that lead past the gate: read and obeyed here, taken off the line."""
