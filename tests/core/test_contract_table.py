"""The contract's table of rules and its sentences about arrival, precedence and modes, row by row."""

from __future__ import annotations

import pytest

from slopguard.model import Evidence, Mode, Request
from slopguard.rules import RULES
from tests.core.worlds import (
    AUTH,
    BASELINE,
    CURATED,
    DENIED,
    DOWN,
    ELSEWHERE,
    FRESH,
    GONE,
    IMPORTED,
    MALICIOUS,
    OBSERVED,
    OFFLINE,
    PINNED,
    PRIVATE,
    REVIEWED,
    UNDATED,
    URL,
    VCS,
    YOUNG,
    known,
    locked,
    needed,
    npm,
    released_on,
    said,
    typed,
)

BAD = typed(name=None, raw="requ\u0435sts")
HELD = released_on(400, 300, 200, status="quarantined")
PUT_AWAY = released_on(400, 300, 200, 100, status="archived")
ONE_DAY = released_on(400, 399.9, 399.8, 399.7)
NEW_VERSION = released_on(400, 300, 200, 100, 30, 0.8)
EVERY_VERSION_NEW = released_on(2.9, 1)
ALWAYS_FRESH = released_on(1)

Row = tuple[str, Request, Evidence, str]

VERDICTS: tuple[Row, ...] = (
    # allow
    ("allowlisted: a row for the name", typed(), known(allow=BASELINE), "allow allowlisted"),
    ("allowlisted: a row for the version", typed("5.0"), known(allow=REVIEWED), "allow allowlisted"),
    ("internal: from the private index", typed(source=PRIVATE), known(internal=True), "allow internal"),
    ("established: 90 days, releases spread over them", typed(), known(), "allow established"),
    ("vouched: required, a week old", needed(), known(YOUNG), "allow vouched"),
    ("vouched: in a scope that holds an allowlisted package", npm(), known(YOUNG, scope_vouched=True), "allow vouched"),
    ("locked: same name, version and hash", locked("3.0"), known(YOUNG, locked=True), "allow locked"),
    # warn
    ("fixes-advisory", typed("6.0"), known(NEW_VERSION, allow=BASELINE, fixes=True), "warn fixes-advisory"),
    ("released: let through by a person", typed(), known(YOUNG, released="name"), "warn released"),
    ("archived: PEP 792", typed(), known(PUT_AWAY), "warn archived"),
    ("unpinned-run: run at once, no version", typed(runs=True), known(allow=BASELINE), "warn unpinned-run"),
    # quarantine
    ("unverified: nothing vouches for it", typed(), known(YOUNG), "quarantine unverified"),
    ("too-new: a version inside the cooldown", typed("6.0"), known(NEW_VERSION, allow=BASELINE), "quarantine too-new"),
    ("too-new: every version is", typed(), known(EVERY_VERSION_NEW, allow=BASELINE), "quarantine too-new"),
    ("lookalike: old", typed(), known(lookalike_of="acme-things"), "quarantine lookalike"),
    ("import-name: only the module's name", typed(), known(import_of=("acme",)), "quarantine import-name"),
    ("predicted: registered and old", typed(), known(watch=IMPORTED), "quarantine predicted"),
    ("predicted: existence unknown", typed(), known(OFFLINE, watch=IMPORTED), "quarantine predicted"),
    ("index-quarantined: PEP 792", typed(), known(HELD, allow=BASELINE), "quarantine index-quarantined"),
    ("no-dates: unlisted", typed(), known(UNDATED), "quarantine no-dates"),
    ("no-dates: a version of a listed name", typed("1.0"), known(UNDATED, allow=BASELINE), "quarantine no-dates"),
    # block
    ("not-found: no index has it", typed(), known(GONE), "block not-found"),
    ("not-found: no index has that version", typed("99"), known(allow=BASELINE), "block not-found"),
    ("predicted-registered", typed(), known(YOUNG, watch=IMPORTED), "block predicted-registered"),
    ("lookalike-new: young", typed(), known(YOUNG, lookalike_of="acme-things"), "block lookalike-new"),
    ("malicious", typed(), known(deny=MALICIOUS), "block malicious"),
    ("denied", typed(), known(deny=DENIED), "block denied"),
    ("bad-name: no normal form", BAD, known(OFFLINE, name_problem="confusable"), "block bad-name"),
    ("stdlib-name", typed(), known(stdlib=True), "block stdlib-name"),
    ("foreign-source: a URL", typed(source=URL), known(), "block foreign-source"),
    ("foreign-source: a repository", typed(source=VCS), known(), "block foreign-source"),
    ("foreign-source: an untrusted index", typed(source=ELSEWHERE), known(), "block foreign-source"),
    ("internal-name: on a public index", typed(), known(internal=True), "block internal-name"),
    ("hash-mismatch", typed("5.0"), known(hash_mismatch=True), "block hash-mismatch"),
    # unchecked
    ("upstream-down", typed(), known(DOWN), "unchecked upstream-down"),
    ("upstream-auth", typed(), known(AUTH), "unchecked upstream-auth"),
    ("list-invalid", typed(), known(lists="invalid"), "unchecked list-invalid"),
    ("list-expired", typed(), known(allow=BASELINE, lists="expired"), "unchecked list-expired"),
)

