"""What every reader of a dependency file offers, and nothing else.

Invariants: a reader is pure (text in, sightings out); it never fetches, imports, builds or runs anything; it
lists every dependency it finds, and what it cannot decide it reports as a `Problem`, never skips silently.

Readers never decide trust. What they put into `Sighting.source` is what the file says:

* `REGISTRY` (index `None`, trusted): from the client's own indexes, whichever these are; the guard, which knows
  them, replaces the source when one of them is not trusted.
* kind `REGISTRY` with an `index` and `trusted=False`: "as recorded, to be compared". A lock file's registry URL,
  or the URL of an index that the project names for this package.
* kinds `URL` and `VCS`: `index` is the URL as written, without credentials and fragment, `trusted=False`.
* kinds `PATH` and `WORKSPACE`: `index` is the absolute path (`None` where the file gives none), `trusted=False`;
  a local project of the user's own is for the guard to accept.

`Sighting.raw` is the name as written; where only a URL or path is given it is a name guessed from that, and
`extra` holds `unnamed`. Keys of `Sighting.extra` (values are text, `"1"` for yes): `unnamed`; `archive` (URL or path
of a single file); `editable`; `limited` (poetry: for some Pythons or platforms only); `checksum` (yarn 2 and later:
of the package as yarn packs it; empty where yarn records none); `alias` (the npm name it is installed under);
`extras`; `marker` (PEP 508); `tag` (npm dist-tag); `group` (the table or list it stands in: `dependencies`,
`build-system`, `dev`, `overrides` ...); `constraint` (limits a version, introduces no name); `optional`; `origins`
(lock files: the `scheme://host[:port]` of its files, blank-separated); `bundled` (its files travel inside its
parent's archive); `link` (npm: a link to a folder); `index` (the name of the index it is pinned to); `run` (fetched
and run at once, as by `npx` and `uvx`); `indexes` (further indexes that it may come from, blank-separated).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slopguard.model import Ecosystem, Layer, Location, Sighting


@dataclass(frozen=True, slots=True)
class IndexLine:
    """An index that a file names (`--extra-index-url`, `[[tool.uv.index]]`, `@scope:registry`).

    Args:
        url: the URL as written, credentials removed.
        kind: `default`, `extra`, `find-links`, `named`, `scope`.
        name: the index's name or npm scope, `None` if it has none.
        layer: where it was written.
        location: file and line.
        explicit: uv's `explicit = true`: only for packages that name it.
    """

    url: str
    kind: str
    name: str | None
    layer: Layer
    location: Location
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that leads past the guard or cannot be decided, as a fixed `code`.

    Codes: `undecidable`, `unsupported-option`, `missing-include`, `settings-loosened`.
    """

    code: str
    location: Location


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything one file (with what it includes) says.

    Args:
        path: the file read.
        sightings: every dependency, in file order.
        indexes: every index it names.
        problems: what could not be decided.
        locked: whether its sightings are a full resolution (a lock file).
        members: workspace members as globs, relative to the file's folder; `!` or nothing in front.
        skipped: how many entries are of ecosystems that slopguard does not know.
        project: the name of the project that a manifest describes.
        version: that project's own version, as a package.json says it.
        files: requirement files that commands in it install from.
        requires: lock files: what each package in it requires by what the file says; `None` where it does not say. A
            package is known by the name it is installed under, PyPI's normalised; of what it requires both that name
            and, for an npm alias, the real one.
        roots: lock files: what each project that the file was written for asks for, by the project's folder relative
            to the file's (`""` for that itself); a key in angle brackets is no folder. `None` where it does not say.
    """

    path: Path
    sightings: tuple[Sighting, ...] = ()
    indexes: tuple[IndexLine, ...] = ()
    problems: tuple[Problem, ...] = ()
    locked: bool = False
    members: tuple[str, ...] = ()
    skipped: int = 0
    project: str = ""
    version: str = ""
    files: tuple[Path, ...] = ()
    requires: Mapping[str, frozenset[str]] | None = None
    roots: Mapping[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A module that a source file imports by a name that can be read without running it.

    Args:
        module: Python: the dotted name as written (`google.cloud.storage`); npm: the package's name, without a path
            inside it (`@scope/pkg`).
        location: where.
        ecosystem: whose registry would hold it.
        optional: whether the program runs without it (inside `try` with its `except`), or only a type checker reads it.
    """

    module: str
    location: Location
    ecosystem: Ecosystem
    optional: bool = False


Load = Callable[[Path], str]
"""Gives the text of a file; raises `slopguard.errors.InputError`. Lets readers follow `-r` without doing I/O."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the client's process adds to a file's meaning.

    Args:
        cwd: the folder the client works in, where pip starts relative paths; `None`: the file's own folder.
        env: variables for pip's `${NAME}`; `None`: not known, so that using one is `undecidable`.
        sources: whether `[tool.uv.sources]` count: they do for uv, unless told `--no-sources`; not for pip.
        catalogs: whether a file beside the manifests, read too, says what `catalog:` stands for (pnpm).
        poetry: whether `[tool.poetry]` sources and plugins count: they do for poetry alone.
    """

    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    sources: bool = True
    poetry: bool = True
    catalogs: bool = False


NOWHERE = Context()
"""Nothing is known about the client's process."""


class Reader(Protocol):
    """A reader of one kind of file."""

    def claims(self, path: Path) -> bool:
        """Whether this reader knows the file, by its name alone."""
        ...

    def read(self, path: Path, load: Load, context: Context = NOWHERE) -> Reading:
        """Read `path`.

        Raises:
            InputError: the file is not what its name claims.
        """
        ...
