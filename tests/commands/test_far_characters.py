"""Characters far beyond those that C's tables hold: the process that reads them lives on."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from pathlib import Path
from slopguard import commands
for far in range(0x10000, 0x110000, 0x3F1):
    for form in ("pip install a {%sA = x", "pip install $%s (%s{%s", "pip install %s[%s]=%s", "%s pip install <<%s"):
        commands.read(form.replace("%s", chr(far)), Path("x"))
print(commands.read("pip install fl\\U000df452ask", Path("x")).sightings[0].raw.isascii())
"""


def test_no_character_ends_the_process():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "False\n")
