"""Asking models for packages, many times, and counting what they invent."""
