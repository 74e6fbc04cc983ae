"""Digests of a lock file: one that is missing is told, one that was replaced is found against an earlier lock file."""

from __future__ import annotations

import json

import pytest

from slopguard.check import lock_digests
from slopguard.readers import package_lock, sbom

from ..readers.files import HERE
from .lock_texts import WRITERS, Package, lock, read

FORMATS = sorted(WRITERS)
OTHER = "cd" * 32
TWO = [Package("one"), Package("two")]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_digest_that_was_taken_out_is_told_with_its_place(format_):
    locked = lock(format_, [Package("one"), Package("two", digest="")])
    found = lock_digests.unhashed(locked)
    place = next(s.location for s in locked.sightings if s.raw == "two")
    assert found is not None
    assert (found.rule, found.locations, found.detail) == ("unhashed", (place,), "1 of 2 packages without a digest")
    assert lock_digests.unhashed(lock(format_, TWO)) is None


@pytest.mark.parametrize("format_", FORMATS)
def test_a_lock_file_without_any_digest_is_one_finding(format_):
    found = lock_digests.unhashed(lock(format_, [Package(f"p{number}", digest="") for number in range(1500)]))
    assert found is not None
    assert len(found.locations) == 1
    assert found.detail == "1,500 of 1,500 packages without a digest"


@pytest.mark.parametrize("format_", FORMATS)
def test_a_replaced_digest_is_found_against_the_lock_file_of_before(format_):
    old, new = lock(format_, TWO), lock(format_, [Package("one"), Package("two", digest=OTHER)])
    (found,) = lock_digests.changed(old, new)
    assert found.sighting.raw == "two"
    assert found.before == next(s.digests for s in old.sightings if s.raw == "two")
    assert not lock_digests.changed(old, old)


@pytest.mark.parametrize("format_", FORMATS)
def test_another_version_or_a_digest_that_is_gone_is_no_replaced_one(format_):
    old = lock(format_, TWO)
    assert not lock_digests.changed(old, lock(format_, [Package("two", version="2.0.0", digest=OTHER)]))
    assert not lock_digests.changed(old, lock(format_, [Package("two", digest="")]))
    assert not lock_digests.changed(old, lock(format_, [Package("three", digest=OTHER)]))


FILES = """version = 1
[[package]]
name = "one"
version = "1"
source = {{ registry = "https://registry.example/simple" }}
wheels = [{}]
"""


def test_more_files_of_a_version_or_fewer_are_no_change_but_all_others_are():
    def held(*digests):
        files = ", ".join(
            f'{{ url = "https://files.registry.example/one-1.whl", hash = "{each}" }}' for each in digests
        )
        return read("uv.lock", FILES.format(files))

    assert not lock_digests.changed(held("sha256:aa"), held("sha256:aa", "sha256:bb"))
    assert not lock_digests.changed(held("sha256:aa", "sha256:bb"), held("sha256:aa"))
    assert lock_digests.changed(held("sha256:aa", "sha256:bb"), held("sha256:cc"))
    assert not lock_digests.changed(held("sha256:aa"), held("sha512:bb"))  # nothing to compare
    assert lock_digests.changed(held("sha1:aa", "sha256:bb"), held("sha1:aa", "sha256:cc"))  # the stronger one counts


def test_yarns_checksums_are_compared_only_if_they_were_made_in_the_same_way():
    def held(checksum):
        return read("yarn.lock", '__metadata:\n  version: 8\n\n"one@npm:1":\n  version: 1.0.0\n'
                    f'  resolution: "one@npm:1.0.0"\n  checksum: {checksum}\n')  # fmt: skip

    assert lock_digests.changed(held("10/aa"), held("10/bb"))
    assert not lock_digests.changed(held("10/aa"), held("10c0/bb"))


