"""What `trust.verify` takes and what it refuses: parts, rows and names of a signed list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from slopguard.errors import ListInvalid
from slopguard.lists.bundle import HEADER
from slopguard.lists.trust import Trusted, verify
from slopguard.model import Ecosystem
from tests.simulators.lists_repository import ListsRepository

NOW = datetime.now(UTC)


def verified(acme: ListsRepository, **more: object) -> Trusted:
    return verify(acme.files(), acme.pin, ["payments"], NOW, **more)  # type: ignore[arg-type]


def refused(acme: ListsRepository, says: str) -> None:
    with pytest.raises(ListInvalid, match=says) as caught:
        verified(acme)
    assert caught.value.diagnosis().isascii()


def test_an_honest_list_is_taken_with_what_it_says() -> None:
    acme = ListsRepository()
    found = verified(acme)
    assert [bundle.name for bundle in found.bundles] == ["acme/common", "acme/payments", "acme/watch"]
    assert found.versions == {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1, "payments": 1, "watch": 1}
    assert (found.name, found.pin, found.teams) == ("acme", acme.pin, ("payments",))
    assert found.signed == acme.now
    assert found.bundles[0].rows(Ecosystem.PYPI, "flask")[0].kind == "allow"


def test_only_the_teams_asked_for_are_there_and_a_missing_one_is_left_to_the_caller() -> None:
    acme = ListsRepository(teams=("payments", "web"))
    names = {
        teams: [bundle.name for bundle in verify(acme.files(), acme.pin, teams, NOW).bundles]
        for teams in ((), ("web", "nobody"), None)
    }
    assert names[()] == ["acme/common", "acme/watch"]
    assert names["web", "nobody"] == ["acme/common", "acme/web", "acme/watch"]
    assert names[None] == ["acme/common", "acme/payments", "acme/web", "acme/watch"]


def test_what_is_not_asked_for_need_not_be_there() -> None:
    acme = ListsRepository(teams=("payments", "web"))
    files = {path: data for path, data in acme.files().items() if "web" not in path}
    assert verify(files, acme.pin, ["payments"], NOW)
    with pytest.raises(ListInvalid, match=r"lacks its part '1\.web'"):
        verify(files, acme.pin, ["web"], NOW)


def test_each_bundle_is_good_until_the_first_role_behind_it_expires() -> None:
    acme = ListsRepository(teams=("payments", "web"))
    acme.ends = {"timestamp": NOW + timedelta(days=20), "payments": NOW + timedelta(days=3)}
    acme.publish()
    found = verified(acme)
    days = {name: (end - NOW).days for name, end in found.ends.items()}
    assert days == {"acme/common": 19, "acme/watch": 19, "acme/payments": 2}
    assert found.expires == found.ends["acme/payments"]
    assert not found.expired
    assert verify(acme.files(), acme.pin, ["payments"], NOW + timedelta(days=4)).expired


def test_snapshots_without_lengths_and_hashes_are_fine() -> None:
    acme = ListsRepository()
    acme.hashes = False
    acme.publish()
    assert verified(acme)


def test_the_pinned_root_may_be_a_later_one_and_older_ones_are_not_asked() -> None:
    acme = ListsRepository()
    acme.publish_root()
    pin = __import__("hashlib").sha256(acme.published["metadata/2.root.json"]).hexdigest()
    files = {**acme.files(), "metadata/1.root.json": b"rubbish"}
    assert verify(files, pin, [], NOW).versions["root"] == 2
    del files["metadata/1.root.json"]
    assert verify(files, pin, [], NOW).versions["root"] == 2


def test_every_part_is_needed() -> None:
    files = ListsRepository()
    for path in files.files():
        less = {name: data for name, data in files.files().items() if name != path}
        with pytest.raises(ListInvalid):
            verify(less, files.pin, ["payments"], NOW)


def test_another_pin_is_another_list() -> None:
    with pytest.raises(ListInvalid, match="does not start at the root"):
        verify(ListsRepository().files(), ListsRepository().pin, [], NOW)


Change = Callable[[ListsRepository], None]


def _watch_allows(acme: ListsRepository) -> None:
    acme.rows["watch"].append("pypi\tbackdoor\tallow")


def _common_watches(acme: ListsRepository) -> None:
    acme.rows["common"].append("pypi\tflask\twatch\torigin=imported\tsource=x")


def _maps(acme: ListsRepository) -> None:
    acme.rows["payments"].append("pypi\tyaml\timport\tin=pyyaml")


def _unknown(acme: ListsRepository) -> None:
    acme.rows["common"].append("pypi\tflask\tpermit")


def _half(acme: ListsRepository) -> None:
    acme.rows["common"].append("pypi\tflask")


def _ecosystem(acme: ListsRepository) -> None:
    acme.rows["common"].append("gems\trails\tallow")


def _allow_prefix(acme: ListsRepository) -> None:
    acme.rows["common"].append("pypi\tflask\tallowed")


def _spelling(acme: ListsRepository) -> None:
    """Names are asked for as PEP 503 spells them: this denial would never be found."""
    acme.rows["watch"].append("pypi\tEvil_Name\tdeny\trule=malicious")


@pytest.mark.parametrize(
    "change",
    [_watch_allows, _common_watches, _maps, _unknown, _half, _ecosystem, _allow_prefix, _spelling],
    ids=lambda f: f.__name__,
)
def test_a_kind_of_row_that_the_role_may_not_hold_refuses_the_list(change: Change) -> None:
    acme = ListsRepository()
    change(acme)
    acme.publish()
    refused(acme, "kind of row, or a spelling")


def test_packages_named_like_kinds_are_packages() -> None:
    acme = ListsRepository()
    acme.rows["common"] += ["npm\twatch\tallow\trank=1", "pypi\timport\tdeny\trule=denied"]
    acme.rows["watch"] += ["npm\tallow\tdeny\trule=malicious"]
    acme.publish()
    assert verified(acme)


def test_rows_out_of_order_hide_no_internal_name() -> None:
    """Whoever signs may put a row where a search by bisection does not look for what starts like it."""
    acme = ListsRepository()
    hidden = ["pypi\tzz\tallow", "pypi\tacme-pay-core\tallow", "pypi\tbb\tallow"]
    acme.data = lambda role: HEADER + "".join(f"{row}\n" for row in hidden).encode()  # type: ignore[method-assign]
    acme.publish()
    refused(acme, "'acme/common' speaks of internal names of another team")


def test_public_names_that_only_start_like_internal_ones_are_public() -> None:
    acme = ListsRepository()
    acme.internal["payments"] = {"pypi": ["acme-pay-?"]}
    acme.rows["common"] += ["pypi\tacme-pay-core\tallow", "pypi\tacme-pay-\tallow", "npm\tacme-pay-x\tallow"]
    acme.publish()
    assert verified(acme)
    acme.rows["common"].append("pypi\tacme-pay-core\tpermit")
    acme.publish()
    refused(acme, "kind of row, or a spelling")


def test_an_empty_list_is_a_list() -> None:
    acme = ListsRepository()
    acme.rows["watch"] = []
    acme.publish()
    assert verified(acme).bundles[2].rows(Ecosystem.PYPI, "x") == []


@pytest.mark.parametrize(
    ("role", "row"),
    [
        ("common", "pypi\tacme-pay-core\tallow"),
        ("web", "npm\t@acme-pay/ui\tallow"),
        ("watch", "pypi\tacme-pay-core\tdeny\trule=denied"),
    ],
)
def test_a_row_about_another_team_s_internal_names_refuses_the_list(role: str, row: str) -> None:
    acme = ListsRepository(teams=("payments", "web"))
    acme.rows[role].append(row)
    acme.publish()
    with pytest.raises(ListInvalid, match=f"'acme/{role}' speaks of internal names of another team"):
        verify(acme.files(), acme.pin, None, NOW)
