"""How a gate bears up: requests a second, waiting times, memory and open files (`python -m bench.load`)."""
