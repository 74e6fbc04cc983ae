"""Verdicts, checks and ledger entries, for people and for programs. Looks nothing up."""
