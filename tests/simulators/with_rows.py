"""`python with_rows.py ROWS -- ARGV...`: slopguard, with rows that a team's own list would bring.

ROWS are lines as in `allowlists/` with spaces for tabs, separated by commas. Signed team lists come from a source;
until a test has one, this adds the rows to what `Lists.load` returns and changes nothing else.
"""

from __future__ import annotations

import sys

from slopguard.cli import main
from slopguard.lists import Lists
from slopguard.lists.bundle import Bundle
from slopguard.lists.shipped import bundles


def _run(rows: str, argv: list[str]) -> None:
    lines = [row.strip().replace(" ", "\t") for row in rows.split(",")]
    lists = Lists([*bundles(), Bundle.of("team", lines)])
    setattr(Lists, "load", lambda settings: lists)  # noqa: B010 - the one thing replaced, on purpose at run time
    sys.argv = ["slopguard", *argv]
    sys.exit(main())


if __name__ == "__main__":
    _run(sys.argv[1], sys.argv[3:])
