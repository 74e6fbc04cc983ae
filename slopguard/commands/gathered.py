"""What is gathered while commands are read, each thing once, and how much work may still be done.

Invariant: work is counted, so that no text, however it calls itself, takes longer than its size allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from slopguard.commands.installs import Found
from slopguard.model import Location, Sighting
from slopguard.readers.interface import IndexLine, Problem, Reading

LIMIT = 1_000_000
"""The longest text read, in characters; also what all texts inside it may come to."""
_COMMANDS = 20_000
"""How many commands one text may come to, every value of its variables counted."""
_ASKED = 3_000
"""How many of them clients are asked about."""


@dataclass(slots=True)
class Gathered:
    """See the module.

    Args:
        done: so much was read that the rest is not.
    """

    path: Path
    sightings: list[Sighting] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    indexes: list[IndexLine] = field(default_factory=list)
    problems: dict[Problem, None] = field(default_factory=dict)
    skipped: int = 0
    done: bool = False
    _size: int = 0
    _commands: int = 0
    _asked: int = 0

    def reading(self) -> Reading:
        """Everything found."""
        seen: dict[str, Sighting] = {}
        for sighting in self.sightings:
            seen.setdefault(repr(sighting), sighting)
        return Reading(
            self.path,
            tuple(seen.values()),
            tuple(dict.fromkeys(self.indexes)),
            tuple(self.problems),
            skipped=self.skipped,
            files=tuple(dict.fromkeys(self.files)),
        )

    def unclear(self, line: int) -> None:
        """Note that something on a line cannot be decided."""
        self.problems[Problem("undecidable", Location(str(self.path), line))] = None

    def take(self, found: Found) -> None:
        """Take up what a command line names."""
        self.sightings += found.sightings
        self.files += found.files
        self.indexes += found.indexes
        self.skipped += found.skipped
        for line in found.unclear:
            self.unclear(line)

    def add(self, reading: Reading) -> None:
        """Take up what a file says that the script writes."""
        self.sightings += reading.sightings
        self.indexes += reading.indexes
        self.problems |= dict.fromkeys(reading.problems)

    def may_read(self, text: str, line: int) -> bool:
        """Whether a text may still be read; if not, that is noted."""
        self._size += len(text)
        return self._within(self._size <= LIMIT, line)

    def may_run(self, line: int) -> bool:
        """Whether one more command may be looked at; if not, that is noted."""
        self._commands += 1
        return self._within(self._commands <= _COMMANDS, line)

    def may_ask(self, line: int) -> bool:
        """Whether one more client may be asked; if not, that is noted."""
        self._asked += 1
        return self._within(self._asked <= _ASKED, line)

    def _within(self, yes: bool, line: int) -> bool:
        if not yes and not self.done:
            self.unclear(line)
        self.done = self.done or not yes
        return yes
