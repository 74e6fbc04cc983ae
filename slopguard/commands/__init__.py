"""Commands as people and agents write them: what they would install, read without running anything.

`read` takes shell text, `phrase` a piece of prose with commands in it; the other modules read files that hold commands.
Invariants: nothing is executed, expanded or looked up; a command that cannot be decided without running it is
`undecidable`, with its line, never skipped; importing this package imports no parser.
"""

from __future__ import annotations

from pathlib import Path

from slopguard.readers.interface import Reading


def read(text: str, path: Path, line: int = 1, cwd: Path | None = None) -> Reading:
    """What a shell would install on running `text`.

    Args:
        text: one or more commands, as in a script.
        path: the file they stand in, for locations.
        line: the line of the file on which `text` begins, 1-based.
        cwd: the folder that relative paths start from; that of the file if `None`.
    """
    from slopguard.commands.shell import read as read_shell

    return read_shell(text, path, line, cwd or path.parent)


def phrase(text: str, path: Path, line: int = 1, cwd: Path | None = None) -> Reading:
    """What somebody who follows the commands quoted in a piece of prose would install.

    Args:
        text: prose: a paragraph of Markdown, a comment, an answer of a model.
        path: the file it stands in, for locations.
        line: the line of the file on which `text` begins, 1-based.
        cwd: the folder that relative paths start from; that of the file if `None`.
    """
    from slopguard.commands.prose import read as read_prose

    return read_prose(text, path, line, cwd or path.parent)
