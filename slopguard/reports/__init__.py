"""Verdicts as text and JSON. Looks nothing up."""
