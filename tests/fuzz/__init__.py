"""Fuzzing of everything that reads files: by coverage with Atheris (`python -m tests.fuzz`), and by shape in CI."""
