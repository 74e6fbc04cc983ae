"""Claims about the watchlist."""
