"""A command line of `slopguard check`, once it is understood; as it is mostly typed, it is read without click.

Invariants: a line is read here only as click would read it; nothing here needs click.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slopguard.cli.checking import Wanted, check
from slopguard.errors import EnvironmentFailed, UsageError

FORMATS = ("text", "json", "sarif", "markdown", "github", "gitlab", "junit")
_ENDINGS = {".json": "json", ".sarif": "sarif", ".md": "markdown", ".xml": "junit", ".txt": "text"}
_FLAGS = {"--offline": "offline", "--new-only": "new_only", "--all": "everything", "--installed": "installed"}
_VALUED = {"--format": FORMATS, "--fail-on": ("quarantine", "warn"), "--diff": None, "-o": None}
"""Options read here that take a value, and the values they know."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a command line asks for.

    Args:
        wanted: what is to be checked.
        form: `--format`.
        output: `-o FILE`.
        fail_on: `--fail-on`.
    """

    wanted: Wanted
    form: str | None = None
    output: Path | None = None
    fail_on: str = "quarantine"


def answer(line: Line) -> int:
    """Check, report, and give the exit code.

    Raises:
        SlopguardError: as `checking.check` raises; or the report cannot be written.
    """
    wanted = line.wanted
    if wanted.everything and (wanted.new_only or wanted.diff):
        raise UsageError("--all goes with neither --new-only nor --diff", "Leave one of them out")
    form = line.form or _form(line.output)
    done = check(wanted)
    code = done.exit_code(fail_on_warn=line.fail_on == "warn")
    from slopguard.cli import check_output

    try:
        check_output.show(done, form, line.output, code)
    except BrokenPipeError:
        raise
    except OSError:
        raise EnvironmentFailed("the report could not be written", "Check the path after -o") from None
    return code


def plain(args: Sequence[str], config: Path | None) -> Line | None:
    """The command line `check ARGS...`, or `None` where click must read it.

    Args:
        config: `--config FILE` before the command.
    """
    paths: list[Path] = []
    flags: dict[str, Any] = {}
    values: dict[str, str] = {}
    words = iter(args)
    for word in words:
        if word in _FLAGS:
            flags[_FLAGS[word]] = True
        elif word in _VALUED:
            value, known = next(words, "-"), _VALUED[word]
            if value.startswith("-") or (known is not None and value not in known):
                return None
            values[word] = value
        elif word.startswith("-") or not word:
            return None
        else:
            paths.append(Path(word))
    output = Path(values["-o"]) if "-o" in values else None
    wanted = Wanted(tuple(paths) or (Path(),), diff=values.get("--diff"), config=config, command=typed())
    wanted = replace(wanted, **flags)
    return Line(wanted, values.get("--format"), output, values.get("--fail-on", "quarantine"))


def typed() -> str:
    """The command line, for the ledger."""
    return shlex.join(["slopguard", *sys.argv[1:]]) if sys.argv[1:2] == ["check"] else "slopguard check"


def _form(output: Path | None) -> str:
    """The format that is meant where none is named: the file's, or that of the CI that this is."""
    if output is not None:
        known = _ENDINGS.get(output.suffix.lower())
        if known is None:
            raise UsageError(
                "the name of the output file does not say its format", "Add --format, or call it report.json"
            )
        return "gitlab" if known == "json" and os.environ.get("GITLAB_CI") else known
    from slopguard.cli.check_output import form_of_log

    return form_of_log(os.environ)
