"""`slopguard lists import` as people and CI jobs run it: first what is left out, then what is written, after a yes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from slopguard.curation.sources import read_list
from slopguard.lists.digests import ENDS, ROOT
from tests.cli.program import Program
from tests.curation.osv_records import EVERY, record
from tests.simulators.person import typed
from tests.simulators.pypi import PyPI

SHA = "a" * 64
WHO = ("--owner", "web", "--why", "we run it")


@pytest.fixture
def repository(slopguard: Program) -> Path:
    """The project's folder is a repository of lists."""
    (slopguard.cwd / "lists.toml").write_text('name = "acme"\n')
    return slopguard.cwd


def feed(slopguard: Program, *records: bytes) -> str:
    return str(slopguard.write("feed.jsonl", b"\n".join(records).decode()))


def fresh(**more: object) -> bytes:
    """A malicious package that was recorded just now."""
    from datetime import UTC, datetime

    return record(modified=datetime.now(UTC).isoformat(), **{"ranges": [EVERY], **more})  # type: ignore[arg-type]


# ---------------------------------------------------------------- osv


def test_records_become_entries_that_deny_and_entries_that_fix(slopguard: Program, repository: Path) -> None:
    fix = fresh(name="django", ecosystem="PyPI", ident="GHSA-1", ranges=[[("introduced", "0"), ("fixed", "4.2.1")]])
    done = slopguard("lists", "import", "osv", feed(slopguard, fresh(), fix, fresh(ident="MAL-2", ecosystem="Go")))
    assert (done.rc, done.err) == (0, "")
    assert done.out.splitlines()[0] == "3 records: 1 of other ecosystems, 0 withdrawn, 0 left out"
    assert "watch/malicious.toml: 1 package, 1 added, 0 changed, 0 removed; data of 20" in done.out
    assert [entry.name for entry in read_list(repository / "watch")] == ["evil"]
    assert [entry.versions for entry in read_list(repository / "common")] == [("4.2.1",)]


def test_one_kind_may_be_asked_for(slopguard: Program, repository: Path) -> None:
    fix = fresh(ident="GHSA-1", ranges=[[("introduced", "0"), ("fixed", "4.2.1")]])
    what = feed(slopguard, fresh(), fix)
    assert slopguard("lists", "import", "osv", what, "--only", "malicious").rc == 0
    assert not (repository / "common").exists()
    done = slopguard("lists", "import", "osv", what, "--only", "advisories", "--format", "json")
    assert [file["path"] for file in done.json["files"]] == ["common/advisories.toml"]


def test_a_bad_record_stops_everything_until_it_is_left_out(slopguard: Program, repository: Path) -> None:
    what = feed(slopguard, fresh(), fresh(ident="MAL-BAD", versions=["one"], ranges=[]))
    done = slopguard("lists", "import", "osv", what)
    assert done.rc == 2
    assert "feed.jsonl, line 2: MAL-BAD: holds a version that cannot be read" in done.err
    assert "1 of 2 records cannot be used, and nothing was written" in done.err
    assert not (repository / "watch").exists()
    done = slopguard("lists", "import", "osv", what, "--skip-bad", "--format", "json")
    assert (done.rc, len(done.json["problems"]), done.json["files"][0]["entries"]) == (0, 1, 1)


def test_of_many_bad_records_some_are_named(slopguard: Program, repository: Path) -> None:
    done = slopguard("lists", "import", "osv", feed(slopguard, fresh(), *[b"{}"] * 25))
    assert (done.rc, done.err.count("not an OSV record"), "and 5 more" in done.err) == (2, 20, True)


def test_old_data_are_refused_unless_that_is_fine(slopguard: Program, repository: Path) -> None:
    what = feed(slopguard, record(ranges=[EVERY], modified="2026-01-01T00:00:00Z"))
    done = slopguard("lists", "import", "osv", what)
    assert (done.rc, "of 2026-01-01, more than 30 days ago" in done.err) == (2, True)
    assert not (repository / "watch").exists()
    assert slopguard("lists", "import", "osv", what, "--stale-ok").rc == 0
    assert "# as-of: 2026-01-01\n" in (repository / "watch" / "malicious.toml").read_text()


