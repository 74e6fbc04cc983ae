"""PyPI and npm wire formats and the clients that fetch them from the configured indexes."""
