"""What slopguard remembers: the ledger, names asked for and not found, what agents suggested, what indexes last said.

`Store.open(settings)` gives all of it over one database. None of it can allow what an empty database would not.
"""

from slopguard.store.ledger import ChainReport, Entry, Ledger
from slopguard.store.redact import redact
from slopguard.store.store import Store

__all__ = ["ChainReport", "Entry", "Ledger", "Store", "redact"]
