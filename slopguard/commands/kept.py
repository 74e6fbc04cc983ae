"""The files that a script writes from its own text under names that say nothing, and reads or runs later on.

Invariant: pure; each is read once, as what it is used for: a script, or a list of requirements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from slopguard.commands.scope import Scope, Word
from slopguard.commands.unwrap import base
from slopguard.commands.words import MARK
from slopguard.readers.places import absolute

_RUN = frozenset({"sh", "bash", "zsh", "dash", "ksh", "source", ".", "exec"})
_MOST = 200

Text = tuple[str, int]
"""What a file holds, and the line of the script on which that begins."""


class Kept:
    """The texts by the absolute paths of their files."""

    def __init__(self) -> None:
        self._texts: dict[str, Text] = {}

    def keep(self, scope: Scope, name: str, text: Text) -> None:
        """A file is written."""
        if len(self._texts) < _MOST:
            self._texts[absolute(scope.cwd, name)] = text

    def run(self, scope: Scope, words: Sequence[Word]) -> Text | None:
        """The text of the script that a command is, or is given to: `./go`, `bash -x go`."""
        if not self._texts:
            return None
        given = self.given(scope, words) if base(words[0].text) in _RUN else None
        return given or (self._texts.pop(absolute(scope.cwd, words[0].text), None) if "/" in words[0].text else None)

    def given(self, scope: Scope, words: Sequence[Word]) -> Text | None:
        """The text of the file that an interpreter is given first: `python x.py`."""
        file = next((word.text for word in words[1:] if not word.text.startswith("-")), "")
        return self._texts.pop(absolute(scope.cwd, file), None) if file and self._texts else None

    def left(self) -> Mapping[Path, str]:
        """The texts of files that the script put to no use itself, by absolute path; those with unknown parts not."""
        return {Path(path): text for path, (text, _) in self._texts.items() if MARK not in text}

    def listed(self, files: Iterable[Path]) -> Iterator[Text]:
        """The texts of requirement files."""
        for file in files if self._texts else ():
            if text := self._texts.pop(str(file), None):
                yield text
