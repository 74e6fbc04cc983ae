"""One guarded command from its first question to its last line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from slopguard import config
from slopguard.clients import unread
from slopguard.clients.applied import applied
from slopguard.clients.interface import Client, Invocation, Launch
from slopguard.daemon import hosting
from slopguard.daemon.interface import Closed, Hosted, Opening, placed, surroundings
from slopguard.errors import ConfigError, EnvironmentFailed, InputError, SlopguardError
from slopguard.guard import below, child, lines, locks, outer, prejudge, rewrite
from slopguard.guard import scratch as scratches
from slopguard.guard.addresses import Addresses
from slopguard.guard.afterwards import freed
from slopguard.guard.net import STOPPED, net_for, told
from slopguard.indexes import Index, origin, without_credentials
from slopguard.locked import LockedSet
from slopguard.model import Door, Ecosystem, Mode, NormalizedName, Request, Source, SourceKind, Verdict

if TYPE_CHECKING:
    from slopguard.egress.net import Net

LOOPBACK = "127.0.0.1,localhost"
UNNOTED = "slopguard: it is installed, but that could not be noted for: slopguard log report"

INTERRUPTED = 130
"""What a client that was interrupted ends with, as shells say it."""


@dataclass(slots=True)
class Guarded:
    """A guarded command.

    Args:
        client: what is known about its client.
        call: the command line, understood.
        command: how the real client is started.
        cwd: where the user stands.
    """

    client: Client
    call: Invocation
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    config_file: Path | None = None
    said: set[str] = field(default_factory=set)
    _below: list[int] = field(default_factory=list)

    def run(self) -> int:
        """Judge, run, and say what happened; the exit code.

        Raises:
            SlopguardError: something is wrong before the client could be started.
        """
        settings = self._settings()
        begun = hosting.begin(settings, self.env)
        if locks.recover(settings.home):  # a file that the command line stood for may be gone or be another
            self.call = self.client.parse(self.call.client, self.call.argv, self.cwd, self.env)
        indexes = applied(self.client.indexes(self.call, self.command, self.env), settings, self.env)
        readings = prejudge.read_all(self.call, self.env)
        mapped = self.client.mapped(self.command, self.env)
        locked = LockedSet.of(settings)
        plan = prejudge.plan(self.call, readings, indexes, settings.actor, mapped, locked)
        if plan.index_lines:
            indexes = applied(prejudge.with_index_lines(indexes, plan.index_lines), settings, self.env)
            plan = prejudge.plan(self.call, readings, indexes, settings.actor, mapped, locked)
        self._decidable(plan, observe=settings.mode is Mode.OBSERVE)
        opening = self._opening(settings, indexes, plan)
        with begun as host, host.open(opening) as hosted:
            for note in hosted.notes:
                lines.say(note)
            judged = [*hosted.verdicts, *hosted.judge(self._strange_hosts(hosted, settings, indexes))]
            refused = [verdict for verdict in judged if verdict.stops]
            if refused:
                return self._refuse(refused, indexes)
            self._choosing_offline(observe=settings.mode is Mode.OBSERVE)
            with net_for(self.call, self.command, self.env, settings, hosted.address, indexes, readings) as net:
                hosted.tell(net.learn)
                code = self._launch(hosted, settings, plan, indexes, net)
            if told(net, settings, self.call) and code != 0:  # before the host is asked, which may be gone
                code = STOPPED
            closed = hosted.close()
            code = self._ended(closed, judged, code, indexes, observe=settings.mode is Mode.OBSERVE)
            if code == 0 and not hosted.installed():
                lines.say(UNNOTED)
        return code

    def _opening(self, settings: config.Settings, indexes: Sequence[Index], plan: prejudge.Plan) -> Opening:
        """What whoever hosts this command's session is told of it."""
        return Opening(
            settings=settings,
            indexes=placed(unique(indexes), self.cwd),
            door=Door(self.call.client, command=lines.typed(self.call)),
            typed=frozenset(plan.introduced),
            requests=tuple(plan.requests),
            said=frozenset((sighting.ecosystem, sighting.raw) for sighting in self.call.typed),
            env=surroundings(self.env, self.cwd),
        )

    def _settings(self) -> config.Settings:
        """The settings in force; a file that would loosen is in the ledger before it is refused.

        Raises:
            ConfigError: a settings file is malformed, or would loosen.
        """
        try:
            return config.load(self.cwd, self.env, {"offline": self.call.offline}, self.config_file)
        except ConfigError:
            refused_settings(self.call, self.env, self.cwd)
            raise

    def _strange_hosts(self, hosted: Hosted, settings: config.Settings, indexes: Sequence[Index]) -> list[Request]:
        """Requests for files that a lock records at a host from which their index serves nothing.

        One file of each host is looked up; the gate would serve all of them from the index, but a lock that names
        a stranger is no lock to install from by other means.
        """
        addresses = Addresses(hosted.address.base, tuple(indexes))
        for path in self.client.lock_files(self.call, self.env):
            read = path in self.call.files and path.name in ("pylock.toml", "lock.yaml")  # else it is only written
            known = read or path.name in ("uv.lock", "pdm.lock") or path.name.endswith(".py.lock")
            known = known or path.name.startswith("pnpm-lock.")
            if known and path.is_file():
                addresses.forward(path.name, path.read_text(encoding="utf-8", errors="replace"))
        hosts = {origin(index.url): True for index in indexes}
        strange = []
        for served, recorded in addresses.known.items():
            found = file_of(served.removeprefix(f"{hosted.address.base}/"))
            if found is None or origin(recorded) in hosts:
                continue
            ecosystem, key, name, file = found
            real = hosted.upstream_url(ecosystem, key, name, file)
            hosts[origin(recorded)] = known = real is None or origin(real) == origin(recorded)
            if not known:
                source = Source(SourceKind.URL, without_credentials(recorded), trusted=False)
                strange.append(Request(ecosystem, NormalizedName(name), name, source=source, actor=settings.actor))
        return strange

    def _decidable(self, plan: prejudge.Plan, *, observe: bool) -> None:
        """Refuse what cannot be judged beforehand and could lead past the gate.

        Raises:
            InputError: a line whose meaning is only known to the client.
        """
        problem = next((p for p in plan.problems if p.code in (unread.UNREAD, "undecidable")), None)
        if problem and problem.code == unread.UNREAD and not observe:
            raise InputError("requirements by URL or from standard input cannot be judged beforehand", unread.REMEDY)
        if problem and not observe:
            where = f"{Path(problem.location.path).name}:{problem.location.line or 1}"
            raise InputError(f"{where} cannot be judged before it is installed", "Write the packages out")

    def _choosing_offline(self, *, observe: bool) -> None:
        """Refuse a client that would choose versions from its own cache, where no gate sees it.

        Raises:
            EnvironmentFailed: it is told to stay offline, and not to install exactly what a lock file says.
        """
        if self.call.offline and not self.call.frozen and not observe:
            raise EnvironmentFailed(
                f"{self.call.client} was told to stay offline, so what it would choose cannot be checked",
                "Leave that out, or install exactly what a lock file says",
            )

    def _refuse(self, refused: Sequence[Verdict], indexes: Sequence[Index]) -> int:
        lines.verdicts(refused, self.said)
        lines.sources(refused, indexes, self.said)
        lines.say(lines.not_started(self.call, refused))
        code = lines.code(refused) or 1
        outer.tell(os.environ, code)
        return code

    def _launch(
        self,
        hosted: Hosted,
        settings: config.Settings,
        plan: prejudge.Plan,
        indexes: Sequence[Index],
        net: Net,
    ) -> int:
        """Run the client against the gate and under the net, its lock files translated meanwhile."""
        with ExitStack() as stack:
            scratch = stack.enter_context(scratches.folder())
            copies = rewrite.copied((*self.call.files, *self.call.constraints), plan.index_lines, scratch)
            call = replace(self.call, argv=rewrite.substituted(self.call.argv, self.call.here or self.call.cwd, copies))
            launch = self.client.launch(call, self.command, self.env, hosted.address, unique(indexes), scratch)

            mapped = self.client.mapped(self.command, self.env)
            addresses = Addresses(hosted.address.base, tuple(indexes), mapped=mapped)
            stack.enter_context(
                locks.translated(
                    settings.home, lambda: self.client.lock_files(self.call, self.env), addresses, hosted.upstream_url
                )
            )
            edit = partial(addresses.back, upstream=hosted.upstream_url) if prints_addresses(self.call) else None
            env = net.environment(environment(launch, self.call, settings.mode))
            env = below.prepared(freed(env, net.record, call, scratch), call, self.config_file, scratch)
            env = outer.recorded(env, self.env, scratch)
            if net.ports is not None:
                below.hold(env, scratch)
            code = child.run(launch.argv, env, self.cwd, edit, net.ports, hosted.lost)
            self._below = outer.told(scratch)
            launch.proven()
            return code

    def _ended(
        self, closed: Closed, judged: Sequence[Verdict], code: int, indexes: Sequence[Index], *, observe: bool
    ) -> int:
        """The lines after the client ended, and the code of the whole."""
        refusals = heard(closed.refusals, code)
        watched = [verdict for verdict in judged if verdict.outcome.refuses]
        lines.verdicts((*watched, *refusals), self.said)
        lines.sources((*watched, *refusals), indexes, self.said)
        lines.notes(closed.notes, self.said)
        for error in closed.failures:
            lines.say(error.diagnosis())
        if observe:
            return code
        ours = lines.worst([lines.code(refusals), *(error.exit_code for error in closed.failures), *self._below])
        if ours is None:
            return code
        outer.tell(os.environ, ours)
        if any(verdict.stops for verdict in refusals):
            lines.say(f"slopguard: {self.call.client} was stopped; nothing of the above was installed.")
        elif not closed.failures:
            lines.say(lines.stopped_below(self.call, ours))
        return ours


