"""The radar: asks indexes, politely, whether watched names have been registered.

Invariants: a name that could not be asked about is never read as free; nothing here decides a verdict; texts that a
registry wrote are kept for review and stand in no message.
"""
