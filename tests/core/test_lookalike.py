"""Imitations are told from real names that merely look alike; suggestions are verified names or none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.lookalike import Names, listing, misspelling
from slopguard.lookalike.verified import SCANS
from slopguard.model import NormalizedName

POPULAR = [
    "requests",
    "numpy",
    "flask",
    "django",
    "pandas",
    "urllib3",
    "python-dateutil",
    "scikit-learn",
    "beautifulsoup4",
    "matplotlib",
    "pillow",
    "opencv-python",
    "opencv-python-headless",
    "flask-login",
    "flask-cors",
    "flask-sqlalchemy",
    "tensorflow",
    "redis",
    "cyclonedx-bom",
    "react",
    "react-dom",
    "lodash",
    "express",
    "@babel/core",
    "@babel/cli",
    "@types/node",
    "JSONStream",
    "six",
    "colors",
]
RARE = [f"filler-{number}" for number in range(12_000)]
IMPORTS = {
    "cv2": ("opencv-python-headless", "opencv-python"),
    "pil": ("pillow", "unlisted"),
    "sklearn": ("scikit-learn",),
}
VERIFIED = [*POPULAR, *RARE[:3_000], "flask-httpauth", *RARE[3_000:], "obscure", "marketing-tools"]
NAMES = Names(listing(VERIFIED), lambda module: IMPORTS.get(module, ()))


def imitated(name: str) -> str | None:
    return NAMES.imitates(NormalizedName(name))


IMITATIONS = {
    "reqeusts": "requests",
    "requestss": "requests",
    "reqests": "requests",
    "requesst": "requests",
    "reqursts": "requests",
    "rquests": "requests",
    "equests": "requests",
    "request": "requests",
    "requestsx": "requests",
    "rexquests": "requests",
    "numpyy": "numpy",
    "nunpy": "numpy",
    "f1ask": "flask",
    "urllib4": "urllib3",
    "matplotllb": "matplotlib",
    "rnatplotlib": "matplotlib",
    "tensorfiow": "tensorflow",
    "tensorf1ow": "tensorflow",
    "tensoflow": "tensorflow",
    "tensorfl0w": "tensorflow",
    "matplotlibs": "matplotlib",
    "matplotlab": "matplotlib",
    "python.dateutil": "python-dateutil",
    "Express": "express",
    "@bable/core": "@babel/core",
    "rnarketing-tools": "marketing-tools",
}

HARMLESS = {
    "requests": "verified itself",
    "siz": "the target is too short",
    "flask2": "a digit appended is how successors are named",
    "urllib": "a digit dropped",
    "scikitlearn": "a separator left out: many real names differ so",
    "re-act": "a separator put in",
    "arequests": "another first letter",
    "numpy5": "a digit appended",
    "gequests": "another first letter",
    "@other/core": "another scope, same package name",
    "@babel/clis": "in the scope of the target itself",
    "lodash-js": "an affix",
    "obscures": "a plural of an unpopular name",
    "obscare": "another letter of an unpopular name",
    "flask-auth-magic": "two words more",
    "completely-different": "nothing like it",
    "": "no name at all",
    "a": "a letter",
}


@pytest.mark.parametrize(("name", "target"), IMITATIONS.items())
def test_an_imitation_names_its_target(name: str, target: str) -> None:
    assert imitated(name) == target


@pytest.mark.parametrize("name", HARMLESS, ids=lambda name: f"{name}: {HARMLESS[name]}")
def test_a_harmless_resemblance_is_none(name: str) -> None:
    assert imitated(name) is None


def test_the_most_popular_of_several_targets_is_named() -> None:
    assert Names(listing(["colours", "colors", "color5"])).imitates(NormalizedName("colorss")) == "colors"
    assert Names(listing(["blaster", "plaster"])).imitates(NormalizedName("blasterr")) == "blaster"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("flask-auth-magic", ("flask-login", "flask-httpauth", "flask")),
        ("cv2", ("opencv-python", "opencv-python-headless")),
        ("pil", ("pillow",)),
        ("sklearn", ("scikit-learn",)),
        ("reqeusts", ("requests",)),
        ("beautifullsoup4", ("beautifulsoup4",)),
        ("pandas-excel-magic", ("pandas",)),
        ("cyclonedx-magic", ("cyclonedx-bom",)),
        ("requezdts", ("requests",)),
        ("zqxwv", ()),
        ("zqxwvk", ()),
        ("filler-magic", ()),
        ("", ()),
        ("-", ()),
    ],
)
def test_suggestions(name: str, near: tuple[str, ...]) -> None:
    assert NAMES.near(name) == near


def test_no_more_suggestions_than_asked_for() -> None:
    assert len(NAMES.near("flask-auth-magic", limit=2)) == 2
    assert NAMES.near("cv2", limit=1) == ("opencv-python",)


@settings(deadline=None)
@given(st.text(alphabet="abcdefghilmnopqrstu-3@/", max_size=20) | st.sampled_from(list(IMITATIONS)))
def test_every_answer_is_a_verified_name_other_than_the_one_asked(name: str) -> None:
    assert set(NAMES.near(name)) <= {*VERIFIED} - {name}
    assert imitated(name) in {*VERIFIED, None}


WORDS = st.sampled_from(["flask", "login", "auth", "requests", "react", "babel", "magic", "types", "obscure"])
COMPOSED = st.lists(WORDS, min_size=1, max_size=3).map("-".join)


@settings(deadline=None)
@given(COMPOSED | st.text(alphabet="aeflnqrstu-@/", max_size=12) | st.sampled_from([*IMITATIONS, *HARMLESS]))
def test_the_first_questions_and_the_ten_thousandth_are_answered_alike(name: str) -> None:
    few, many = Names(listing(VERIFIED), lambda module: IMPORTS.get(module, ())), NAMES
    many._verified._asked = SCANS
    assert few.imitates(NormalizedName(name)) == many.imitates(NormalizedName(name))
    assert few.near(name) == many.near(name)


@settings(deadline=None)
@given(st.sampled_from(POPULAR), st.data())
def test_every_swap_of_neighbours_in_a_popular_name_is_seen(target: str, data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(target) - 2))
    name = target[:i] + target[i + 1] + target[i] + target[i + 2 :]
    if name != target and misspelling(name, target) and len(target) >= 5 and "/" not in target:
        assert imitated(name) == target


def test_slips_are_told_apart() -> None:
    slips = {
        "reqeusts": "transposed",
        "requeests": "doubled",
        "requuests": "doubled",
        "reque5ts": "drawn alike",
        "reque7ts": "digit",
        "requ-sts": None,
        "requests-": None,
        "rexquests": "letter put in",
        "request": "plural lost",
        "requestsa": "letter put at the end",
        "re-quests": None,
        "requ1ests": None,
        "xrequests": None,
        "reqquests1": None,
        "rexuests": "other letter",
        "rewuests": "neighbouring key",
        "re\u00fcuests": "other letter",
    }
    assert {name: misspelling(name, "requests") for name in slips} == slips
    assert misspelling("colors", "colorss") == "undoubled"
    assert misspelling("matplotli", "matplotlib") == "last letter left out"
    assert misspelling("node-fetches", "node-fetch") is None
    assert misspelling("urllib", "urllib3") is None
    assert misspelling("urllib-3", "urllib3") is None
    assert misspelling("pypurllib", "purllib") is None
    assert misspelling("urllib3", "urllib-3") is None
    assert misspelling("a_b", "a-b") == "other separator"
    assert misspelling("dependencys", "dependency") == "plural"
