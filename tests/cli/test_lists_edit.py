"""`slopguard lists add|deny|remove|promote|diff|export|expiring` in a repository of lists."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from slopguard.cli import lists_words, main
from slopguard.curation.entries import ListEntry, rows_of
from slopguard.curation.layout import Layout
from slopguard.curation.sources import located, read_list
from slopguard.lists.bundle import Bundle
from slopguard.model import Ecosystem
from tests.cli.program import Ended

SETTINGS = """\
name = "acme"
[teams.payments]
threshold = 1
keys = ["dee"]
internal.pypi = ["acme-pay-*"]
internal.npm = ["@acme-pay/*"]
[teams.web]
threshold = 1
keys = ["eve"]
"""
NEXT = "Next: slopguard lists diff, slopguard lists build, slopguard lists sign\n"
DIGEST = "sha256:" + "a" * 64
Lists = Callable[..., Ended]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    root = tmp_path / "lists"
    (root / "common").mkdir(parents=True)
    (root / "lists.toml").write_text(SETTINGS)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(root / "common")
    return Layout(root)


@pytest.fixture
def lists(repository: Layout, capsys: pytest.CaptureFixture[str]) -> Lists:
    def run(*argv: str) -> Ended:
        code = main(["lists", *argv])
        return Ended(code, *capsys.readouterr())

    return run


def only(layout: Layout, name: str = "common") -> ListEntry:
    """The one entry of a list."""
    (entry,) = read_list(layout.folders()[name])
    return entry


def add(lists: Lists, *argv: str, rc: int = 0) -> Ended:
    done = lists("add", *argv, "--owner", "web", "--why", "we use it")
    assert done.rc == rc, done.err
    return done


# ---------------------------------------------------------------- add


def test_add_writes_an_entry_and_says_where_and_what_next(lists: Lists, repository: Layout) -> None:
    done = add(lists, "pypi:Flask>=3,<4", "--reviewer", "ana", "--expires", "90d")
    assert done.out == f"common/pypi.toml: added allow pypi:flask >=3,<4\n{NEXT}"
    day = lists_words.today()
    assert only(repository) == ListEntry(
        *("allow", Ecosystem.PYPI, "flask", (">=3,<4",), (), "web", "we use it", "ana", day, day + timedelta(days=90))
    )


@pytest.mark.parametrize(
    ("argv", "ecosystem", "name", "versions"),
    [
        (["pypi:flask"], "pypi", "flask", ()),
        (["flask==3.1.2", "-e", "pypi"], "pypi", "flask", ("3.1.2",)),
        (["PyPI:flask@3.1.2"], "pypi", "flask", ("3.1.2",)),
        (["pypi:flask==3.*"], "pypi", "flask", ("==3.*",)),
        (["pypi:flask ~= 3.1"], "pypi", "flask", ("~= 3.1",)),
        (["pypi:flask==3.0,!=3.1"], "pypi", "flask", ("==3.0,!=3.1",)),
        (["@acme/ui"], "npm", "@acme/ui", ()),
        (["@acme/ui@1.0.0"], "npm", "@acme/ui", ("1.0.0",)),
        (["npm:react@>=18.0.0 <19.0.0"], "npm", "react", (">=18.0.0 <19.0.0",)),
        (["npm:react>=18.0.0"], "npm", "react", (">=18.0.0",)),
        (["npm:react==18.0.0", "--versions", ">=19.0.0"], "npm", "react", ("18.0.0", ">=19.0.0")),
        (["npm:a~b@1.0.0"], "npm", "a~b", ("1.0.0",)),
    ],
)
def test_how_a_package_is_named(
    lists: Lists, repository: Layout, argv: list[str], ecosystem: str, name: str, versions: tuple[str, ...]
) -> None:
    add(lists, *argv)
    entry = only(repository)
    assert (entry.ecosystem.value, entry.name, entry.versions) == (ecosystem, name, versions)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["flask"], "does not say where it belongs. Say pypi:NAME or npm:NAME, or add -e"),
        (["pypi:fl\u0430sk"], "Retype the name in plain letters"),
        (["pypi:flask[extra]"], "the name is not well-formed"),
        (["pypi:flask=="], "'==' is neither a version nor a range"),
        (["npm:react@"], "is no name with a version or range"),
        (["pypi:flask", "--versions", "^3"], "'^3' is neither a version nor a range"),
        (["npm:react@^18"], "'^18' is neither a version nor a range"),
        (["pypi:flask", "--hash", "md5:" + "a" * 32], "md5 is too weak"),
        (["pypi:flask", "--expires", "soon"], "'soon' is no day"),
        (["pypi:flask", "--expires", "2020-01-01"], "2020-01-01 is over"),
        (["pypi:flask", "--release"], "versions: is missing"),
        (["pypi:flask>=3", "--release"], "must be one version, not a range"),
        (["pypi:flask==3", "--release", "--expires", "91d"], "more than 90 days"),
        (["pypi:flask", "--team", "wbe"], "lists.toml has no team 'wbe'. Its teams: payments, web."),
        (["pypi:flask", "--reviewer", "a\nb"], "reviewer: holds a character that cannot be printed"),
        (["pypi:acme-pay-api"], "is an internal name of payments, and nobody else may list it. Add --team payments"),
        (["npm:@acme-pay/ui", "--team", "web"], "is an internal name of payments"),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_is_written(
    lists: Lists, repository: Layout, argv: list[str], said: str
) -> None:
    done = add(lists, *argv, rc=2)
    assert said in done.err
    assert done.err.count("\n") == 1
    assert read_list(repository.common) == ()


def test_a_team_may_list_its_internal_names(lists: Lists, repository: Layout) -> None:
    done = add(lists, "pypi:acme-pay-api", "--team", "payments")
    assert done.out.startswith("teams/payments/pypi.toml: added allow pypi:acme-pay-api")
    assert only(repository, "payments").owner == "web"


def test_a_release_is_an_exception_that_ends(lists: Lists, repository: Layout) -> None:
    add(lists, "pypi:foo==1.0", "--release", "--hash", DIGEST)
    entry = only(repository)
    assert (entry.kind, entry.versions, entry.hashes) == ("release", ("1.0",), (DIGEST,))
    assert entry.added is not None
    assert entry.expires == entry.added + timedelta(days=30)


def test_add_comes_in_addition(lists: Lists, repository: Layout) -> None:
    add(lists, "pypi:flask==3.0", "--expires", "30d")
    done = add(lists, "pypi:flask==3.1")
    assert "changed allow pypi:flask 3.0, 3.1" in done.out
    assert only(repository).expires is not None
    add(lists, "pypi:flask")
    assert only(repository).versions == ()


def test_what_was_allowed_for_good_does_not_end_with_what_is_added(lists: Lists, repository: Layout) -> None:
    add(lists, "pypi:flask==3.0")
    done = add(lists, "pypi:flask==3.1", "--expires", "30d", rc=2)
    assert "the entry for pypi:flask ends on another day, and has other versions too. Add --replace" in done.err
    assert only(repository).expires is None
    add(lists, "pypi:flask==3.0", "--expires", "30d")
    assert only(repository).expires == lists_words.today() + timedelta(days=30)
    add(lists, "pypi:flask==3.1", "--expires", "30d")
    assert only(repository).versions == ("3.0", "3.1")


@pytest.mark.parametrize(
    ("first", "second", "how"),
    [
        (["pypi:flask"], ["pypi:flask==3.0"], "in all versions"),
        (["pypi:flask==3.0"], ["pypi:flask==3.1", "--hash", DIGEST], "without hashes"),
        (["pypi:flask==3.0", "--hash", DIGEST], ["pypi:flask==3.1"], "with hashes"),
    ],
)
def test_narrowing_an_entry_must_be_asked_for(
    lists: Lists, repository: Layout, first: list[str], second: list[str], how: str
) -> None:
    add(lists, *first)
    before = only(repository)
    done = add(lists, *second, rc=2)
    assert f"{how} already, which this would narrow. Add --replace" in done.err
    assert only(repository) == before
    add(lists, *second, "--replace")
    assert only(repository).versions == (second[0].rpartition("=")[2],)


def test_the_reviewer_is_who_git_says_else_the_account(
    lists: Lists, repository: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.root.parent / "gitconfig").write_text('[user]\nname = Ana \\"the A\\" Maier\n')
    add(lists, "pypi:flask")
    assert only(repository).reviewer == 'Ana "the A" Maier'
    monkeypatch.setenv("LOGNAME", "ben")
    monkeypatch.setenv("PATH", str(repository.root))
    add(lists, "pypi:flask")
    assert only(repository).reviewer == "ben"


def test_without_a_name_for_the_reviewer_none_is_written(
    lists: Lists, repository: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **more: object) -> str:
        raise KeyError

    def waits(*args: object, **more: object) -> None:
        raise subprocess.TimeoutExpired("git", 5)

    monkeypatch.setattr(lists_words.getpass, "getuser", fails)
    monkeypatch.setattr(lists_words.subprocess, "run", waits)
    add(lists, "pypi:flask")
    assert only(repository).reviewer == ""


def test_changes_are_told_to_programs_as_json(lists: Lists) -> None:
    assert add(lists, "pypi:flask==3.0", "--format", "json").json == {
        "schema": "slopguard/lists-edit/1",
        "changes": [
            {
                "change": "added",
                "path": "common/pypi.toml",
                "kind": "allow",
                "ecosystem": "pypi",
                "name": "flask",
                "versions": ["3.0"],
            }
        ],
        "next": ["slopguard lists diff", "slopguard lists build", "slopguard lists sign"],
    }


def test_settings_whose_internal_names_make_no_sense_are_refused(lists: Lists, repository: Layout) -> None:
    repository.settings.write_text('[teams.a]\ninternal.pypi = ["*"]\n')
    assert "the internal names in lists.toml cannot be read" in add(lists, "pypi:flask", rc=2).err


# ---------------------------------------------------------------- which repository


def test_the_repository_is_the_one_around_the_folder_or_the_one_named(
    lists: Lists, repository: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.root.parent)
    assert "there is no lists.toml here or in a folder above" in add(lists, "pypi:flask", rc=2).err
    assert "holds no lists.toml" in add(lists, "pypi:flask", "--repository", ".", rc=2).err
    add(lists, "pypi:flask", "--repository", "lists")
    assert only(repository).name == "flask"


# ---------------------------------------------------------------- deny, remove


def test_a_deny_says_why_and_by_which_rule(lists: Lists, repository: Layout) -> None:
    done = lists("deny", "npm:evil@1.0.0", "--why", "steals", "--malicious", "--id", "MAL-1")
    assert done.out == f"common/npm.toml: added deny npm:evil 1.0.0\n{NEXT}"
    assert only(repository).more == {"rule": "malicious", "id": "MAL-1"}


def test_denying_more_never_denies_less(lists: Lists, repository: Layout) -> None:
    lists("deny", "npm:evil@1.0.0", "--why", "steals", "--malicious", "--id", "MAL-1")
    lists("deny", "npm:evil@1.0.1", "--why", "breaks", "--id", "MAL-2")
    assert only(repository).versions == ("1.0.0", "1.0.1")
    assert only(repository).more == {"rule": "malicious", "id": "MAL-1 MAL-2"}
    assert lists("deny", "npm:evil", "--why", "all of it").rc == 0
    assert only(repository).versions == ()
    assert lists("deny", "npm:evil@1.0.0", "--why", "only this").rc == 2
    assert only(repository).versions == ()


def test_a_whole_name_is_denied_whatever_was_denied_of_it(lists: Lists, repository: Layout) -> None:
    lists("deny", "npm:evil", "--hash", DIGEST, "--why", "one file")
    assert lists("deny", "npm:evil@1.0.0", "--why", "one version").rc == 2
    assert lists("deny", "npm:evil", "--why", "all of it").rc == 0
    assert (only(repository).versions, only(repository).hashes, only(repository).reason) == ((), (), "all of it")


def test_a_deny_cannot_be_given_an_end(lists: Lists) -> None:
    done = lists("deny", "npm:evil", "--why", "steals", "--expires", "90d")
    assert done.rc == 2
    assert "No such option" in done.err


def test_remove_takes_out_what_is_named(lists: Lists, repository: Layout) -> None:
    add(lists, "npm:evil")
    lists("deny", "npm:evil", "--why", "steals")
    assert lists("remove", "npm:evil", "--kind", "deny").out == f"common/npm.toml: removed deny npm:evil\n{NEXT}"
    assert only(repository).kind == "allow"
    assert lists("remove", "npm:evil").rc == 0
    done = lists("remove", "npm:evil")
    assert done.rc == 2
    assert "common and watch: no such entry for npm:evil. See: slopguard lists export" in done.err


def test_remove_looks_in_the_watch_list_and_in_that_of_a_team(lists: Lists, repository: Layout) -> None:
    repository.watch.mkdir()
    (repository.watch / "a.toml").write_text('[watch.pypi.foo-ai]\norigin = "imported"\nsource = "x"\n')
    assert "watch/a.toml: removed watch pypi:foo-ai" in lists("remove", "pypi:foo-ai").out
    add(lists, "pypi:flask", "--team", "web")
    assert lists("remove", "pypi:flask").rc == 2
    assert "teams/web/pypi.toml: removed allow" in lists("remove", "pypi:flask", "--team", "web").out


def test_an_entry_is_taken_out_as_a_whole(lists: Lists) -> None:
    done = lists("remove", "pypi:flask==3.0")
    assert done.rc == 2
    assert "an entry is taken out as a whole" in done.err


# ---------------------------------------------------------------- promote


def test_an_entry_of_a_team_moves_up(lists: Lists, repository: Layout) -> None:
    add(lists, "pypi:flask", "--team", "web")
    done = lists("promote", "pypi:flask", "--from", "web")
    assert done.out == f"common: moved allow pypi:flask\n{NEXT}"
    assert only(repository).name == "flask"
    assert read_list(repository.team("web")) == ()


def test_what_teams_share_moves_up_and_conflicts_stay(lists: Lists, repository: Layout) -> None:
    for team, version in (("web", "3.0"), ("payments", "3.1")):
        add(lists, "pypi:flask", "--team", team)
        add(lists, f"pypi:jinja2=={version}", "--team", team)
    done = lists("promote", "--shared", "--format", "json")
    assert [change["name"] for change in done.json["changes"]] == ["flask"]
    assert done.json["changes"][0]["from"] == ["payments", "web"]
    assert [left["name"] for left in done.json["conflicts"]] == ["jinja2"]
    assert "pypi:jinja2 stays in payments, web: listed with other versions, hashes, days or rules" in done.err
    assert only(repository).name == "flask"
    assert only(repository, "web").name == "jinja2"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "promote takes NAME ... --from TEAM, or --shared"),
        (["pypi:flask"], "promote takes"),
        (["--from", "web"], "promote takes"),
        (["--shared", "--from", "web"], "promote takes"),
        (["pypi:flask", "--from", "wbe"], "no team 'wbe'"),
        (["pypi:flask", "--from", "web"], "web does not list pypi:flask"),
        (["pypi:acme-pay-x", "--from", "payments"], "is an internal name of payments"),
    ],
)
def test_what_cannot_be_promoted(lists: Lists, argv: list[str], said: str) -> None:
    done = lists("promote", *argv)
    assert done.rc == 2
    assert said in done.err


def test_nothing_shared_changes_nothing(lists: Lists) -> None:
    done = lists("promote", "--shared")
    assert (done.rc, done.out, done.err) == (0, "", "slopguard: nothing was changed.\n")


# ---------------------------------------------------------------- diff, export, expiring


def sign(layout: Layout, name: str = "common", version: int = 1, place: str = "published") -> None:
    """As if the list had been signed and published as it is now."""
    bundle = Bundle.of(name, rows_of(read_list(layout.folders()[name])))
    folder = layout.bundles / place
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.tsv").write_bytes(bundle.data)
    role = "targets" if name == "common" else name
    metadata(layout, f"{version}.{role}", targets={f"{name}.tsv": {"hashes": {"sha256": bundle.digest}}})


def metadata(layout: Layout, name: str, **part: Any) -> None:
    layout.metadata.mkdir(exist_ok=True)
    (layout.metadata / f"{name}.json").write_text(json.dumps({"signatures": [], "signed": part}))


def test_diff_shows_what_was_added_changed_and_removed_since_signing(lists: Lists, repository: Layout) -> None:
    for name in ("pypi:flask==3.0", "pypi:gone"):
        add(lists, name)
    lists("deny", "npm:evil", "--why", "100% bad")
    sign(repository)
    assert lists("diff").err == "slopguard: the sources say what was signed last.\n"
    add(lists, "pypi:flask==3.1")
    add(lists, "npm:@acme/ui")
    lists("remove", "pypi:gone")
    lists("remove", "npm:evil")
    assert lists("diff").out == (
        "common: 1 added, 2 removed, 1 changed\n"
        "  - deny npm:evil  rule=denied why=100% bad\n"
        "  + allow npm:@acme/ui  owner=web\n"
        "  ~ allow pypi:flask\n"
        "      - versions=3.0 owner=web\n"
        "      + versions=3.0;3.1 owner=web\n"
        "  - allow pypi:gone  owner=web\n"
    )


def test_diff_is_the_same_for_programs(lists: Lists, repository: Layout) -> None:
    add(lists, "pypi:flask==3.0")
    found = lists("diff", "--format", "json").json
    assert found["schema"] == "slopguard/lists-diff/1"
    assert found["lists"][0] == {
        "name": "common",
        "signed": False,
        "added": 1,
        "removed": 0,
        "changed": 0,
        "changes": [
            {
                "change": "added",
                "ecosystem": "pypi",
                "name": "flask",
                "kind": "allow",
                "before": [],
                "after": [["versions=3.0", "owner=web"]],
            }
        ],
    }
    assert "common (never signed): 1 added" in lists("diff").out


def test_a_long_diff_is_cut_but_not_what_takes_back_a_deny(lists: Lists, repository: Layout) -> None:
    (repository.common / "evil.toml").write_text("[deny.npm]\n" + "".join(f"evil-{n} = {{}}\n" for n in range(300)))
    sign(repository)
    (repository.common / "evil.toml").write_text("[allow.npm]\n" + "".join(f"good-{n} = {{}}\n" for n in range(7)))
    out = lists("diff").out
    assert out.count("  - deny npm:evil-") == 300
    assert "  ... and 7 more; see them with: slopguard lists diff --all" in out
    assert lists("diff", "--all").out.count("  + allow npm:good-") == 7


def test_export_as_json_and_csv(lists: Lists, repository: Layout, tmp_path: Path) -> None:
    add(lists, "npm:@acme/ui@=1.0.0", "--reviewer", "=cmd()")
    (row,) = lists("export").json["entries"]
    assert (row["list"], row["name"], row["versions"]) == ("common", "@acme/ui", ["=1.0.0"])
    assert "expires" not in row
    done = lists("export", "--format", "csv", "-o", str(tmp_path / "out.csv"))
    assert (done.out, done.err) == ("", "slopguard: written to out.csv\n")
    (line,) = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    assert (line["name"], line["versions"], line["reviewer"]) == ("'@acme/ui", "'=1.0.0", "'=cmd()")


def test_expiring_names_entries_and_signatures(lists: Lists, repository: Layout) -> None:
    day = lists_words.today()
    soon, late = day + timedelta(days=5), day + timedelta(days=200)
    add(lists, "pypi:flask", "--expires", "5d")
    add(lists, "pypi:jinja2", "--expires", "200d")
    metadata(repository, "timestamp", expires=f"{day - timedelta(days=1)}T00:00:00Z")
    metadata(repository, "1.root", expires=f"{late}T00:00:00Z")
    done = lists("expiring")
    assert done.out == (
        f"ended {day - timedelta(days=1)}  signature of timestamp\nends {soon}  allow pypi:flask in common  (web)\n"
    )
    assert done.rc == 0
    assert lists("expiring", "--fail").rc == 3
    found = lists("expiring", "--within", "52w", "--format", "json").json["ending"]
    assert [each["day"] for each in found] == [str(day - timedelta(days=1)), str(soon), str(late), str(late)]
    assert lists("expiring", "--within", "1 month").rc == 2


def test_expiring_with_nothing_to_say(lists: Lists) -> None:
    done = lists("expiring", "--fail", "--within", "2w")
    assert (done.rc, done.out, done.err) == (0, "", "slopguard: nothing ends within 2w.\n")


def test_the_sources_that_the_commands_write_are_read_as_one_list(lists: Lists, repository: Layout) -> None:
    add(lists, "pypi:flask")
    add(lists, "npm:react")
    lists("deny", "pypi:evil", "--why", "steals")
    assert {path.name for _, path in located(repository.common).values()} == {"pypi.toml", "npm.toml"}
