"""`slopguard allow` where a team publishes lists, and releases that somebody tampered with."""

from __future__ import annotations

import json
import re
import shlex
import tomllib

import pytest

from tests.cli.allowing import acts, allow, released
from tests.cli.program import Program
from tests.cli.terminal import user_folder
from tests.simulators.keys import PASSPHRASE, give
from tests.simulators.lists_repository import ListsRepository
from tests.simulators.pypi import PyPI


@pytest.fixture
def team(slopguard: Program) -> None:
    """The user trusts the lists of a team."""
    acme = ListsRepository(teams=())
    acme.rows["common"] = ["pypi\tsg-bad\tdeny\trule=denied"]
    acme.publish()
    address = acme.write(slopguard.root / "lists")
    (user_folder(slopguard) / "slopguard.toml").write_text(
        f'[lists]\nsources = [{{url = "{address}", root = "sha256:{acme.pin}"}}]\n'
    )


@pytest.mark.parametrize(
    ("target", "kind", "lasts", "days"),
    [("pypi:sg-fresh==2.0", "release", "7d", "7d"), ("pypi:sg-fresh", "allow", "36h", "2d")],
)
def test_where_a_team_has_lists_it_becomes_a_request_to_its_reviewers(
    slopguard: Program, index: PyPI, key: None, team: None, target: str, kind: str, lasts: str, days: str
) -> None:
    ended = allow(slopguard, target, "--for", lasts, script=())
    assert ended.rc == 3, ended
    assert released(slopguard) == []
    [path] = (slopguard.root / "data" / "requests").iterdir()
    asked = json.loads(path.read_text())
    digests = [f"sha256:{index.files_of('sg-fresh')[-1].artefact.sha256}"] if kind == "release" else []
    assert "slopguard allow" not in ended.out  # that is what was just tried
    assert (asked["name"], asked["rule"], asked["why"]) == ("sg-fresh", "unverified", "read it")
    assert (asked["version"], asked["hashes"]) == ("2.0" if digests else None, digests)
    assert acts(slopguard)[-1] == ("requested", "unverified", "allow")
    [line] = re.findall(r"a reviewer runs: slopguard (.*)\n", ended.out)
    assert line.startswith(f"lists add {target} ")
    assert f" --expires {days}" in line
    slopguard.write("reviewed/lists.toml", 'name = "acme"\n')
    added = slopguard(*shlex.split(line), "--reviewer", "ben", "--repository", str(slopguard.root / "reviewed"))
    assert added.rc == 0, added
    entry = tomllib.loads((slopguard.root / "reviewed/common/pypi.toml").read_text())[kind]["pypi"]["sg-fresh"]
    assert (entry["reason"], entry.get("hashes", [])) == ("read it", digests)


def test_what_a_team_denies_is_not_even_asked_of_its_reviewers(
    slopguard: Program, index: PyPI, key: None, team: None
) -> None:
    index.add_established("sg-bad")
    for target in ("pypi:sg-bad", "pypi:sg-bad==1.0"):
        ended = allow(slopguard, target, script=())
        assert (ended.rc, "no release lifts rule 'denied'" in ended.out) == (1, True), ended
    assert not (slopguard.root / "data" / "requests").exists()


def test_what_was_let_through_before_the_team_had_lists_counts_no_longer(
    slopguard: Program, index: PyPI, key: None
) -> None:
    assert allow(slopguard, "pypi:sg-fresh").rc == 0
    acme = ListsRepository(teams=())
    address = acme.write(slopguard.root / "lists")
    (user_folder(slopguard) / "slopguard.toml").write_text(
        f'[lists]\nsources = [{{url = "{address}", root = "sha256:{acme.pin}"}}]\n'
    )
    assert slopguard("ask", "pypi:sg-fresh").rc == 3
    assert "does not count: your team's reviewers let packages through" in slopguard("allow", "list").out


def test_a_release_that_was_tampered_with_is_listed_as_one_that_does_not_count(
    slopguard: Program, index: PyPI, key: None
) -> None:
    assert slopguard("allow", "list").err == "slopguard: nothing was let through.\n"
    assert allow(slopguard, "pypi:sg-fresh").rc == 0
    assert slopguard("allow", "list").out.endswith("by approval  read it\n")
    [name] = released(slopguard)
    path = user_folder(slopguard) / name
    path.write_text(path.read_text().replace('"payload": "', '"payload": "AAAA'))
    assert slopguard("ask", "pypi:sg-fresh").rc == 3
    assert "does not count: not signed by any key that counts here" in slopguard("allow", "list").out
    path.write_text("[")
    assert slopguard("ask", "pypi:sg-fresh").rc == 3
    assert "does not count: the file cannot be read" in slopguard("allow", "list").out
    assert slopguard("allow", "remove", "pypi:sg-fresh").rc == 0
    assert slopguard("allow", "remove", "pypi:sg-fresh").rc == 2


def test_the_file_of_one_package_lets_no_other_one_through(slopguard: Program, index: PyPI, key: None) -> None:
    index.add("sg-other", days_old=20)
    assert allow(slopguard, "pypi:sg-fresh").rc == 0
    [name] = released(slopguard)
    from slopguard.lists.released import Released
    from slopguard.model import Ecosystem

    path = user_folder(slopguard) / name
    other = Released(user_folder(slopguard)).path(Ecosystem.PYPI, "sg-other")
    other.write_bytes(path.read_bytes().replace(b"pypi:sg-fresh", b"pypi:sg-other"))
    assert slopguard("ask", "pypi:sg-other").rc == 3
    assert "it is in the file of another package" in slopguard("allow", "list").out


def test_a_key_that_signs_but_does_not_approve_lets_nothing_through(slopguard: Program, index: PyPI) -> None:
    give(user_folder(slopguard), "signing", approves=False)
    named = allow(slopguard, "pypi:sg-fresh", "--key", "signing", script=(("'signing': ", PASSPHRASE),))
    assert (named.rc, "there is no approval key 'signing'" in named.out) == (2, True), named
    assert released(slopguard) == []
