"""What an agent's edits add: patches and pieces applied to files, which `check` reads as they were and as they will be.

Invariants: nothing is written or run; what cannot be told counts as new; importing this imports nothing.
"""
