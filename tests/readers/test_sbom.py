"""Bills of materials: CycloneDX and SPDX, known by package URLs; hostile ones are refused, never half read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError
from slopguard.model import Ecosystem, Sighting, SourceKind
from slopguard.readers import sbom
from slopguard.readers.interface import Reading
from slopguard.readers.sbom import Purl
from tests.readers.files import HERE, holding_paths, refusal

SHA = "a" * 64


def read(document: Any) -> Reading:
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    return readers.read(HERE / "bom.json", holding_paths({"bom.json": text}))


def cdx(*components: Any, version: str = "1.6", **more: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": version, "components": list(components), **more}


def one(document: Any) -> Sighting:
    (found,) = read(document).sightings
    return found


@pytest.mark.parametrize("name", ["bom.json", "sbom.json", "app.cdx.json", "app.spdx.json", "BOM.json"])
def test_a_bill_of_materials_is_known_by_its_name(name: str) -> None:
    assert readers.reader_for(Path("some") / name) is readers.READERS["sbom"]


@pytest.mark.parametrize("name", ["app.json", "cdx.json", "xbom.json", "bom.xml"])
def test_other_json_is_not(name: str) -> None:
    assert readers.reader_for(Path(name)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg:pypi/django@5.1", ("pypi", "django", "5.1", {})),
        ("pkg:npm/%40acme/ui@1.0.0?arch=x", ("npm", "@acme/ui", "1.0.0", {"arch": "x"})),
        ("pkg:npm/@acme/ui@1.0.0", ("npm", "@acme/ui", "1.0.0", {})),
        ("pkg:npm/%40acme%2Fui@1.0.0", ("npm", "@acme/ui", "1.0.0", {})),
        ("pkg:npm/@acme/ui", ("npm", "@acme/ui", "", {})),
        ("pkg:npm/lodash", ("npm", "lodash", "", {})),
        ("pkg:pypi/torch@2.4.0%2Bcu118#src/torch", ("pypi", "torch", "2.4.0+cu118", {})),
        ("PKG:PyPI/Flask_Login@0.6", ("pypi", "Flask_Login", "0.6", {})),
        ("pkg://pypi/six@1.0", ("pypi", "six", "1.0", {})),
        ("pkg:golang/github.com/a/b@v1", ("golang", "github.com/a/b", "v1", {})),
    ],
)
def test_a_package_url_is_taken_apart(text: str, expected: tuple[str, str, str, dict[str, str]]) -> None:
    purl = Purl.parse(text)
    assert purl is not None
    assert (purl.type, purl.name, purl.version, purl.qualifiers) == expected


@pytest.mark.parametrize("text", ["", "pkg:", "pkg:npm", "pkg:npm/", "pkg:npm//", "npm/lodash", "https://host/x"])
def test_other_text_is_no_package_url(text: str) -> None:
    assert Purl.parse(text) is None


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6", "1.7"])
def test_cyclonedx_components_are_read_with_version_and_digests(version: str) -> None:
    hashes = [{"alg": "SHA-256", "content": SHA.upper()}, {"alg": "BLAKE3", "content": SHA}, {"alg": "MD5"}]
    found = one(cdx({"purl": "pkg:pypi/Django@5.1", "hashes": hashes}, version=version))
    assert (found.ecosystem, found.raw, found.version) == (Ecosystem.PYPI, "Django", "5.1")
    assert found.digests == {f"sha256:{SHA}"}
    assert found.source.trusted


def test_the_line_is_that_of_the_component() -> None:
    found = read(cdx({"purl": "pkg:npm/a@1.0.0"}, {"purl": "pkg:npm/b@1.0.0"})).sightings
    lines = [sighting.location.line for sighting in found if sighting.location]
    assert lines == [6, 9]


def test_components_within_components_count_and_what_it_is_about_does_not() -> None:
    inner = {"purl": "pkg:npm/inner@2.0.0"}
    about = {"component": {"purl": "pkg:npm/own-project@1.0.0"}}
    found = read(cdx({"purl": "pkg:npm/outer@1.0.0", "components": [inner]}, metadata=about))
    assert [sighting.raw for sighting in found.sightings] == ["outer", "inner"]
    assert found.locked


def test_the_version_beside_the_url_counts_where_that_has_none() -> None:
    assert one(cdx({"purl": "pkg:pypi/six", "version": "1.0"})).version == "1.0"
    assert one(cdx({"purl": "pkg:pypi/six"})).version is None


def test_other_ecosystems_and_components_without_url_are_counted() -> None:
    others = ({"purl": "pkg:deb/debian/curl@8"}, {"name": "a file"}, {"purl": 7}, {"purl": "not one"})
    found = read(cdx({"purl": "pkg:npm/a@1.0.0"}, *others))
    assert (len(found.sightings), found.skipped) == (1, 4)


@pytest.mark.parametrize(
    ("qualifiers", "kind", "place"),
    [
        (
            "repository_url=https://user:pw@private.example/simple",
            SourceKind.REGISTRY,
            "https://private.example/simple",
        ),
        ("repository_url=private.example", SourceKind.REGISTRY, "https://private.example"),
        ("vcs_url=git%2Bhttps://code.example/x.git@main", SourceKind.VCS, "git+https://code.example/x.git@main"),
        ("download_url=https://files.example/x.whl", SourceKind.URL, "https://files.example/x.whl"),
    ],
)
def test_a_place_that_the_url_names_is_not_trusted(qualifiers: str, kind: SourceKind, place: str) -> None:
    source = one(cdx({"purl": f"pkg:pypi/x@1.0?{qualifiers}"})).source
    assert (source.kind, source.index, source.trusted) == (kind, place, False)


@pytest.mark.parametrize("version", ["SPDX-2.2", "SPDX-2.3"])
@pytest.mark.parametrize("kind", ["purl", "http://spdx.org/rdf/references/purl"])
def test_spdx_2_packages_are_known_by_their_external_references(version: str, kind: str) -> None:
    package = {
        "name": "@acme/ui",
        "versionInfo": "1.0.0",
        "externalRefs": [
            {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3"},
            {"referenceType": kind, "referenceLocator": "pkg:npm/%40acme/ui"},
        ],
        "checksums": [{"algorithm": "SHA256", "checksumValue": SHA}],
    }
    found = read({"spdxVersion": version, "packages": [package, {"name": "root"}]})
    assert [(s.raw, s.version, s.digests) for s in found.sightings] == [("@acme/ui", "1.0.0", {f"sha256:{SHA}"})]
    assert found.skipped == 1


def test_spdx_3_elements_may_name_each_other() -> None:
    graph = [
        {"type": "software_Package", "software_packageUrl": "pkg:pypi/six@1.0", "verifiedUsing": ["urn:h", "urn:no"]},
        {"type": "Hash", "spdxId": "urn:h", "algorithm": "sha256", "hashValue": SHA},
        {
            "type": "software_Package",
            "software_packageVersion": "2.0",
            "externalIdentifier": [{"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/b"}],
            "verifiedUsing": [{"type": "Hash", "algorithm": "sha512", "hashValue": "b" * 128}],
        },
        {"type": "software_File", "software_packageUrl": "pkg:npm/not-a-package"},
    ]
    found = read({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph})
    assert [(s.raw, s.version, sorted(s.digests)) for s in found.sightings] == [
        ("six", "1.0", [f"sha256:{SHA}"]),
        ("b", "2.0", ["sha512:" + "b" * 128]),
    ]


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        '{"bomFormat": "CycloneDX"}',
        {"bomFormat": "CycloneDX", "specVersion": "2.0"},
        {"spdxVersion": "SPDX-1.2"},
        {"@graph": []},
        {"@graph": {}, "@context": "spdx.org"},
        {"name": "a package.json"},
    ],
)
def test_what_is_in_no_known_format_is_refused(document: Any) -> None:
    assert refusal(read, document) != ""


def test_a_name_that_is_none_is_still_a_sighting() -> None:
    assert one(cdx({"purl": "pkg:pypi/fl%E2%80%8Bask@1.0"})).raw == "fl\u200bask"


KEYS = [
    "components",
    "purl",
    "hashes",
    "alg",
    "content",
    "packages",
    "externalRefs",
    "referenceType",
    "referenceLocator",
    "checksums",
    "type",
    "verifiedUsing",
    "externalIdentifier",
    "spdxId",
    "version",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["pkg:npm/%40a/b@1", "pkg:pypi/%FF@"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(["components", "packages", "@graph"]), JSON), st.integers(0, 2))
def test_any_document_is_read_or_refused(document: dict[str, Any], which: int) -> None:
    marks = ({"bomFormat": "CycloneDX", "specVersion": "1.6"}, {"spdxVersion": "SPDX-2.3"}, {"@context": "spdx.org"})
    try:
        found = read({**document, **marks[which]})
    except InputError:
        return
    assert all(sighting.ecosystem in tuple(Ecosystem) for sighting in found.sightings)


@given(st.text())
def test_any_text_is_a_package_url_or_none(text: str) -> None:
    purl = Purl.parse(f"pkg:{text}")
    assert purl is None or purl.name


def test_brackets_without_end_are_refused() -> None:
    assert "not valid JSON" in refusal(read, '{"components":' + "[" * 200_000)


def test_components_may_be_nested_as_deep_as_json_allows() -> None:
    nested: dict[str, Any] = {"purl": "pkg:npm/deep@1.0.0"}
    for _ in range(300):
        nested = {"components": [nested]}
    found = sbom.read(HERE / "bom.json", holding_paths({"bom.json": json.dumps(cdx(nested))}))
    assert (len(found.sightings), found.skipped) == (1, 300)
