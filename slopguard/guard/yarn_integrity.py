"""`node_modules/.yarn-integrity`, yarn 1's note of what it installed and from where, with the gate's addresses.

yarn compares it with its lock file: the same under the gate as without it, nothing is linked anew for nothing. Pure
text in, text out; see `addresses` for what holds.
"""

from __future__ import annotations

import re

from slopguard.guard.addresses import Addresses
from slopguard.guard.yarn_lock import served

_NOTED = re.compile(r'^( +"[^"\n]+": ")(https?://[^"#\s]+)', re.MULTILINE)


def forward(addresses: Addresses, text: str) -> str:
    """The text with the gate's addresses."""
    return _NOTED.sub(lambda found: found[1] + served(addresses, found[2]), text)
