"""Checks made by hand, so that every part of a report occurs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from slopguard.check.found import Finding
from slopguard.check.model import Checked, Judged
from slopguard.errors import SlopguardError
from slopguard.model import ABSENT, Decision, Ecosystem, Evidence, Existence, Facts, Location, Release, Request, Verdict
from slopguard.names import normalize
from slopguard.rules import RULES

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FACTS = Facts(Existence.YES, (Release("7.2.1", NOW - timedelta(hours=20)),), asked=NOW)
HOSTILE = (
    "a\nb",
    "a\r\n::error::b",
    "::set-output name=x::y",
    "::stop-commands::x",
    "##[add-mask]x",
    "%0A::error::x",
    "<script>alert(1)</script>",
    "</details><img src=x onerror=y>",
    "--><b>",
    "]]>",
    "\u202egnp.exe",
    "a\u200bb",
    "`` ` ``",
    "a`b|c",
    "x`<b>y</b>`",
    "x|<b>y</b>|",
    "| x | y |",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "javascript:alert(1)",
    "https://evil.example/a",
    "//evil.example/a",
    "@everyone",
    "{0} {{1}}",
    "a\x00b\x1b[31m",
    "\udcff.txt",
    "\ud800",
    "\ufffe",
    '" onload="x',
    "' or 1",
    "a,b=c:d",
    "../../etc/passwd",
    "*bold* _x_ #1 \\",
)
"""What a package, a file or a folder may be called by whoever proposes a change."""


def judged(rule: str, name: str = "acme-charts", *places: str, version: str | None = None, **more: object) -> Judged:
    """A verdict by this rule on `name` (`npm:x` for npm), written at `places` (`path:line` or a path)."""
    ecosystem, _, plain = name.rpartition(":") if name.startswith("npm:") else ("pypi", "", name)
    kind = Ecosystem(ecosystem)
    try:
        known = normalize(kind, plain)
    except SlopguardError:
        known = None
    new = bool(more.pop("new", False))
    request = Request(kind, known, plain, version, locations=tuple(map(at, places)))
    facts = ABSENT if rule == "not-found" else FACTS
    verdict = Verdict(request, Decision(RULES[rule].outcome, rule), Evidence(facts), NOW, "d-7f3a91")
    return Judged(replace(verdict, **more), new)  # type: ignore[arg-type]  # the table's own keywords


def finding(rule: str, *places: str, detail: str = "", new: bool = False) -> Finding:
    """A finding by this rule at `places`."""
    return Finding(rule, tuple(map(at, places)), detail, new)


def at(text: str) -> Location:
    """`path:12` or a path."""
    path, _, line = text.rpartition(":")
    return Location(path, int(line)) if path and line.isdigit() else Location(text)


def hostile() -> Checked:
    """A check of packages and files that are called what an attacker would call them."""
    names = [judged("bad-name", name, "requirements.txt:3") for name in HOSTILE]
    files = [Judged(replace(one.verdict, request=with_paths(one.verdict.request, HOSTILE))) for one in names[:1]]
    findings = [Finding("malformed", (Location(name, 2),), name) for name in HOSTILE]
    findings += [Finding("undecidable", (Location(name),), name) for name in HOSTILE]
    return Checked((*names, *files), tuple(findings), files=3, since="\u202eorigin/main", notes=HOSTILE, lists=HOSTILE)


def with_paths(request: Request, paths: Iterable[str]) -> Request:
    """The same package, written in these files."""
    return replace(request, locations=tuple(Location(path, 1) for path in paths))


NEAR = ("flask-login",)
MIXED = Checked(
    judged=(
        judged("not-found", "flask-auth-magic", "services/login/requirements.txt:3", new=True, suggestions=NEAR),
        judged(
            "too-new",
            "npm:vite",
            "apps/web/package-lock.json:8812",
            *(f"apps/{number}/package-lock.json:12" for number in range(37)),
            version="7.2.1",
            new=True,
            until=NOW + timedelta(hours=52),
        ),
        judged("unverified", "npm:acme-widgets", "apps/admin/package.json:21"),
        judged("unpinned-run", "npm:acme-server", ".mcp.json:4"),
        *(judged("allowlisted", f"listed-{number}", "requirements.txt:1") for number in range(1190)),
        *(judged("established", f"established-{number}", "requirements.txt:2") for number in range(77)),
        *(judged("locked", f"locked-{number}", "uv.lock:2") for number in range(13)),
    ),
    findings=(
        finding("malformed", "broken/pyproject.toml:7", detail="not valid TOML"),
        finding("undecidable", "scripts/setup.sh:14"),
    ),
    locks=40,
    files=63,
    since="origin/main",
    lists=("acme of 22 Nov (good to 22 Dec)", "baseline of 1 Nov"),
    seconds=1.94,
)  # fmt: skip
"""A check like one of a large repository."""
CLEAN = Checked(judged=(judged("allowlisted", "flask", "requirements.txt:1"),), files=1, seconds=0.2)
