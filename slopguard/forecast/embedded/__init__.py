"""The forecaster that needs no server: names put together from the shipped lists, best first."""