def file_of(route: str) -> tuple[Ecosystem, str, str, str] | None:
    """The ecosystem, index key, package and file of a route on the gate; `None` where it is no file's."""
    ecosystem, key, *rest = route.split("/")
    if ecosystem == "pypi" and rest[:1] == ["files"]:
        return Ecosystem.PYPI, key, rest[1], unquote(rest[2])
    if ecosystem == "npm" and "-" in rest:
        return Ecosystem.NPM, key, "/".join(rest[: rest.index("-")]), rest[-1]
    return None


def heard(refusals: Sequence[Verdict], code: int) -> list[Verdict]:
    """The refusals that count: an index whose answer a person did not wait for (Ctrl-C) is not down."""
    return [verdict for verdict in refusals if code != INTERRUPTED or verdict.rule != "upstream-down"]


def refused_settings(call: Invocation, env: Mapping[str, str], cwd: Path) -> None:
    """Write to the ledger of the user's own settings that a project's, a variable's or a flag's were refused.

    Where even that cannot be done the command ends in the same error; nothing was let through.
    """
    from slopguard.store import acts

    own = {key: value for key, value in env.items() if key != "SLOPGUARD_CONFIG"}
    if home := own.get("SLOPGUARD_HOME"):
        own["SLOPGUARD_HOME"] = str(cwd / Path(home).expanduser())
    with suppress(SlopguardError):
        settings = config.load(Path(cwd.anchor), own)
        acts.record(settings, call.client, "refused", "config", f"settings:{cwd}", lines.typed(call))


