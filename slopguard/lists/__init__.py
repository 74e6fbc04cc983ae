"""Signed lists in memory: who is allowed, who is denied, who is watched, and what names mean.

`Lists.shipped()` reads the lists that came with this installation. An allow is only ever given from verified bytes; no
database is consulted.
"""

from slopguard.lists.bundle import Bundle
from slopguard.lists.lists import Lists
from slopguard.lists.rows import Row

__all__ = ["Bundle", "Lists", "Row"]
