"""What an index was last seen to say about a name, for when nobody can be asked.

Invariants: a row counts only while its digest holds, keyed with a secret outside the database over ecosystem, name,
scope and content; anything else is as good as absent. The scope stands for the trusted indexes in the settings, so that
what was learned from an index is forgotten when that index is no longer trusted, and for the account, so that a folder
which somebody prepared elsewhere says nothing here. File digests are not kept, and neither are bounds
(`Facts.bounded`): they are no dates.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from slopguard.model import Ecosystem, Existence, Facts, Release
from slopguard.store.db import Database

KEPT = (Existence.YES, Existence.NO)
"""Answers worth keeping; that an index was down says nothing about a name."""


class FactStore:
    """The cached facts of one database.

    Args:
        scope: text that stands for the indexes whose answers count.
    """

    def __init__(self, database: Database, scope: str = "") -> None:
        self._database = database
        self._scope = scope
        self._kept: set[tuple[Ecosystem, str, datetime]] = set()
        self._known: dict[tuple[str, str], tuple[str, str] | None] = {}

    def expect(self, names: Iterable[tuple[Ecosystem, str]]) -> None:
        """Read at once what is recorded of names that will be asked about.

        Raises:
            StoreError: the database cannot be read.
        """
        asked = [(ecosystem.value, name) for ecosystem, name in names]
        found = self._database.about("SELECT ecosystem, name, body, digest FROM facts WHERE 1", asked)
        self._known = {key: found.get(key) for key in asked}

    def get(self, ecosystem: Ecosystem, name: str) -> Facts | None:
        """The recorded facts about a name; `None` when there are none that can be trusted.

        Raises:
            StoreError: the database cannot be read.
        """
        key = (ecosystem.value, name)
        if key in self._known:
            row = self._known[key]
        else:
            found = self._database.read("SELECT body, digest FROM facts WHERE ecosystem = ? AND name = ?", key)
            row = found[0] if found else None
        if row is None:
            return None
        body, digest = str(row[0]), str(row[1])
        genuine = hmac.compare_digest(digest.encode(), self._digest(ecosystem, name, body).encode())
        return _facts(json.loads(body)) if genuine else None

    def keep_within(self, connection: sqlite3.Connection, seen: Iterable[tuple[Ecosystem, str, Facts]]) -> None:
        """Keep facts as a part of the caller's transaction; what is older than the row kept is passed over."""
        for ecosystem, name, facts in seen:
            kept = facts.existence in KEPT and not facts.bounded
            if facts.asked is None or not kept or (ecosystem, name, facts.asked) in self._kept:
                continue
            body = _text(facts)
            connection.execute(
                "INSERT INTO facts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET asked = excluded.asked,"
                " body = excluded.body, digest = excluded.digest WHERE facts.asked <= excluded.asked",
                (ecosystem.value, name, _moment(facts.asked), body, self._digest(ecosystem, name, body)),
            )
            self._kept.add((ecosystem, name, facts.asked))

    def _digest(self, ecosystem: Ecosystem, name: str, body: str) -> str:
        text = f"facts\n{ecosystem.value}\n{name}\n{self._scope}\n{body}"
        return hmac.new(self._database.key, text.encode(), "sha256").hexdigest()


def _text(facts: Facts) -> str:
    releases = [
        [release.version, release.uploaded and _moment(release.uploaded), release.yanked, release.install_script]
        for release in facts.releases
    ]
    body = {
        "existence": facts.existence.value,
        "releases": releases,
        "status": facts.status,
        "dated": facts.dated,
        "asked": facts.asked and _moment(facts.asked),
    }
    return json.dumps(body, separators=(",", ":"))


def _facts(body: dict[str, Any]) -> Facts:
    """The facts in a body whose digest held: we wrote it, so that it needs no further checks.

    Later versions may exist: the absence of one says nothing.
    """
    return Facts(
        existence=Existence(body["existence"]),
        releases=tuple(
            Release(version, uploaded and datetime.fromisoformat(uploaded), frozenset(), yanked, script)
            for version, uploaded, yanked, script in body["releases"]
        ),
        status=body["status"],
        dated=body["dated"],
        asked=datetime.fromisoformat(body["asked"]),
        partial=Existence.OFFLINE,
    )


def _moment(moment: datetime) -> str:
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()  # some names have thousands