def unique(indexes: Sequence[Index]) -> tuple[Index, ...]:
    """The indexes, each part of each address once; one address in two parts keeps both entries but one route."""
    return tuple({(i.ecosystem, i.key, i.kind, i.name): i for i in indexes}.values())


def prints_addresses(call: Invocation) -> bool:
    """Whether the client prints addresses of indexes or files on stdout: `uv pip compile` told to, `pip lock -o -`."""
    told = ("--emit-index-url", "--emit-index-annotation", "--format", "--report", "-o", "--output")
    writes = call.command in ("pip compile", "lock") or "--report" in " ".join(call.argv)
    return writes and any(word.startswith(told) for word in call.argv)


def environment(launch: Launch, call: Invocation, mode: Mode) -> dict[str, str]:
    """The client's environment: loopback never goes through a proxy; offline stays offline."""
    env = {**launch.env, **spared(launch.env)}
    if call.offline:
        env |= {"UV_OFFLINE": "1", "npm_config_offline": "true"}
    if mode is Mode.OBSERVE:
        for key in (
            "npm_config_allow_git",
            "npm_config_allow_remote",
            "PIP_PROXY",
            "SLOPGUARD_POETRY_ONLY",
            "SLOPGUARD_PDM_ONLY",
        ):
            env.pop(key, None)
    return env


def spared(env: Mapping[str, str]) -> dict[str, str]:
    """The hosts that need no proxy, the gate added; some clients read the one variable, some the other."""
    said = {
        key: env.get(key) or env.get(twin, "") for key, twin in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY"))
    }
    return {key: hosts if hosts == "*" else ",".join(filter(None, [hosts, LOOPBACK])) for key, hosts in said.items()}
