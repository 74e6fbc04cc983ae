"""`pyproject.toml`: PEP 621 dependencies and extras, PEP 735 groups, PEP 518 build requirements, and the tools' own.

Those are uv, pdm, poetry, hatch, flit, rye, pixi and setuptools, each in a module of its own or in `tool_tables`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from slopguard.readers import hatch_tables, pdm_tables, poetry_tables, tool_tables
from slopguard.readers.collected import Collected
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, string, strings, table, toml
from slopguard.readers.uv_tables import Gatherer, canonical

_LISTS = {"dependencies", "optional-dependencies"}


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a project's metadata.

    Dependencies declared `dynamic` come from the build backend, which is not run: what it is told to take from files or
    from its own table counts, all else is `undecidable`. poetry looks for them in `[tool.poetry]` only, which may name
    none.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    document = toml(text, path)
    project, tool = table(document.get("project")), table(document.get("tool"))
    poetry, hatch = table(tool.get("poetry")), table(tool.get("hatch"))
    flit = table(table(tool.get("flit")).get("metadata"))
    own = (
        string(project.get("name")) or string(poetry.get("name")) or string(flit.get("dist-name") or flit.get("module"))
    )
    gather = Gatherer(path, Lines(text), context, table(tool.get("uv")), canonical(own))
    _project(gather, project)
    _groups(gather, table(document.get("dependency-groups")))
    gather.requirements(table(document.get("build-system")).get("requires"), "build-system", "[build-system]")
    gather.uv_lists()
    pdm_tables.gather(gather, table(tool.get("pdm")))
    hatch_tables.gather(gather, hatch)
    tool_tables.flit(gather, flit)
    tool_tables.rye(gather, table(tool.get("rye")))
    tool_tables.pixi(gather, table(tool.get("pixi")))
    tool_tables.cibuildwheel(gather, table(tool.get("cibuildwheel")))
    _dynamic(gather, set(strings(project.get("dynamic"))) & _LISTS, tool, load)
    poetry_tables.gather(gather, poetry)
    return replace(gather.reading(), project=own)


def _project(gather: Gatherer, project: Table) -> None:
    """PEP 621."""
    gather.requirements(project.get("dependencies"), "dependencies", "dependencies")
    for extra, value in table(project.get("optional-dependencies")).items():
        gather.requirements(value, f"extra:{extra}", "optional-dependencies")


def _dynamic(gather: Gatherer, fields: set[str], tool: Table, load: Load) -> None:
    """What is dynamic: in files that setuptools or hatch read, in a tool's table, or nobody knows where."""
    poetry, hatch = table(tool.get("poetry")), table(tool.get("hatch"))
    dynamic = table(table(tool.get("setuptools")).get("dynamic"))
    if not fields:
        return
    _include(gather, (*tool_tables.setuptools_files(dynamic), *hatch_tables.files(hatch)), load)
    elsewhere = poetry_tables.declares(poetry) or (gather.context.poetry and "poetry" in tool)
    if not elsewhere and fields - tool_tables.setuptools_told(dynamic) - hatch_tables.told(hatch):
        gather.problem("undecidable", "dynamic")


def _include(gather: Gatherer, files: Iterable[tuple[str, str]], load: Load) -> None:
    """Take up requirement files that stand for a list."""
    into = Collected(gather.path, load, gather.context)
    for name, group in files:
        into.include(name, gather.lines.find(f'"{name}"', f"'{name}'"), group)
    gather.sightings += into.sightings
    gather.indexes += into.indexes
    gather.problems += into.problems


def _groups(gather: Gatherer, groups: Table) -> None:
    """PEP 735: strings are requirements, `{include-group = NAME}` repeats another group of this table."""
    known = {canonical(name) for name in groups}
    for name, value in groups.items():
        entries = value if isinstance(value, list) else [value]
        plain = []
        for entry in entries:
            include = string(entry.get("include-group")) if isinstance(entry, dict) and len(entry) == 1 else ""
            if not include:
                plain.append(entry)
            elif canonical(include) not in known:
                gather.problem("missing-include", "include-group")
        gather.requirements(plain, f"group:{name}", "[dependency-groups]")
