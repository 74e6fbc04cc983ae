"""What pdm adds to a project's metadata: `[tool.pdm]` development groups, sources, overrides and plugins.

Invariant: a requirement may stand there as pip would take it (`-e file:///${PROJECT_ROOT}/part`), and is read so; an
override that names a place is one more place the package may come from.
"""

from __future__ import annotations

from dataclasses import replace

from slopguard.model import Layer, Location, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places, spec
from slopguard.readers.interface import IndexLine
from slopguard.readers.text import Table, string, strings, table, tables
from slopguard.readers.uv_tables import Gatherer

_EDITABLE = regex(r"(?:-e|--editable)[ \t=]+")
_ROOT = regex(r"\$\{PROJECT_ROOT\}/?")


def gather(into: Gatherer, pdm: Table) -> None:
    """Take up everything that `[tool.pdm]` says of packages and indexes."""
    for name, value in table(pdm.get("dev-dependencies")).items():
        for text in strings(value):
            _requirement(into, text, f"group:{name}", "dev-dependencies")
        if not isinstance(value, list) or len(strings(value)) != len(value):
            into.problem("undecidable", "dev-dependencies")
    for text in strings(pdm.get("plugins")):
        _requirement(into, text, "group:plugins", "plugins")
    for name, value in table(table(pdm.get("resolution")).get("overrides")).items():
        _override(into, name, string(value))
    for source in tables(pdm.get("source")):
        _source(into, source)


def _requirement(
    into: Gatherer, text: str, group: str, header: str, *, limits: bool = False, line: int | None = None
) -> None:
    """One requirement, on a line if that is known; a limit counts only for the place that it names."""
    if not (limits or _EDITABLE.match(text) or _ROOT.search(text)):
        into.requirements([text], group, header)
        return
    written = line or into.lines.find(f'"{text}"', f"'{text}'", text, after=into.lines.offset(header))
    plain = _ROOT.sub(f"{into.path.parent.absolute()}/".lstrip("/"), _EDITABLE.sub("", text, count=1))
    found = spec.pypi(
        plain, into.path.parent, location=Location(str(into.path), written), editable=bool(_EDITABLE.match(text))
    )
    constraint = {"constraint": "1"} if limits and found.source.kind is SourceKind.REGISTRY else {}
    into.sightings.append(replace(found, extra={**found.extra, "group": group, **constraint}))


def _override(into: Gatherer, name: str, value: str) -> None:
    """`name = "1.0"`, `name = ">=1"`, `name = "https://..."`, or a whole requirement as the name (its value empty)."""
    if "://" in value or value.startswith(("git+", "file:")):
        text = f"{name} @ {value}"
    else:
        text = f"{name}{value if not value or value[0] in '<>=!~' else f'=={value}'}"
    after = into.lines.offset("overrides")
    before = into.lines.find(f"\n{name} ", f"\n{name}=", f'\n"{name}"', after=after)
    _requirement(into, text, "group:overrides", "overrides", limits=True, line=before + 1 if before else None)


def _source(into: Gatherer, source: Table) -> None:
    url, name = string(source.get("url")), string(source.get("name"))
    links = source.get("type") == "find_links"
    kind = "find-links" if links else "default" if name == "pypi" else "extra"
    location = Location(str(into.path), into.lines.find(url) if url else None)
    if url:
        into.indexes.append(IndexLine(places.clean(url), kind, name or None, Layer.PROJECT, location))
    if source.get("verify_ssl") is False:
        into.problem("settings-loosened", "verify_ssl")
