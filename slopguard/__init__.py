"""slopguard: one judge, many doors.

Every package a coding agent, a developer or a CI job wants to install passes one of a few doors
(`cli`, `guard`, `gate`); every door asks the same judge (`judge`); the judge weighs evidence against
lists under a policy that is plain text (`policy`); every answer is written in a ledger (`store`).
Imports point one way only: `docs/architecture.md` holds the map, import-linter enforces it.
"""

__version__ = "0.1.0"