ESTABLISHED: tuple[Row, ...] = (
    ("exactly 90 days are enough", typed(), known(released_on(90, 60, 30)), "allow established"),
    ("a minute less is not", typed(), known(released_on(89.999, 60, 30)), "quarantine unverified"),
    ("two releases are not enough", typed(), known(released_on(400, 200)), "quarantine unverified"),
    ("releases all on one day do not count", typed(), known(ONE_DAY), "quarantine unverified"),
    ("spread over less than a third", typed(), known(released_on(400, 390, 380)), "quarantine unverified"),
    ("an unknown age never counts", typed(), known(CURATED), "quarantine unverified"),
    ("watched", typed(), known(watch=OBSERVED), "quarantine predicted"),
    ("a look-alike", typed(), known(lookalike_of="acme-things"), "quarantine lookalike"),
    ("on an untrusted index", typed(source=ELSEWHERE), known(), "block foreign-source"),
)

ARRIVALS: tuple[Row, ...] = (
    ("introduced: nothing is vouched by being required", typed(), known(YOUNG), "quarantine unverified"),
    ("introduced and registered yesterday: unverified, not too-new", typed(), known(FRESH), "quarantine unverified"),
    ("introduced, fresh version asked", typed("1.0"), known(FRESH), "quarantine unverified"),
    ("transitive, days old: passes by itself", needed(), known(FRESH), "quarantine too-new"),
    ("transitive, exactly a week old", needed(), known(released_on(7)), "allow vouched"),
    (
        "transitive, fresh version of a vouched name",
        needed("4.0"),
        known(released_on(40, 35, 20, 1)),
        "quarantine too-new",
    ),
    ("transitive, no such package", needed(), known(GONE), "block not-found"),
    ("transitive, offline: nothing vouches", needed(), known(OFFLINE), "quarantine unverified"),
    ("transitive, watched", needed(), known(YOUNG, watch=IMPORTED), "block predicted-registered"),
    ("transitive, look-alike", needed(), known(YOUNG, lookalike_of="x"), "block lookalike-new"),
    ("transitive, import name", needed(), known(YOUNG, import_of=("x",)), "quarantine import-name"),
    ("transitive, age unknown on a curated index", needed(), known(CURATED), "quarantine unverified"),
    ("a vouched scope needs an existing name", npm(), known(GONE, scope_vouched=True), "block not-found"),
    ("a vouched scope says nothing offline", npm(), known(OFFLINE, scope_vouched=True), "quarantine unverified"),
    ("a vouched scope, fresh version", npm(version="1.0"), known(FRESH, scope_vouched=True), "quarantine too-new"),
    ("locked, but another hash: not locked", locked("3.0"), known(YOUNG), "quarantine unverified"),
    ("locked, offline", locked(), known(OFFLINE, locked=True), "allow locked"),
    ("locked, index down", locked(), known(DOWN, locked=True), "allow locked"),
    ("only locked excuses too-new", locked("1.0"), known(ALWAYS_FRESH, locked=True), "allow locked"),
    ("locked excuses no block rule", locked(), known(locked=True, deny=MALICIOUS), "block malicious"),
    ("locked, deleted since", locked(), known(GONE, locked=True), "block not-found"),
    ("an arrival alone is no lock", typed("3.0"), known(YOUNG, locked=True), "quarantine unverified"),
    ("own names have no cooldown", npm(version="6.0"), known(NEW_VERSION, own=True), "allow established"),
    ("own alone vouches for nothing", npm(), known(YOUNG, own=True), "quarantine unverified"),
    ("a listed version inside the cooldown", typed("6.0"), known(NEW_VERSION), "quarantine too-new"),
    ("the same name without a version", typed(), known(NEW_VERSION), "allow established"),
    ("PEP 440: 6 is 6.0", typed("6"), known(NEW_VERSION), "quarantine too-new"),
    ("npm: 6 is not 6.0", npm(version="6"), known(NEW_VERSION), "block not-found"),
    ("exactly three days old", typed("2.0"), known(released_on(400, 3), allow=BASELINE), "allow allowlisted"),
    ("a dependency uploaded in the future", needed(), known(released_on(-300)), "quarantine too-new"),
    (
        "its scope is listed, its version of the future",
        npm(version="1.0"),
        known(released_on(-9), scope_vouched=True),
        "quarantine too-new",
    ),
    ("uploaded in the future", typed("2.0"), known(released_on(400, -3), allow=BASELINE), "quarantine too-new"),
    ("internal, private, without dates", typed("1.0", source=PRIVATE), known(UNDATED, internal=True), "allow internal"),
    ("a vouched scope without dates", npm(version="1.0"), known(UNDATED, scope_vouched=True), "quarantine no-dates"),
    ("a listed name without dates", typed(), known(UNDATED, allow=BASELINE), "allow allowlisted"),
    ("a version without date on a curated index", typed("1.0"), known(CURATED, allow=BASELINE), "allow allowlisted"),
)

