"""The file that an installed hook runs: `python -E -P -S start.py AGENT`.

Invariant: nothing is imported before the input was looked at; without `site` only the folder that holds slopguard is
known, which is enough for that look (`agents.quick`).
"""

import sys

sys.path.append(__file__.replace("\\", "/").rsplit("/", 3)[0])

from slopguard.agents import quick

sys.exit(quick.main(sys.argv[1:]))
