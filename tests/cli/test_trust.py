"""`slopguard trust`: a person at a terminal, and nobody else, accepts what was shown."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.program import Ended, Program
from tests.simulators.person import typed

LOOSE = 'mode = "observe"\n[internal]\npypi = ["acme-*"]\n'
DIGEST = "a" * 64
REQUIREMENTS = f"flask==3.0.0 --hash=sha256:{DIGEST}\njinja2==3.1.0\n"
PACKAGE_LOCK = {
    "name": "mine",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "mine"},
        "node_modules/a": {
            "version": "1.0.0",
            "integrity": "sha512-" + "A" * 86 + "==",
            "resolved": "https://registry.example/a/-/a-1.0.0.tgz",
        },
        "node_modules/weak": {
            "version": "1.0.0",
            "integrity": "sha1-" + "A" * 27 + "=",
            "resolved": "https://registry.example/weak/-/weak-1.0.0.tgz",
        },
    },
}


def at_a_terminal(slopguard: Program, *argv: str, answer: str = "yes", **env: str) -> Ended:
    """`slopguard ARGV` by somebody at a terminal, who answers when asked; `out` has both streams."""
    return Ended(*typed(command(*argv), slopguard.env | env, slopguard.cwd, answer), err="")


def command(*argv: str) -> list[str]:
    return [sys.executable, "-m", "slopguard", *argv]


def settings(slopguard: Program, text: str = LOOSE) -> Path:
    return slopguard.write("project/slopguard.toml", text)


def record(slopguard: Program) -> str:
    path = slopguard.root / "home" / ".config" / "slopguard" / "accepted.toml"
    return path.read_text() if path.exists() else ""


def test_settings_that_loosen_count_once_a_person_accepted_them(slopguard: Program) -> None:
    path = settings(slopguard)
    refused = slopguard("ask", "--offline", "flask")
    assert refused.rc == 2
    assert refused.err.rstrip().endswith(f"accept it: slopguard trust {path}")
    accepted = at_a_terminal(slopguard, "trust", str(path))
    assert accepted.rc == 0, accepted
    assert "mode = observe\n" in accepted.out
    assert "internal.pypi = acme-*\n" in accepted.out
    assert slopguard("ask", "--offline", "flask").rc == 0


def test_a_change_of_the_file_ends_it(slopguard: Program) -> None:
    path = settings(slopguard)
    assert at_a_terminal(slopguard, "trust").rc == 0
    path.write_text(LOOSE + "min_version_age_days = 0\n")
    assert slopguard("ask", "--offline", "flask").rc == 2
    listed = slopguard("trust", "list")
    assert f"settings  {path}   changed since: does not count" in listed.out


@pytest.mark.parametrize("answer", ["", "no", "y", "yes please"])
def test_any_answer_but_yes_accepts_nothing(slopguard: Program, answer: str) -> None:
    settings(slopguard)
    ended = at_a_terminal(slopguard, "trust", answer=answer)
    assert ended.rc == 2
    assert "slopguard: nothing was accepted." in ended.out
    assert record(slopguard) == ""


@pytest.mark.parametrize("marker", [{"CLAUDECODE": "1"}, {"SLOPGUARD_ACTOR": "agent"}, {"CI": "true"}])
def test_an_agent_and_a_ci_job_are_refused_with_the_sentence_for_the_user(
    slopguard: Program, marker: dict[str, str]
) -> None:
    settings(slopguard)
    ended = at_a_terminal(slopguard, "trust", **marker)
    assert ended.rc == 2
    assert "only a person can accept this, at a terminal. Ask the user to run: " in ended.out
    assert f"slopguard trust {slopguard.cwd}\n" in ended.out
    assert "mode" not in ended.out
    assert record(slopguard) == ""


def test_without_a_terminal_nothing_is_accepted_whatever_is_piped_in(slopguard: Program) -> None:
    settings(slopguard)
    ended = slopguard("trust", stdin="yes\n")
    assert ended.rc == 2
    assert "only a person can accept this" in ended.err
    assert record(slopguard) == ""


def test_a_yes_pasted_along_with_the_command_is_no_answer(slopguard: Program) -> None:
    settings(slopguard)
    code, shown = typed(command("trust"), slopguard.env, slopguard.cwd, answer="no", ahead="yes\n")
    assert code == 2, shown
    assert record(slopguard) == ""


def test_what_is_accepted_elsewhere_while_the_person_reads_is_kept(slopguard: Program) -> None:
    def meanwhile() -> None:
        slopguard.write("home/.config/slopguard/accepted.toml", 'indexes = ["https://registry.example/"]\n')

    path = settings(slopguard)
    assert typed(command("trust"), slopguard.env, slopguard.cwd, meanwhile=meanwhile)[0] == 0
    assert slopguard("trust", "list").out == f"index     https://registry.example/\nsettings  {path}\n"


def test_what_changes_while_the_person_reads_is_not_accepted(slopguard: Program) -> None:
    path = settings(slopguard)
    code, _ = typed(
        command("trust"), slopguard.env, slopguard.cwd, meanwhile=lambda: path.write_text(LOOSE + "timeout = 9\n")
    )
    assert code == 0
    assert slopguard("ask", "--offline", "flask").rc == 2


def test_asked_again_a_person_sees_which_packages_are_new(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert "new or changed" not in at_a_terminal(slopguard, "trust").out
    slopguard.write("project/requirements.txt", f"{REQUIREMENTS}Sg_New==1.0 --hash=sha256:{DIGEST}\n")
    again = at_a_terminal(slopguard, "trust").out
    assert "  1 of these new or changed since the project was accepted:\n    pypi:sg-new 1.0\n" in again


def test_another_digest_of_the_same_version_is_shown_as_changed(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert at_a_terminal(slopguard, "trust").rc == 0
    slopguard.write("project/requirements.txt", REQUIREMENTS.replace(DIGEST, "b" * 64))
    assert "    pypi:flask 3.0.0\n" in at_a_terminal(slopguard, "trust").out


def test_of_many_new_packages_the_first_are_named_and_the_rest_counted(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert at_a_terminal(slopguard, "trust").rc == 0
    more = "".join(f"sg-{number:02}==1.0 --hash=sha256:{DIGEST}\n" for number in range(25))
    slopguard.write("project/requirements.txt", REQUIREMENTS + more)
    shown = at_a_terminal(slopguard, "trust").out
    assert "  25 of these new" in shown
    assert "    pypi:sg-19 1.0\n    and 5 more\n" in shown


def test_a_snapshot_that_was_changed_can_be_accepted_anew_by_a_person_who_is_told(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert at_a_terminal(slopguard, "trust").rc == 0
    next((slopguard.root / "home/.config/slopguard/adopted").iterdir()).write_text("{}")
    assert slopguard("ask", "--offline", "flask").rc == 2
    assert "was changed; look at everything" in at_a_terminal(slopguard, "trust").out
    assert slopguard("ask", "--offline", "flask").rc == 0


def test_only_named_versions_from_a_registry_are_locked(slopguard: Program) -> None:
    lines = [
        f"flask==3.0.0 --hash=sha256:{DIGEST}",
        f"jinja2>=3.0 --hash=sha256:{DIGEST}",
        f"sg-far @ https://registry.example/sg_far-1.0-py3-none-any.whl#sha256={DIGEST}",
        "sg-git @ git+https://registry.example/x.git",
        f"weak==1.0 --hash=md5:{'a' * 32}",
    ]
    slopguard.write("project/requirements.txt", "\n".join(lines) + "\n")
    assert "requirements.txt: 1 package," in at_a_terminal(slopguard, "trust").out


def test_a_name_that_is_none_is_not_locked(slopguard: Program) -> None:
    one = json.dumps(PACKAGE_LOCK["packages"]["node_modules/a"])
    entries = [f'"node_modules/{name}": {one.replace("/a", f"/{name}")}' for name in ("a", "\u0430")]
    slopguard.write("project/package-lock.json", f'{{"packages": {{{", ".join(entries)}}}}}')
    assert "package-lock.json: 1 package," in at_a_terminal(slopguard, "trust").out


def test_an_accepted_file_that_cannot_be_read_any_more_is_listed_as_changed(slopguard: Program) -> None:
    path = settings(slopguard)
    assert at_a_terminal(slopguard, "trust").rc == 0
    path.write_text("[")
    assert slopguard("trust", "list").out == f"settings  {path}   changed since: does not count\n"
    assert slopguard("trust", "remove", ".").rc == 0
    assert slopguard("trust", "list").out == ""


def test_a_lock_file_stands_for_its_folder(slopguard: Program) -> None:
    path = slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert at_a_terminal(slopguard, "trust", str(path)).rc == 0
    assert slopguard("trust", "list").out == f"locks     {path.parent}\n"


def test_lock_files_are_adopted_with_their_strong_digests_only(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    slopguard.write("project/package-lock.json", json.dumps(PACKAGE_LOCK))
    ended = at_a_terminal(slopguard, "trust")
    assert ended.rc == 0, ended
    assert "requirements.txt: 1 package," in ended.out
    assert "package-lock.json: 1 package," in ended.out
    kept = list((slopguard.root / "home/.config/slopguard/adopted").iterdir())
    packages = json.loads(kept[0].read_text())["packages"]
    assert [row[:3] for row in packages] == [["npm", "a", "1.0.0"], ["pypi", "flask", "3.0.0"]]


def test_a_snapshot_that_was_changed_stops_every_command_there(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert at_a_terminal(slopguard, "trust").rc == 0
    kept = next((slopguard.root / "home/.config/slopguard/adopted").iterdir())
    kept.write_text(kept.read_text().replace("flask", "flusk"))
    ended = slopguard("ask", "--offline", "flask")
    assert ended.rc == 2
    assert "not the record of lock files that a person accepted" in ended.err
    assert "changed since" in slopguard("trust", "list").out


def test_an_index_is_accepted_without_its_password(slopguard: Program) -> None:
    ended = at_a_terminal(slopguard, "trust", "https://me:hidden@registry.example/simple/")
    assert ended.rc == 0, ended
    assert "index  https://registry.example/simple/" in ended.out
    assert 'indexes = ["https://registry.example/simple/"]' in record(slopguard)
    assert "hidden" not in record(slopguard) + slopguard("log", "--format", "json").out


def test_one_index_is_kept_once_however_it_is_written(slopguard: Program) -> None:
    for url in ("https://registry.example/simple/", "https://REGISTRY.example:443/simple"):
        assert at_a_terminal(slopguard, "trust", url).rc == 0
    assert slopguard("trust", "list").out == "index     https://registry.example/simple/\n"
    assert slopguard("trust", "remove", "https://registry.example/simple").rc == 0
    assert slopguard("trust", "list").out == ""


@pytest.mark.parametrize(
    "url", ["ftp://registry.example/", "https:///simple", "https://[", "https://registry.example/\u00e9"]
)
def test_what_is_no_address_of_an_index_is_refused(slopguard: Program, url: str) -> None:
    ended = at_a_terminal(slopguard, "trust", url)
    assert ended.rc == 2
    assert "that is not the address of an index" in ended.out


@pytest.mark.parametrize(
    ("what", "says"), [(".", "there is nothing to accept"), ("no-such", "there is no folder or file")]
)
def test_where_there_is_nothing_it_says_so(slopguard: Program, what: str, says: str) -> None:
    ended = at_a_terminal(slopguard, "trust", what)
    assert ended.rc == 2
    assert says in ended.out


ODD = ["a b", "it's", "caf\u00e9", "x\x1b[31my", "two\nlines", "right\u202eleft", "-n", "$(id)", "list"]


@pytest.mark.parametrize("name", ODD)
def test_a_folder_of_any_name_is_accepted_and_shown_in_printable_letters(slopguard: Program, name: str) -> None:
    folder = slopguard.write(f"project/{name}/slopguard.toml", LOOSE).parent
    accepted = at_a_terminal(slopguard, "trust", f"./{name}")
    assert accepted.rc == 0, accepted
    listed = slopguard("trust", "list")
    refused = slopguard("trust", str(folder))
    shown = accepted.out + listed.out + refused.err
    assert all(line.isprintable() for line in shown.split("\n"))
    assert [
        line for line in shown.split("\n") if not line.startswith(("slopguard: ", "project ", "settings ", " "))
    ] == [
        "Accept this? Type yes: yes",
        "",
    ]
    slopguard.cwd = folder
    assert slopguard("ask", "--offline", "flask").rc == 0
    assert slopguard("trust", "remove", ".").rc == 0
    assert slopguard("ask", "--offline", "flask").rc == 2


def test_a_folder_whose_name_is_not_text_is_refused(slopguard: Program) -> None:
    folder = slopguard.cwd / "\udcff"
    folder.mkdir()
    (folder / "slopguard.toml").write_text(LOOSE)
    slopguard.cwd = folder
    ended = at_a_terminal(slopguard, "trust")
    assert ended.rc == 2
    assert "is not UTF-8, so it cannot be kept. Rename it." in ended.out
    assert record(slopguard) == ""


def test_a_settings_file_with_a_fault_is_named_and_not_accepted(slopguard: Program) -> None:
    settings(slopguard, 'mood = "observe"\n')
    ended = at_a_terminal(slopguard, "trust")
    assert ended.rc == 2
    assert "there is no setting 'mood'" in ended.out


def test_what_was_accepted_is_listed_for_people_and_programs(slopguard: Program) -> None:
    path = settings(slopguard)
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert slopguard("trust", "list").err == "slopguard: nothing was accepted.\n"
    assert at_a_terminal(slopguard, "trust").rc == 0
    assert slopguard("trust", "list").out == f"settings  {path}\nlocks     {path.parent}\n"
    assert slopguard("trust", "list", "--format", "json").json == {
        "schema": "slopguard/trust/1",
        "accepted": [
            {"kind": "settings", "what": str(path), "counts": True},
            {"kind": "locks", "what": str(path.parent), "counts": True},
        ],
    }


@pytest.mark.parametrize("what", [".", "slopguard.toml"])
def test_what_was_accepted_can_be_taken_back(slopguard: Program, what: str) -> None:
    settings(slopguard)
    assert at_a_terminal(slopguard, "trust").rc == 0
    assert slopguard("trust", "remove", what).rc == 0
    assert slopguard("trust", "list").out == ""
    assert slopguard("ask", "--offline", "flask").rc == 2


def test_taking_back_an_adoption_removes_its_snapshot(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", REQUIREMENTS)
    assert at_a_terminal(slopguard, "trust").rc == 0
    assert slopguard("trust", "remove", ".").rc == 0
    assert list((slopguard.root / "home/.config/slopguard/adopted").iterdir()) == []


def test_what_was_never_accepted_cannot_be_taken_back(slopguard: Program) -> None:
    ended = slopguard("trust", "remove", "https://registry.example/")
    assert ended.rc == 2
    assert "nothing was accepted under that name. See: slopguard trust list" in ended.err


def test_acceptance_and_removal_are_in_the_ledger(slopguard: Program) -> None:
    settings(slopguard)
    at_a_terminal(slopguard, "trust")
    slopguard("trust", "remove", ".")
    rows = slopguard("log", "--format", "json", "--config", _strict(slopguard)).json["entries"]
    assert [(row["verdict"], row["rule"], row["door"]) for row in rows] == [
        ("accepted", "trust", "trust"),
        ("removed", "trust", "trust"),
    ]


def _strict(slopguard: Program) -> str:
    """Makes the project harmless again, and names a settings file that changes nothing."""
    (slopguard.cwd / "slopguard.toml").unlink()
    return str(slopguard.write("empty.toml", ""))
