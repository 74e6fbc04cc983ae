"""`pyproject.toml`: PEP 621 dependencies and extras, PEP 735 groups, PEP 518 build requirements, `[tool.uv]`."""

from __future__ import annotations

from pathlib import Path

from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, string, strings, table, toml
from slopguard.readers.uv_tables import Gatherer, canonical


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a project's metadata.

    Dependencies declared `dynamic` come from the build backend, which is not run: `undecidable`.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    document = toml(text, path)
    project = table(document.get("project"))
    uv = table(table(document.get("tool")).get("uv"))
    gather = Gatherer(path, Lines(text), context, uv, canonical(string(project.get("name"))))
    _project(gather, project)
    _groups(gather, table(document.get("dependency-groups")))
    gather.requirements(table(document.get("build-system")).get("requires"), "build-system", "[build-system]")
    gather.uv_lists()
    return gather.reading()


def _project(gather: Gatherer, project: Table) -> None:
    gather.requirements(project.get("dependencies"), "dependencies", "dependencies")
    for extra, value in table(project.get("optional-dependencies")).items():
        gather.requirements(value, f"extra:{extra}", "optional-dependencies")
    if {"dependencies", "optional-dependencies"} & set(strings(project.get("dynamic"))):
        gather.problem("undecidable", "dynamic")


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