PRECEDENCE: tuple[Row, ...] = (
    ("malicious beats pinned", typed("5.0"), known(allow=PINNED, deny=MALICIOUS), "block malicious"),
    ("denied beats pinned", typed("5.0"), known(allow=PINNED, deny=DENIED), "block denied"),
    ("bad-name beats pinned", typed(), known(allow=PINNED, name_problem="ill-formed"), "block bad-name"),
    ("foreign-source beats pinned", typed("5.0", source=URL), known(allow=PINNED), "block foreign-source"),
    ("internal-name beats pinned", typed("5.0"), known(allow=PINNED, internal=True), "block internal-name"),
    ("hash-mismatch beats pinned", typed("5.0"), known(allow=PINNED, hash_mismatch=True), "block hash-mismatch"),
    ("too-new yields to pinned", typed("6.0"), known(NEW_VERSION, allow=PINNED), "allow allowlisted"),
    ("too-new does not yield to reviewed", typed("6.0"), known(NEW_VERSION, allow=REVIEWED), "quarantine too-new"),
    ("no-dates yields to pinned", typed("1.0"), known(UNDATED, allow=PINNED), "allow allowlisted"),
    ("upstream-down yields to pinned", typed("5.0"), known(DOWN, allow=PINNED), "allow allowlisted"),
    ("upstream-down, reviewed version", typed("5.0"), known(DOWN, allow=REVIEWED), "unchecked upstream-down"),
    ("upstream-down, listed name", typed(), known(DOWN, allow=BASELINE), "allow allowlisted"),
    ("upstream-down, listed own version", npm(version="1"), known(DOWN, allow=BASELINE, own=True), "allow allowlisted"),
    ("upstream-down, internal name", typed(source=PRIVATE), known(DOWN, internal=True), "allow internal"),
    ("upstream-auth yields to pinned", typed("5.0"), known(AUTH, allow=PINNED), "allow allowlisted"),
    ("upstream-auth, reviewed version", typed("5.0"), known(AUTH, allow=REVIEWED), "unchecked upstream-auth"),
    ("predicted does not yield to baseline", typed(), known(watch=IMPORTED, allow=BASELINE), "quarantine predicted"),
    ("predicted yields to reviewed", typed(), known(watch=IMPORTED, allow=REVIEWED), "allow allowlisted"),
    ("predicted yields to pinned", typed(), known(watch=IMPORTED, allow=PINNED), "allow allowlisted"),
    (
        "predicted-registered does not yield to baseline",
        typed(),
        known(YOUNG, watch=IMPORTED, allow=BASELINE),
        "block predicted-registered",
    ),
    (
        "predicted-registered yields to reviewed",
        typed(),
        known(YOUNG, watch=IMPORTED, allow=REVIEWED),
        "allow allowlisted",
    ),
    ("lookalike yields to any row", typed(), known(lookalike_of="x", allow=BASELINE), "allow allowlisted"),
    ("lookalike-new yields to any row", typed(), known(YOUNG, lookalike_of="x", allow=BASELINE), "allow allowlisted"),
    ("import-name yields to any row", typed(), known(import_of=("x",), allow=BASELINE), "allow allowlisted"),
    ("stdlib-name yields to any row", typed(), known(stdlib=True, allow=BASELINE), "allow allowlisted"),
    ("not-found yields to none", typed(), known(GONE, allow=PINNED), "block not-found"),
    ("nor that of a version", typed("99"), known(allow=PINNED, released="pinned"), "block not-found"),
    ("nor to a lock", locked("99"), known(locked=True), "block not-found"),
    ("stdlib-name is named before a missing version", typed("99"), known(stdlib=True), "block stdlib-name"),
    ("an unknown deny rule denies", typed(), known(deny=type(DENIED)("team", "strange")), "block denied"),
    ("block beats unchecked", typed(), known(DOWN, deny=DENIED), "block denied"),
    ("block beats quarantine", typed(), known(import_of=("x",), deny=DENIED), "block denied"),
    ("unchecked beats quarantine", typed(), known(DOWN, watch=IMPORTED), "unchecked upstream-down"),
    ("malicious is named before denied and others", typed(source=URL), known(GONE, deny=MALICIOUS), "block malicious"),
    ("a standard-library name is named before not-found", typed(), known(GONE, stdlib=True), "block stdlib-name"),
    ("whatever the network: stdlib-name", typed(), known(DOWN, stdlib=True), "block stdlib-name"),
    ("whatever the network: malicious", typed(), known(OFFLINE, deny=MALICIOUS), "block malicious"),
    ("archived beside a refusal does not soften it", typed(), known(PUT_AWAY, deny=DENIED), "block denied"),
    ("nor does a run without a version", typed(runs=True), known(YOUNG), "quarantine unverified"),
    ("a run of one version is no warning", typed("1.0", runs=True), known(allow=BASELINE), "allow allowlisted"),
)

