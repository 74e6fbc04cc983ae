"""The shims themselves, as text: POSIX sh, one file for each client.

Invariants: a command that installs nothing becomes the client itself without another process; what could install goes
to slopguard, or is refused where slopguard is gone; a shim sets no variable that a program may know by that name, and
passes every argument on untouched.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import slopguard
from slopguard.clients import COMMANDS, plain
from slopguard.guard import quick
from slopguard.guard.find import MOVED, SHIM_MARK, VIA

MODULES = ("pip", "pipx", "poetry", "pdm", "uv")
"""Clients that are also started as `python -m CLIENT`."""
COULD_NOT_VERIFY = 4

_HEAD = f"""#!/bin/sh
{SHIM_MARK}
"""
_ITSELF = f"""
_slopguard_led_back() {{ # whether this process, or the script that started it, was that file, not the client itself
    case ${{SLOPGUARD_PAST-}}: in *":$_slopguard_file:"*) ;; *) return 1 ;; esac
    case $_slopguard_first in
        '#!'*) ;;
        *)
            _slopguard_real=$(readlink -f "$_slopguard_file")
            case ${{_slopguard_real##*/}} in "${{1%%[0-9.]*}}"*) return 1 ;; esac
            ;;
    esac
    case $SLOPGUARD_PAST in "$$":* | ">$PPID":*) return 0 ;; esac
    _slopguard_above=$(ps -o ppid= -o args= -p "$PPID" 2>/dev/null) || return 1
    _slopguard_above=${{_slopguard_above#"${{_slopguard_above%%[! ]*}}"}}
    _slopguard_real=${{_slopguard_above#* }}
    case ${{_slopguard_real%% *}} in *sh) ;; *) return 1 ;; esac
    case $SLOPGUARD_PAST in "$PPID":* | ">${{_slopguard_above%% *}}":*) return 0 ;; esac
    return 1
}}

_slopguard_itself() {{ # the first $1 on PATH that is no shim of slopguard's, and has not led back to one
    set -f
    IFS=:
    for _slopguard_folder in $PATH; do
        _slopguard_file=${{_slopguard_folder:-.}}/$1
        [ -f "$_slopguard_file" ] && [ -x "$_slopguard_file" ] || continue
        _slopguard_first= _slopguard_second=
        {{
            IFS= read -r _slopguard_first
            case $_slopguard_first in '#!'*) IFS= read -r _slopguard_second ;; esac
        }} 2>/dev/null <"$_slopguard_file"
        if [ "$_slopguard_second" = '{SHIM_MARK}' ]; then
            _slopguard_file=${{_slopguard_folder:-.}}/{MOVED}/$1
            [ -x "$_slopguard_file" ] || continue
        fi
        if _slopguard_led_back "$1"; then
            SLOPGUARD_PAST=$$:${{SLOPGUARD_PAST#*:}}
            continue
        fi
        set +f
        unset IFS
        case ${{SLOPGUARD_PAST-}} in
            "$$":"$_slopguard_file" | "$$":*":$_slopguard_file") ;;
            "$$":* | ">$PPID":*) SLOPGUARD_PAST=$$:${{SLOPGUARD_PAST#*:}}:$_slopguard_file ;;
            *) SLOPGUARD_PAST=$$:$_slopguard_file ;;
        esac
        export SLOPGUARD_PAST
        return 0
    done
    set +f
    unset IFS
    return 1
}}
"""
_GUARDED = """
_slopguard_guarded() {{ # slopguard, with the client and its arguments
    if [ -x {python} ] && [ -f {package} ]; then
        exec {python} -E -P -m slopguard{options} "$@"
    fi
    printf 'slopguard: UNCHECKED: slopguard is gone, so %s was not started and nothing was installed.\\n' "$1" >&2
    printf '%s\\n' {undo} >&2
    exit {code}
}}
"""
_QUICK = """
_slopguard_quick() {{ # whether $1 with the other arguments certainly installs nothing
    case $1 in
{cases}
    esac
    return 1
}}
"""
_CLIENT = """
if _slopguard_quick {known} "$@"; then
    _slopguard_itself {name} && exec "$_slopguard_file" "$@"
    [ -x {python} ] || {{ printf '%s: not found\\n' {name} >&2; exit 127; }}
fi
_slopguard_guarded {name} "$@"
"""
_VENV = """
if _slopguard_quick pip "$@"; then
    [ -x {moved} ] && exec {moved} "$@"
    exec {python} -m pip "$@"
fi
{via}={python}
export {via}
_slopguard_guarded pip "$@"
"""
_PYTHON = """
_slopguard_module() {{ # hands `-m $1` over to slopguard, if it could install
    case $1 in
{modules}
        *) return 1 ;;
    esac
    shift
    _slopguard_quick "$_slopguard_client" "$@" && return 1
    {found} || return 1
    {via}=$_slopguard_file$_slopguard_options
    export {via}
    _slopguard_guarded "$_slopguard_client" "$@"
}}

