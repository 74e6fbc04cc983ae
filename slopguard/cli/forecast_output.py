"""What `slopguard forecast run` writes beside the watchlist: a name a line, best first.

Invariant: a file is replaced as a whole, or stays as it was.
"""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from slopguard.errors import InputError, UsageError
from slopguard.names import shown

STANDARD_OUTPUT = "-"
Row = tuple[str, int, str, str, float]
"""Name, rank, ecosystem, family, score."""


def check(output: str | None, form: str, *, watched: bool) -> None:
    """Refuse options that contradict each other.

    Raises:
        UsageError: they do.
    """
    if output is None and not watched:
        raise UsageError("--no-watch without -o leaves nothing to do", "Name a file with -o, or leave out --no-watch")
    if output == STANDARD_OUTPUT and form == "json":
        raise UsageError("-o - and --format json both need standard output", "Name a file with -o")
    if output is not None and output != STANDARD_OUTPUT and not Path(output).absolute().parent.is_dir():
        raise UsageError(f"there is no folder for '{shown(output)}'", "Make the folder first")
    if output is not None and output != STANDARD_OUTPUT and Path(output).exists() and not Path(output).is_file():
        raise UsageError(f"'{shown(output)}' is no file", "Name a file, or - for standard output")


def write(output: str, rows: Iterable[Row]) -> None:
    """Write the rows as CSV without a header.

    Args:
        output: a file, or `-` for standard output.

    Raises:
        InputError: the file cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows((name, rank, ecosystem, family, f"{score:.6g}") for name, rank, ecosystem, family, score in rows)
    put(output, text.getvalue())


def put(output: str, text: str) -> None:
    """Replace a file as a whole, or print.

    Raises:
        InputError: the file cannot be written; what was there still is.
    """
    if output == STANDARD_OUTPUT:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    path = Path(output).resolve()
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        if path.exists():
            fresh.chmod(path.stat().st_mode & 0o777)
        fresh.replace(path)
    except OSError as why:
        raise InputError(f"{shown(path.name)}: cannot be written ({type(why).__name__})", "Check its folder") from None
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def said(output: str | None) -> list[str]:
    """That a file was written, as a line for a person."""
    return [] if output in (None, STANDARD_OUTPUT) else [f"slopguard: written to {shown(Path(output or '').name)}"]
