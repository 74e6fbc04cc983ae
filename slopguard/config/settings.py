"""What the settings files, the environment and the flags come to: one frozen value a session.

Invariants: a `Settings` never changes once made; its `digest` stands for every value that can change a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.model import Actor, Ecosystem, Mode

DEFAULT_CACHE_MB = 2048


@dataclass(frozen=True, slots=True)
class UpstreamSetting:
    """`[upstream.<ecosystem>]`: replaces or completes what the client is configured for.

    Args:
        url: the index to use instead of the client's own default.
        dates_from: an index that carries upload dates for one that does not.
        curated: the index has no upload dates and a person vouches for its content.
    """

    url: str | None = None
    dates_from: str | None = None
    curated: bool = False


@dataclass(frozen=True, slots=True)
class ListSource:
    """One entry of `[lists] sources`: where a signed list is published, and the digest of its root."""

    url: str
    root: str


@dataclass(frozen=True, slots=True)
class ServedIndex:
    """One entry of `[serve] indexes`: a further index that a served gate has a route for.

    Args:
        key: its route.
        scope: of npm, the scope whose names come from it (`@acme`).
    """

    ecosystem: Ecosystem
    key: str
    url: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class RadarSetting:
    """`[radar]`: how watched names are asked about, and who is told of an alarm; never from a project.

    Args:
        rate: requests a second to each host.
        every: seconds between two looks at the likeliest names, and after which the daemon polls; `None`: it does not.
        webhook: where an alarm is posted to.
        webhook_secret: the environment variable that holds what it is signed with.
        npm_feed, pypi_feed: a registry's feed of changes.
    """

    rate: float = 4.0
    every: int | None = None
    webhook: str | None = None
    webhook_secret: str | None = None
    npm_feed: str | None = None
    pypi_feed: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings of one session.

    Args:
        home: `SLOPGUARD_HOME`: database, lists, cache, keys.
        account: the folder that counts without `SLOPGUARD_HOME`; it holds what recorded facts are keyed with.
        user: the user's settings folder: keys, releases and the rollback floors of lists lie in it.
        mode: how strictly verdicts are enforced.
        actor: who asks; the environment may only lower it.
        offline: no index is asked; evidence is only ever removed by this.
        established_days: age of the first upload, in days, from which a package may count as established.
        established_releases: releases spread over that time which it must have.
        min_version_age_days: younger versions are stepped over.
        vouched_days: age, in days, from which a transitive package is vouched for by what requires it.
        watch_rank: watched names ranked up to here are blocked when registered since.
        timeout: seconds one upstream answer may take.
        upstream: per ecosystem, what replaces or completes the client's own index.
        internal: globs of names that only ever come from the private index, by ecosystem.
        own: globs of public names we publish ourselves (no cooldown).
        private_indexes: URL prefixes that count as the organisation's own (`[internal] index`).
        accepted_indexes: URL prefixes of indexes that a person accepted.
        adopted: snapshots of the lock files of adopted projects, with their digests (see `slopguard.config.accepted`).
        list_sources: signed lists to fetch.
        list_teams: teams whose lists apply.
        sealed_paths: globs of files that an agent must not change.
        check_exclude: globs of files, from the root of the repository, that `check` does not look at.
        net_allow: hosts that what an install runs may fetch from, past the gate (see `slopguard.egress`).
        net_enforce: the kernel holds it to that, where it can.
        serve_indexes: what a served gate has routes for beside the default indexes.
        serve_own_login: URL prefixes of indexes that a served gate asks with the login of each caller.
        cache_mb: how large the cache of fetched files and pages may get, in megabytes of 2**20 bytes; 0: there is none.
        radar: how watched names are asked about.
        policy_file: a policy that replaces the shipped one.
        digest: SHA-256 of every value above that can change a verdict, for the ledger.
    """

    home: Path
    account: Path | None = None
    user: Path | None = None
    mode: Mode = Mode.BALANCED
    actor: Actor = Actor.HUMAN
    offline: bool = False
    established_days: int = 90
    established_releases: int = 3
    min_version_age_days: int = 3
    vouched_days: int = 7
    watch_rank: int = 10_000
    timeout: float = 10.0
    upstream: Mapping[Ecosystem, UpstreamSetting] = field(default_factory=dict)
    internal: Mapping[Ecosystem, tuple[str, ...]] = field(default_factory=dict)
    own: Mapping[Ecosystem, tuple[str, ...]] = field(default_factory=dict)
    private_indexes: tuple[str, ...] = ()
    accepted_indexes: tuple[str, ...] = ()
    adopted: tuple[tuple[Path, str], ...] = ()
    list_sources: tuple[ListSource, ...] = ()
    list_teams: tuple[str, ...] = ()
    sealed_paths: tuple[str, ...] = ()
    check_exclude: tuple[str, ...] = ()
    net_allow: tuple[str, ...] = ()
    net_enforce: bool = True
    serve_indexes: tuple[ServedIndex, ...] = ()
    serve_own_login: tuple[str, ...] = ()
    cache_mb: int = DEFAULT_CACHE_MB
    radar: RadarSetting = field(default_factory=RadarSetting)
    policy_file: Path | None = None
    digest: str = ""

    @property
    def cache_bytes(self) -> int:
        """`cache_mb` in bytes."""
        return self.cache_mb << 20
