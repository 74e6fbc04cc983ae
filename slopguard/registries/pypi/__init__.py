"""The PyPI side: PEP 503/691 project pages, parsed, filtered and rendered, and the registries that serve them."""

from slopguard.registries.pypi.page import PageFile, ProjectPage

__all__ = ["PageFile", "ProjectPage"]
