"""Entries made up by Hypothesis, and lists on disk."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from hypothesis import strategies as st

from slopguard.curation.entries import ListEntry
from slopguard.model import Ecosystem
from slopguard.names import problem_of

TODAY = date(2026, 11, 25)
DIGEST = "sha256:" + "a" * 64

days = st.dates(date(2020, 1, 1), date(2099, 1, 1))
words = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.sampled_from(' "%;\\='), min_size=1, max_size=20
).filter(str.strip)
digests = st.builds(lambda part: "sha256:" + part * 8, st.from_regex(r"[0-9a-f]{8}", fullmatch=True))
parts = st.integers(0, 2000)
VERSIONS = {
    Ecosystem.PYPI: (
        st.builds("{}.{}".format, parts, parts) | st.sampled_from(["1.0rc1", "2!1", "1.0+cpu"]),
        st.builds(">={},<{}".format, parts, parts) | st.sampled_from(["~=1.4", "==1.*", "!=2.0, >1", ">= 3"]),
    ),
    Ecosystem.NPM: (
        st.builds("{}.{}.{}".format, parts, parts, parts) | st.sampled_from(["1.0.0-rc.1", "1.0.0+b"]),
        st.builds(">={}.0.0 <{}.0.0".format, parts, parts) | st.sampled_from(["=1.2.3", "<2.0.0"]),
    ),
}


def names(ecosystem: Ecosystem) -> st.SearchStrategy[str]:
    if ecosystem is Ecosystem.PYPI:
        return st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,3}){0,2}", fullmatch=True)
    scoped = st.from_regex(r"@[a-z]{1,4}/[a-zA-Z0-9._~!*'()-]{1,6}", fullmatch=True)
    plain = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._~!*'()-]{0,8}", fullmatch=True)
    return (scoped | plain).filter(lambda name: problem_of(ecosystem, name) is None)


def some(values: st.SearchStrategy[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values, unique=True, min_size=least, max_size=4).map(tuple)


def _more(kind: str) -> st.SearchStrategy[dict[str, str]]:
    ranks = st.integers(1, 10**6).map(str)
    optional: dict[str, st.SearchStrategy[str]] = {
        "allow": {"rank": ranks},
        "deny": {"rule": st.sampled_from(["denied", "malicious"]), "id": words},
        "release": {},
        "fix": {"id": words},
        "watch": {"rank": ranks, "models": ranks, "at": days.map(date.isoformat)},
    }[kind]
    needed = {"origin": st.just("imported"), "source": st.just("made-up")} if kind == "watch" else {}
    return st.fixed_dictionaries(needed, optional=optional)


@st.composite
def entries(draw: st.DrawFn, kind: str | None = None) -> ListEntry:
    """Any entry that a list may hold."""
    kind = kind or draw(st.sampled_from(["allow", "deny", "release", "fix", "watch"]))
    ecosystem = draw(st.sampled_from(list(Ecosystem)))
    exact, ranges = VERSIONS[ecosystem]
    needs = kind in ("release", "fix")
    added = draw(days) if needs else draw(st.none() | days)
    ends = draw(st.integers(0, 90))
    return ListEntry(
        kind,
        ecosystem,
        draw(names(ecosystem)),
        versions=() if kind == "watch" else draw(some(exact if needs else exact | ranges, least=needs)),
        hashes=() if kind in ("watch", "fix") else draw(some(digests)),
        owner=draw(st.just("") | words),
        reason=draw(st.just("") | words),
        reviewer=draw(st.just("") | words),
        added=added,
        expires=added + timedelta(days=ends) if added and kind in ("allow", "release") else None,
        more=draw(_more(kind)),
    )


several = st.lists(entries(), max_size=8, unique_by=lambda entry: entry.key)


def write(folder: Path, name: str, text: str) -> Path:
    """A file of a list, its line ends as they are."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path
