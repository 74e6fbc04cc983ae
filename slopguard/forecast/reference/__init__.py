"""The reference model: a tiny language model of our own, for tests and benchmarks of servers."""
