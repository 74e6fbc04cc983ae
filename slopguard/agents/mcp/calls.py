"""One call of a tool of the MCP server: who asks, in which settings, and the verdicts, which are recorded.

Invariants: whoever calls is an agent; settings, lists and database are opened anew for each call, so that what a person
changes counts from the next call on; verdicts are in the ledger before they are told; a name that is none is not
repeated as it was written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slopguard.agents.mcp.schemas import RESULT_KEYS
from slopguard.check.judging import looked_at
from slopguard.check.targets import requests_for
from slopguard.config import load
from slopguard.errors import UsageError
from slopguard.judge import Judge
from slopguard.lists.loading import refresh
from slopguard.messages import named
from slopguard.model import Actor, Door, Ecosystem, Mode, Request, Verdict
from slopguard.model.suggesting import Asker, Kind, door_session
from slopguard.names import shown
from slopguard.patterns import regex
from slopguard.store.suggestions import Suggested

if TYPE_CHECKING:
    from slopguard.config import Settings

DOOR = "mcp"
NO_NAME = "Write NAME, NAME==VERSION or, for npm, NAME@VERSION: no markers, aliases or addresses"
_REQUIREMENT = regex(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[\w., -]*\])?\s*((?:[=<>!~].*)?)")
"""A requirement of PyPI: name, extras, versions."""


@dataclass(frozen=True, slots=True)
class Reports:
    """How verdicts are put into words: the room of the reports lies above this one, so the command hands them in.

    Args:
        result: an entry of `results` in `slopguard/report/1`.
        lines: what `slopguard ask` prints.
    """

    result: Callable[[Verdict], Mapping[str, Any]]
    lines: Callable[[Sequence[Verdict]], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Said:
    """What a tool answers.

    Args:
        text: for the model.
        data: for programs, as the tool's output schema has it; `None` if it failed.
    """

    text: str
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """What all calls of one server share.

    Args:
        session: made up by this process: several calls about one package share a decision id.
        config: `--config FILE`.
        offline: `--offline`.
    """

    reports: Reports
    session: str
    config: Path | None = None
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Args:
        tool: its name.
        asker: which agent asks.
    """

    tool: str
    serving: Serving
    settings: Settings
    cwd: Path
    asker: Asker

    @classmethod
    def of(cls, tool: str, serving: Serving, agent: str) -> Call:
        """A call made now, here.

        Raises:
            ConfigError: the settings cannot be used.
        """
        cwd, env = Path.cwd(), {**os.environ, "SLOPGUARD_ACTOR": Actor.AGENT.value}
        settings = load(cwd, env, {"offline": serving.offline}, serving.config, terminal=False)
        return cls(tool, serving, settings, cwd, Asker(agent, door_session(agent, serving.session)))

    @property
    def door(self) -> Door:
        """What the ledger says it came through."""
        return Door(DOOR, self.tool, self.asker.session)

    @property
    def enforced(self) -> bool:
        """Whether a refusal is one: not in mode `observe`."""
        return self.settings.mode is not Mode.OBSERVE

    def judged(self, requests: Sequence[Request], *, suggested: bool = False) -> list[Verdict]:
        """The verdicts, recorded.

        Args:
            suggested: the agent means to install these: they count among its suggestions.

        Raises:
            SlopguardError: as for `slopguard ask`.
        """
        for note in refresh(self.settings):
            sys.stderr.write(f"{note}\n")
        with Judge.open(self.settings) as judge:
            verdicts = looked_at(judge, requests, self.settings, self.cwd, self.asker.session)
            rows = [Suggested.of(verdict, self.asker, Kind.MCP) for verdict in verdicts] if suggested else []
            judge.record(verdicts, self.door, suggested=rows)
        return verdicts

    def result(self, verdict: Verdict) -> dict[str, Any]:
        """What an agent is given of a verdict."""
        full, request = self.serving.reports.result(verdict), verdict.request
        safe = {"name": shown(request.name or request.raw), "version": request.version and shown(request.version)}
        return {key: full[key] for key in RESULT_KEYS} | safe


def request_for(ecosystem: Ecosystem, text: str, where: str = "`name`") -> Request:
    """What one name stands for; of extras and ranges, which agents write as installers take them, the name.

    Args:
        where: the argument it stands in.

    Raises:
        UsageError: it is more than a name and a version; what it is is not repeated.
    """
    try:
        [request] = requests_for(_bare(ecosystem, text), (ecosystem,), Actor.AGENT)
    except UsageError:
        raise UsageError(f"{where} is not a name", NO_NAME) from None
    return request


def _bare(ecosystem: Ecosystem, text: str) -> str:
    """`uvicorn[standard]>=0.30` as `uvicorn`; one version stays."""
    found = _REQUIREMENT.fullmatch(text) if ecosystem is Ecosystem.PYPI else None
    if found is None:
        return text
    return found[1] + (found[2] if found[2].startswith("==") and "," not in found[2] else "")


def once(requests: Iterable[Request]) -> list[Request]:
    """Each package once, in order."""
    found = {(request.ecosystem, request.name or request.raw, request.version): request for request in requests}
    return list(found.values())


def with_version(request: Request, version: str) -> Request:
    """The request for one version.

    Raises:
        UsageError: the name has a version already, or it is a range or a tag.
    """
    joint = "==" if request.ecosystem is Ecosystem.PYPI else "@"
    asked = request_for(request.ecosystem, f"{request.raw}{joint}{version}", "`version`")
    if request.version is not None or asked.version is None or asked.name != request.name:
        raise UsageError("`version` is not one version", "Leave it out, or name one")
    return asked


def title(request: Request) -> str:
    """What is asked about, safe to print."""
    return named(request) or f"{request.ecosystem}:{shown(request.name or request.raw)}"


def titles(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """What several verdicts are about."""
    return (title(verdict.request) for verdict in verdicts)
