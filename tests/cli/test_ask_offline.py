"""`slopguard ask --offline` on the shipped lists: words, codes, JSON."""

from __future__ import annotations

import pytest

from tests.cli.program import Program

LISTED, GHOST = "flask", "flask-auth-magic"
KEYS = [
    *("ecosystem", "name", "version", "purl", "verdict", "rule", "reason", "remedy", "final", "until", "decision"),
    *("suggestions", "next", "arrived", "evidence", "locations"),
]
"""The contract's keys of one result, in its order."""


def test_a_listed_name_is_one_line_and_code_0(slopguard: Program) -> None:
    done = slopguard("ask", f"pypi:{LISTED}", "--offline")
    assert (done.rc, done.err) == (0, "")
    assert done.out.startswith("ALLOWED  pypi:flask   allowlisted   on a verified list (")
    assert done.out.count("\n") == 1


def test_a_name_nothing_vouches_for_says_why_and_what_to_do(slopguard: Program) -> None:
    done = slopguard("ask", f"pypi:{GHOST}", "--offline")
    assert done.rc == 3
    head, *rest = done.out.splitlines()
    assert head.startswith(f"QUARANTINED  pypi:{GHOST}   ")
    labels = [line.split()[0] for line in rest]
    assert labels[0] == "why"
    assert "do" in labels
    assert "offline: no index was asked" in rest[0]
    assert done.out.isascii()


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["pypi:flask", "npm:react"], 0),
        (["pypi:flask", f"pypi:{GHOST}"], 3),
        (["pypi:os", f"pypi:{GHOST}"], 1),
        (["pypi:flas\u200bk"], 1),
        (["npm:Flask\u202ex"], 1),
        (["pypi:flask>=2"], 2),
        (["pypi:flask=="], 2),
        ([], 2),
    ],
)
def test_the_worst_verdict_gives_the_code(slopguard: Program, names: list[str], code: int) -> None:
    assert slopguard("ask", "--offline", *names).rc == code


def test_invisible_characters_are_shown_escaped(slopguard: Program) -> None:
    done = slopguard("ask", "--offline", "pypi:flas\u200bk")
    assert "bad-name" in done.out
    assert done.out.isascii()


def test_json_has_every_key_of_the_contract(slopguard: Program) -> None:
    done = slopguard("ask", "--offline", "--format", "json", "pypi:flask", "npm:@types/node@22.0.0", f"pypi:{GHOST}")
    report = done.json
    assert done.rc == 3
    assert report["schema"] == "slopguard/report/1"
    assert report["enforced"] is True
    assert report["summary"] == {"checked": 3, "allow": 2, "warn": 0, "quarantine": 1, "block": 0, "unchecked": 0}
    allowed, scoped, refused = report["results"]
    assert list(refused) == KEYS
    assert (allowed["rule"], allowed["verdict"], allowed["purl"]) == ("allowlisted", "allow", "pkg:pypi/flask")
    assert allowed["evidence"]["allow"]["kind"] == "baseline"
    assert (scoped["version"], scoped["purl"]) == ("22.0.0", "pkg:npm/%40types/node@22.0.0")
    assert refused["evidence"]["allow"] is None
    assert refused["evidence"]["exists"] is None
    assert refused["next"] == [f"slopguard ask pypi:{GHOST}"]
    assert refused["arrived"] == "introduced"


def test_the_folder_decides_where_a_bare_name_belongs(slopguard: Program) -> None:
    def asked() -> list[str]:
        report = slopguard("ask", "--offline", "--format", "json", "react").json
        return [result["ecosystem"] for result in report["results"]]

    slopguard.write("project/package.json", "{}")
    assert asked() == ["npm"]
    slopguard.write("project/pyproject.toml", "")
    assert asked() == ["pypi", "npm"]
    assert slopguard("ask", "--offline", "-e", "npm", "react").rc == 0
    done = slopguard("ask", "--offline", "react")
    assert "both were asked" in done.err


def test_a_scope_is_npm_whatever_the_folder_says(slopguard: Program) -> None:
    slopguard.write("project/pyproject.toml", "")
    assert "npm:@types/node" in slopguard("ask", "--offline", "@types/node").out


def test_names_from_a_file_with_comments_and_places(slopguard: Program) -> None:
    file = slopguard.write("project/names.txt", f"# ours\nflask\n\n{GHOST}  # why?\nflask\n")
    done = slopguard("ask", "--offline", "-e", "pypi", "--from-file", str(file), "--format", "json")
    assert done.rc == 3
    assert [result["name"] for result in done.json["results"]] == ["flask", GHOST]
    assert done.json["results"][1]["locations"] == [{"path": str(file), "line": 4}]