def test_what_yarn_fetches_on_another_platform_only_has_no_checksum_by_right():
    entry = '"{0}@npm:1":\n  version: 1.0.0\n  resolution: "{0}@npm:1.0.0"\n'
    text = f"__metadata:\n  version: 8\n\n{entry.format('one')}  conditions: os=darwin\n"
    assert lock_digests.unhashed(read("yarn.lock", text)) is None
    assert lock_digests.unhashed(read("yarn.lock", text + "\n" + entry.format("two"))) is not None


def test_yarn_1s_sha1_in_an_address_is_a_digest():
    text = '"one@*":\n  version "1.0.0"\n  resolved "https://registry.example/one/-/one-1.0.0.tgz{}"\n'
    assert lock_digests.unhashed(read("yarn.lock", text.format("#" + "a" * 40))) is None
    assert lock_digests.unhashed(read("yarn.lock", text.format(""))) is not None


NPM = """{"lockfileVersion": 3, "packages": {
"": {},
"node_modules/linked": {"resolved": "a", "link": true},
"node_modules/inside": {"version": "1.0.0", "inBundle": true},
"node_modules/git": {"version": "1.0.0", "resolved": "git+ssh://git@git.example/a/b.git#0123"},
"node_modules/url": {"version": "1.0.0", "resolved": "https://h.example/url.tgz"},
"node_modules/peer": {"optional": true, "peer": true}}}
"""


def test_what_is_linked_bundled_or_from_elsewhere_needs_no_digest():
    assert lock_digests.unhashed(package_lock.read(HERE / "package-lock.json", lambda path: NPM)) is None


def test_in_a_requirement_file_a_line_without_counts_only_beside_others_that_have_one():
    plain = "one==1\ntwo==1\n"
    assert lock_digests.unhashed(read("requirements.txt", plain)) is None
    found = lock_digests.unhashed(read("requirements.txt", f"{plain}three==1 --hash=sha256:{OTHER}\n"))
    assert found is not None
    assert found.locations[0].line == 1


def test_digests_in_other_manifests_make_no_lock_file_of_them():
    text = '{"dependencies": {"one": "1.0.0"}, "packageManager": "pnpm@9.0.0+sha512.' + "ab" * 64 + '"}'
    assert lock_digests.unhashed(read("package.json", text)) is None


def test_a_bill_of_materials_owes_nobody_a_digest():
    parts = '[{"type": "library", "name": "a", "purl": "pkg:npm/a@1.0.0"}]'
    text = f'{{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": {parts}}}'
    assert sbom.read(HERE / "bom.json", lambda path: text).sightings
    assert lock_digests.unhashed(sbom.read(HERE / "bom.json", lambda path: text)) is None


def test_a_host_that_no_version_of_a_package_came_from_is_told():
    def at(host, version="1.0.0"):
        return lock("pdm", [Package("one", host=host, version=version), Package("two")])

    (found,) = lock_digests.moved(at(None), at("https://evil.example", "1.0.1"))
    assert (found.sighting.raw, found.hosts) == ("one", {"https://evil.example"})
    assert not lock_digests.moved(at(None), at(None, "2.0.0"))
    assert not lock_digests.moved(lock("poetry", TWO), lock("pdm", TWO))  # that says nothing of hosts
    assert not lock_digests.moved(lock("pdm", TWO), lock("pdm", [*TWO, Package("new", host="https://a.example")]))


def _npm(integrity: str):
    entry = {"version": "1.0.0", "integrity": integrity}
    text = json.dumps({"lockfileVersion": 3, "packages": {"node_modules/one": entry}})
    return package_lock.read(HERE / "package-lock.json", lambda path: text)


@pytest.mark.parametrize("weak", ["sha1-" + "A" * 27 + "=", "sha1-" + "B" * 27 + "="])
def test_a_strong_digest_that_gives_way_to_a_weak_one_has_changed(weak):
    strong = "sha512-" + "A" * 86 + "=="
    assert [found.sighting.raw for found in lock_digests.changed(_npm(strong), _npm(weak))] == ["one"]
    assert not lock_digests.changed(_npm(weak), _npm(strong))
