"""Layered settings: organisation, user, project, environment and flags; a lower layer may only tighten.

| layer | where | may loosen |
|---|---|---|
| organisation | the machine-wide file; no variable moves it | the built-in defaults |
| user | `slopguard.toml` in the user's settings folder | the defaults, not the organisation |
| project | every `slopguard.toml` or `[tool.slopguard]` up to the repository's root | nothing until a person accepts |
| environment, flags | `SLOPGUARD_CONFIG` and `--config` name a further file | nothing |

`SLOPGUARD_CONFIG` adds a layer and replaces none: whoever can set a variable (an agent can) would otherwise loosen by
leaving out what the user's file says. `SLOPGUARD_OFFLINE` removes evidence only; `SLOPGUARD_ACTOR` lowers trust only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from slopguard.config import accepted as record
from slopguard.config import actors
from slopguard.config.accepted import Accepted
from slopguard.config.grammar import Value, read_table
from slopguard.config.layers import SettingsLayer, Standing, merge
from slopguard.config.places import (
    FILE_NAME,
    Places,
    places,
    project_tables,
    read_bytes,
    read_toml,
)
from slopguard.config.settings import ListSource, RadarSetting, ServedIndex, Settings, UpstreamSetting
from slopguard.errors import ConfigError
from slopguard.model import Ecosystem

ProjectTables = Callable[[Path, Path], Iterable[tuple[Path, Mapping[str, Any]]]]
"""As `project_tables`: from a folder and the account's home to the settings tables of a project, outermost first."""

__all__ = ["ListSource", "Places", "RadarSetting", "ServedIndex", "Settings", "UpstreamSetting", "load", "places"]


@dataclass(frozen=True, slots=True)
class _Project:
    """The project's settings tables, and whether a review is behind them."""

    tables: ProjectTables
    reviewed: bool


def load(
    cwd: Path,
    env: Mapping[str, str],
    flags: Mapping[str, bool] | None = None,
    config_file: Path | None = None,
    *,
    where: Places | None = None,
    terminal: bool | None = None,
    accepted: Accepted | None = None,
    project: ProjectTables = project_tables,
    reviewed: bool = False,
) -> Settings:
    """The settings in force for a command in `cwd`.

    Args:
        env: the environment of the command.
        flags: command line switches by name; `offline` is the only one so far.
        config_file: `--config FILE`.
        where: the places to look in; those of this machine unless a test says otherwise.
        terminal: whether a person may be at a terminal; asked of stdin and stderr if `None`.
        accepted: what a person accepted, for a look at what would be in force; the user's record if `None`.
        project: gives the project's settings tables; those of another revision for a change under review.
        reviewed: these tables were reviewed as any code of the base branch is, and count in full.

    Raises:
        ConfigError: a file is malformed, holds an unknown key, or would loosen; a named file does not exist.
    """
    where = where or places(env)
    terminal = actors.at_a_terminal() if terminal is None else terminal
    accepted = accepted or record.read(where.user)
    force = merge(_layers(cwd, env, config_file, where, accepted, _Project(project, reviewed)))
    offline = bool((flags or {}).get("offline")) or actors.truthy(env.get("SLOPGUARD_OFFLINE"))
    home = Path(env.get("SLOPGUARD_HOME") or where.home).expanduser()
    policy = force["policy"]
    adopted = accepted.around(cwd, where.user)
    return Settings(
        home=home if home.is_absolute() else cwd / home,
        account=where.home,
        user=where.user,
        mode=force["mode"],
        actor=actors.detect(env, terminal=terminal),
        offline=offline,
        established_days=force["established_days"],
        established_releases=force["established_releases"],
        min_version_age_days=force["min_version_age_days"],
        watch_rank=force["watch_rank"],
        timeout=force["timeout"],
        upstream=_upstream(force),
        internal=_by_ecosystem(force, "internal"),
        own=_by_ecosystem(force, "own"),
        private_indexes=force["internal.index"],
        accepted_indexes=accepted.indexes,
        adopted=adopted,
        list_sources=force["lists.sources"],
        list_teams=force["lists.teams"],
        sealed_paths=force["sealed.paths"],
        check_exclude=force["check.exclude"],
        net_allow=force["net.allow"],
        net_enforce=force["net.enforce"],
        serve_indexes=force["serve.indexes"],
        serve_own_login=force["serve.own_login"],
        cache_mb=force["cache.size_mb"],
        radar=RadarSetting(**{part: force[f"radar.{part}"] for part in RadarSetting.__dataclass_fields__}),
        policy_file=policy,
        digest=_digest(force, (*accepted.indexes, *(digest for _, digest in adopted)), policy),
    )


def _layers(
    cwd: Path,
    env: Mapping[str, str],
    config_file: Path | None,
    where: Places,
    accepted: Accepted,
    project: _Project,
) -> Iterator[SettingsLayer]:
    """All layers that exist, highest first."""
    for path, standing in ((where.organisation, Standing.ORGANISATION), (where.user / FILE_NAME, Standing.TRUSTED)):
        table = read_toml(path)
        if table is not None:
            yield _layer(path, table, standing)
    for path, found in project.tables(cwd, where.account):
        known = project.reviewed or accepted.covers(path, found)
        yield _layer(path, found, Standing.TRUSTED if known else Standing.UNTRUSTED)
    named = [("SLOPGUARD_CONFIG", env.get("SLOPGUARD_CONFIG")), ("--config", config_file)]
    for origin, name in named:
        if name:
            path = cwd / Path(name).expanduser()
            table = read_toml(path)
            if table is None:
                raise ConfigError(f"{path}: there is no such file, and {origin} names it")
            yield _layer(path, table, Standing.TRUSTED if accepted.covers(path, table) else Standing.UNTRUSTED)


def _layer(path: Path, table: Mapping[str, Any], standing: Standing) -> SettingsLayer:
    values = read_table(table, str(path))
    if "policy" in values:
        values["policy"] = path.parent / values["policy"]
    return SettingsLayer(str(path), standing, values)


def _upstream(force: Mapping[str, Value]) -> dict[Ecosystem, UpstreamSetting]:
    made = {
        eco: UpstreamSetting(*(force[f"upstream.{eco}.{part}"] for part in ("url", "dates_from", "curated")))
        for eco in Ecosystem
    }
    return {eco: setting for eco, setting in made.items() if setting != UpstreamSetting()}


def _by_ecosystem(force: Mapping[str, Value], table: str) -> dict[Ecosystem, tuple[str, ...]]:
    return {eco: force[f"{table}.{eco}"] for eco in Ecosystem if force[f"{table}.{eco}"]}


def _digest(force: Mapping[str, Value], accepted: Iterable[str], policy: Path | None) -> str:
    """SHA-256 of every value that can change a verdict, the policy's text included.

    Raises:
        ConfigError: the policy named cannot be read.
    """
    text = read_bytes(policy) if policy else b""
    if text is None:
        raise ConfigError(f"{policy}: there is no such file, and 'policy' names it")
    parts = [*(f"{name}={force[name]!s}" for name in sorted(force) if name != "policy"), *accepted]
    return sha256("\n".join(parts).encode() + b"\0" + text).hexdigest()
