"""The guard switched on for an account and off again: shims, profiles, environments, agents' settings, the record.

Invariants: what will change is known before anything changes, and written down first; every change is undone exactly,
with slopguard (`slopguard disable`) or without it (`undo.sh`); a file that somebody edited since keeps their edit.
"""
