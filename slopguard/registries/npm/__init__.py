"""The npm side: packuments, semver order, name encodings and the registry client."""

from slopguard.registries.npm.packument import Packument

__all__ = ["Packument"]
