"""`undo.sh`: everything put back without Python, for the day on which slopguard was removed first.

Invariants: POSIX sh and what every system has beside it; where slopguard is still there it changes nothing unless
forced; a file that was edited since loses slopguard's line only; the same outcome as `slopguard disable`, but for
settings that somebody wrote anew in another form since: those it names, to be edited by hand.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import slopguard
from slopguard.guard.enabling import agent_hook, record
from slopguard.guard.enabling.files import left_over
from slopguard.guard.enabling.profiles import MARK
from slopguard.guard.enabling.record import Changed, Enabled
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
bad=no
over() {{ # a file, what it shall hold, the name of its copies: what ends in the middle the next run takes up
    cat "$2" >"$1" && return 0
    bad=yes
    same "$1" "$kept/$3.after" || mv -f "$2" "$kept/$3.torn"
    printf 'cannot be written: %s\\n' "$1" >&2
    return 1
}}
untouched() {{ # a file, the name of its copies, whether it was there before: puts it back if nobody edited it since
    was=$kept/$2.before
    if [ -f "$kept/$2.torn" ]; then
        was=$kept/$2.torn
    elif ! same "$1" "$kept/$2.after"; then
        return 1
    fi
    if [ "$3" = yes ] || [ "$was" = "$kept/$2.torn" ]; then
        over "$1" "$was" "$2" && touch -r "$was" "$1" || return 0
    else
        rm -f "$1" || {{ bad=yes; return 0; }}
    fi
    printf 'put back: %s\\n' "$1"
}}
back() {{ # the same, of a shell profile
    [ -f "$1" ] || return 0
    untouched "$@" && return 0
    LC_ALL=C grep -q '{mark}' "$1" || return 0
    LC_ALL=C sed '/{mark}/d' "$1" >"$kept/$2.now" || {{ bad=yes; return 0; }}
    over "$1" "$kept/$2.now" "$2" || return 0
    if [ "$3" = no ] && ! [ -s "$1" ]; then rm -f "$1"; fi
    printf 'changed by somebody since, so only the line of slopguard was taken out: %s\\n' "$1"
}}
{agents}itself() {{ # a folder, a client whose place a shim took
    [ -f "$1/{moved}/$2" ] || return 0
    if [ "$(sed -n 2p "$1/$2" 2>/dev/null)" = '{shim}' ]; then
        mv -f "$1/{moved}/$2" "$1/$2"
    else
        rm -f "$1/{moved}/$2"
    fi
    printf 'put back: %s\\n' "$1/$2"
}}
{calls}
if [ "$bad" = yes ]; then
    echo 'slopguard: not all of it could be put back; make that writable and run this again' >&2
    exit 1
fi
rm -f {scripts}
rmdir {shims} 2>/dev/null
{hook}rm -rf "$kept"
rm -f "$home/{file}"
echo 'slopguard: the guard is off. Shells that are open keep a folder on PATH that is gone; that is harmless.'
exit 0
"""

_AGENTS = """agent() {{ # settings of an agent: as above, the agent, and the lines of slopguard's
    [ -f "$1" ] || return 0
    untouched "$1" "$2" "$3" && return 0
    file=$1 name=$2 copy=$kept/$2.now agent=$4
    shift 4
    LC_ALL=C grep -q "hooks/run[^ ]* $agent" "$file" || return 0
    for line do
        LC_ALL=C LINE=$line awk '{awk}' "$file" >"$copy" || continue
        over "$file" "$copy" "$name" || return 0
    done
    if LC_ALL=C grep -q "hooks/run[^ ]* $agent" "$file"; then
        left=yes
        printf 'changed by somebody since, so take what starts %s out yourself: %s\\n' {run} "$file"
    else
        printf 'changed by somebody since, so only the entry of slopguard was taken out: %s\\n' "$file"
    fi
}}
left=no
"""
_AWK = """
    {
        all[NR] = bare[NR] = $0
        gsub(/^[ \\t]+|[ \\t\\r]+$/, "", bare[NR])
        if (bare[NR] == ENVIRON["LINE"] || bare[NR] == ENVIRON["LINE"] ",") at = NR
        else if (bare[NR] != "" && !at) above = NR
        else if (bare[NR] != "" && at && !below) below = NR
    }
    END {
        if (!at) exit 1
        if (bare[below] ~ /^[]}]/ && bare[above] !~ /[[{]$/) {
            if (bare[above] !~ /,$/) exit 1
            sub(/,[ \\t\\r]*$/, "", all[above])
        }
        for (n = 1; n <= NR; n++) if (n != at) print all[n]
    }
"""
"""Takes a whole line out of a JSON file, and the comma before it where nothing follows; else fails and says nothing."""
_HOOK = """if [ "$left" = yes ]; then
    printf '%s' {off} >{run}
else
    rm -f {run}
    rmdir {folder} 2>/dev/null
fi
"""


def undo_sh(home: Path, enabled: Enabled, names: Sequence[str]) -> str:
    """The script for what is switched on.

    Args:
        home: SLOPGUARD_HOME.
        names: every file in the folder of shims.
    """
    shims, quoted = home / record.SHIMS, shlex.quote
    calls = [line for each in enabled.files for line in (_call(each), _tidied(Path(each.path)))]
    for folder, clients in enabled.venvs.items():
        calls += [f"itself {quoted(folder)} {quoted(name)}" for name in clients]
        calls.append(f"rmdir {quoted(f'{folder}/{MOVED}')} 2>/dev/null")
    calls += [f"rmdir {quoted(folder)} 2>/dev/null" for folder in reversed(enabled.folders)]
    run = quoted(str(agent_hook.path(home)))
    places = {"run": run, "folder": quoted(str(home / agent_hook.FOLDER)), "off": quoted(agent_hook.OFF)}
    return _TEXT.format(
        home=quoted(str(home)),
        python=quoted(sys.executable),
        package=quoted(str(Path(slopguard.__file__).parent / "__main__.py")),
        copies=record.COPIES,
        mark=MARK,
        moved=MOVED,
        shim=SHIM_MARK,
        agents=_AGENTS.format(awk=_AWK, run=run) if enabled.agents else "",
        hook=_HOOK.format(**places) if enabled.agents else "",
        calls="\n".join(calls),
        scripts=" ".join(quoted(str(shims / name)) for name in names),
        shims=quoted(str(shims)),
        file=record.FILE,
    )


def _tidied(file: Path) -> str:
    return f"rm -f {shlex.quote(str(file.parent / left_over(file)))}*"


def _call(changed: Changed) -> str:
    words = [changed.path, changed.key, "yes" if changed.existed else "no"]
    if changed.agent:
        words += [changed.agent, *changed.lines]
    return " ".join(shlex.quote(word) for word in ("agent" if changed.agent else "back", *words))
