"""`forecast.db`: the campaigns, their prompts and every request of them.

Invariants: the folder is 0700 and the file 0600; a request is written before it is sent and its answer before the next
decision, each in one transaction, so that a killed campaign asks nothing twice: what was under way counts as lost. No
text of a model is kept, only names that passed the grammar; no key, no address of a server. The database is no
authority: nothing in it allows anything.

A transaction outlives its process at once, a power cut only a little later (synchronous NORMAL): two waits for the disk
for each answer would be the slowest part of a campaign with a fast server, and what can be lost is asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from slopguard.errors import StoreError
from slopguard.forecast.campaign.model import Answer, Form, Key, Kind, Prompt, Sort, Stage, State, Told
from slopguard.model import Ecosystem
from slopguard.names import BadName, normalize
from slopguard.store.sqlite import Sqlite, private_folder, reported

FILE, LOCK = "forecast.db", "forecast.lock"
_SCHEMA = (
    (
        "CREATE TABLE campaign (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, plan TEXT NOT NULL,"
        " started TEXT NOT NULL, ended TEXT, stopped TEXT NOT NULL DEFAULT '')"
    ),
    (
        "CREATE TABLE prompt (campaign INTEGER NOT NULL, number INTEGER NOT NULL, ecosystem TEXT NOT NULL,"
        " topic TEXT NOT NULL, kind TEXT NOT NULL, form TEXT NOT NULL, text TEXT NOT NULL,"
        " PRIMARY KEY (campaign, number)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE request (campaign INTEGER NOT NULL, model TEXT NOT NULL, prompt INTEGER NOT NULL,"
        " stage TEXT NOT NULL, temperature REAL NOT NULL, sample INTEGER NOT NULL, state TEXT NOT NULL,"
        " prompt_tokens INTEGER NOT NULL DEFAULT 0, completion_tokens INTEGER NOT NULL DEFAULT 0,"
        " doubtful INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, readable INTEGER NOT NULL DEFAULT 1,"
        " told TEXT NOT NULL DEFAULT '[]',"
        " PRIMARY KEY (campaign, model, prompt, stage, temperature, sample)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE existing (campaign INTEGER NOT NULL, ecosystem TEXT NOT NULL, name TEXT NOT NULL,"
        " PRIMARY KEY (campaign, ecosystem, name)) WITHOUT ROWID"
    ),
)
MIGRATIONS = (_SCHEMA,)
TROUBLE = f"{FILE} cannot be read or written"


@dataclass(frozen=True, slots=True)
class Record:
    """A campaign as it stands in the file.

    Args:
        digest: of its plan and of what its prompts are made from.
        plan: JSON, as `run` writes it.
        stopped: why it ended; empty while it has not.
    """

    id: int
    digest: str
    plan: str
    started: datetime
    ended: datetime | None
    stopped: str


class Campaigns:
    """The file; a context manager.

    Args:
        home: the folder; made if it does not exist.
        writing: keep every other process from writing, and count what was under way as lost.

    Raises:
        StoreError: it cannot be opened, others may write to the folder, or another process runs a campaign.
        ConfigError: a newer slopguard wrote it.
    """

    def __init__(self, home: Path, *, writing: bool = False) -> None:
        self._lock = _locked(home) if writing else None
        try:
            self._file = Sqlite(home, FILE, MIGRATIONS, trouble=(TROUBLE, None))
            self._read("PRAGMA synchronous = NORMAL")
            if writing:
                self._write("UPDATE request SET state = ? WHERE state = ?", State.LOST.value, State.ASKED.value)
        except BaseException:
            self._release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._file.close()
        finally:
            self._release()

    def begin(self, digest: str, plan: str, started: datetime, prompts: Iterable[Prompt]) -> int:
        """Write a new campaign; gives its number."""
        with self._file.write() as connection:
            row = connection.execute(
                "INSERT INTO campaign (digest, plan, started) VALUES (?, ?, ?)", (digest, plan, started.isoformat())
            )
            campaign = int(row.lastrowid or 0)
            rows = ((campaign, p.number, p.ecosystem, p.topic, p.kind, p.form, p.text) for p in prompts)
            connection.executemany("INSERT INTO prompt VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return campaign

    def end(self, campaign: int, ended: datetime, stopped: str) -> None:
        """Write why a campaign ended."""
        self._write("UPDATE campaign SET ended = ?, stopped = ? WHERE id = ?", ended.isoformat(), stopped, campaign)

    def reopen(self, campaign: int) -> None:
        """Write that a campaign goes on."""
        self._write("UPDATE campaign SET ended = NULL, stopped = '' WHERE id = ?", campaign)

    def records(self) -> list[Record]:
        """Every campaign, the oldest first."""
        return [
            Record(id_, digest, plan, _time(started), _time(ended) if ended else None, stopped)
            for id_, digest, plan, started, ended, stopped in self._read("SELECT * FROM campaign ORDER BY id")
        ]

    def prompts(self, campaign: int) -> tuple[Prompt, ...]:
        """The prompts of a campaign, in order."""
        with _sound():
            rows = self._read("SELECT * FROM prompt WHERE campaign = ? ORDER BY number", campaign)
            if [row[1] for row in rows] != list(range(len(rows))):
                raise ValueError
            return tuple(
                Prompt(number, Ecosystem(ecosystem), topic, Kind(kind), Form(form), text)
                for _, number, ecosystem, topic, kind, form, text in rows
            )

    def answers(self, campaign: int) -> dict[Key, Answer]:
        """Every request of a campaign that was sent and did not fail, with what became of it."""
        with _sound():
            rows = self._read(_SENT, campaign, campaign)
            return {Key(row[1], row[2], Stage(row[3]), row[4], row[5]): _answer(row[6:]) for row in rows}

    def asking(self, campaign: int, key: Key) -> None:
        """Write that a request is sent now.

        Raises:
            StoreError: it was sent before.
        """
        self._write(
            "INSERT INTO request (campaign, model, prompt, stage, temperature, sample, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *_values(campaign, key),
            State.ASKED.value,
        )

    def answered(self, campaign: int, key: Key, answer: Answer) -> None:
        """Write what became of a request."""
        told = json.dumps([[each.ecosystem, each.name, each.sort] for each in answer.told], separators=(",", ":"))
        self._write(
            _ANSWERED,
            answer.state.value,
            answer.prompt_tokens,
            answer.completion_tokens,
            int(answer.doubtful),
            answer.refused,
            int(answer.readable),
            told,
            *_values(campaign, key),
        )

    def failed(self, campaign: int, key: Key) -> None:
        """Forget a request that no server answered, so that it can be sent later."""
        self._write(_FAILED, *_values(campaign, key))

    def exist(self, campaign: int, names: Iterable[tuple[Ecosystem, str]]) -> None:
        """Write which of the unknown names an index was found to have."""
        rows = [(campaign, ecosystem.value, name) for ecosystem, name in names]
        with self._file.write() as connection:
            connection.executemany("INSERT OR IGNORE INTO existing VALUES (?, ?, ?)", rows)

    def existing(self, campaign: int) -> frozenset[tuple[Ecosystem, str]]:
        """The unknown names that an index was found to have."""
        rows = self._read("SELECT ecosystem, name FROM existing WHERE campaign = ?", campaign)
        return frozenset((Ecosystem(ecosystem), name) for ecosystem, name in rows)

    def _read(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._file.read(statement, values)

    def _write(self, statement: str, *values: Any) -> None:
        with self._file.write() as connection:
            connection.execute(statement, values)

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()


_SENT = (
    "SELECT * FROM request WHERE campaign = ?"
    " AND prompt BETWEEN 0 AND (SELECT count(*) - 1 FROM prompt WHERE campaign = ?)"
)
_ANSWERED = (
    "UPDATE request SET state = ?, prompt_tokens = ?, completion_tokens = ?, doubtful = ?, refused = ?, readable = ?,"
    " told = ? WHERE campaign = ? AND model = ? AND prompt = ? AND stage = ? AND temperature = ? AND sample = ?"
)
_FAILED = (
    "DELETE FROM request"
    " WHERE campaign = ? AND model = ? AND prompt = ? AND stage = ? AND temperature = ? AND sample = ?"
)


def _values(campaign: int, key: Key) -> tuple[Any, ...]:
    return campaign, key.model, key.prompt, key.stage.value, key.temperature, key.sample


def _answer(row: tuple[Any, ...]) -> Answer:
    state, prompt_tokens, completion_tokens, doubtful, refused, readable, told = row
    names = tuple(_told(*each) for each in json.loads(told))
    counts = int(prompt_tokens), int(completion_tokens)
    return Answer(State(state), names, *counts, bool(doubtful), int(refused), bool(readable))


@lru_cache(maxsize=1 << 16)
def _told(ecosystem: str, name: str, sort: str) -> Told:
    return Told(Ecosystem(ecosystem), normalize(Ecosystem(ecosystem), name), Sort(sort))


def _time(text: str) -> datetime:
    with _sound():
        return datetime.fromisoformat(text)


@contextmanager
def _sound() -> Iterator[None]:
    """Turn what damaged rows are into our one error."""
    try:
        yield
    except (ValueError, TypeError, BadName) as error:
        raise StoreError(TROUBLE) from error


def _locked(home: Path) -> FileLock:
    """The one process that may run campaigns."""
    with reported(TROUBLE):
        private_folder(home)
        lock = FileLock(home / LOCK, timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise StoreError("another forecast is running", "Wait for it, or end it") from None
    return lock