RELEASED: tuple[Row, ...] = (
    ("lifts unverified", typed(), known(FRESH, released="name"), "warn released"),
    ("lifts too-new", typed("6.0"), known(NEW_VERSION, allow=BASELINE, released="name"), "warn released"),
    ("lifts lookalike", typed(), known(lookalike_of="x", released="name"), "warn released"),
    ("lifts import-name", typed(), known(import_of=("x",), released="name"), "warn released"),
    ("lifts predicted", typed(), known(watch=IMPORTED, released="name"), "warn released"),
    ("lifts index-quarantined", typed(), known(HELD, released="name"), "warn released"),
    ("lifts no-dates", typed(), known(UNDATED, released="name"), "warn released"),
    ("not predicted-registered", typed(), known(YOUNG, watch=IMPORTED, released="name"), "block predicted-registered"),
    ("but pinned does", typed("3.0"), known(YOUNG, watch=IMPORTED, released="pinned"), "warn released"),
    ("not lookalike-new", typed(), known(YOUNG, lookalike_of="x", released="name"), "block lookalike-new"),
    ("but pinned does", typed("3.0"), known(YOUNG, lookalike_of="x", released="pinned"), "warn released"),
    ("not foreign-source", typed(source=URL), known(released="name"), "block foreign-source"),
    ("but pinned does", typed("5.0", source=URL), known(released="pinned"), "warn released"),
    ("never malicious", typed("5.0"), known(deny=MALICIOUS, released="pinned"), "block malicious"),
    ("never not-found", typed("5.0"), known(GONE, released="pinned"), "block not-found"),
    ("never stdlib-name", typed("5.0"), known(stdlib=True, released="pinned"), "block stdlib-name"),
    ("never internal-name", typed("5.0"), known(internal=True, released="pinned"), "block internal-name"),
    ("not upstream-down", typed(), known(DOWN, released="name"), "unchecked upstream-down"),
    ("but pinned does", typed("5.0"), known(DOWN, released="pinned"), "warn released"),
)

