"""Claims about what a terminal shows while something takes its time."""

from __future__ import annotations

import sys

from tests.cli.program import Program
from tests.cli.terminal import run

SCRIPT = """
import time
from slopguard.progress import advancing
with advancing({total}, "predicting names"{first}) as steps:
    for many in {steps}:
        time.sleep(0.25)
        steps(many)
    time.sleep(0.25)
"""


def shown(slopguard: Program, steps: list[int], first: str = "", total: int = 40) -> str:
    script = SCRIPT.format(total=total, steps=steps, first=f', first="{first}"' if first else "")
    return run(slopguard, [sys.executable, "-c", script]).out


def test_before_the_first_step_there_is_no_figure(slopguard: Program) -> None:
    out = shown(slopguard, [0], "preparing")
    assert "preparing" in out
    assert "predicting names" not in out
    assert "%" not in out


def test_with_the_first_step_the_figures_begin(slopguard: Program) -> None:
    out = shown(slopguard, [0, 20], "preparing")
    assert "preparing" in out.partition("50%")[0]
    assert "predicting names" in out
    assert " 0%" not in out


def test_a_few_steps_are_shown_only_where_something_comes_before_them(slopguard: Program) -> None:
    assert "preparing" in shown(slopguard, [0], "preparing", total=3)
    assert shown(slopguard, [1], total=3) == ""
