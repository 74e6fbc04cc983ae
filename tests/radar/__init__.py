"""Claims about the radar."""
