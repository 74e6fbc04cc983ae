"""The file checker: which files of a folder name dependencies, what they say, and what a change adds to that.

Invariants: nothing that is read is executed, imported or built; what cannot be read or decided is a finding, never
skipped; every question goes to the judge.
"""