def test_data_that_grew_old_are_named_among_what_ends(slopguard: Program, repository: Path) -> None:
    what = feed(slopguard, record(ranges=[EVERY], modified="2026-01-01T00:00:00Z"))
    slopguard("lists", "import", "osv", what, "--stale-ok")
    done = slopguard("lists", "expiring", "--fail")
    assert (done.rc, done.out) == (3, "ended 2026-01-31  data of watch/malicious.toml: import them again\n")


def test_the_signatures_of_the_shipped_lists_are_verified_on_request(slopguard: Program) -> None:
    done = slopguard("lists", "verify")
    assert (done.rc, f"shipped lists: signatures hold, root = sha256:{ROOT}, until {ENDS}" in done.out) == (0, True)


def test_a_popular_package_is_denied_as_a_whole_only_on_purpose(slopguard: Program, repository: Path) -> None:
    what = feed(slopguard, fresh(name="lodash"))
    done = slopguard("lists", "import", "osv", what)
    assert (done.rc, "would deny every version of npm 'lodash'" in done.err) == (2, True)
    assert slopguard("lists", "import", "osv", what, "--deny-popular").rc == 0
    assert [entry.name for entry in read_list(repository / "watch")] == ["lodash"]


def test_a_dry_run_writes_nothing(slopguard: Program, repository: Path) -> None:
    done = slopguard("lists", "import", "osv", feed(slopguard, fresh()), "--dry-run")
    assert (done.rc, "would be 1 added" in done.out, (repository / "watch").exists()) == (0, True, False)


def test_earlier_data_stay_unless_they_are_replaced(slopguard: Program, repository: Path) -> None:
    slopguard("lists", "import", "osv", feed(slopguard, fresh(name="one", ident="MAL-1")))
    slopguard("lists", "import", "osv", feed(slopguard, fresh(name="two", ident="MAL-2")))
    assert [entry.name for entry in read_list(repository / "watch")] == ["one", "two"]
    slopguard("lists", "import", "osv", feed(slopguard, fresh(name="two", ident="MAL-2")), "--replace")
    assert [entry.name for entry in read_list(repository / "watch")] == ["two"]


def test_nothing_of_use_is_said_so(slopguard: Program, repository: Path) -> None:
    done = slopguard("lists", "import", "osv", feed(slopguard, fresh(ecosystem="Go")))
    assert (done.rc, done.out.splitlines()[-1]) == (0, "nothing in them is about PyPI or npm")
    (slopguard.root / "empty").mkdir()
    done = slopguard("lists", "import", "osv", str(slopguard.root / "empty"))
    assert (done.rc, "there are no records in it" in done.err) == (2, True)


def test_outside_a_repository_of_lists_it_says_where_to_go(slopguard: Program) -> None:
    what = feed(slopguard, fresh())
    done = slopguard("lists", "import", "osv", what)
    assert (done.rc, "slopguard lists init" in done.err) == (2, True)
    (slopguard.root / "lists").mkdir()
    (slopguard.root / "lists" / "lists.toml").write_text("")
    assert slopguard("lists", "import", "osv", what, "--repository", str(slopguard.root / "lists")).rc == 0


# ---------------------------------------------------------------- locks


