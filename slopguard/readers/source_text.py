"""What readers of source files share: whether a place is code, and whether a block may do without what it imports.

Invariants: nothing is parsed; every function is linear in what it is given.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

Span = tuple[int, int]
"""Where a comment or string begins, and where the text after it does: offsets."""


def within(spans: Sequence[Span], offset: int) -> bool:
    """Whether an offset lies in one of some spans, which are in order and do not overlap."""
    place = bisect_left(spans, (offset + 1,)) - 1
    return place >= 0 and offset < spans[place][1]


def excused(lines: Sequence[str], excuses: Callable[[int], bool]) -> list[bool]:
    """For each line, whether it or a line that it is indented under is one that excuses what is missing.

    Args:
        lines: the lines of a source file.
        excuses: whether a line, by its index, begins a block that may fail.
    """
    answers: list[bool] = []
    around: list[tuple[int, bool]] = []
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if indent == len(line):  # blank
            answers.append(False)
            continue
        while around and around[-1][0] >= indent:
            around.pop()
        answer = bool(around and around[-1][1]) or excuses(number)
        answers.append(answer)
        around.append((indent, answer))
    return answers
