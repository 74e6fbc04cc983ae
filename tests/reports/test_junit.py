"""JUnit XML: well-formed whatever things are called, and within what Jenkins takes."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from slopguard.check.model import Checked
from slopguard.reports.junit import SHOWN, report
from tests.reports.checks import CLEAN, HOSTILE, MIXED, finding, hostile, judged

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name", "classname"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "system-out": set[str](),
}
"""The elements and attributes that the schema of Jenkins's xUnit plugin has, as far as they are used."""
INSIDE = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "system-out"},
    "failure": set[str](),
    "error": set[str](),
    "system-out": set[str](),
}


def read(checked: Checked) -> ET.Element:
    root = ET.fromstring(report(checked))
    for element in root.iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= INSIDE[element.tag]
    return root


def test_every_package_and_finding_is_a_case_and_the_counts_agree() -> None:
    root = read(MIXED)
    assert root.attrib == {"name": "slopguard check", "tests": "1286", "failures": "3", "errors": "1"}
    assert len(root.findall(".//testcase")) == 1286
    assert len(root.findall(".//failure")) == 3
    assert len(root.findall(".//error")) == 1


def test_a_refusal_fails_with_its_message_and_places() -> None:
    failure = read(MIXED).find(".//testcase[@name='npm:vite@7.2.1']/failure")
    assert failure is not None
    assert failure.attrib["type"] == "too-new"
    assert failure.attrib["message"].startswith("QUARANTINED npm 'vite' (too-new): 7.2.1 is 20 hours old.")
    lines = (failure.text or "").splitlines()
    assert lines[1] == "apps/web/package-lock.json:8812"
    assert lines[-1] == f"and {38 - SHOWN} more"


def test_warnings_and_what_is_only_observed_pass() -> None:
    observed = Checked((judged("denied", "ghost", "a.txt:1", enforced=False),), (finding("undecidable", "a.sh:1"),))
    root = read(observed)
    assert (root.attrib["failures"], root.attrib["errors"]) == ("0", "0")
    assert len(root.findall(".//system-out")) == 2


def test_what_is_allowed_passes_without_a_word() -> None:
    (case,) = read(CLEAN).iter("testcase")
    assert (case.attrib, len(case)) == ({"classname": "slopguard.pypi", "name": "pypi:flask"}, 0)


def test_no_name_makes_it_anything_but_xml() -> None:
    assert len(read(hostile()).findall(".//testcase")) == 3 * len(HOSTILE) + 1


def test_nothing_at_all_is_an_empty_suite() -> None:
    assert read(Checked()).attrib["tests"] == "0"
