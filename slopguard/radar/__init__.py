"""The radar: asks indexes, politely, whether watched names have been registered."""