def test_first_comes_what_is_left_out_and_without_a_yes_nothing_is_written(
    slopguard: Program, repository: Path
) -> None:
    pins = "flask==3.1.0\nultralytics==8.3.46\nsg-nobody==1.0\nrequests>=2\nsix @ https://files.example/six.whl\n"
    path = str(slopguard.write("requirements.txt", pins))
    done = slopguard("lists", "import", "locks", path, *WHO, "--offline")
    assert done.rc == 1
    for words in ("ultralytics==8.3.46", "malicious", "sg-nobody==1.0", "unverified", "foreign-source"):
        assert words in done.out
    lines = done.out.splitlines()
    assert lines[-3:] == [
        "left out  pypi 'requests'   not pinned to one version",
        "5 packages judged for common: 1 to add, 0 to change, 3 refused, 1 left out",
        "nothing was written; write it with --yes",
    ]
    assert not (repository / "common").exists()


def test_with_yes_entries_are_written_and_blocked_ones_never_are(slopguard: Program, repository: Path) -> None:
    pins = "flask==3.1.0\nultralytics==8.3.46\nsg-nobody==1.0\n"
    path = str(slopguard.write("requirements.txt", pins))
    done = slopguard("lists", "import", "locks", path, *WHO, "--offline", "--yes", "--include-quarantined")
    assert (done.rc, done.out.splitlines()[-1]) == (1, "written: common/imported.toml")
    found = {entry.name: entry for entry in read_list(repository / "common")}
    assert sorted(found) == ["flask", "sg-nobody"]
    assert (found["flask"].versions, found["flask"].owner, found["flask"].reason) == (("3.1.0",), "web", "we run it")
    assert slopguard("lists", "import", "locks", path, *WHO, "--offline").out.count("0 to add, 0 to change") == 1


def test_the_ledger_knows_what_was_judged(slopguard: Program, repository: Path) -> None:
    path = str(slopguard.write("requirements.txt", "ultralytics==8.3.46\n"))
    slopguard("lists", "import", "locks", path, *WHO, "--offline")
    rows = slopguard("log", "--format", "json").out
    assert "ultralytics" in rows
    assert "slopguard lists import locks" in rows


def test_a_team_gets_entries_of_its_own_and_files_are_pinned(slopguard: Program, repository: Path) -> None:
    path = str(slopguard.write("requirements.txt", f"flask==3.1.0 --hash=sha256:{SHA}\ndjango==5.1\n"))
    argv = ("lists", "import", "locks", path, *WHO, "--offline", "--yes", "--team", "web", "--as", "hashes")
    done = slopguard(*argv, "--format", "json")
    assert (done.rc, done.json["written"], done.json["files"]) == (0, True, ["teams/web/imported.toml"])
    assert done.json["left_out"] == [{"ecosystem": "pypi", "name": "django", "why": "no strong digest"}]
    (entry,) = read_list(repository / "teams" / "web")
    assert (entry.versions, entry.hashes) == (("3.1.0",), (f"sha256:{SHA}",))


def test_a_bill_of_materials_is_read_and_what_is_of_no_use_is_counted(slopguard: Program, repository: Path) -> None:
    components = [{"purl": "pkg:pypi/flask@3.1.0"}, {"purl": "pkg:npm/lodash@4.17.21"}, {"purl": "pkg:deb/curl@8"}]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    path = str(slopguard.write("app.cdx.json", json.dumps(bom)))
    done = slopguard("lists", "import", "locks", path, *WHO, "--offline", "--yes")
    assert (done.rc, "app.cdx.json: 1 of its components are not of PyPI or npm" in done.out) == (0, True)
    assert [(e.ecosystem.value, e.name) for e in read_list(repository / "common")] == [
        ("npm", "lodash"),
        ("pypi", "flask"),
    ]


def test_names_that_the_shipped_lists_allow_need_no_entry(slopguard: Program, repository: Path) -> None:
    path = str(slopguard.write("requirements.txt", "flask==3.1.0\n"))
    done = slopguard("lists", "import", "locks", path, *WHO, "--offline", "--yes", "--as", "names")
    assert (done.rc, "1 allowed already" in done.out) == (0, True)
    assert not (repository / "common").exists()


