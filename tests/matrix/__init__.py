"""The whole matrix: every claim with every client in every version under test, as one command with a table."""