_slopguard_option() {{ # takes one or two more words
    _slopguard_options="$_slopguard_options
$1"
    [ $# -lt 2 ] || _slopguard_option "$2"
}}

_slopguard_scan() {{ # looks for -m among the options of the interpreter
    _slopguard_options=
    while [ $# -gt 0 ]; do
        case $1 in
            --check-hash-based-pycs) [ $# -gt 1 ] || return 1; _slopguard_option "$1" "$2"; shift 2; continue ;;
            - | --*) return 1 ;;
            -*) ;;
            *) return 1 ;;
        esac
        _slopguard_word=$1 _slopguard_left=${{1#-}} _slopguard_seen=-
        shift
        while [ -n "$_slopguard_left" ]; do
            _slopguard_rest=${{_slopguard_left#?}}
            case $_slopguard_left in
                m*)
                    [ "$_slopguard_seen" = - ] || _slopguard_option "$_slopguard_seen"
                    if [ -n "$_slopguard_rest" ]; then
                        _slopguard_module "$_slopguard_rest" "$@"
                    elif [ $# -gt 0 ]; then
                        _slopguard_module "$@"
                    fi
                    return 1
                    ;;
                W | X) [ $# -gt 0 ] || return 1; _slopguard_option "$_slopguard_word" "$1"; shift; continue 2 ;;
                [WX]*) _slopguard_option "$_slopguard_word"; continue 2 ;;
                [bBdEiIOPqsSuvx]*) _slopguard_seen=$_slopguard_seen${{_slopguard_left%"$_slopguard_rest"}} ;;
                *) return 1 ;;
            esac
            _slopguard_left=$_slopguard_rest
        done
        _slopguard_option "$_slopguard_word"
    done
    return 1
}}

_slopguard_scan "$@" || :
{found} && exec "$_slopguard_file" "$@"
printf '%s: not found\\n' {name} >&2
exit 127
"""
_SLOPGUARD = """
_slopguard_itself slopguard && exec "$_slopguard_file" "$@"
[ -x {python} ] && [ -f {package} ] && exec {python} -E -P -m slopguard "$@"
printf '%s\\n' 'slopguard: it is no longer installed' {undo} >&2
exit 127
"""
_FALLBACK = "{ _slopguard_itself python || _slopguard_itself python3; }"
"""`python` where only an activated environment has one: without it, the machine's `python3`."""


def scripts(names: Sequence[str], shims: Path) -> Mapping[str, str]:
    """The shims by name, and `slopguard` itself for where no other one is on PATH: its messages name it.

    Args:
        names: clients, and Pythons (`python3.12`), whose shim only looks for `-m pip` and its like.
        shims: the folder they will lie in.
    """
    modules = [module for module in MODULES if any(plain(name) == module for name in names)]
    texts = {name: _of_client(name, shims) if plain(name) else _of_python(name, modules, shims) for name in names}
    return {**texts, "slopguard": _HEAD + _ITSELF + _SLOPGUARD.format(**_places(shims))}


def of_pythons(
    pythons: Sequence[str], clients: Sequence[str], shims: Path, options: Sequence[str]
) -> Mapping[str, str]:
    """The shims of Pythons alone, for `slopguard run`.

    Args:
        clients: the clients that are there.
        options: what slopguard is told before the client's name.
    """
    modules = [module for module in MODULES if any(plain(name) == module for name in ("pip", *clients))]
    return {name: _of_python(name, modules, shims, options) for name in pythons}


def of_venv(folder: Path, name: str, shims: Path) -> str:
    """The shim that stands in the place of a virtual environment's own pip.

    Args:
        folder: its `bin`.
        shims: the folder where `undo.sh` lies.
    """
    python, moved = shlex.quote(str(folder / "python")), shlex.quote(str(folder / MOVED / name))
    return _HEAD + _quick(["pip"]) + _guarded(shims) + _VENV.format(moved=moved, python=python, via=VIA)


def _of_client(name: str, shims: Path) -> str:
    known = plain(name)
    assert known is not None
    known = "pip" if known == "pip3" else known
    start = _CLIENT.format(known=known, name=shlex.quote(name), python=shlex.quote(sys.executable))
    return _HEAD + _ITSELF + _quick([known]) + _guarded(shims) + start


def _of_python(name: str, modules: Sequence[str], shims: Path, options: Sequence[str] = ()) -> str:
    cases = "\n".join(
        f"        {module} | {module}.__main__) _slopguard_client={module} ;;"
        for module in modules
        if module in COMMANDS
    )
    found = _FALLBACK if name == "python" else f"_slopguard_itself {shlex.quote(name)}"
    start = _PYTHON.format(modules=cases, name=shlex.quote(name), found=found, via=VIA)
    return _HEAD + _ITSELF + _quick(modules) + _guarded(shims, options) + start


def _guarded(shims: Path, options: Sequence[str] = ()) -> str:
    told = "".join(f" {shlex.quote(option)}" for option in options)
    return _GUARDED.format(code=COULD_NOT_VERIFY, options=told, **_places(shims))


def _places(shims: Path) -> dict[str, str]:
    """Where slopguard is, and how the guard is undone without it; each one word of sh."""
    undo = f"slopguard: undo the guard with: sh {shlex.quote(str(shims / 'undo.sh'))}"
    words = {"python": sys.executable, "package": str(Path(slopguard.__file__).parent / "__main__.py"), "undo": undo}
    return {name: shlex.quote(word) for name, word in words.items()}


def _quick(clients: Sequence[str]) -> str:
    """What `quick.installs_nothing` says, in sh."""
    lines = []
    for client in clients:
        known = quick.FIRST.get(client)
        if known is None:
            continue
        options = sorted(word for word in quick.ALONE if quick.installs_nothing(client, [word]))
        alone = f"{'|'.join(options)}) [ $# -eq 2 ] && return 0 ;;"
        pip = f" pip) case ${{3-}} in {'|'.join(sorted(quick.UV_PIP))}) return 0 ;; esac ;;" if client == "uv" else ""
        first = "|".join(sorted(known))
        lines.append(f"        {client}) case ${{2-}} in {first}) return 0 ;; {alone}{pip} esac ;;")
    return _QUICK.format(cases="\n".join(lines) or "        '') ;;")
