"""A daemon has all its code in memory before it serves: its files may be replaced by an upgrade at any time."""

from __future__ import annotations

import subprocess
import sys

from tests.daemon.house import ROOT

SCRIPT = '''
import ast, sys
from pathlib import Path
from slopguard.daemon import life

life.load()
rooms = tuple(f"slopguard.{room}" for room in life.ROOMS) + life.BESIDES
missing = set()


class Imports(ast.NodeVisitor):
    """Every import of a module, those inside functions as well."""

    def visit_If(self, node):
        if "TYPE_CHECKING" not in ast.dump(node.test):
            self.generic_visit(node)

    def visit_Import(self, node):
        missing.update(alias.name for alias in node.names if alias.name not in sys.modules)

    def visit_ImportFrom(self, node):
        if node.module not in sys.modules:
            missing.add(node.module)
            return
        for alias in node.names:
            if not hasattr(sys.modules[node.module], alias.name):
                missing.add(f"{node.module}.{alias.name}")


for name, module in list(sys.modules.items()):
    if name.startswith("slopguard.") and name.startswith(rooms):
        Imports().visit(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
print(*sorted(name for name in missing if name != "resource" and "macosx" not in name))
'''


def test_nothing_is_imported_later_by_what_a_session_may_need() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
