"""npm names in paths: one name, many encodings, decoded once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.registries.npm.names import NpmPath, parse_path, quoted

PLAIN = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,10}", fullmatch=True)
NAMES = PLAIN | st.builds("@{}/{}".format, PLAIN, PLAIN)


@pytest.mark.parametrize(
    "raw", ["@acme/tool", "@acme%2ftool", "@acme%2Ftool", "%40acme%2Ftool", "%40acme/tool", "/@acme/tool/"]
)
def test_every_encoding_names_the_same_package(raw: str) -> None:
    assert parse_path(raw) == NpmPath("@acme/tool")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("left-pad", NpmPath("left-pad")),
        ("left-pad?write=true", NpmPath("left-pad")),
        ("left-pad/-/left-pad-1.0.0.tgz", NpmPath("left-pad", filename="left-pad-1.0.0.tgz")),
        ("@acme%2ftool/-/tool-1.0.0%2Bx.tgz", NpmPath("@acme/tool", filename="tool-1.0.0+x.tgz")),
        ("left-pad/latest", NpmPath("left-pad", version="latest")),
        ("@acme/tool/1.0.0", NpmPath("@acme/tool", version="1.0.0")),
    ],
)
def test_a_path_names_a_package_a_tarball_or_a_version(raw: str, path: NpmPath) -> None:
    assert parse_path(raw) == path


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "-/ping",
        "-/v1/search",
        "@acme",
        "@/x",
        "a%2fb",
        "@a%2fb%2fc",
        "..",
        "a/-/../b",
        "a/-/x%2fy.tgz",
        "a/-",
        "a//b",
        "a/b/c/d",
        "@a/b/-/..",
        "%2540a/b%252f",
        "acme%2f@x",
    ],
)
def test_everything_else_is_no_package(raw: str) -> None:
    found = parse_path(raw)
    assert found is None or "%" in found.name


@given(NAMES)
def test_a_quoted_name_reads_back(name: str) -> None:
    assert parse_path(quoted(name)) == NpmPath(name)
