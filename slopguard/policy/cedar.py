"""`cedarpy`, without what only taking policies apart needs: start-up is a feature.

Its classes for the parts of a policy take half of its import's time, and nothing at a start uses them. An empty module
stands in their place while the package loads; whoever asks for them by name (Cedar itself does, in `policies_to_pst`)
imports them then. Invariant: only the order of imports changes; a release of `cedarpy` that uses the classes as it
loads is imported in the ordinary way.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType

PACKAGE, PARTS = "cedarpy", "pst"
_ONE_AT_A_TIME = threading.Lock()


def cedar() -> ModuleType:
    """The package, imported when first asked for."""
    with _ONE_AT_A_TIME:
        return sys.modules.get(PACKAGE) or _without_parts() or import_module(PACKAGE)


def _without_parts() -> ModuleType | None:
    """The package with an empty module for its parts; `None` where it cannot load so."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.loader is None:
        return None
    package = sys.modules[PACKAGE] = module_from_spec(spec)
    setattr(package, PARTS, ModuleType(f"{PACKAGE}.{PARTS}"))
    try:
        spec.loader.exec_module(package)
    except BaseException as error:
        del sys.modules[PACKAGE]
        if isinstance(error, AttributeError):
            return None
        raise
    return package