NETWORK_AND_LISTS: tuple[Row, ...] = (
    ("offline, an unknown name", typed(), known(OFFLINE), "quarantine unverified"),
    ("offline, an allowlisted one", typed(), known(OFFLINE, allow=BASELINE), "allow allowlisted"),
    ("offline, an allowlisted version", typed("5.0"), known(OFFLINE, allow=BASELINE), "allow allowlisted"),
    ("an expired list still denies", typed(), known(deny=DENIED, lists="expired"), "block denied"),
    ("what only expired lists know is unknown", typed(), known(lists="expired"), "allow established"),
    ("nor does a scope", npm(), known(YOUNG, scope_vouched=True, lists="expired"), "quarantine unverified"),
    ("an expired list and a lock", locked(), known(allow=BASELINE, lists="expired", locked=True), "allow locked"),
    ("an invalid list hides deny rows", locked(), known(locked=True, lists="invalid"), "unchecked list-invalid"),
    ("an invalid list and no such name", typed(), known(GONE, lists="invalid"), "block not-found"),
    ("an unknown project status", typed(), known(released_on(400, 300, 100, status="odd")), "allow established"),
)

STRICT: tuple[Row, ...] = (
    ("allowlisted", typed(), known(allow=BASELINE), "allow allowlisted"),
    ("internal", typed(source=PRIVATE), known(internal=True), "allow internal"),
    ("released", typed(), known(released="name"), "warn released"),
    ("not established", typed(), known(), "quarantine unverified"),
    ("not vouched", needed(), known(), "quarantine unverified"),
    ("not vouched by scope", npm(), known(scope_vouched=True), "quarantine unverified"),
    ("not locked", locked(), known(locked=True), "quarantine unverified"),
    ("a fresh dependency does not pass by itself", needed(), known(FRESH), "quarantine unverified"),
    ("nor without dates", typed(), known(UNDATED), "quarantine unverified"),
    ("a listed version still cools down", typed("6.0"), known(NEW_VERSION, allow=BASELINE), "quarantine too-new"),
)


def _rows(rows: tuple[Row, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("request_", "evidence", "expected"), [row[1:] for row in rows], ids=[r[0] for r in rows]
    )


ALL = VERDICTS + ESTABLISHED + ARRIVALS + PRECEDENCE + RELEASED + NETWORK_AND_LISTS


@_rows(VERDICTS)
def test_every_rule(request_: Request, evidence: Evidence, expected: str) -> None:
    assert said(request_, evidence) == expected


@_rows(ESTABLISHED)
def test_established_needs_age_spread_and_a_clean_name(request_: Request, evidence: Evidence, expected: str) -> None:
    assert said(request_, evidence) == expected


@_rows(ARRIVALS)
def test_a_name_is_judged_by_how_it_arrived(request_: Request, evidence: Evidence, expected: str) -> None:
    assert said(request_, evidence) == expected


@_rows(PRECEDENCE)
def test_precedence(request_: Request, evidence: Evidence, expected: str) -> None:
    assert said(request_, evidence) == expected


@_rows(RELEASED)
def test_the_release_valve(request_: Request, evidence: Evidence, expected: str) -> None:
    assert said(request_, evidence) == expected


@_rows(NETWORK_AND_LISTS)
def test_what_is_missing(request_: Request, evidence: Evidence, expected: str) -> None:
    assert said(request_, evidence) == expected


@_rows(STRICT)
def test_mode_strict_admits_only_listed_internal_and_released(
    request_: Request, evidence: Evidence, expected: str
) -> None:
    assert said(request_, evidence, Mode.STRICT) == expected


@_rows(ALL)
def test_mode_observe_says_what_balanced_says(request_: Request, evidence: Evidence, expected: str) -> None:
    assert said(request_, evidence, Mode.OBSERVE) == expected


def test_every_rule_that_the_policy_decides_has_a_row() -> None:
    of_files = {"undecidable", "settings-loosened", "unhashed", "lock-drift", "unknown-import", "unknown-host"}
    by_the_doors = of_files | {"unreadable", "malformed", "policy-error"}
    assert {row[3].split()[1] for row in VERDICTS} == RULES.keys() - by_the_doors
    assert all(row[3].split()[0] == RULES[row[3].split()[1]].outcome for row in ALL)


@pytest.mark.parametrize("ages", [(95, -1, -40), (95, 95, -200), (91, 90.5, -1)])
def test_releases_dated_in_the_future_establish_nothing(ages: tuple[float, ...]) -> None:
    assert said(typed(), known(released_on(*ages))) == "quarantine unverified"
