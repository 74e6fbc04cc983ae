"""`env.sh` and `env.fish`: what the line in a profile reads, so that the shims are first on PATH and stay so.

Invariants: read twice they do nothing twice; at a prompt the shims come first again, because activating a virtual
environment puts its own pip before them; the status of the last command and every other variable stay as they were.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from slopguard.guard.enabling.profiles import fish_quoted

_SH = """# slopguard: its shims come first on PATH. Taken out by: slopguard disable
_slopguard_first() {{
    _slopguard_status=$?
    case ${{PATH-}} in
        {shims} | {shims}:*) ;;
        *)
            _slopguard_path=:${{PATH-}}:
            while :; do
                case $_slopguard_path in
                    *:{shims}:*) _slopguard_path=${{_slopguard_path%%:{shims}:*}}:${{_slopguard_path#*:{shims}:}} ;;
                    *) break ;;
                esac
            done
            _slopguard_path=${{_slopguard_path#:}}
            _slopguard_path=${{_slopguard_path%:}}
            PATH={shims}${{_slopguard_path:+:$_slopguard_path}}
            export PATH
            unset _slopguard_path
            ;;
    esac
    return $_slopguard_status
}}
_slopguard_first || :
case $- in
    *i*)
        if [ -n "${{BASH_VERSION-}}" ]; then
            case $BASH_VERSION in
                [1-4].* | 5.0.*) _slopguard_list= ;; # of a list these read the first element only
                *) _slopguard_list=$(declare -p PROMPT_COMMAND 2>/dev/null || :) ;;
            esac
            case $_slopguard_list${{PROMPT_COMMAND-}} in # last: others put their folders first at each prompt, too
                *_slopguard_first*) ;;
                'declare -a'*) eval 'PROMPT_COMMAND+=(_slopguard_first)' ;;
                *)
                    PROMPT_COMMAND="${{PROMPT_COMMAND-}}
_slopguard_first"
                    ;;
            esac
            unset _slopguard_list
        elif [ -n "${{ZSH_VERSION-}}" ]; then
            typeset -ga precmd_functions
            eval 'precmd_functions=(${{precmd_functions:#_slopguard_first}} _slopguard_first)'
        fi
        ;;
esac
"""
_FISH = """# slopguard: its shims come first on PATH. Taken out by: slopguard disable
function __slopguard_first --on-event fish_prompt --on-variable PATH
    if test "$PATH[1]" != {shims}
        set -l rest
        for folder in $PATH
            test "$folder" = {shims}; or set -a rest $folder
        end
        set -gx PATH {shims} $rest
    end
end
__slopguard_first
"""


def at_once(shims: Path, env: Mapping[str, str]) -> str:
    """What a person types for the shell that is open already."""
    fish = Path(env.get("SHELL", "")).name == "fish"
    return f"source {fish_quoted(str(shims / 'env.fish'))}" if fish else f". {shlex.quote(str(shims / 'env.sh'))}"


def env_sh(shims: Path) -> str:
    """For bash, zsh and every other sh."""
    return _SH.format(shims=shlex.quote(str(shims)))


def env_fish(shims: Path) -> str:
    """For fish."""
    return _FISH.format(shims=fish_quoted(str(shims)))
