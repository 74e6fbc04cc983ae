"""`slopguard lists add|deny|remove|promote|diff|export|expiring` in a repository of lists."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest

from slopguard.cli import lists_words
from slopguard.curation.entries import ListEntry
from slopguard.curation.layout import Layout
from slopguard.curation.sources import read_list
from slopguard.model import Ecosystem
from tests.cli.editing import DIGEST, NEXT, Lists, add, only

# ---------------------------------------------------------------- add


def test_add_writes_an_entry_and_says_where_and_what_next(edit: Lists, repository: Layout) -> None:
    done = add(edit, "pypi:Flask>=3,<4", "--reviewer", "ana", "--expires", "90d")
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
    edit: Lists, repository: Layout, argv: list[str], ecosystem: str, name: str, versions: tuple[str, ...]
) -> None:
    add(edit, *argv)
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
    edit: Lists, repository: Layout, argv: list[str], said: str
) -> None:
    done = add(edit, *argv, rc=2)
    assert said in done.err
    assert done.err.count("\n") == 1
    assert read_list(repository.common) == ()


def test_a_team_may_list_its_internal_names(edit: Lists, repository: Layout) -> None:
    done = add(edit, "pypi:acme-pay-api", "--team", "payments")
    assert done.out.startswith("teams/payments/pypi.toml: added allow pypi:acme-pay-api")
    assert only(repository, "payments").owner == "web"


def test_a_release_is_an_exception_that_ends(edit: Lists, repository: Layout) -> None:
    add(edit, "pypi:foo==1.0", "--release", "--hash", DIGEST)
    entry = only(repository)
    assert (entry.kind, entry.versions, entry.hashes) == ("release", ("1.0",), (DIGEST,))
    assert entry.added is not None
    assert entry.expires == entry.added + timedelta(days=30)


def test_add_comes_in_addition(edit: Lists, repository: Layout) -> None:
    add(edit, "pypi:flask==3.0", "--expires", "30d")
    done = add(edit, "pypi:flask==3.1")
    assert "changed allow pypi:flask 3.0, 3.1" in done.out
    assert only(repository).expires is not None
    add(edit, "pypi:flask")
    assert only(repository).versions == ()


def test_what_was_allowed_for_good_does_not_end_with_what_is_added(edit: Lists, repository: Layout) -> None:
    add(edit, "pypi:flask==3.0")
    done = add(edit, "pypi:flask==3.1", "--expires", "30d", rc=2)
    assert "the entry for pypi:flask ends on another day, and has other versions too. Add --replace" in done.err
    assert only(repository).expires is None
    add(edit, "pypi:flask==3.0", "--expires", "30d")
    assert only(repository).expires == lists_words.today() + timedelta(days=30)
    add(edit, "pypi:flask==3.1", "--expires", "30d")
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
    edit: Lists, repository: Layout, first: list[str], second: list[str], how: str
) -> None:
    add(edit, *first)
    before = only(repository)
    done = add(edit, *second, rc=2)
    assert f"{how} already, which this would narrow. Add --replace" in done.err
    assert only(repository) == before
    add(edit, *second, "--replace")
    assert only(repository).versions == (second[0].rpartition("=")[2],)


def test_the_reviewer_is_who_git_says_else_the_account(
    edit: Lists, repository: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.root.parent / "gitconfig").write_text('[user]\nname = Ana \\"the A\\" Maier\n')
    add(edit, "pypi:flask")
    assert only(repository).reviewer == 'Ana "the A" Maier'
    monkeypatch.setenv("LOGNAME", "ben")
    monkeypatch.setenv("PATH", str(repository.root))
    add(edit, "pypi:flask")
    assert only(repository).reviewer == "ben"


def test_without_a_name_for_the_reviewer_none_is_written(
    edit: Lists, repository: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **more: object) -> str:
        raise KeyError

    def waits(*args: object, **more: object) -> None:
        raise subprocess.TimeoutExpired("git", 5)

    monkeypatch.setattr(lists_words.getpass, "getuser", fails)
    monkeypatch.setattr(lists_words.subprocess, "run", waits)
    add(edit, "pypi:flask")
    assert only(repository).reviewer == ""


def test_changes_are_told_to_programs_as_json(edit: Lists) -> None:
    assert add(edit, "pypi:flask==3.0", "--format", "json").json == {
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


def test_settings_whose_internal_names_make_no_sense_are_refused(edit: Lists, repository: Layout) -> None:
    repository.settings.write_text('[teams.a]\ninternal.pypi = ["*"]\n')
    assert "the internal names in lists.toml cannot be read" in add(edit, "pypi:flask", rc=2).err


# ---------------------------------------------------------------- which repository


def test_the_repository_is_the_one_around_the_folder_or_the_one_named(
    edit: Lists, repository: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.root.parent)
    assert "there is no lists.toml here or in a folder above" in add(edit, "pypi:flask", rc=2).err
    assert "holds no lists.toml" in add(edit, "pypi:flask", "--repository", ".", rc=2).err
    add(edit, "pypi:flask", "--repository", "lists")
    assert only(repository).name == "flask"


# ---------------------------------------------------------------- deny, remove


def test_a_deny_says_why_and_by_which_rule(edit: Lists, repository: Layout) -> None:
    done = edit("deny", "npm:evil@1.0.0", "--why", "steals", "--malicious", "--id", "MAL-1")
    assert done.out == f"common/npm.toml: added deny npm:evil 1.0.0\n{NEXT}"
    assert only(repository).more == {"rule": "malicious", "id": "MAL-1"}


def test_denying_more_never_denies_less(edit: Lists, repository: Layout) -> None:
    edit("deny", "npm:evil@1.0.0", "--why", "steals", "--malicious", "--id", "MAL-1")
    edit("deny", "npm:evil@1.0.1", "--why", "breaks", "--id", "MAL-2")
    assert only(repository).versions == ("1.0.0", "1.0.1")
    assert only(repository).more == {"rule": "malicious", "id": "MAL-1 MAL-2"}
    assert edit("deny", "npm:evil", "--why", "all of it").rc == 0
    assert only(repository).versions == ()
    assert edit("deny", "npm:evil@1.0.0", "--why", "only this").rc == 2
    assert only(repository).versions == ()


def test_a_whole_name_is_denied_whatever_was_denied_of_it(edit: Lists, repository: Layout) -> None:
    edit("deny", "npm:evil", "--hash", DIGEST, "--why", "one file")
    assert edit("deny", "npm:evil@1.0.0", "--why", "one version").rc == 2
    assert edit("deny", "npm:evil", "--why", "all of it").rc == 0
    assert (only(repository).versions, only(repository).hashes, only(repository).reason) == ((), (), "all of it")


def test_a_deny_cannot_be_given_an_end(edit: Lists) -> None:
    done = edit("deny", "npm:evil", "--why", "steals", "--expires", "90d")
    assert done.rc == 2
    assert "No such option" in done.err


def test_remove_takes_out_what_is_named(edit: Lists, repository: Layout) -> None:
    add(edit, "npm:evil")
    edit("deny", "npm:evil", "--why", "steals")
    assert edit("remove", "npm:evil", "--kind", "deny").out == f"common/npm.toml: removed deny npm:evil\n{NEXT}"
    assert only(repository).kind == "allow"
    assert edit("remove", "npm:evil").rc == 0
    done = edit("remove", "npm:evil")
    assert done.rc == 2
    assert "common and watch: no such entry for npm:evil. See: slopguard lists export" in done.err


def test_remove_looks_in_the_watch_list_and_in_that_of_a_team(edit: Lists, repository: Layout) -> None:
    repository.watch.mkdir()
    (repository.watch / "a.toml").write_text('[watch.pypi.foo-ai]\norigin = "imported"\nsource = "x"\n')
    assert "watch/a.toml: removed watch pypi:foo-ai" in edit("remove", "pypi:foo-ai").out
    add(edit, "pypi:flask", "--team", "web")
    assert edit("remove", "pypi:flask").rc == 2
    assert "teams/web/pypi.toml: removed allow" in edit("remove", "pypi:flask", "--team", "web").out


def test_an_entry_is_taken_out_as_a_whole(edit: Lists) -> None:
    done = edit("remove", "pypi:flask==3.0")
    assert done.rc == 2
    assert "an entry is taken out as a whole" in done.err


# ---------------------------------------------------------------- promote


def test_an_entry_of_a_team_moves_up(edit: Lists, repository: Layout) -> None:
    add(edit, "pypi:flask", "--team", "web")
    done = edit("promote", "pypi:flask", "--from", "web")
    assert done.out == f"common: moved allow pypi:flask\n{NEXT}"
    assert only(repository).name == "flask"
    assert read_list(repository.team("web")) == ()


def test_what_teams_share_moves_up_and_conflicts_stay(edit: Lists, repository: Layout) -> None:
    for team, version in (("web", "3.0"), ("payments", "3.1")):
        add(edit, "pypi:flask", "--team", team)
        add(edit, f"pypi:jinja2=={version}", "--team", team)
    done = edit("promote", "--shared", "--format", "json")
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
def test_what_cannot_be_promoted(edit: Lists, argv: list[str], said: str) -> None:
    done = edit("promote", *argv)
    assert done.rc == 2
    assert said in done.err


def test_nothing_shared_changes_nothing(edit: Lists) -> None:
    done = edit("promote", "--shared")
    assert (done.rc, done.out, done.err) == (0, "", "slopguard: nothing was changed.\n")
