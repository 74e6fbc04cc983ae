"""Cedar is imported without its classes for taking policies apart, and they come when they are asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PARTS = "'cedarpy.pst' in sys.modules"


def said(code: str, cwd: Path) -> list[str]:
    """What a fresh process prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_shipped_policy_needs_no_parts_and_one_of_your_own_gets_them(tmp_path: Path) -> None:
    code = (
        "import sys; from slopguard.policy import Policy, Thresholds; from slopguard.policy.loader import shipped;"
        f"Policy.load(Thresholds()); print({PARTS});"
        f"Policy.load(Thresholds(), text=shipped('default.cedar') + ' '); print({PARTS})"
    )
    assert said(code, tmp_path) == ["False", "True"]


def test_whoever_asks_for_the_parts_has_them_whatever_came_first(tmp_path: Path) -> None:
    code = (
        "from slopguard.policy.cedar import cedar; first = cedar(); import cedarpy, cedarpy.pst;"
        "print(cedarpy is first, cedarpy.pst.PolicySet.__module__)"
    )
    assert said(code, tmp_path) == ["True", "cedarpy.pst"]


def test_a_release_that_uses_the_parts_as_it_loads_is_imported_in_the_ordinary_way(tmp_path: Path) -> None:
    (tmp_path / "cedarpy").mkdir()
    (tmp_path / "cedarpy" / "pst.py").write_text("Node = 'a part'\n")
    (tmp_path / "cedarpy" / "__init__.py").write_text("from cedarpy import pst\nNODE = pst.Node\n")
    code = "from slopguard.policy.cedar import cedar; print(cedar().NODE)"
    assert said(code, tmp_path) == ["a", "part"]


def test_a_release_that_cannot_load_is_an_error_each_time_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / "cedarpy").mkdir()
    (tmp_path / "cedarpy" / "__init__.py").write_text("raise ImportError('no')\n")
    code = (
        "import sys\nfrom slopguard.policy.cedar import cedar\n"
        "for _ in range(2):\n    try: cedar()\n    except ImportError: print('cedarpy' in sys.modules)"
    )
    assert said(code, tmp_path) == ["False", "False"]
