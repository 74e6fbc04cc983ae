"""The variables that put a client, and what it starts, under the net; and the way back.

Invariants: pure; every variable that is set, changed or taken out is in the record with what it was before, so that
`uncovered` gives the user's own code the environment it would have had; `NO_PROXY` names loopback only, because a
host that needs no proxy would go around the net; `PIP_PROXY` is left alone: the guard points it at the gate.
"""

from __future__ import annotations

from collections.abc import Mapping

SPARED = "127.0.0.1,localhost"
"""What is asked without the net: the gate is there. Not `::1`, on which older clients fail; the net leads there too."""

_COMMON = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_YARN = ("YARN_HTTP_PROXY", "YARN_HTTPS_PROXY")
_NPM = ("npm_config_proxy", "npm_config_https_proxy")
_NODE = ("GLOBAL_AGENT_HTTP_PROXY", "GLOBAL_AGENT_HTTPS_PROXY")
_CARGO = "CARGO_HTTP_PROXY"
"""Cargo's settings file, and git's, say another proxy past the common variables, but not past this one."""
_NO_PROXY = ("NO_PROXY", "no_proxy", "npm_config_noproxy", "GLOBAL_AGENT_NO_PROXY")
_SWITCHES = {"NODE_USE_ENV_PROXY": "1", "ELECTRON_GET_USE_PROXY": "true"}
_NPM_KEYS = {"proxy", "https_proxy", "http_proxy", "noproxy", "no_proxy"}
"""npm and pnpm read these whatever the case and with either dash; of two spellings any may win."""

Record = Mapping[str, str | None]
"""Variables to what they were before, `None` for not set."""


def covered(env: Mapping[str, str], proxy: str) -> tuple[dict[str, str], Record]:
    """The environment under the net, and the record of what that changed.

    Args:
        proxy: the net's URL, with its secret.
    """
    changed: dict[str, str | None] = {name: None for name in env if _of_npm(name)}
    changed |= dict.fromkeys((*_COMMON, *_YARN, *_NPM, *_NODE), proxy)
    changed |= dict.fromkeys(_NO_PROXY, SPARED)
    changed |= _SWITCHES
    if any(env.get(name) for name in _COMMON):  # else a proxy in cargo's own settings is the only one there is
        changed[_CARGO] = proxy
    changed |= _git(env, proxy)
    record = {name: env.get(name) for name, value in changed.items() if env.get(name) != value}
    return _applied(env, changed), record


def uncovered(env: Mapping[str, str], record: Record) -> dict[str, str]:
    """The environment without the net."""
    return _applied(env, record)


def _applied(env: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    kept = {name: value for name, value in env.items() if name not in changes}
    return kept | {name: value for name, value in changes.items() if value is not None}


def _of_npm(name: str) -> bool:
    """Whether a variable is one of npm's or pnpm's own proxy settings."""
    prefix, _, key = name.lower().partition("_config_")
    return prefix in ("npm", "pnpm") and key.replace("-", "_") in _NPM_KEYS


def _git(env: Mapping[str, str], proxy: str) -> dict[str, str]:
    """Git's `http.proxy`, which its settings files would else set past the variables."""
    said = env.get("GIT_CONFIG_COUNT", "")
    count = int(said) if said.isascii() and said.isdigit() else 0
    setting = {f"GIT_CONFIG_KEY_{count}": "http.proxy", f"GIT_CONFIG_VALUE_{count}": proxy}
    return {"GIT_CONFIG_COUNT": str(count + 1), **setting}
