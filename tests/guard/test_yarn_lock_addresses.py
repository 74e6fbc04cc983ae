"""yarn.lock with the gate's addresses, and back: nothing but addresses changes, and everything changes back."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from slopguard.guard.addresses import Addresses
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer

BASE = "http://127.0.0.1:28123"
NPM = Index(Ecosystem.NPM, "ccc333", "https://npm.example/", IndexKind.DEFAULT, Layer.USER)
SCOPED = Index(Ecosystem.NPM, "ddd444", "https://scoped.example/npm/", IndexKind.SCOPE, Layer.USER, name="@acme")
ALL = (NPM, SCOPED)
CLASSIC = """# yarn lockfile v1


"@acme/x@^1.0.0":
  version "1.0.0"
  resolved "https://cdn.example/npm/@acme/x/-/x-1.0.0.tgz#0123"
  integrity sha512-AAAA

forked@git+https://git.example/forked.git:
  version "1.0.0"
  resolved "git+https://git.example/forked.git#0123"

left-pad@^1.0.0, left-pad@~1.3.0:
  version "1.3.0"
  resolved "https://npm.example/left-pad/-/left-pad-1.3.0.tgz#0123"
"""
MODERN = """__metadata:
  version: 10

"odd@npm:^1.0.0":
  version: 1.0.0
  resolution: "odd@npm:1.0.0::__archiveUrl=https%3A%2F%2Fnpm.example%2Fodd%2F-%2Fodd-v1.0.0.tgz"
"""


def nowhere(ecosystem: Ecosystem, key: str, name: str, file: str) -> str | None:
    return None


def there_and_back(text: str) -> str:
    addresses = Addresses(BASE, ALL)
    return addresses.back(addresses.forward("yarn.lock", text), nowhere)


def test_yarn_1_tarballs_go_through_the_registry_of_their_scope() -> None:
    text = Addresses(BASE, ALL).forward("yarn.lock", CLASSIC)
    assert f'  resolved "{BASE}/npm/ddd444/@acme/x/-/x-1.0.0.tgz#0123"\n' in text
    assert f'  resolved "{BASE}/npm/ccc333/left-pad/-/left-pad-1.3.0.tgz#0123"\n' in text
    assert 'resolved "git+https://git.example/forked.git#0123"' in text


def test_an_unchanged_lock_comes_back_byte_for_byte() -> None:
    assert there_and_back(CLASSIC) == CLASSIC


def test_an_archive_at_an_address_of_its_own_goes_through_the_gate_and_back() -> None:
    text = Addresses(BASE, ALL).forward("yarn.lock", MODERN)
    assert "__archiveUrl=http%3A%2F%2F127.0.0.1%3A28123%2Fnpm%2Fccc333%2Fodd%2F-%2Fodd-1.0.0.tgz" in text
    assert there_and_back(MODERN) == MODERN


def test_what_yarn_1_added_is_given_the_address_the_registry_serves_it_from() -> None:
    added = f'new@^1.0.0:\n  version "1.0.0"\n  resolved "{BASE}/npm/ccc333/new/-/new-1.0.0.tgz#0123"\n'
    clean = Addresses(BASE, ALL).back(added, lambda *asked: "https://files.example/new-1.0.0.tgz")
    assert '  resolved "https://files.example/new-1.0.0.tgz#0123"\n' in clean


HOSTS = st.sampled_from(["npm.example", "scoped.example/npm", "elsewhere.example"])
NAMES = st.from_regex(r"(@acme/)?[a-z][a-z0-9-]{0,8}", fullmatch=True)
URLS = st.builds("https://{}/{}/-/{}-1.0.0.tgz".format, HOSTS, NAMES, st.from_regex(r"[a-z]{1,5}", fullmatch=True))
LINES = st.one_of(
    st.builds('  resolved "{}#0123"'.format, URLS),
    st.builds('  resolution: "x@npm:1.0.0::__archiveUrl={}"'.format, URLS.map(lambda u: quote(u, safe=""))),
    st.builds("{}@^1.0.0:".format, NAMES),
    st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=20),
)


@given(st.lists(LINES, max_size=20).map("\n".join))
def test_any_lock_there_and_back_is_the_same(text: str) -> None:
    assert there_and_back(text) == text
