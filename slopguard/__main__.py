"""`python -m slopguard` is the command `slopguard`."""

from __future__ import annotations

import sys

from slopguard.entry import main

if __name__ == "__main__":
    sys.exit(main())
