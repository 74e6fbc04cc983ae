"""Local registries and real package clients, so that tests need no network and no mocks.

`pypi.PyPI` and `npm.Npm` are registries on loopback with controllable dates, credentials and faults; they build
real, tiny packages in memory. `clients` keeps real pip, uv and npm versions; `sandbox.Sandbox` gives each test a
clean home, an empty project and the `slopguard` command under test.
"""
