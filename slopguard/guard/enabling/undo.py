"""`undo.sh`: everything put back without Python, for the day on which slopguard was removed first.

Invariants: POSIX sh and what every system has beside it; where slopguard is still there it changes nothing unless
forced; a file that was edited since loses slopguard's line only; the same outcome as `slopguard disable`.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import slopguard
from slopguard.guard.enabling import record
from slopguard.guard.enabling.profiles import MARK
from slopguard.guard.enabling.record import Enabled
from slopguard.guard.find import MOVED, SHIM_MARK

NAME = "undo.sh"
_TEXT = """#!/bin/sh
# slopguard: puts back all that `slopguard enable` changed, without slopguard. Use: sh undo.sh [--force]
home={home}
if [ "${{1-}}" != --force ] && [ -x {python} ] && [ -f {package} ]; then
    echo 'slopguard is still there: run "slopguard disable", or add --force' >&2
    exit 2
fi
umask 077
kept=$home/{copies}
same() {{
    [ -f "$2" ] && [ "$(cksum <"$1")" = "$(cksum <"$2")" ]
}}
back() {{ # a file, the name of its copies, whether it was there before
    [ -f "$1" ] || return 0
    if same "$1" "$kept/$2.after"; then
        if [ "$3" = yes ]; then
            cat "$kept/$2.before" >"$1" && touch -r "$kept/$2.before" "$1"
        else
            rm -f "$1"
        fi
        printf 'put back: %s\\n' "$1"
    elif LC_ALL=C grep -q '{mark}' "$1"; then
        LC_ALL=C sed '/{mark}/d' "$1" >"$kept/$2.now" && cat "$kept/$2.now" >"$1"
        if [ "$3" = no ] && ! [ -s "$1" ]; then rm -f "$1"; fi
        printf 'changed by somebody since, so only the line of slopguard was taken out: %s\\n' "$1"
    fi
}}
itself() {{ # a folder, a client whose place a shim took
    [ -f "$1/{moved}/$2" ] || return 0
    if [ "$(sed -n 2p "$1/$2" 2>/dev/null)" = '{shim}' ]; then
        mv -f "$1/{moved}/$2" "$1/$2"
    else
        rm -f "$1/{moved}/$2"
    fi
    printf 'put back: %s\\n' "$1/$2"
}}
{calls}
rm -f {scripts}
rmdir {shims} 2>/dev/null
rm -rf "$kept"
rm -f "$home/{file}"
echo 'slopguard: the guard is off. Shells that are open keep a folder on PATH that is gone; that is harmless.'
exit 0
"""


def undo_sh(home: Path, enabled: Enabled, names: Sequence[str]) -> str:
    """The script for what is switched on.

    Args:
        home: SLOPGUARD_HOME.
        names: every file in the folder of shims.
    """
    shims, quoted = home / record.SHIMS, shlex.quote
    calls = [f"back {quoted(each.path)} {each.key} {'yes' if each.existed else 'no'}" for each in enabled.files]
    for folder, clients in enabled.venvs.items():
        calls += [f"itself {quoted(folder)} {quoted(name)}" for name in clients]
        calls.append(f"rmdir {quoted(f'{folder}/{MOVED}')} 2>/dev/null")
    calls += [f"rmdir {quoted(folder)} 2>/dev/null" for folder in reversed(enabled.folders)]
    return _TEXT.format(
        home=quoted(str(home)),
        python=quoted(sys.executable),
        package=quoted(str(Path(slopguard.__file__).parent / "__main__.py")),
        copies=record.COPIES,
        mark=MARK,
        moved=MOVED,
        shim=SHIM_MARK,
        calls="\n".join(calls),
        scripts=" ".join(quoted(str(shims / name)) for name in names),
        shims=quoted(str(shims)),
        file=record.FILE,
    )
