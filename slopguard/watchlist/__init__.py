"""The watchlist: names that models invent or are expected to, with where that is known from, in one SQLite file.

Invariants: a row can only refuse; the file is an index that may be lost or rebuilt; signed lists go before it.
"""
