"""The registry endpoint that hosts sessions; clients are pointed at it."""
