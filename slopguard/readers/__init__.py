"""Readers of manifests and lock files: text in, sightings out. Nothing is fetched, imported or run.

`read(path)` chooses the reader by the file's name. Invariant: importing this package imports no reader; each is
loaded when a file of its kind is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from slopguard.errors import InputError
from slopguard.readers.interface import NOWHERE, Context, Load, Reader, Reading


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: a `Reader` whose module is imported on first use.

    Args:
        name: the kind's name and its module's.
        pattern: matches the names of its files, in any case.
    """

    name: str
    pattern: str

    def claims(self, path: Path) -> bool:
        """Whether the file's name is one of this kind's."""
        return bool(re.fullmatch(self.pattern, path.name, re.IGNORECASE))

    def read(self, path: Path, load: Load, context: Context = NOWHERE) -> Reading:
        """Read `path`.

        Raises:
            InputError: the file is not what its name claims.
        """
        reading: Reading = import_module(f"{__name__}.{self.name}").read(path, load, context)
        return reading


READERS: dict[str, Reader] = {
    name: Kind(name, pattern)
    for name, pattern in {
        "pyproject": r"pyproject\.toml",
        "uv_toml": r"uv\.toml",
        "uv_lock": r"uv\.lock",
        "poetry_lock": r"poetry\.lock",
        "pdm_lock": r"pdm(?:\..+)?\.lock",
        "pipfile": r"pipfile",
        "pipfile_lock": r"pipfile\.lock",
        "hatch_toml": r"hatch\.toml",
        "pdm_toml": r"pdm\.toml",
        "pixi_toml": r"pixi\.toml",
        "setup_cfg": r"setup\.cfg",
        "pylock": r"pylock(?:\.[^.]+)?\.toml",
        "package_json": r"package\.json",
        "package_lock": r"\.?package-lock\.json|npm-shrinkwrap\.json",
        "pnpm_lock": r"(?:pnpm-lock(?:\..+)?|lock)\.yaml",
        "pnpm_workspace": r"pnpm-workspace\.yaml",
        "yarn_lock": r"yarn\.lock",
        "yarnrc": r"\.yarnrc\.yml",
        "yarnrc_classic": r"\.yarnrc",
        "bun_lock": r"bun\.lockb?",
        "deno_json": r"deno\.jsonc?|jsr\.json|import_map\.json",
        "deno_lock": r"deno\.lock",
        "pre_commit": r"\.pre-commit-(?:config|hooks)\.ya?ml",
        "sbom": r"(?:s?bom|.+\.(?:cdx|spdx))\.json",
        "pep723": r".+\.py",
        "setup_py": r"setup\.py",  # after that: a client that is given a Python file to run looks for PEP 723 in it
        "requirements": r".*(?:requirements|constraints).*\.(?:txt|in)",
    }.items()
}
"""Every reader by kind."""


def load(path: Path) -> str:
    """The text of a file on disk, as every reader takes it.

    Raises:
        InputError: it is missing, too large, or not text.
    """
    from slopguard.readers.text import load as load_text

    return load_text(path)


def reader_for(path: Path) -> Reader | None:
    """The reader that knows this file by its name, if any."""
    return next((reader for reader in READERS.values() if reader.claims(path)), None)


def read(path: Path, load: Load = load, context: Context = NOWHERE, *, kind: str | None = None) -> Reading:
    """Read a manifest or lock file.

    Args:
        path: the file, as the user would type it; it appears so in locations.
        load: how to get a file's text (`-r` includes too).
        context: what the client's process adds.
        kind: a key of `READERS`, for a file whose name says nothing (`pip install -r FILE`).

    Raises:
        InputError: no reader knows the file, or it is not what it claims to be.
    """
    reader = READERS[kind] if kind else reader_for(path)
    if reader is None:
        raise InputError(f"{path}: not a manifest or lock file that slopguard reads")
    return reader.read(path, load, context)
