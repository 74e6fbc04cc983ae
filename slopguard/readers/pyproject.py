"""`pyproject.toml`: PEP 621 dependencies and extras, PEP 735 groups, PEP 518 build requirements, and three tools'.

Those are `[tool.uv]`, `[tool.pdm]` and `[tool.poetry]`.
"""

from __future__ import annotations

from pathlib import Path

from slopguard.readers import pdm_tables, poetry_tables
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Lines, Table, string, strings, table, toml
from slopguard.readers.uv_tables import Gatherer, canonical


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a project's metadata.

    Dependencies declared `dynamic` come from the build backend, which is not run: `undecidable`. poetry looks for them
    in `[tool.poetry]` only, which may name none.

    Raises:
        InputError: it is not TOML.
    """
    text = load(path)
    document = toml(text, path)
    project = table(document.get("project"))
    tool = table(document.get("tool"))
    uv, poetry = table(tool.get("uv")), table(tool.get("poetry"))
    own = string(project.get("name")) or string(poetry.get("name"))
    gather = Gatherer(path, Lines(text), context, uv, canonical(own))
    _project(gather, project, elsewhere=poetry_tables.declares(poetry) or (context.poetry and "poetry" in tool))
    _groups(gather, table(document.get("dependency-groups")))
    gather.requirements(table(document.get("build-system")).get("requires"), "build-system", "[build-system]")
    gather.uv_lists()
    pdm_tables.gather(gather, table(tool.get("pdm")))
    poetry_tables.gather(gather, poetry)
    return gather.reading()


def _project(gather: Gatherer, project: Table, *, elsewhere: bool) -> None:
    """PEP 621; `elsewhere`: what is dynamic stands in `[tool.poetry]`."""
    gather.requirements(project.get("dependencies"), "dependencies", "dependencies")
    for extra, value in table(project.get("optional-dependencies")).items():
        gather.requirements(value, f"extra:{extra}", "optional-dependencies")
    if {"dependencies", "optional-dependencies"} & set(strings(project.get("dynamic"))) and not elsewhere:
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
