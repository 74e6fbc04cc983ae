"""Predicting the names that models invent, before somebody registers them.

Invariant: a prediction is no evidence that a name is absent, or that it is bad; it says which names to watch.
"""
