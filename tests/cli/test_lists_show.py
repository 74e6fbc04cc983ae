"""`slopguard lists diff|export|expiring` in a repository of lists."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from slopguard.cli import lists_words
from slopguard.curation.entries import rows_of
from slopguard.curation.layout import Layout
from slopguard.curation.sources import located, read_list
from slopguard.lists.bundle import Bundle
from tests.cli.editing import Lists, add

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


def test_diff_shows_what_was_added_changed_and_removed_since_signing(edit: Lists, repository: Layout) -> None:
    for name in ("pypi:flask==3.0", "pypi:gone"):
        add(edit, name)
    edit("deny", "npm:evil", "--why", "100% bad")
    sign(repository)
    assert edit("diff").err == "slopguard: the sources say what was signed last.\n"
    add(edit, "pypi:flask==3.1")
    add(edit, "npm:@acme/ui")
    edit("remove", "pypi:gone")
    edit("remove", "npm:evil")
    assert edit("diff").out == (
        "common: 1 added, 2 removed, 1 changed\n"
        "  - deny npm:evil  rule=denied why=100% bad\n"
        "  + allow npm:@acme/ui  owner=web\n"
        "  ~ allow pypi:flask\n"
        "      - versions=3.0 owner=web\n"
        "      + versions=3.0;3.1 owner=web\n"
        "  - allow pypi:gone  owner=web\n"
    )


def test_diff_is_the_same_for_programs(edit: Lists, repository: Layout) -> None:
    add(edit, "pypi:flask==3.0")
    found = edit("diff", "--format", "json").json
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
    assert "common (never signed): 1 added" in edit("diff").out


def test_a_long_diff_is_cut_but_not_what_takes_back_a_deny(edit: Lists, repository: Layout) -> None:
    (repository.common / "evil.toml").write_text("[deny.npm]\n" + "".join(f"evil-{n} = {{}}\n" for n in range(300)))
    sign(repository)
    (repository.common / "evil.toml").write_text("[allow.npm]\n" + "".join(f"good-{n} = {{}}\n" for n in range(7)))
    out = edit("diff").out
    assert out.count("  - deny npm:evil-") == 300
    assert "  ... and 7 more; see them with: slopguard lists diff --all" in out
    assert edit("diff", "--all").out.count("  + allow npm:good-") == 7


def test_export_as_json_and_csv(edit: Lists, repository: Layout, tmp_path: Path) -> None:
    add(edit, "npm:@acme/ui@=1.0.0", "--reviewer", "=cmd()")
    (row,) = edit("export").json["entries"]
    assert (row["list"], row["name"], row["versions"]) == ("common", "@acme/ui", ["=1.0.0"])
    assert "expires" not in row
    done = edit("export", "--format", "csv", "-o", str(tmp_path / "out.csv"))
    assert (done.out, done.err) == ("", "slopguard: written to out.csv\n")
    (line,) = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    assert (line["name"], line["versions"], line["reviewer"]) == ("'@acme/ui", "'=1.0.0", "'=cmd()")


def test_expiring_names_entries_and_signatures(edit: Lists, repository: Layout) -> None:
    day = lists_words.today()
    soon, late = day + timedelta(days=5), day + timedelta(days=200)
    add(edit, "pypi:flask", "--expires", "5d")
    add(edit, "pypi:jinja2", "--expires", "200d")
    metadata(repository, "timestamp", expires=f"{day - timedelta(days=1)}T00:00:00Z")
    metadata(repository, "1.root", expires=f"{late}T00:00:00Z")
    done = edit("expiring")
    assert done.out == (
        f"ended {day - timedelta(days=1)}  signature of timestamp\nends {soon}  allow pypi:flask in common  (web)\n"
    )
    assert done.rc == 0
    assert edit("expiring", "--fail").rc == 3
    found = edit("expiring", "--within", "52w", "--format", "json").json["ending"]
    assert [each["day"] for each in found] == [str(day - timedelta(days=1)), str(soon), str(late), str(late)]
    assert edit("expiring", "--within", "1 month").rc == 2


def test_expiring_with_nothing_to_say(edit: Lists) -> None:
    done = edit("expiring", "--fail", "--within", "2w")
    assert (done.rc, done.out, done.err) == (0, "", "slopguard: nothing ends within 2w.\n")


def test_the_sources_that_the_commands_write_are_read_as_one_list(edit: Lists, repository: Layout) -> None:
    add(edit, "pypi:flask")
    add(edit, "npm:react")
    edit("deny", "pypi:evil", "--why", "steals")
    assert {path.name for _, path in located(repository.common).values()} == {"pypi.toml", "npm.toml"}
