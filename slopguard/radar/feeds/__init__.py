"""Change feeds: what a registry says has changed, as names to look up in the watchlist.

Invariants: pure; a document is bounded before it comes here; a name that no package can have is left out; a feed is
only a hint of what to ask about: it neither proves that a name is there nor that it is free.
"""