def test_an_entry_in_another_form_is_named_and_left_to_people(slopguard: Program, repository: Path) -> None:
    slopguard.write("project/common/ours.toml", '[allow.pypi.flask]\nreason = "ours"\n')
    path = str(slopguard.write("requirements.txt", "flask==3.1.0\n"))
    done = slopguard("lists", "import", "locks", path, *WHO, "--offline", "--format", "json")
    assert done.json["left_out"] == [{"entry": "allow.pypi.flask", "why": "stands in common/ours.toml"}]


def test_the_index_is_asked_unless_told_otherwise(slopguard: Program, repository: Path, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    path = str(slopguard.write("requirements.txt", "sg-alpha==1\nsg-ghost==1\n"))
    done = slopguard("lists", "import", "locks", path, *WHO, "--yes", "--format", "json")
    assert (done.rc, [row["rule"] for row in done.json["refused"]]) == (1, ["not-found"])
    assert [entry.name for entry in read_list(repository / "common")] == ["sg-alpha"]


def test_what_a_lock_file_takes_from_a_strange_index_is_refused(
    slopguard: Program, repository: Path, pypi: PyPI
) -> None:
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    lock = 'lock-version = "1.0"\n[[packages]]\nname = "flask"\nversion = "3.1.0"\nindex = "{}"\n'
    strange = slopguard.write("pylock.toml", lock.format("https://registry.example/simple/"))
    done = slopguard("lists", "import", "locks", str(strange), *WHO, "--offline", "--format", "json")
    assert [row["rule"] for row in done.json["refused"]] == ["foreign-source"]
    own = slopguard.write("pylock.toml", lock.format(pypi.url))
    done = slopguard("lists", "import", "locks", str(own), *WHO, "--offline", "--format", "json")
    assert (done.json["refused"], done.json["added"]) == ([], 1)


def test_where_no_client_is_there_a_recorded_index_is_nobodys(slopguard: Program, repository: Path) -> None:
    lock = {"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.17.21"}}}
    lock["packages"]["node_modules/lodash"]["resolved"] = "https://registry.example/lodash/-/lodash-4.17.21.tgz"  # type: ignore[index]
    path = str(slopguard.write("package-lock.json", json.dumps(lock)))
    empty = {"PATH": str(slopguard.root)}
    done = slopguard("lists", "import", "locks", path, *WHO, "--offline", "--format", "json", env=empty)
    assert [row["rule"] for row in done.json["refused"]] == ["foreign-source"]
    assert slopguard("lists", "import", "locks", path, *WHO, env=empty).rc == 4


@pytest.mark.parametrize(("answer", "written"), [("yes", True), ("no", False)])
def test_a_person_at_the_terminal_is_asked(slopguard: Program, repository: Path, answer: str, written: bool) -> None:
    path = str(slopguard.write("requirements.txt", "flask==3.1.0\n"))
    argv = [sys.executable, "-m", "slopguard", "lists", "import", "locks", path, *WHO, "--offline"]
    code, seen = typed(argv, slopguard.env, slopguard.cwd, answer)
    assert "1 package judged for common: 1 to add" in seen
    assert (code, (repository / "common" / "imported.toml").exists()) == (0 if written else 2, written)


def test_an_agent_is_not_asked_and_writes_nothing_by_default(slopguard: Program, repository: Path) -> None:
    path = str(slopguard.write("requirements.txt", "flask==3.1.0\n"))
    argv = [sys.executable, "-m", "slopguard", "lists", "import", "locks", path, *WHO, "--offline"]
    code, seen = typed(argv, {**slopguard.env, "CLAUDECODE": "1"}, slopguard.cwd)
    assert (code, "nothing was written; write it with --yes" in seen) == (0, True)
    assert not (repository / "common").exists()


@pytest.mark.parametrize("what", [("osv",), ("locks",), ()])
def test_help_shows_an_example(slopguard: Program, what: tuple[str, ...]) -> None:
    done = slopguard("lists", "import", *what, "--help")
    assert (done.rc, "Example: slopguard lists import" in done.out) == (0, True)
