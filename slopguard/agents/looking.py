"""What slopguard has to say about one call: the guard itself first, then what would be installed.

Invariants: what is refused says why and what to do instead; where something cannot be told and a gate stands below,
that decides; imports and documents are noted, never refused.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from slopguard.agents.model import NOTHING, Answer, Call, Decision, Edit
from slopguard.agents.unjudged import SETTINGS, unjudged

if TYPE_CHECKING:
    from pathlib import Path

    from slopguard.agents.editing.edits import Added, Content
    from slopguard.config import Settings
    from slopguard.daemon.questions import Answers, Group
    from slopguard.indexes import Index
    from slopguard.lists import Lists
    from slopguard.model import Ecosystem, Request, Verdict

MODEL_CONTROLLED = "agent"
"""Who asks: nothing in the environment makes a person of a tool that an agent calls."""


def answer(call: Call, *, strict: bool = False) -> Answer:
    """What an agent is told about a call that runs commands or changes files.

    Args:
        strict: refuse what would be left to the user.
    """
    from slopguard.errors import ConfigError

    try:
        found = _Look(call, {**os.environ, "SLOPGUARD_ACTOR": MODEL_CONTROLLED}).answer()
    except ConfigError:
        found = unjudged(SETTINGS, strict=strict)
    if strict and found.decision is Decision.ASK:
        return Answer(Decision.DENY, found.reason, found.user)
    return found


def _imported(request: Request) -> bool:
    """Whether source code asks for it, rather than a document."""
    from slopguard.check.imports import ecosystem_of

    return any(ecosystem_of(place.path) is not None for place in request.locations)


@dataclass
class _Look:
    """One look at one call."""

    call: Call
    env: Mapping[str, str]
    notes: list[str] = field(default_factory=list)
    written: tuple[Edit, ...] = ()
    unread: bool = False

    def answer(self) -> Answer:
        """What is to be said."""
        for each in (self._guard, self._commands, self._edits):
            found = each()
            if found is not None:
                return found
        if self.unread and not self._gate:
            from slopguard.agents import words

            return words.unread(what="command" if self.call.commands else "edit")
        return Answer(note="\n".join(self.notes)) if self.notes else NOTHING

    def _guard(self) -> Answer | None:
        """What a call would do to the guard itself, and to files that an agent must not change."""
        from slopguard.agents import protected

        places = protected.Places.of(self.env, self.call.cwd)
        found = (protected.of_command(text, places) for text in self.call.commands)
        guarded = next(filter(None, found), None)
        for each in self._contents if guarded is None else ():
            guarded = guarded or protected.of_edit(each.edit, each.before, each.after, places, self.call.cwd)
        if guarded is None:
            return None
        from slopguard.agents import words

        return words.guarded(guarded.what)

    def _commands(self) -> Answer | None:
        """What shell text would install."""
        from slopguard.commands.script import idle

        if all(map(idle, self.call.commands)):
            return None
        from slopguard.agents import installs

        wanted = installs.look(self.call, lambda: self._settings, self._ask, manifests=lambda: not self._gate)
        self.unread, self.written = wanted.unclear, wanted.written
        if not wanted.requests:
            return None
        from slopguard.daemon.questions import Group
        from slopguard.model.suggesting import Kind

        judged = self._judged([Group(Kind.COMMAND, wanted.requests)])
        refused = self._stopped(judged.groups[0])
        if not refused:
            return None
        from slopguard.agents import words

        rest = "" if wanted.unclear else self._rest(refused)
        return words.refused(refused, what=words.NOT_RUN, rest=rest, times=judged.times)

    def _rest(self, refused: Sequence[Verdict]) -> str:
        """The command without what is refused in it."""
        from slopguard.agents import installs

        if len(self.call.commands) != 1:
            return ""
        return installs.without(self.call.commands[0], [verdict.request for verdict in refused], self.call.cwd)

    def _edits(self) -> Answer | None:
        """What changes of files add; where nothing in them could be refused, our own troubles refuse nothing either."""
        if not self._changes:
            return None
        from slopguard.agents.editing import edits
        from slopguard.errors import SlopguardError

        try:
            return self._of_edits()
        except SlopguardError:
            if edits.only_told(edits.contents(self._changes, self.call.cwd)):
                return None
            raise

    def _of_edits(self) -> Answer | None:
        from slopguard.daemon.questions import Group
        from slopguard.model.suggesting import Kind

        added = self._added()
        self.unread = self.unread or bool(added.unclear)
        imports = [request for request in added.suggested if _imported(request)]
        told = [request for request in added.suggested if not _imported(request)]
        groups = [
            Group(Kind.EDIT, added.requests, added.mismatched),
            Group(Kind.IMPORT, tuple(imports)),
            Group(Kind.TEXT, tuple(told)),
        ]
        if not any(group.requests for group in groups):
            return None
        judged = self._judged(groups)
        if not any(judged.groups):
            return None
        from slopguard.agents import words

        for kind, verdicts in zip((Kind.IMPORT, Kind.TEXT), judged.groups[1:], strict=True):
            self.notes += [words.note(verdicts, imported=kind is Kind.IMPORT)] if verdicts else []
        refused = self._stopped(judged.groups[0])
        what = words.NOT_RUN if self.call.commands else words.NOT_MADE
        return words.refused(refused, what=what, times=judged.times) if refused else None

    def _added(self) -> Added:
        from slopguard.agents.editing import edits

        settings, cwd = self._settings, self.call.cwd
        changes = [edit for edit in self._changes if not edits.left_out(edit, cwd, settings.check_exclude)]
        return edits.look(changes, cwd, settings, ask=self._ask, lists=self._lists)

    def _lists(self) -> Lists:
        from slopguard.lists import Lists  # only where an import is new

        return Lists.load(self._settings)

    def _judged(self, groups: Sequence[Group]) -> Answers:
        from slopguard.agents.verdicts import judged

        return judged(groups, self.call, self._settings)

    def _stopped(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """Those that are refused; of those that mode `observe` lets pass a note is kept."""
        if not verdicts:
            return []
        from slopguard.agents import words

        watched = [verdict for verdict in verdicts if not verdict.stops]
        self.notes += [words.observed(watched)] if watched else []
        return [verdict for verdict in verdicts if verdict.stops]

    @property
    def _changes(self) -> Sequence[Edit]:
        """The files that the tool changes, and those that its commands write."""
        return (*self.call.edits, *self.written)

    @cached_property
    def _contents(self) -> Sequence[Content]:
        """What each edit makes of its file."""
        if not self.call.edits:
            return ()
        from slopguard.agents.editing import edits

        return edits.contents(self.call.edits, self.call.cwd)

    @cached_property
    def _gate(self) -> bool:
        """Whether a gate stands below."""
        from slopguard.agents import below

        return below.gate(self.env)

    @cached_property
    def _settings(self) -> Settings:
        from slopguard.config import load

        return load(self.call.cwd, self.env, terminal=False)

    def _ask(self, ecosystem: Ecosystem, folder: Path) -> tuple[Index, ...]:
        """The indexes of an ecosystem's client in a folder."""
        from slopguard.check.facts import indexes_of

        return indexes_of(ecosystem, self._settings, folder)