def test_names_from_standard_input(slopguard: Program) -> None:
    done = slopguard("ask", "--offline", "-e", "pypi", "--from-file", "-", stdin="flask\r\nrequests\r\n")
    assert done.rc == 0
    assert done.out.endswith("2 names: 2 allowed\n")


def test_a_file_that_is_none_is_an_error(slopguard: Program) -> None:
    for name, problem in (("none.txt", "there is no such file"), (".git", "that is a folder")):
        done = slopguard("ask", "--offline", "--from-file", name)
        assert (done.rc, done.err) == (2, f"slopguard: --from-file {name}: {problem}. Check its path.\n")
    (slopguard.cwd / "raw").write_bytes(b"\xff\xfe\x00")
    done = slopguard("ask", "--offline", "--from-file", "raw")
    assert (done.rc, "not a text file" in done.err) == (2, True)
    (slopguard.cwd / "empty").write_bytes(b"# nothing\n\n")
    done = slopguard("ask", "--offline", "--from-file", "empty")
    assert (done.rc, "no name to ask about" in done.err) == (2, True)


def test_one_line_of_megabytes_is_one_bad_name(slopguard: Program) -> None:
    done = slopguard("ask", "--offline", "-e", "npm", "--from-file", "-", stdin="a" * 3_000_000)
    assert (done.rc, len(done.out) < 300) == (1, True)


def test_whether_an_index_was_asked_is_said_only_where_it_matters(slopguard: Program) -> None:
    unlisted, stdlib = "pypi:sg-no-such-name", "pypi:json"
    assert "offline: no index was asked" in slopguard("ask", "--offline", unlisted).out
    assert "index" not in slopguard("ask", "--offline", stdlib).out


def test_an_allowed_name_that_the_language_has_itself_says_so(slopguard: Program) -> None:
    assert slopguard("ask", "--offline", "npm:fs").out.endswith("; the language has a module of that name\n")


def test_thousands_of_names_are_one_run(slopguard: Program) -> None:
    names = "\n".join(f"no-such-name-{number}" for number in range(3000))
    done = slopguard("ask", "--offline", "-e", "pypi", "--from-file", "-", "--format", "json", stdin=names)
    assert done.rc == 3
    assert done.json["summary"]["checked"] == 3000
    assert slopguard("log", "verify").out.startswith("The ledger is whole: 3,000 rows")


def test_a_warning_counts_only_when_asked_to(slopguard: Program) -> None:
    assert slopguard("ask", "--offline", "pypi:flask", "--fail-on", "warn").rc == 0


def test_observe_shows_and_ends_in_0(slopguard: Program) -> None:
    slopguard.write("home/.config/slopguard/slopguard.toml", 'mode = "observe"')
    done = slopguard("ask", "--offline", f"pypi:{GHOST}")
    assert done.rc == 0
    assert done.out.startswith("OBSERVED")
    report = slopguard("ask", "--offline", f"pypi:{GHOST}", "--format", "json").json
    assert report["enforced"] is False


@pytest.mark.parametrize("text", ['mode = "observe"', 'internal = ["*"]', '[internal]\npypi = ["*"]'])
def test_a_project_file_cannot_switch_it_off(slopguard: Program, text: str) -> None:
    slopguard.write("project/slopguard.toml", text)
    done = slopguard("ask", "--offline", "pypi:flask")
    assert done.rc == 2
    assert "'mode'" in done.err or "'internal" in done.err
    assert "slopguard.toml" in done.err
    assert done.out == ""


def test_an_internal_name_is_fine_only_with_a_private_index(slopguard: Program) -> None:
    user = "home/.config/slopguard/slopguard.toml"
    slopguard.write(user, '[internal]\npypi = ["acme-*"]')
    assert "internal-name" in slopguard("ask", "--offline", "pypi:acme-billing").out
    slopguard.write(user, '[internal]\npypi = ["acme-*"]\nindex = "https://registry.example/"')
    done = slopguard("ask", "--offline", "pypi:acme-billing", "pypi:flask")
    assert (done.rc, "   internal   " in done.out) == (0, True)


def test_no_colours_without_a_terminal(slopguard: Program) -> None:
    assert "\x1b" not in slopguard("ask", "--offline", "pypi:os").out
